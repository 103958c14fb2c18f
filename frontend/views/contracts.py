"""The contract as a page to read, and its signing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_POST, require_safe

from contracts import negotiations, signatures, trade
from contracts.errors import NotYourTurn, TextChanged
from contracts.models import Side
from contracts.queries import documents
from contracts.queries.documents import ContractDetail
from contracts.turns import Ask
from frontend import answers, formats, refusals, turns
from frontend.forms.contracts import MakeKeyForm, SignForm
from market import access
from market.kernel.errors import MarketError, NotFound
from market.participants import sealed_keys
from market.participants.errors import KeyLocked, WrongPin
from market.participants.members import TRADING_ROLES, Member, Role
from market.requests import MemberRequest

SIGNING = (Ask.ANSWER_REQUEST, Ask.SIGN_FIRST, Ask.SIGN_SECOND)
TEXTS = ("zh", "en", "both")


@require_safe
@access.allow(*TRADING_ROLES)
def document(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """The draft or agreement: filled-in values marked, what differs from the standard terms shown."""
    return _page(request, documents.contract_detail(request.member, negotiation_id))


@require_safe
@access.allow(*TRADING_ROLES)
def exact(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """The exact bytes whose SHA-256 is signed, as a file."""
    data = documents.exact_bytes(request.member, negotiation_id)
    response = HttpResponse(data, content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="contract-{negotiation_id}.json"'
    return response


@require_POST
@access.allow(Role.SIGNATORY)
def sign(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """Sign what was read with the key that the platform keeps. A wrong PIN is counted and told beside its field."""
    found = documents.contract_detail(request.member, negotiation_id)
    form = _sign_form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        _require_turn(found)
        read = documents.exact_bytes(request.member, negotiation_id)
        if signatures.digest_of(read).hex() != form.cleaned_data["sha256"]:
            raise TextChanged(_t("Read it again; nothing was signed."))
        provider = signatures.SealedKey.unlock(
            form.cleaned_data["key"], pin=form.cleaned_data["pin"], document=read, by=request.member
        )
        if found.negotiation.side == Side.SUPPLIER:
            negotiations.agree(negotiation_id, provider=provider, by=request.member)
            messages.success(request, _t("Signed. The buyer signs next."))
            return answers.see_other("frontend:contract", negotiation_id)
        made = trade.sign(negotiation_id, provider=provider, by=request.member)
    except (WrongPin, KeyLocked) as error:
        form.add_error("pin", f"{error.title}{_t('. ')}{error.detail}")
        return _page(request, found, form, status=int(error.status))
    except MarketError as error:
        found = documents.contract_detail(request.member, negotiation_id)  # it may have moved on meanwhile
        return _page(request, found, refusal=refusals.place(form, error), status=int(error.status))
    messages.success(request, _t("Both sides have signed: the contract is in force."))
    return answers.see_other("frontend:trade", made.id)


@require_POST
@access.allow(Role.SIGNATORY)
def make_key(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """Make a key that the platform keeps under a PIN, then come back to sign."""
    found = documents.contract_detail(request.member, negotiation_id)
    form = MakeKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, found, key_form=form, status=422)
    try:
        sealed_keys.make(pin=form.cleaned_data["pin"], by=request.member)
    except MarketError as error:
        refusal = refusals.place(form, error)
        return _page(request, found, key_form=form, refusal=refusal, status=int(error.status))
    messages.success(request, _t("The key is made and its public half is on the ledger. It can sign now."))
    return answers.see_other("frontend:contract", negotiation_id, anchor="sign")


def _require_turn(found: ContractDetail) -> None:
    """Refuse before the PIN is tried. Raises NotYourTurn, NotFound."""
    turn = found.negotiation.turn
    if turn is None:
        raise NotFound(_t("There is nothing to sign any more."))
    if turn.side != found.negotiation.side or turn.ask not in SIGNING:
        raise NotYourTurn


def _sign_form(found: ContractDetail, data: Mapping[str, Any] | None = None) -> SignForm:
    count = len(found.clauses)
    consent = ngettext("I have read the %(count)d clause", "I have read all %(count)d clauses", count) % {
        "count": count
    }
    if found.changed:
        differing = ngettext(
            "and know the %(count)d that differs from the standard terms",
            "and know the %(count)d that differ from the standard terms",
            found.changed,
        ) % {"count": found.changed}
        consent = f"{consent}{_t(', ')}{differing}"
    kept = [(key.id, formats.short_hash(key.fingerprint)) for key in found.keys if key.is_kept_here]
    first = {"sha256": found.sha256, "key": kept[0][0] if kept else None}
    return SignForm(data, initial=first, consent=consent, keys=kept)


def _page(
    request: MemberRequest,
    found: ContractDetail,
    form: SignForm | None = None,
    *,
    key_form: MakeKeyForm | None = None,
    refusal: MarketError | None = None,
    status: int = 200,
) -> HttpResponse:
    row = found.negotiation
    turn = row.turn
    can_sign = (
        turn is not None
        and turn.side == row.side
        and turn.ask in SIGNING
        and request.member.has(Role.SIGNATORY)
        and not found.holds
        and not found.gaps
    )
    reader = "zh" if formats.is_chinese(get_language()) else "en"
    text = request.GET.get("text", reader)
    text = text if text in TEXTS else reader
    only_changed = request.GET.get("only") == "changed" and found.changed > 0
    context = {
        "found": found,
        "row": row,
        "clauses": [clause for clause in found.clauses if clause.differs or not only_changed],
        "only_changed": only_changed,
        "texts": ["zh", "en"] if text == "both" else [text],
        "text": text,
        "title_text": "en" if text == "en" else "zh",
        "can_sign": can_sign,
        "form": (form or _sign_form(found)) if can_sign else form,
        "key_form": key_form or MakeKeyForm(),
        "refusal": refusal,
        "kept": [key for key in found.keys if key.is_kept_here],
        "box": _turn_box(found, request.member),
        "api_path": "agreement" if row.side == Side.SUPPLIER else "verification",
        "crumbs": answers.crumbs(
            (_t("Negotiations"), reverse("frontend:negotiations")),
            (row.title, reverse("frontend:negotiation", args=[row.id])),
            (_t("Contract"), ""),
        ),
    }
    return render(request, "frontend/contracts/document.html", context, status=status)


def _turn_box(found: ContractDetail, member: Member) -> turns.TurnBox | None:
    turn = found.negotiation.turn
    if turn is None:
        return None
    return turns.box(turn, side=found.negotiation.side, member=member, is_held=bool(found.holds))
