"""A contract as a page: clauses cut at what was filled in, beside the standard terms, and the signatures."""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from contracts import clauses, gaps, standstills, terms
from contracts.models import Agreement, Negotiation, Side, Signature
from contracts.queries.negotiations import NegotiationRow, negotiation_row
from contracts.queries.parties import mine, titles
from contracts.queries.stops import HoldRow, hold_rows
from market import policy
from market.kernel import canonical_json
from market.kernel.errors import NotFound
from market.participants.members import Member, Role
from market.participants.models import PublicKey
from provenance import queries as log
from provenance.queries import EntryRow

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a clause: kept, put in or taken out beside the standard terms; filled in by the parties or not."""

    kind: Literal["same", "added", "removed"]
    text: str
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `differs` from the standard terms where anything was put in or taken out."""

    runs: list[Run]

    @property
    def differs(self) -> bool:
        """Whether the bar stands beside it."""
        return any(run.kind != "same" for run in self.runs)


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """One clause; texts by language."""

    no: str
    code: str
    title: Mapping[str, str]
    text: Mapping[str, list[Paragraph]]
    differs: bool


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """One side's signature, given or awaited."""

    side: Side
    organisation: str
    person: str
    provider: str  # own_key or sealed_key; empty while it is awaited
    signed_at: datetime | None
    entry: EntryRow | None


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A signing key of the reader: kept here under a PIN, or somewhere else."""

    id: UUID
    is_kept_here: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ContractDetail:
    """A draft or an agreement with all that its page needs. Amounts in minor units."""

    negotiation: NegotiationRow
    supplier: str
    buyer: str
    number: str  # empty while it is a draft
    template_version: int
    clauses: list[ClauseRow]
    gaps: list[str]  # what still blocks signing, in the reader's language
    sha256: str  # of the exact bytes; empty while there are gaps
    bytes_count: int
    signatures: list[SignatureRow]
    term_days: int | None
    delete_within_days: int | None
    payment_due_days: int
    keys: list[KeyRow]
    holds: list[HoldRow]

    @property
    def changed(self) -> int:
        """How many clauses read otherwise than on the standard terms."""
        return sum(clause.differs for clause in self.clauses)


def contract_detail(by: Member, negotiation_id: UUID) -> ContractDetail:
    """The contract of a negotiation for one of its sides. Raises NotFound for strangers."""
    found = (
        Negotiation.objects.filter(mine(by), id=negotiation_id)
        .select_related("supplier", "buyer", "offer__version", "agreement")
        .first()
    )
    if found is None:
        raise NotFound
    standstills.give_back_to_negotiations([found])
    agreement: Agreement | None = getattr(found, "agreement", None)
    settled = terms.of(found)
    missing = [] if agreement else clauses.missing(settled)
    if agreement is not None:
        exact = bytes(agreement.document)
        document: Mapping[str, Any] = canonical_json.loads(exact)
    else:
        document = clauses.compose(settled)
        exact = b"" if missing else canonical_json.dumps(document)
    usual = clauses.compose(clauses.standard(settled))
    simple = policy.terms_of(settled.policy)
    version = found.offer.version
    return ContractDetail(
        negotiation=negotiation_row(found, by, title=titles([version.id]).get(version.id, "")),
        supplier=found.supplier.name,
        buyer=found.buyer.name,
        number=agreement.number if agreement else "",
        template_version=document["template"]["version"],
        clauses=list(_clauses(document, usual)),
        gaps=[gaps.sentence(each) for each in missing],
        sha256=hashlib.sha256(exact).hexdigest() if exact else "",
        bytes_count=len(exact),
        signatures=_signatures(found, agreement, by),
        term_days=simple.term_days if simple else None,
        delete_within_days=simple.delete_within_days if simple else None,
        payment_due_days=settled.payment_due_days,
        keys=keys_of(by),
        holds=hold_rows([found.thread, found.supplier_id, found.buyer_id, version.id, version.product_id]),
    )


def exact_bytes(by: Member, negotiation_id: UUID) -> bytes:
    """What is signed: the draft's bytes now, or the agreement's. Raises NotFound, TermsIncomplete."""
    found = Negotiation.objects.filter(mine(by), id=negotiation_id).select_related("agreement").first()
    if found is None:
        raise NotFound
    standstills.give_back_to_negotiations([found])
    agreement: Agreement | None = getattr(found, "agreement", None)
    return bytes(agreement.document) if agreement else terms.draft(found)


def keys_of(by: Member) -> list[KeyRow]:
    """The reader's live signing keys for the organisation they act for, newest first; none without the role."""
    if not by.has(Role.SIGNATORY):
        return []
    found = PublicKey.objects.filter(
        organisation_id=by.organisation_id, person_id=by.person_id, revoked_at__isnull=True
    ).order_by("-created_at")
    return [
        KeyRow(
            id=key.id,
            is_kept_here=key.provider == PublicKey.Provider.SEALED,
            fingerprint=hashlib.sha256(bytes(key.public_key)).hexdigest(),
        )
        for key in found
    ]


def _clauses(document: Mapping[str, Any], usual: Mapping[str, Any]) -> Iterator[ClauseRow]:
    standard = {clause["code"]: clause["text"] for clause in usual["clauses"]}
    for clause in document["clauses"]:
        before = standard.get(clause["code"]) if clause["differs_from_template"] else None
        yield ClauseRow(
            no=clause["no"],
            code=clause["code"],
            title=clause["title"],
            text={each: paragraphs(clause, each, before[each] if before else None) for each in LANGUAGES},
            differs=clause["differs_from_template"],
        )


def paragraphs(clause: Mapping[str, Any], language: Language, before: str | None) -> list[Paragraph]:
    """A clause's text in runs. before: how it reads on standard terms, or None where it does not differ.

    Taken together the runs that are not removed give the text, those that are not added give `before`.
    """
    cut = clauses.segments(clause, language)
    if before is None:
        return [Paragraph([Run("same", each.text, each.name is not None) for each in line]) for line in cut]
    # One mark for each character of the text, line breaks too, so that both cuts can be laid over each other.
    marks: list[bool] = []
    for n, line in enumerate(cut):
        marks += [False] if n else []
        marks += [each.name is not None for each in line for _ in each.text]
    found: list[list[Run]] = [[]]
    at = 0
    for piece in clauses.changes(before, clause["text"][language]):
        for n, part in enumerate(piece.text.split("\n")):
            if n:
                found.append([])
            if piece.kind == "removed":
                found[-1] += [Run("removed", part)] if part else []
                continue
            at += 1 if n else 0
            found[-1] += _marked(piece.kind, part, marks[at : at + len(part)])
            at += len(part)
    return [Paragraph(runs) for runs in found if runs]


def _marked(kind: Literal["same", "added"], text: str, marks: list[bool]) -> Iterator[Run]:
    """A kept or added stretch, cut where a filled-in value begins or ends."""
    for is_filled, group in itertools.groupby(zip(text, marks, strict=True), key=lambda pair: pair[1]):
        yield Run(kind, "".join(char for char, _mark in group), is_filled)


def _signatures(negotiation: Negotiation, agreement: Agreement | None, by: Member) -> list[SignatureRow]:
    """Supplier first, as they sign."""
    given: dict[str, Signature] = {}
    entries: dict[str, EntryRow] = {}
    if agreement is not None:
        given = {each.side: each for each in Signature.objects.select_related("person").filter(agreement=agreement)}
        told = log.story([negotiation.thread], by, kinds=("negotiation.agreed", "agreement.verified"))
        entries = {each.entry.kind: each.entry for each in told}
    rows = []
    for side, organisation, kind in (
        (Side.SUPPLIER, negotiation.supplier.name, "negotiation.agreed"),
        (Side.BUYER, negotiation.buyer.name, "agreement.verified"),
    ):
        signed = given.get(side)
        rows.append(
            SignatureRow(
                side=side,
                organisation=organisation,
                person=signed.person.name if signed else "",
                provider=signed.provider if signed else "",
                signed_at=signed.signed_at if signed else None,
                entry=entries.get(kind),
            )
        )
    return rows
