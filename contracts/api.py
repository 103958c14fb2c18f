"""Contracts' doors: negotiate, draft, sign, accept, object, prove."""

from typing import Any, Literal
from uuid import UUID

from django.http import HttpResponse
from ninja import Router, Status

from contracts import certificates, disputes, negotiations, papers, queries, reminders, terms, trade
from contracts.models import Agreement, Dispute, Negotiation, Trade
from contracts.schemas import (
    AgreementOut,
    AnswerIn,
    DisputeOut,
    LogEntryOut,
    NegotiationOut,
    PaperOut,
    ReasonIn,
    RequestIn,
    SignatureIn,
    TermsIn,
    TradeDetail,
    TradeOut,
)
from contracts.signatures import OwnKey
from market.access import MEMBER, allow
from market.participants.members import TRADING_ROLES, Role
from market.requests import MemberRequest, Page, RequestKey, Size
from provenance import queries as log
from provenance.models import Certificate
from provenance.queries import EntryRow

router = Router(tags=["contracts"])
TRADERS = (Role.TRADER, Role.SIGNATORY)


@router.post("/negotiations", response={201: NegotiationOut})
@allow(*TRADERS, scope="trade")
def request_offer(request: MemberRequest, body: RequestIn, key: RequestKey = "") -> Status[Negotiation]:
    """The buyer asks for an offer. The same Idempotency-Key again answers the same negotiation."""
    values = body.dict()
    return Status(201, negotiations.request(values.pop("offer"), **values, consumer_pid=key, by=request.auth))


@router.get("/negotiations", response=list[NegotiationOut])
@allow(MEMBER)
def list_negotiations(request: MemberRequest, page: Page = 1, size: Size = 20) -> list[Negotiation]:
    """The caller's negotiations on both sides, last changed first."""
    return queries.negotiations_of(request.auth, page=page, size=size)


@router.get("/negotiations/{negotiation_id}", response=NegotiationOut)
@allow(MEMBER)
def show_negotiation(request: MemberRequest, negotiation_id: UUID) -> Negotiation:
    """One negotiation, for its sides."""
    return queries.negotiation_for(request.auth, negotiation_id)


@router.post("/negotiations/{negotiation_id}/offer", response=NegotiationOut)
@allow(*TRADERS, scope="trade")
def offer(request: MemberRequest, negotiation_id: UUID, body: TermsIn) -> Negotiation:
    """The supplier's counter-offer."""
    return negotiations.offer(negotiation_id, **body.dict(), by=request.auth)


@router.post("/negotiations/{negotiation_id}/request", response=NegotiationOut)
@allow(*TRADERS, scope="trade")
def counter(request: MemberRequest, negotiation_id: UUID, body: TermsIn) -> Negotiation:
    """The buyer's counter-request."""
    return negotiations.counter(negotiation_id, **body.dict(), by=request.auth)


@router.post("/negotiations/{negotiation_id}/acceptance", response=NegotiationOut)
@allow(*TRADERS, scope="trade")
def accept_offer(request: MemberRequest, negotiation_id: UUID) -> Negotiation:
    """The buyer accepts the supplier's counter-offer."""
    return negotiations.accept(negotiation_id, by=request.auth)


@router.post("/negotiations/{negotiation_id}/reminder", response={204: None})
@allow(*TRADERS, scope="trade")
def remind(request: MemberRequest, negotiation_id: UUID) -> Status[None]:
    """Ask the other side once more for the step that is its turn; at most once a day."""
    reminders.remind(negotiation_id, by=request.auth)
    return Status(204, None)


@router.post("/negotiations/{negotiation_id}/termination", response=NegotiationOut)
@allow(*TRADERS, scope="trade")
def terminate(request: MemberRequest, negotiation_id: UUID, body: ReasonIn) -> Negotiation:
    """Either side ends the negotiation."""
    return negotiations.terminate(negotiation_id, reason=body.reason, by=request.auth)


@router.get("/negotiations/{negotiation_id}/draft")
@allow(MEMBER)
def draft(request: MemberRequest, negotiation_id: UUID) -> HttpResponse:
    """The agreement's exact canonical bytes: sign the SHA-256 of this body."""
    negotiation = queries.negotiation_for(request.auth, negotiation_id)
    return HttpResponse(terms.draft(negotiation), content_type="application/json")


@router.post("/negotiations/{negotiation_id}/agreement", response={201: AgreementOut})
@allow(Role.SIGNATORY, scope="sign")
def agree(request: MemberRequest, negotiation_id: UUID, body: SignatureIn) -> Status[Agreement]:
    """The supplier signs the draft."""
    provider = OwnKey(key_id=body.key, signature=bytes.fromhex(body.signature))
    return Status(201, negotiations.agree(negotiation_id, provider=provider, by=request.auth))


@router.post("/negotiations/{negotiation_id}/verification", response={201: TradeOut})
@allow(Role.SIGNATORY, scope="sign")
def sign(request: MemberRequest, negotiation_id: UUID, body: SignatureIn) -> Status[Trade]:
    """The buyer signs the same bytes: the contract is in force."""
    provider = OwnKey(key_id=body.key, signature=bytes.fromhex(body.signature))
    return Status(201, trade.sign(negotiation_id, provider=provider, by=request.auth))


@router.get("/agreements/{agreement_id}/document")
@allow(MEMBER)
def agreement_document(request: MemberRequest, agreement_id: UUID) -> HttpResponse:
    """The signed agreement's exact bytes, for its sides."""
    agreement = queries.agreement_for(request.auth, agreement_id)
    return HttpResponse(bytes(agreement.document), content_type="application/json")


@router.get("/trades", response=list[TradeOut])
@allow(MEMBER)
def list_trades(request: MemberRequest, page: Page = 1, size: Size = 20) -> list[Trade]:
    """The caller's trades on both sides, newest first."""
    return queries.trades_of(request.auth, page=page, size=size)


@router.get("/trades/{trade_id}", response=TradeDetail)
@allow(MEMBER)
def show_trade(request: MemberRequest, trade_id: UUID) -> dict[str, Any]:
    """One trade for its parties: where it stands, how to pay, what may be downloaded."""
    return queries.trade_for(request.auth, trade_id)


@router.post("/periods/{period_id}/acceptance", response=TradeOut)
@allow(*TRADERS, scope="trade")
def accept(request: MemberRequest, period_id: UUID) -> Trade:
    """The buyer accepts: escrow is divided and the trade is closed."""
    return trade.accept(period_id, by=request.auth)


@router.post("/trades/{trade_id}/cancellation", response=TradeOut)
@allow(*TRADERS, scope="trade")
def cancel(request: MemberRequest, trade_id: UUID, body: ReasonIn) -> Trade:
    """A party gives an unpaid trade up."""
    return trade.cancel(trade_id, reason=body.reason, by=request.auth)


@router.post("/periods/{period_id}/disputes", response={201: DisputeOut})
@allow(*TRADERS, scope="trade")
def open_dispute(request: MemberRequest, period_id: UUID, body: ReasonIn) -> Status[Dispute]:
    """The buyer objects."""
    return Status(201, disputes.open(period_id, reason=body.reason, by=request.auth))


@router.post("/disputes/{dispute_id}/withdrawal", response=DisputeOut)
@allow(*TRADERS, scope="trade")
def withdraw_dispute(request: MemberRequest, dispute_id: UUID, body: AnswerIn) -> Dispute:
    """The buyer takes the objection back."""
    return disputes.withdraw(dispute_id, answer=body.answer, by=request.auth)


@router.post("/disputes/{dispute_id}/concession", response=DisputeOut)
@allow(*TRADERS, scope="trade")
def concede_dispute(request: MemberRequest, dispute_id: UUID, body: AnswerIn) -> Dispute:
    """The supplier agrees; the escrow goes back."""
    return disputes.concede(dispute_id, answer=body.answer, by=request.auth)


@router.get("/trades/{number}/entries", response=list[LogEntryOut])
@allow(MEMBER)
def entries(request: MemberRequest, number: str) -> list[EntryRow]:
    """Where a trade of the caller's stands in the log, by the trade's number; 404 for strangers."""
    found = queries.trade_numbered(request.auth, number)
    return log.of_reader([found.id], request.auth)


@router.post("/trades/{trade_id}/certificates/{kind}", response=PaperOut)
@allow(*TRADING_ROLES, scope="trade")
def certify(
    request: MemberRequest, trade_id: UUID, kind: Literal["agreement", "delivery", "settlement"]
) -> Certificate:
    """The certificate of a trade's agreement, delivery or settlement, made at the first asking."""
    found = queries.trade_of_party(request.auth, trade_id)
    return papers.of_trade(found, Certificate.Kind(kind), by=request.auth)


@router.post("/versions/{version_id}/certificate", response=PaperOut)
@allow(*TRADING_ROLES, scope="supply")
def certify_version(request: MemberRequest, version_id: UUID) -> Certificate:
    """The certificate of one of the caller's listed versions, made at the first asking."""
    return papers.of_version(version_id, by=request.auth)


@router.get("/trades/{trade_id}/bundle")
@allow(MEMBER)
def bundle(request: MemberRequest, trade_id: UUID) -> HttpResponse:
    """One file that proves the trade offline (`manage.py verify`); 503 while its last step is not on the ledger."""
    found = queries.trade_of_party(request.auth, trade_id)
    response = HttpResponse(certificates.bundle(found, request.auth), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.number}.bundle.json"'
    return response
