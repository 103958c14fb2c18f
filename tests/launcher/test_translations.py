"""Committed .po files become the .mo files that Django reads, without msgfmt."""

import gettext
import os
from pathlib import Path

from market.launcher import translations

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgctxt "deed"
msgid "Hold"
msgstr "暂停"

msgid "Trade"
msgstr "交易"
"""


def test_a_catalogue_is_compiled_once_and_again_when_it_changed(tmp_path: Path) -> None:
    source = tmp_path / "frontend" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text(PO, "utf-8")

    assert translations.compile_all(tmp_path) == [source]
    assert translations.compile_all(tmp_path) == []

    with source.with_suffix(".mo").open("rb") as file:
        found = gettext.GNUTranslations(file)
    assert found.gettext("Trade") == "交易"
    assert found.pgettext("deed", "Hold") == "暂停"
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert translations.compile_all(tmp_path) == [source]
