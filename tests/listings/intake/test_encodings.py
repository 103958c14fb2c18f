"""The encoding is told from the bytes, also where they are few or come late."""

from pathlib import Path

import pytest

from listings.intake import encodings

ASCII = b"".join(b"%d,station %d,%d.5\n" % (number, number % 40, number) for number in range(3000))
PEOPLE = "姓名,城市\n张健,太原市\n王荣,大同市\n侯丹丹,阳泉市\n"
TAIWAN = "姓名,城市\n陳淑芬,臺北市\n林志強,高雄市\n黃美玲,臺中市\n"
JAPAN = "名前,市\n山田さくら,東京\n鈴木たろう,大阪\nさとうはなこ,京都\n"


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(ASCII, "utf-8", id="ASCII"),
        pytest.param(PEOPLE.encode(), "utf-8", id="UTF-8"),
        pytest.param(PEOPLE.encode("utf-8-sig"), "utf-8", id="UTF-8 with BOM"),
        pytest.param(PEOPLE.encode("utf-16"), "utf-16-le", id="UTF-16 with BOM"),
        pytest.param(PEOPLE.encode("utf-16-le"), "utf-16-le", id="UTF-16 little-endian without BOM"),
        pytest.param(PEOPLE.encode("utf-16-be"), "utf-16-be", id="UTF-16 big-endian without BOM"),
        pytest.param(PEOPLE.encode("gbk"), "gb18030", id="GBK"),
        pytest.param((PEOPLE + "湖㳇镇,䢺江镇\n").encode("gb18030"), "gb18030", id="GB18030 with four-byte characters"),
        pytest.param(ASCII + "1,太原市站,2\n".encode("gbk"), "gb18030", id="five characters of GBK in ASCII"),
        pytest.param("name\n张健\n".encode("gbk"), "gb18030", id="one name in GBK"),
        pytest.param(ASCII * 40 + PEOPLE.encode("gbk"), "gb18030", id="GBK after two megabytes of ASCII"),
        pytest.param(TAIWAN.encode("big5"), "big5", id="Big5"),
        pytest.param(JAPAN.encode("shift_jis"), "shift_jis", id="Shift-JIS"),
        pytest.param("città;età\nForlì;3\nCefalù;4\n".encode("iso-8859-1"), "iso-8859-1", id="Latin-1"),
        pytest.param("prix\n3 €\n“juste”\n".encode("windows-1252"), "windows-1252", id="Windows-1252"),
        pytest.param(PEOPLE.encode() * 30 + b"\xff\n" + PEOPLE.encode(), "utf-8", id="UTF-8 with a damaged byte"),
        pytest.param(PEOPLE.encode()[:-2], "utf-8", id="UTF-8 cut in mid character"),
        pytest.param((PEOPLE * 30).encode("gbk") + b"\xff\n", "gb18030", id="GBK with a damaged byte"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    assert encodings.detect(path).name == name


@pytest.mark.parametrize(
    ("chosen", "name"),
    [("GBK", "gb18030"), ("gb2312", "gb18030"), ("UTF8", "utf-8"), ("latin-1", "iso-8859-1"),
     ("cp1252", "windows-1252"),
     ("Shift-JIS", "shift_jis"), ("utf-16", "utf-16"), ("cp437", None), ("rot13", None), ("nonsense", None)],
)  # fmt: skip
def test_only_encodings_on_offer_can_be_chosen(chosen: str, name: str | None) -> None:
    assert encodings.known(chosen) == name
