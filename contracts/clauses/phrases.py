"""The words of a policy as sentences of the agreement, in both languages."""

from collections.abc import Mapping, Sequence
from typing import Final

from contracts.clauses.wording import Wording
from market.policy import ANY_LAWFUL, WORLD, Phrase

EMPTY: Final = Wording("（未填写）", "(not filled in)")

ACTIONS: Final[Mapping[str, Wording]] = {
    "use": Wording("使用", "use"),
    "read": Wording("读取", "read"),
    "aggregate": Wording("汇总统计", "aggregate"),
    "derive": Wording("加工衍生", "make derivatives"),
    "distribute": Wording("向他人提供", "provide to others"),
    "display": Wording("展示", "display"),
    "delete": Wording("删除", "delete"),
    "compensate": Wording("付款", "pay for"),
    "attribute": Wording("注明来源", "attribute"),
    "inform": Wording("报告", "report"),
}
_OPERANDS: Final[Mapping[str, Wording]] = {
    "dateTime": Wording("时间", "time"),
    "elapsedTime": Wording("自订立时刻起经过的时间", "time since conclusion"),
    "count": Wording("使用次数", "number of uses"),
    "purpose": Wording("声明的目的", "declared purpose"),
    "spatial": Wording("地域", "territory"),
    "recipient": Wording("接收方", "recipient"),
    "industry": Wording("行业", "industry"),
    "payAmount": Wording("金额", "amount"),
}
_OPERATORS: Final[Mapping[str, Wording]] = {
    "eq": Wording("等于", "equals"),
    "neq": Wording("不等于", "does not equal"),
    "lt": Wording("小于", "is less than"),
    "lteq": Wording("不超过", "is at most"),
    "gt": Wording("大于", "is more than"),
    "gteq": Wording("不低于", "is at least"),
    "isAnyOf": Wording("是其中之一：", "is one of:"),
    "isNoneOf": Wording("不是其中任何一个：", "is none of:"),
    "isAllOf": Wording("同时是：", "is all of:"),
    "isPartOf": Wording("属于：", "is part of:"),
    "hasPart": Wording("包含：", "includes:"),
    "isA": Wording("属于：", "is a:"),
}
_TIME_OPERATORS: Final[Mapping[str, Wording]] = {
    "lt": Wording("早于", "is before"),
    "lteq": Wording("不晚于", "is not after"),
    "gt": Wording("晚于", "is after"),
    "gteq": Wording("不早于", "is not before"),
}
# The purposes that the market has words for, by the code that the policy holds and each use declares.
PURPOSES: Final[Mapping[str, Wording]] = {
    "internal-analysis": Wording("内部分析", "internal analysis"),
    "statistics-publication": Wording("统计发布", "publication of statistics"),
    "model-training": Wording("模型训练", "training of models"),
    "scientific-research": Wording("科学研究", "scientific research"),
    "product-development": Wording("产品与服务开发", "development of products and services"),
    ANY_LAWFUL: Wording("任何合法目的", "any lawful purpose"),
}
_JOINS: Final[Mapping[str, Wording]] = {
    "all_of": Wording("同时满足", "all of"),
    "any_of": Wording("满足其一", "at least one of"),
    "exactly_one_of": Wording("恰好满足其一", "exactly one of"),
}


def texts_of(found: object) -> tuple[str, ...]:
    """The texts in a phrase's parameter; none where it holds something else."""
    return tuple(each for each in found if isinstance(each, str)) if isinstance(found, tuple) else ()


def cleaned(text: str) -> str:
    """A party's text for one line of the agreement: no breaks, no invisible or direction-turning signs."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def listed(items: Sequence[str]) -> Wording:
    """Several names in one sentence; the marker for empty where there are none."""
    return Wording("、".join(items), ", ".join(items)) if items else EMPTY


def territory(code: str) -> Wording:
    """The name of a territory code of the policy."""
    if code == WORLD:
        return Wording("全球", "the world")
    if code == "CN":
        return Wording("中国境内", "within China")
    country, _, division = code.partition("-")
    if country == "CN" and division:
        return Wording(f"行政区划{division}（GB/T 2260）", f"division {division} (GB/T 2260)")
    return Wording(f"{code}（ISO 3166）", f"{code} (ISO 3166)")


def purpose(text: str) -> Wording:
    """A purpose in words with its code in brackets; one that a party named itself stands as it is written."""
    shown = cleaned(text)
    words = PURPOSES.get(text)
    return Wording(shown, shown) if words is None else Wording(f"{words.zh}（{shown}）", f"{words.en} ({shown})")


def purposes(texts: Sequence[str]) -> Wording:
    """Several purposes in one sentence; the marker for empty where there are none."""
    return joined([purpose(text) for text in texts]) if texts else EMPTY


def joined(wordings: Sequence[Wording]) -> Wording:
    """Several wordings in one sentence."""
    return Wording("、".join(each.zh for each in wordings), ", ".join(each.en for each in wordings))


def condition(phrase: Phrase) -> Wording:
    """A conditional permission, prohibition or duty, with all its limits, however deep they nest."""
    action = ACTIONS[str(phrase.params["action"])]
    limits = _limits(phrase)
    when = Wording("", "")
    if limits.zh and phrase.code == "action_if":
        when = Wording(f"，条件是{limits.zh}", f", provided that {limits.en}")
    elif limits.zh:
        when = Wording(f"，如果{limits.zh}", f" if {limits.en}")
    opening = {
        "action_if": Wording("可以", "the buyer may"),
        "no_action_if": Wording("不得", "the buyer may not"),
        "duty_if": Wording("必须", "the buyer must"),
    }[phrase.code]
    return Wording(f"{opening.zh}{action.zh}{when.zh}", f"{opening.en} {action.en}{when.en}")


def _limits(phrase: Phrase) -> Wording:
    found = phrase.params.get("limits")
    parts = [_limit(part) for part in found if isinstance(part, Phrase)] if isinstance(found, tuple) else []
    return Wording("，且".join(part.zh for part in parts), " and ".join(part.en for part in parts))


def _limit(phrase: Phrase) -> Wording:
    if phrase.code in _JOINS:
        found = phrase.params["limits"]
        parts = [_limit(part) for part in found if isinstance(part, Phrase)] if isinstance(found, tuple) else []
        join = _JOINS[phrase.code]
        zh, en = "；".join(part.zh for part in parts), "; ".join(part.en for part in parts)
        return Wording(f"{join.zh}（{zh}）", f"{join.en} ({en})")
    operand, operator = str(phrase.params["operand"]), str(phrase.params["operator"])
    texts = texts_of(phrase.params["values"])
    values = purposes(texts) if operand == "purpose" else listed([cleaned(text) for text in texts])
    name = _OPERANDS[operand]
    verb = _TIME_OPERATORS.get(operator, _OPERATORS[operator]) if operand == "dateTime" else _OPERATORS[operator]
    return Wording(f"{name.zh}{verb.zh}{values.zh}", f"{name.en} {verb.en} {values.en}")
