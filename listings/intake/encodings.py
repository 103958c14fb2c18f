"""Which characters a file is written in: one strict rule, looked for where the bytes are not ASCII.

BOM, then UTF-16 by its zeros, then UTF-8 if the whole file is, then gb18030, Big5 or Shift-JIS by the share
of characters that are common in each, then Windows-1252. Detectors from packages were wrong on short or
mostly ASCII Chinese files, which is what suppliers send.
"""

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

CHUNK: Final = 1 << 20
EVIDENCE_MAX: Final = 1 << 20  # bytes of non-ASCII lines that are judged
MARK: Final = "intake-mark"
NAMES: Final = ("utf-8", "utf-16", "gb18030", "big5", "shift_jis", "windows-1252", "iso-8859-1")
# An encoding that reads all but this share of the characters is taken, and its bad bytes are shown; a file of
# another encoding fails far more often.
BROKEN_SHARE_MAX: Final = 0.02
COMMON_SHARE_MIN: Final = 0.6


@dataclass(frozen=True, slots=True)
class Encoding:
    """A Python codec name and how many bytes of BOM stand before the text."""

    name: str
    bom_bytes: int = 0


class Marker:
    """Counts undecodable bytes and leaves a lone surrogate (U+DC00 + byte) where each stood."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self.count += error.end - error.start
        return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


marker: Final = Marker()
codecs.register_error(MARK, marker)


def known(name: str) -> str | None:
    """The codec name for what a supplier chose, or None for one that is not offered."""
    try:
        canonical = codecs.lookup(name).name
    except LookupError:
        return None
    offered = {codecs.lookup(item).name: item for item in NAMES}
    offered[codecs.lookup("gbk").name] = offered[codecs.lookup("gb2312").name] = "gb18030"
    offered[codecs.lookup("utf-8-sig").name] = "utf-8"
    offered |= {codecs.lookup(item).name: item for item in ("utf-16-le", "utf-16-be")}
    return offered.get(canonical)


def given(path: Path, name: str) -> Encoding:
    """The encoding `name` for this file, past the BOM if the file has that encoding's own."""
    bom = _bom(_head(path))
    if bom and (bom.name == name or (name == "utf-16" and bom.name.startswith("utf-16"))):
        return bom
    return Encoding("utf-16-le" if name == "utf-16" else name)


def detect(path: Path) -> Encoding:
    """The encoding of the file. Reads all of it once when it is UTF-8, twice at most."""
    head = _head(path)
    if bom := _bom(head):
        return bom
    if b"\0" in head and (wide := _utf16(head)):
        return Encoding(wide)
    if _is_utf8(path):
        return Encoding("utf-8")
    evidence = b"".join(_evidence(path))
    scored = [(score, name) for name, share in SCORES.items() if (score := _score(evidence, name, share)) > 0]
    if scored:
        return Encoding(max(scored)[1])
    return Encoding(_western(evidence))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 16)


def _bom(head: bytes) -> Encoding | None:
    for bom, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(bom):
            return Encoding(name, len(bom))
    return None


def _utf16(head: bytes) -> str | None:
    even, odd = head[0::2].count(0), head[1::2].count(0)
    name = "utf-16-le" if odd > even else "utf-16-be"
    # The line ends and delimiters of real UTF-16 text put zeros on one side only.
    if min(even, odd) * 20 > max(even, odd):
        return None
    text = head[: len(head) // 2 * 2].decode(name, errors="replace")
    good = sum(1 for char in text if char.isprintable() or char in "\r\n\t")
    return name if good >= len(text) * 0.98 else None


def _is_utf8(path: Path) -> bool:
    """Whole file valid, or so nearly that its few bad bytes are damage rather than another encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors=MARK)
    before, sequences = marker.count, 0
    for chunk in _chunks(path):
        text = decoder.decode(chunk)
        broken = marker.count - before
        if broken:
            sequences += sum(1 for char in text if char > "\x7f") - broken
            if broken > 1000 and sequences < 4 * broken:
                return False
        elif not text.isascii():
            sequences += CHUNK // 16  # a whole chunk without a fault outweighs any one
    decoder.decode(b"", final=True)
    broken = marker.count - before
    return broken == 0 or sequences >= 4 * broken


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _evidence(path: Path) -> Iterator[bytes]:
    """Lines that are not ASCII, up to EVIDENCE_MAX bytes; a line may lie anywhere in the file."""
    left = EVIDENCE_MAX
    with path.open("rb") as file:
        for line in _lines(file):
            if line.isascii():
                continue
            yield line[:left]
            left -= len(line)
            if left <= 0:
                return


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(CHUNK):
        yield line


def _in_rows(char: str, codec: str, first: int, last: int) -> bool:
    encoded = char.encode(codec, errors="ignore")
    return len(encoded) == 2 and first <= encoded[0] <= last


def _common_gb(char: str) -> bool:
    return _in_rows(char, "gb2312", 0xB0, 0xD7) or _in_rows(char, "gb2312", 0xA1, 0xA3)


def _common_big5(char: str) -> bool:
    return _in_rows(char, "big5", 0xA4, 0xC6) or _in_rows(char, "big5", 0xA1, 0xA2)


def _common_jis(char: str) -> bool:
    return "぀" <= char <= "ヿ" or _in_rows(char, "shift_jis", 0x88, 0x97) or char in "、。「」ー・々"


SCORES: Final = {"gb18030": _common_gb, "big5": _common_big5, "shift_jis": _common_jis}


def _score(evidence: bytes, name: str, is_common: Callable[[str], bool]) -> float:
    """Share of common characters among those that are not ASCII; 0 when the text breaks or is unlikely."""
    before = marker.count
    wide = [char for char in evidence.decode(name, errors=MARK) if char > "\x7f"]
    broken = marker.count - before
    if not wide or broken > max(1, BROKEN_SHARE_MAX * len(wide)):
        return 0.0
    counts: dict[str, int] = {}
    for char in wide:
        counts[char] = counts.get(char, 0) + 1
    common = sum(count for char, count in counts.items() if is_common(char))
    share = common / len(wide)
    # Kana decide for Japanese: kanji alone are as common in one as in the other.
    kana = sum(count for char, count in counts.items() if "ぁ" <= char <= "ヺ")
    if name == "shift_jis" and kana == 0 and len(wide) > 20:
        share *= 0.7
    return share if share >= COMMON_SHARE_MIN else 0.0


def _western(evidence: bytes) -> str:
    # Windows programs write curly quotes and the euro sign where Latin-1 has control characters.
    if any(0x80 <= byte <= 0x9F for byte in evidence):
        try:
            evidence.decode("windows-1252")
        except UnicodeDecodeError:
            return "iso-8859-1"
        return "windows-1252"
    return "iso-8859-1"
