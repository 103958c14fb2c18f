"""The column names under which Chinese banks export statements, and how their cells are read."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _t

from market.kernel import money

# Source: ledgers.md A1 (several banks' exports). Money out is the bank's 借方, money in its 贷方.
NAMES: Final[dict[str, tuple[str, ...]]] = {
    "date": ("交易日期", "记账日期", "入账日期", "记账日", "交易日", "日期"),
    "time": ("交易时间", "入账时间", "记账时间", "时间"),
    "serial": ("交易流水号", "银行流水号", "核心流水号", "流水号", "交易流水", "明细编号"),
    "voucher": ("凭证号", "凭证号码"),  # not unique at every bank
    "out": ("借方发生额", "借方金额", "借方", "支出金额", "支出", "转出金额", "付款金额"),
    "in": ("贷方发生额", "贷方金额", "贷方", "收入金额", "收入", "存入金额", "转入金额", "收款金额"),
    "amount": ("发生额", "交易金额", "金额"),
    "direction": ("借贷标志", "借/贷", "借贷", "借贷方向", "收支", "收/支", "收付标志", "交易方向", "收支方向"),
    "balance": ("账户余额", "交易后余额", "当前余额", "余额"),
    "counterparty": ("对方户名", "对方单位名称", "对方账户名称", "对方名称", "交易对手名称", "对手户名"),
    "account": ("对方账号", "对方帐号", "对方账户", "对手账号", "交易对手账号"),
    "bank": ("对方开户行", "对方行名", "对方行号", "对方银行", "开户行"),
    "currency": ("币种", "货币"),
}
MEMOS: Final = ("摘要", "用途", "附言", "个性化信息", "备注", "交易摘要", "交易附言", "交易用途")
FOOTERS: Final = ("合计", "总计", "小计", "累计", "本页", "总笔数", "打印", "制表", "说明", "注:", "以上", "--", "==")
CARRIED: Final = ("承前", "期初", "上期", "上页")  # a balance brought forward moves no money
_OUT: Final = frozenset({"借", "借方", "支", "支出", "出", "付", "付款", "往", "转出", "D", "DEBIT"})
_IN: Final = frozenset({"贷", "贷方", "收", "收入", "入", "收款", "来", "转入", "C", "CREDIT"})
_CURRENCIES: Final = {
    "人民币": "CNY",
    "人民币元": "CNY",
    "RMB": "CNY",
    "156": "CNY",
    "01": "CNY",
    "美元": "USD",
    "欧元": "EUR",
    "港币": "HKD",
}
_DATE: Final = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?:[ T]*(\d{1,2}:\d{2}(?::\d{2})?))?$")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[ T]*(\d{2}:?\d{2}:?\d{2}))?$")


def plain(cell: str) -> str:
    """A cell without what exports wrap around it: blanks, tabs, quotes, ="…", full-width forms."""
    text = unicodedata.normalize("NFKC", cell).strip().strip("\ufeff")
    if text.startswith('="') and text.endswith('"'):
        text = text[2:-1]
    return text.strip("\t'\" ")


def heading(cell: str) -> str:
    """A column name without its unit, e.g. 借方发生额(元) or 借方发生额/元."""
    return re.sub(r"(\(.*?\)|/元|:)$", "", re.sub(r"\s", "", plain(cell)))


def find(cells: list[str]) -> dict[str, int]:
    """Which column holds what; the better-known name wins where two fit."""
    names = [heading(cell) for cell in cells]
    found: dict[str, int] = {}
    for meaning, known in NAMES.items():
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            found[meaning] = place
    return found


def is_header(found: dict[str, int]) -> bool:
    """Whether these columns can be a statement: a day, and an amount with its direction."""
    has_amount = {"out", "in"} <= found.keys() or {"amount", "direction"} <= found.keys()
    return has_amount and ("date" in found or "time" in found)


def day(text: str) -> tuple[date, str]:
    """A calendar day and, where the cell has it, the time of day. Raises ValueError."""
    match = _COMPACT.match(text) or _DATE.match(text)
    if match is None:
        raise ValueError(_t("is not a day: %(text)s") % {"text": text[:40]})
    year, month, number, hour = match.groups()
    try:
        found = date(int(year), int(month), int(number))
    except ValueError as error:  # Python's own sentence is English
        raise ValueError(_t("is no day of the calendar: %(text)s") % {"text": text[:40]}) from error
    return found, time(hour or "")


def time(text: str) -> str:
    """HH:MM:SS, or empty. Raises ValueError."""
    digits = text.replace(":", "")
    if not digits:
        return ""
    padded = digits.zfill(6) if ":" not in text else "".join(part.zfill(2) for part in text.split(":")).ljust(6, "0")
    try:
        return f"{datetime.strptime(padded, '%H%M%S'):%H:%M:%S}"  # noqa: DTZ007  the bank's own clock
    except ValueError as error:
        raise ValueError(_t("is no time of day: %(text)s") % {"text": text[:40]}) from error


def amount(text: str) -> int:
    """Minor units; an empty cell or a dash is 0. Raises ValueError."""
    return 0 if text in {"", "-", "--"} else balance(text)


def balance(text: str) -> int:
    """Minor units of a cell that holds an amount. Raises ValueError."""
    try:
        return money.parse(text)
    except ValueError as error:
        raise ValueError(
            _t("is no amount of at most two decimals that can be booked: %(text)s") % {"text": text[:40]}
        ) from error


def is_incoming(text: str) -> bool:
    """The direction a cell names. Raises ValueError."""
    word = text.upper()
    if word in _IN:
        return True
    if word in _OUT:
        return False
    raise ValueError(_t("names no direction: %(text)s") % {"text": text[:40]})


def currency(text: str) -> str:
    """A currency's three letters. Raises ValueError."""
    code = _CURRENCIES.get(text, text.upper()) if text else "CNY"
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValueError(_t("is not a currency: %(text)s") % {"text": text[:40]})
    return code
