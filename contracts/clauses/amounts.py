"""Amounts as contracts write them: in figures and in capital numerals."""

from typing import Final

from market.kernel.money import MINOR_MAX

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ("仟", "佰", "拾", "")
_HUNDRED_MILLION: Final = 100_000_000
_TEN_THOUSAND: Final = 10_000


def figures(amount_minor: int) -> str:
    """12,345.60 for 1234560: the amount without its currency."""
    return f"{amount_minor // 100:,}.{amount_minor % 100:02d}"


def capital(amount_minor: int) -> str:
    """人民币肆佰捌拾元整 for 48000 fen, from 0 to 2^53 - 1.

    Written as the central bank's rules for bills ask: 整 after 元 when nothing follows, 零 for a gap,
    and 元零贰分 when only fen follow. Raises ValueError outside the range.
    """
    if not 0 <= amount_minor <= MINOR_MAX:
        raise ValueError("amount out of range")
    yuan, rest = divmod(amount_minor, 100)
    jiao, fen = divmod(rest, 10)
    written = f"{_whole(yuan)}元" if yuan or not rest else ""
    if not rest:
        return f"人民币{written}整"
    if jiao:
        written += f"{_DIGITS[jiao]}角"
    elif yuan:
        written += "零"
    return f"人民币{written}{_DIGITS[fen]}分" if fen else f"人民币{written}"


def _whole(number: int) -> str:
    if number >= _HUNDRED_MILLION:
        return _joined(number, _HUNDRED_MILLION, "亿")
    if number >= _TEN_THOUSAND:
        return _joined(number, _TEN_THOUSAND, "万")
    return _below_ten_thousand(number)


def _joined(number: int, base: int, unit: str) -> str:
    high, low = divmod(number, base)
    gap = "零" if 0 < low < base // 10 else ""
    return f"{_whole(high)}{unit}{gap}{_whole(low) if low else ''}"


def _below_ten_thousand(number: int) -> str:
    written, gap = "", False
    for digit, place in zip(f"{number:04d}", _PLACES, strict=True):
        if digit == "0":
            gap = bool(written)
        else:
            written += f"{'零' if gap else ''}{_DIGITS[int(digit)]}{place}"
            gap = False
    return written or _DIGITS[0]
