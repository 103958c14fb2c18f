"""Translations without gettext's tools: which sentences the rooms say, and whether each has its Chinese.

msgids are English. They are found by compiling every template and walking its nodes, and by walking the syntax tree of
every Python file. Each room keeps `locale/zh_Hans/LC_MESSAGES/django.po`, sorted, so that one run repairs what a merge
of parallel work left behind.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polib  # type: ignore[import-untyped]  # the package carries no types
from django.template import Context, Engine, Template, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import Lexer, Node, NodeList, TokenType, Variable
from django.template.loader_tags import ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

LOCALE: Final = "zh_Hans"
CATALOGUE: Final = Path("locale") / LOCALE / "LC_MESSAGES" / "django.po"
METADATA: Final = {
    "Language": LOCALE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}
# Where in the arguments of each function the context, the sentence and its plural stand.
NOOP: Final = "gettext_noop"
FUNCTIONS: Final[dict[str, tuple[int | None, int, int | None]]] = {
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_CONSTANT: Final = re.compile(r"""_\((?P<literal>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\)""")
_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]")
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})  # of a router: what it decorates is an endpoint
Key = tuple[str, str]  # context (empty: none), msgid


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence that the code says."""

    msgid: str
    context: str = ""
    plural: str = ""

    @property
    def key(self) -> Key:
        """What makes it one entry of a catalogue."""
        return self.context, self.msgid


@dataclass(slots=True)
class Entry:
    """One entry of a catalogue as it was read."""

    msgid: str
    context: str = ""
    plural: str = ""
    translation: str = ""
    is_fuzzy: bool = False

    @property
    def key(self) -> Key:
        """What makes it one entry of a catalogue."""
        return self.context, self.msgid


@dataclass(slots=True)
class Room:
    """What one room says and what is wrong with how it says it."""

    path: Path
    messages: dict[Key, Message] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, message: Message, where: str) -> None:
        """Take a sentence in; the same sentence with another plural is a fault, since a catalogue holds one."""
        if not message.msgid:
            return
        known = self.messages.setdefault(message.key, message)
        if message.plural and not known.plural:
            self.messages[message.key] = message
        elif message.plural and known.plural != message.plural:
            self.faults.append(f"{where}: two plurals for {message.msgid!r}")


def rooms(base: Path) -> list[Path]:
    """The folders of our apps under the project's root."""
    return sorted(path.parent for path in base.glob("*/apps.py"))


def collect(path: Path, engine: Engine) -> Room:
    """Every sentence of a room, from its templates and its Python."""
    room = Room(path)
    for template in sorted(path.glob("templates/**/*")):
        if template.suffix in {".html", ".txt"}:
            _collect_template(room, template, engine)
    for module in sorted(path.glob("**/*.py")):
        if "migrations" not in module.parts:
            _collect_python(room, module)
    return room


def _collect_template(room: Room, path: Path, engine: Engine) -> None:
    source = path.read_text("utf-8")
    where = str(path.relative_to(room.path.parent))
    try:
        nodelist = Template(source, name=where, engine=engine).nodelist
    except (TemplateSyntaxError, TemplateDoesNotExist) as error:
        room.faults.append(f"{where}: does not compile: {error}")
        return
    seen = 0
    for node in walk(nodelist):
        if isinstance(node, TranslateNode):
            seen += 1
            variable = node.filter_expression.var
            if isinstance(variable, Variable) and isinstance(variable.literal, str):
                # Django doubles percent signs of template literals before it looks them up.
                room.add(Message(variable.literal.replace("%", "%%"), _context(node)), where)
        elif isinstance(node, BlockTranslateNode):
            seen += 1
            singular = node.render_token_list(node.singular)[0]
            plural = node.render_token_list(node.plural)[0] if node.plural else ""
            room.add(Message(singular, _context(node), plural), where)
        elif missing := _missing_target(node, engine):
            room.faults.append(f"{where}: names {missing!r}, which is not there")
    expected = 0
    for token in Lexer(source).tokenize():
        if token.token_type in {TokenType.BLOCK, TokenType.VAR}:
            for match in _CONSTANT.finditer(token.contents):
                room.add(Message(ast.literal_eval(match["literal"]).replace("%", "%%")), where)
        if token.token_type == TokenType.BLOCK:
            expected += token.contents.split()[0] in {"translate", "trans", "blocktranslate", "blocktrans"}
    if seen != expected:
        room.faults.append(f"{where}: {expected - seen} translated parts hide from the walk")


def _context(node: TranslateNode | BlockTranslateNode) -> str:
    return str(node.message_context.resolve(Context())) if node.message_context else ""


def walk(nodes: Iterable[Node]) -> Iterator[Node]:
    """Every node of a compiled template, into whatever list of nodes any node holds."""
    for node in nodes:
        yield node
        for nodelist in _lists(node):
            yield from walk(nodelist)


def _lists(node: Node) -> Iterator[NodeList]:
    # An `if` builds its nodelist anew at every look, so names, not identities, keep one from being walked twice.
    for name in dict.fromkeys(("nodelist", *node.child_nodelists)):
        value = getattr(node, name, None)
        if isinstance(value, NodeList):
            yield value


def _missing_target(node: Node, engine: Engine) -> str:
    """The name that an extends or include tag writes out and no loader finds; empty when all is well."""
    expression = (
        node.parent_name if isinstance(node, ExtendsNode) else node.template if isinstance(node, IncludeNode) else None
    )
    target = getattr(expression, "var", None)
    if not isinstance(target, str):
        return ""
    try:
        engine.find_template(target.partition("#")[0])
    except TemplateDoesNotExist:
        return target
    return ""


def _collect_python(room: Room, path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"), filename=str(path))
    where = str(path.relative_to(room.path.parent))
    names = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in FUNCTIONS
    }
    # A package that must not import Django marks its sentences with a function of its own under the known name.
    names |= {node.name: node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == NOOP}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            _collect_refusal(room, node, where, names)
        if isinstance(node, ast.FunctionDef) and "api" in {path.stem.rpartition("_")[2], path.parent.name}:
            _collect_endpoint(room, node, where)
        if not isinstance(node, ast.Call):
            continue
        name = _function(node.func, names)
        if name is None:
            continue
        parts = [None if at is None or at >= len(node.args) else node.args[at] for at in FUNCTIONS[name]]
        texts = [part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "" for part in parts]
        if isinstance(parts[1], ast.JoinedStr | ast.BinOp):
            room.faults.append(f"{where}:{node.lineno}: {name} of a text that is built: no catalogue can hold it")
        room.add(Message(texts[1], texts[0], texts[2]), f"{where}:{node.lineno}")


def _function(called: ast.expr, names: dict[str, str]) -> str | None:
    if isinstance(called, ast.Name):
        return names.get(called.id)
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "translation":
        return called.attr if called.attr in FUNCTIONS else None
    return None


def _collect_refusal(room: Room, node: ast.ClassDef, where: str, names: dict[str, str]) -> None:
    """A class with a translated title is a refusal: its page of help shows the first paragraph of its docstring."""
    has_title = any(
        isinstance(step, ast.Assign | ast.AnnAssign)
        and isinstance(step.value, ast.Call)
        and _function(step.value.func, names) is not None
        and any(
            isinstance(target, ast.Name) and target.id == "title"
            for target in (step.targets if isinstance(step, ast.Assign) else [step.target])
        )
        for step in node.body
    )
    docstring = ast.get_docstring(node)
    if has_title and docstring:
        room.add(Message(docstring.split("\n\n")[0].replace("\n", " ")), where)


def _collect_endpoint(room: Room, node: ast.FunctionDef, where: str) -> None:
    """A function behind a router's decorator is an endpoint: the page of the API shows its first paragraph."""
    is_endpoint = any(
        isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in METHODS
        for each in node.decorator_list
    )
    docstring = ast.get_docstring(node)
    if is_endpoint and docstring:
        room.add(Message(docstring.split("\n\n")[0].replace("\n", " ")), where)


def read(path: Path) -> list[Entry]:
    """The entries of a catalogue as they stand, doubles and all; polib refuses what a union merge leaves behind.

    Raises ValueError for conflict markers: a person has to look at those.
    """
    entries: list[Entry] = []
    current: dict[str, str] = {}
    target, is_fuzzy, is_next_fuzzy = "", False, False

    def close() -> None:
        if current.get("msgid"):
            entries.append(
                Entry(
                    msgid=current["msgid"],
                    context=current.get("msgctxt", ""),
                    plural=current.get("msgid_plural", ""),
                    translation=current.get("msgstr", ""),
                    is_fuzzy=is_fuzzy,
                )
            )
        current.clear()

    for number, line in enumerate(path.read_text("utf-8").splitlines() if path.is_file() else [], start=1):
        text = line.strip()
        if text.startswith(("<<<<<<<", ">>>>>>>")):
            raise ValueError(f"{path}:{number}: conflict marker")
        if text.startswith("#"):  # flags stand before the entry that they are about
            is_next_fuzzy = is_next_fuzzy or (text.startswith("#,") and "fuzzy" in text)
            continue
        found = re.fullmatch(r'(?:(msgctxt|msgid_plural|msgid|msgstr)(?:\[\d+\])?\s+)?"(.*)"', text)
        if not found:
            continue
        keyword, value = found[1] or "", polib.unescape(found[2])
        if keyword == "msgctxt" or (keyword == "msgid" and ("msgid" in current or not current)):
            close()
            is_fuzzy, is_next_fuzzy = is_next_fuzzy, False
        if keyword:
            # A second msgstr is the other side's: kept only if this side had none.
            target = keyword if not current.get(keyword) else ""
        if target:
            current[target] = current.get(target, "") + value
    close()
    return entries


def settle(entries: Iterable[Entry], messages: dict[Key, Message]) -> tuple[list[Entry], list[str]]:
    """The catalogue as it should stand: one entry a sentence, sorted; and what somebody has to decide or write."""
    kept: dict[Key, Entry] = {}
    faults: list[str] = []
    for entry in entries:
        known = kept.get(entry.key)
        if known is None or (entry.translation and not known.translation):
            kept[entry.key] = entry
        elif entry.translation and known.translation and entry.translation != known.translation:
            faults.append(f"two translations of {entry.msgid!r}: {known.translation!r} and {entry.translation!r}")
    settled = []
    for key, message in sorted(messages.items(), key=lambda item: (item[1].msgid, item[1].context)):
        entry = kept.get(key) or Entry(message.msgid, message.context)
        entry.plural = message.plural
        settled.append(entry)
        faults += _faults(entry, is_known=key in kept)
    faults += [f"stale: {entry.msgid!r}" for key, entry in sorted(kept.items()) if key not in messages]
    return settled, faults


def _faults(entry: Entry, *, is_known: bool) -> Iterator[str]:
    if not is_known:
        yield f"missing: {entry.msgid!r}"
    elif not entry.translation:
        yield f"empty: {entry.msgid!r}"
    elif entry.is_fuzzy:
        yield f"fuzzy: {entry.msgid!r}"
    elif set(_PLACEHOLDER.findall(entry.translation)) != set(_PLACEHOLDER.findall(entry.plural or entry.msgid)):
        yield f"placeholders differ: {entry.msgid!r} and {entry.translation!r}"


def disagreements(paths: Iterable[Path]) -> list[str]:
    """Sentences that two rooms translate differently: Django joins all catalogues, so one would win unseen."""
    found: dict[Key, dict[str, str]] = {}
    for path in paths:
        for entry in read(path / CATALOGUE):
            if entry.translation:
                found.setdefault(entry.key, {}).setdefault(entry.translation, path.name)
    return [
        f"{', '.join(each.values())}: translated differently: {key[1]!r}: {', '.join(map(repr, each))}"
        for key, each in sorted(found.items())
        if len(set(each.values())) > 1
    ]


def render(entries: Iterable[Entry]) -> polib.POFile:
    """The entries as a catalogue with a header that never changes: a date in it would conflict in every merge."""
    catalogue = polib.POFile(wrapwidth=0)
    catalogue.metadata = dict(METADATA)
    for each in entries:
        entry = polib.POEntry(msgid=each.msgid, msgctxt=each.context or None, flags=["fuzzy"] if each.is_fuzzy else [])
        if each.plural:
            entry.msgid_plural, entry.msgstr_plural = each.plural, {0: each.translation}
        else:
            entry.msgstr = each.translation
        catalogue.append(entry)
    return catalogue


def check(path: Path, engine: Engine) -> list[str]:
    """Everything that is wrong with a room's sentences, one line each; nothing is written."""
    room = collect(path, engine)
    catalogue = path / CATALOGUE
    settled, faults = settle(read(catalogue), room.messages)
    faults = room.faults + [f"{path.name}: {fault}" for fault in faults]
    wanted = str(render(settled))
    if not faults and settled and wanted.strip() != catalogue.read_text("utf-8").strip():
        faults.append(f"{path.name}: not in order; run manage.py messages")
    return faults


def write(path: Path, engine: Engine) -> list[str]:
    """Bring a room's catalogue up to date; returns what is left for a person."""
    room = collect(path, engine)
    catalogue = path / CATALOGUE
    settled, faults = settle(read(catalogue), room.messages)
    if settled:
        catalogue.parent.mkdir(parents=True, exist_ok=True)
        catalogue.write_text(f"{str(render(settled)).strip()}\n", "utf-8")
    left = [fault.replace("missing:", "empty:") for fault in faults if not fault.startswith("stale:")]
    return room.faults + [f"{path.name}: {fault}" for fault in left]
