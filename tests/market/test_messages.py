"""The tool that finds every sentence and its Chinese."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Engine

from market import messages

PO = """msgid ""
msgstr ""
"Language: zh_Hans\\n"

msgid "b"
msgstr "乙"
"""


@pytest.fixture
def room(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    (path / "templates" / "shop").mkdir(parents=True)
    (path / "apps.py").write_text("", "utf-8")
    return path


@pytest.fixture
def engine(room: Path) -> Engine:
    return Engine(dirs=[str(room / "templates")], libraries={"i18n": "django.templatetags.i18n"})


def template(room: Path, text: str, name: str = "page.html") -> None:
    (room / "templates" / "shop" / name).write_text("{% load i18n %}" + text, "utf-8")


def catalogue(room: Path, text: str) -> Path:
    path = room / messages.CATALOGUE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_sentences_of_templates_are_found_wherever_they_hide(room: Path, engine: Engine) -> None:
    template(
        room,
        '{% if x %}{% for y in x %}{% translate "in a loop" %}{% empty %}{% translate "empty" context "list" %}'
        "{% endfor %}{% elif z %}"
        "{% blocktranslate count n=z %}one {{ n }}{% plural %}many {{ n }}{% endblocktranslate %}"
        '{% endif %}{% include "shop/part.html" with label=_("a label") %}{% translate "5% off" %}',
    )
    template(
        room,
        "{% block a %}{% blocktranslate trimmed %}\n  two\n  lines\n{% endblocktranslate %}{% endblock %}",
        "part.html",
    )

    found = messages.collect(room, engine)

    assert found.faults == []
    assert set(found.messages) == {
        ("", "in a loop"),
        ("list", "empty"),
        ("", "one %(n)s"),
        ("", "a label"),
        ("", "5%% off"),
        ("", "two lines"),
    }
    assert found.messages["", "one %(n)s"].plural == "many %(n)s"


def test_sentences_of_python_are_found_under_any_name(room: Path, engine: Engine) -> None:
    (room / "views.py").write_text(
        "from django.utils.translation import gettext as _t, gettext_lazy as _, ngettext, pgettext as _p\n"
        "from django.utils import translation\n"
        "a = _t('plain'); b = _('lazy'); c = ngettext('%(n)d row', '%(n)d rows', 2)\n"
        "d = _p('menu', 'Open'); e = translation.gettext('by module'); f = print('not a sentence')\n"
        "class Held(Exception):\n    '''A hold stops\n    this step.\n\n    More.\n    '''\n    title = _('Held')\n",
        "utf-8",
    )

    found = messages.collect(room, engine)

    assert set(found.messages) == {
        ("", "plain"),
        ("", "lazy"),
        ("", "%(n)d row"),
        ("menu", "Open"),
        ("", "by module"),
        ("", "Held"),
        ("", "A hold stops this step."),
    }


def test_a_built_sentence_is_a_fault(room: Path, engine: Engine) -> None:
    (room / "views.py").write_text("from django.utils.translation import gettext\na = gettext(f'{1} rows')\n", "utf-8")

    faults = messages.collect(room, engine).faults

    assert faults == ["shop/views.py:2: gettext of a text that is built: no catalogue can hold it"]


def test_a_template_that_does_not_compile_or_names_a_missing_one_is_named(room: Path, engine: Engine) -> None:
    template(room, "{% if %}", "broken.html")
    template(room, '{% include "shop/gone.html" %}', "lost.html")

    first, second = messages.collect(room, engine).faults

    assert first.startswith("shop/templates/shop/broken.html: does not compile:")
    assert second == "shop/templates/shop/lost.html: names 'shop/gone.html', which is not there"


def test_check_names_each_gap(room: Path, engine: Engine) -> None:
    (room / "words.py").write_text(
        "from django.utils.translation import gettext as _\n"
        "a = [_('new'), _('unwritten'), _('doubtful'), _('%(n)d rows'), _('b')]\n",
        "utf-8",
    )
    catalogue(
        room,
        PO + '\n#, fuzzy\nmsgid "doubtful"\nmsgstr "疑"\n\nmsgid "unwritten"\nmsgstr ""\n\nmsgid "gone"\nmsgstr "去"\n'
        '\nmsgid "%(n)d rows"\nmsgstr "%(m)d 行"\n',
    )

    assert messages.check(room, engine) == [
        "shop: placeholders differ: '%(n)d rows' and '%(m)d 行'",
        "shop: fuzzy: 'doubtful'",
        "shop: missing: 'new'",
        "shop: empty: 'unwritten'",
        "shop: stale: 'gone'",
    ]


def test_what_a_union_merge_leaves_behind_is_repaired_by_one_run(room: Path, engine: Engine) -> None:
    (room / "words.py").write_text(
        "from django.utils.translation import gettext as _\na = [_('a'), _('b'), _('c')]\n", "utf-8"
    )
    path = catalogue(
        room,
        PO
        + 'msgid "a"\nmsgstr ""\nmsgid "c"\nmsgstr "丙"\nmsgstr "另"\n'
        + '\nmsgid "b"\nmsgstr "乙"\n\nmsgid "a"\nmsgstr "甲"\n',
    )

    left = messages.write(room, engine)

    assert left == []
    assert path.read_text("utf-8").split("\n\n", 1)[1] == (
        'msgid "a"\nmsgstr "甲"\n\nmsgid "b"\nmsgstr "乙"\n\nmsgid "c"\nmsgstr "丙"\n'
    )
    assert messages.check(room, engine) == []


def test_writing_twice_changes_nothing(room: Path, engine: Engine) -> None:
    template(room, '{% translate "b" %}{% blocktranslate count n=z %}one{% plural %}many{% endblocktranslate %}')
    path = catalogue(room, PO)

    first = messages.write(room, engine), path.read_bytes()
    second = messages.write(room, engine), path.read_bytes()

    assert first == second
    assert first[0] == ["shop: empty: 'one'"]


def test_two_translations_of_one_sentence_are_for_a_person(room: Path, engine: Engine) -> None:
    (room / "words.py").write_text("from django.utils.translation import gettext as _\na = _('b')\n", "utf-8")
    catalogue(room, PO + '\nmsgid "b"\nmsgstr "丙"\n')

    assert messages.check(room, engine) == ["shop: two translations of 'b': '乙' and '丙'"]


def test_rooms_that_disagree_about_one_sentence_are_named(room: Path) -> None:
    other = room.parent / "store"
    catalogue(room, PO)
    catalogue(other, PO.replace("乙", "丙") + '\nmsgctxt "menu"\nmsgid "b"\nmsgstr "丁"\n')

    assert messages.disagreements([room, other]) == ["shop, store: translated differently: 'b': '乙', '丙'"]


def test_a_conflict_marker_stops_the_tool(room: Path) -> None:
    path = catalogue(room, PO + "<<<<<<< ours\n")

    with pytest.raises(ValueError, match="conflict marker"):
        messages.read(path)


def test_the_rooms_are_the_apps_of_the_house() -> None:
    names = {path.name for path in messages.rooms(settings.BASE_DIR)}

    assert names == {
        "market", "provenance", "listings", "delivery", "settlement", "contracts", "supervision", "frontend",
    }  # fmt: skip
