"""The values that are filled into the wording, in both languages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from contracts.clauses import amounts, phrases
from contracts.clauses.phrases import EMPTY, cleaned, listed
from contracts.clauses.terms import Terms
from contracts.clauses.wording import Wording
from market.kernel import money
from market.policy import Phrase, Plain, values

RIGHTS: Final[Mapping[str, Wording]] = {
    "hold": Wording("持有权", "the right to hold"),
    "use": Wording("使用权", "the right to use"),
    "operate": Wording("经营权", "the right to operate"),
}
SOURCE_TYPES: Final[Mapping[str, Wording]] = {
    "original": Wording("自行产生", "produced by the supplier"),
    "collected": Wording("收集取得", "collected"),
    "traded": Wording("交易取得", "acquired by trade"),
    "other": Wording("其他合法方式取得", "acquired by other lawful means"),
}
DELIVERY_MODES: Final[Mapping[str, Wording]] = {
    "file": Wording("文件下载", "file download"),
    "rows": Wording("数据接口", "data API"),
    "delta_sharing": Wording("Delta Sharing协议", "Delta Sharing"),
    "query_room": Wording("查询室（数据不离开市场）", "query room (the data stay in the market)"),
}
# The names of the market's rules in Chinese; a rule that is not here stands under its own name.
RULES: Final[Mapping[str, str]] = {
    "fee.platform": "平台服务费",
    "tax.vat": "增值税税率",
    "trade.payment_due_days": "付款期限",
    "trade.acceptance_days": "验收期限",
    "trade.negotiation_days": "磋商期限",
    "access.without_signature": "无签名访问",
}
DEFAULT_COURT: Final = Wording(
    "被告住所地有管辖权的人民法院", "the people’s court with jurisdiction at the defendant’s domicile"
)


def fill(terms: Terms, plain: Plain) -> dict[str, Wording]:
    """Every value that a placeholder of the wording can ask for."""
    product = terms.product
    return {
        "supplier": _text(terms.supplier.name),
        "supplier_uscc": _text(terms.supplier.uscc),
        "buyer": _text(terms.buyer.name),
        "buyer_uscc": _text(terms.buyer.uscc),
        "title": _text(product.title),
        "version": _number(product.version),
        "description": _sentence(product.data_description),
        "scale": _sentence(product.scale),
        "format": _sentence(product.format),
        "source_type": SOURCE_TYPES.get(product.source_type) or _text(product.source_type),
        "source_statement": _sentence(product.source_statement),
        "file_bytes": _text(f"{terms.file_bytes:,}"),
        "file_sha256": _text(terms.file_sha256),
        "rights_held": _named(terms.rights_held, RIGHTS),
        "rights_basis": _sentence(terms.rights_basis),
        "delivery_modes": _named(terms.delivery_modes, DELIVERY_MODES),
        "delivery_due_days": _number(terms.delivery_due_days),
        "payment_due_days": _number(terms.payment_due_days),
        "custodian": _text(terms.custodian or ""),
        "acceptance_days": _number(terms.acceptance_days),
        "confidentiality_years": _number(terms.confidentiality_years),
        "personal_kinds": listed([cleaned(kind) for kind in terms.personal.kinds]) if terms.personal else EMPTY,
        "consent_evidence": _sentence(terms.personal.consent_evidence) if terms.personal else EMPTY,
        "dispute_body": _court(terms),
        "requested_at": _moment(terms.requested_at),
        "terms_at": _moment(terms.terms_at),
        "agreement_id": _text(terms.agreement_id),
        "rules": _rules(terms.rules),
        **_amounts(terms),
        **_policy(plain),
    }


def _amounts(terms: Terms) -> dict[str, Wording]:
    price, rate = terms.price_minor, terms.tax_rate_bp
    tax = money.tax_inside(price, rate) if terms.tax_included else money.share(price, rate)
    percent = f"{rate // 100}.{rate % 100:02d}".rstrip("0").rstrip(".") + "%"
    return {
        "price": _text(amounts.figures(price)),
        "price_capital": _text(amounts.capital(price)),
        "currency": _text(terms.currency),
        "tax_rate": _text(percent),
        "tax": _amount(tax, terms.currency),
        "total": _amount(price + tax, terms.currency),
    }


def _amount(amount_minor: int, currency: str) -> Wording:
    figures = amounts.figures(amount_minor)
    foreign = f"{currency} {figures}"
    return Wording(f"人民币{figures}元" if currency == "CNY" else foreign, foreign)


def _policy(plain: Plain) -> dict[str, Wording]:
    said = {phrase.code: phrase for phrase in (*plain.may, *plain.may_not, *plain.must)}

    def texts(code: str, key: str) -> Sequence[str]:
        return phrases.texts_of(said[code].params.get(key)) if code in said else ()

    def names(code: str, key: str) -> Sequence[str]:
        return [cleaned(text) for text in texts(code, key)]

    def number(code: str, key: str) -> Wording:
        return _text(str(said[code].params[key])) if code in said else EMPTY

    territories = [phrases.territory(code) for code in names("not_outside", "regions")]
    return {
        "purposes": phrases.purposes(texts("use_for", "purposes")),
        "excluded_purposes": phrases.purposes(texts("not_for", "purposes")),
        "actions": _actions(plain),
        "recipients": listed(names("not_by_others", "recipients")),
        "industries": listed(names("not_by_other_industries", "industries")),
        "uses_max": number("not_more_than", "count"),
        "term": _term(said),
        "until": _day_or_time(said, "not_after", "until"),
        "start": _day_or_time(said, "not_before", "start"),
        "territory": phrases.joined(territories) if territories else EMPTY,
        "conditions": _conditions(plain),
        "attribution": number("attribute_party", "party"),
        "incident_report_hours": number("report_within_hours", "hours"),
        "delete_within_days": number("delete_within_days", "days"),
    }


def _term(said: Mapping[str, Phrase]) -> Wording:
    if "not_after_days" in said:
        days = said["not_after_days"].params["days"]
        return Wording(f"{days}日", f"{days} day(s)")
    period = said["not_after_period"].params["period"] if "not_after_period" in said else ""
    return Wording(f"{period}（ISO 8601）", f"{period} (ISO 8601)") if period else EMPTY


def _day_or_time(said: Mapping[str, Phrase], code: str, key: str) -> Wording:
    text = str(said[code].params[key]) if code in said else ""
    moment = values.moment(text)
    if moment is None:
        return EMPTY
    if moment.end is not None:
        return Wording(f"{text}（含当日）", f"{text} (that day included)")
    return _text(moment.start.astimezone(values.CHINA).strftime("%Y-%m-%d %H:%M:%S"))


def _actions(plain: Plain) -> Wording:
    named: list[str] = []
    for phrase in plain.may:
        action = (
            "use" if phrase.code in ("use_for", "use_any_purpose") else str(phrase.params.get("action", phrase.code))
        )
        if action not in named:
            named.append(action)
    return phrases.joined([phrases.ACTIONS[action] for action in named]) if named else EMPTY


def _conditions(plain: Plain) -> Wording:
    said = [
        phrases.condition(phrase)
        for phrase in (*plain.may, *plain.may_not, *plain.must)
        if phrase.code in ("action_if", "no_action_if", "duty_if")
    ]
    for phrase in plain.may_not:
        action = phrases.ACTIONS.get(phrase.code.removeprefix("no_"))
        if phrase.code.startswith("no_") and action is not None and phrase.code not in ("no_derive", "no_distribute"):
            said.append(Wording(f"不得{action.zh}", f"the buyer may not {action.en}"))
    return Wording("；".join(each.zh for each in said), "; ".join(each.en for each in said)) if said else EMPTY


def _court(terms: Terms) -> Wording:
    if terms.dispute_body.strip():
        return _text(terms.dispute_body)
    return DEFAULT_COURT if terms.dispute_forum == "court" else EMPTY


def _rules(rules: Mapping[str, int]) -> Wording:
    named = sorted(rules.items())
    if not named:
        return Wording("无", "none")
    return Wording(
        "、".join(f"{RULES.get(name, name)}第{version}版" for name, version in named),
        ", ".join(f"{name} version {version}" for name, version in named),
    )


def _named(codes: Sequence[str], names: Mapping[str, Wording]) -> Wording:
    known = [names.get(code) or _text(code) for code in codes]
    return phrases.joined(known) if known else EMPTY


def _moment(at: datetime) -> Wording:
    return _text(at.astimezone(values.CHINA).strftime("%Y-%m-%d %H:%M"))


def _number(value: int | None) -> Wording:
    return EMPTY if value is None else _text(str(value))


def _sentence(text: str) -> Wording:
    """A text that stands before our own full stop."""
    return _text(text.strip().rstrip("。.；;"))


def _text(text: str) -> Wording:
    shown = cleaned(text)
    return Wording(shown, shown) if shown else EMPTY
