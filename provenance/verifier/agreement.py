"""What a bundle says about a trade: the agreement, who signed it with which key, and for how much."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

from . import shapes
from .bundle import PARTIES, Bundle, Document, Entry, Signature
from .canonical import Json, loads
from .errors import Contradicted, NotClaimed, NotFound
from .notes import ed25519_accepts

FORMAT: Final = "dm-agreement/v1"
HASH_FIELD: Final = "agreement_sha256"

AGREED: Final = "negotiation.agreed"
VERIFIED: Final = "agreement.verified"
FUNDED: Final = "period.funded"
SETTLED: Final = "period.settled"
OBLIGATION: Final = "obligation.opened"
PAYMENT: Final = "payment.received"
GRANT: Final = "grant.opened"
KEY: Final = "key.registered"

# An entry of these kinds is evidence for the trade, so it must show that it belongs to it.
EVIDENCE: Final = frozenset({AGREED, VERIFIED, FUNDED, SETTLED, OBLIGATION, PAYMENT, GRANT})
STORY: Final = (AGREED, VERIFIED, FUNDED, SETTLED)
# Which entry recorded whose signature.
SIGNED_AT: Final = {"supplier": AGREED, "buyer": VERIFIED}
# What happens once in a period.
ONCE: Final = (OBLIGATION, FUNDED, SETTLED)
# Amounts that are the price, and the field they stand in; payments are summed instead.
PRICED: Final = {AGREED: "price_minor", OBLIGATION: "amount_minor", FUNDED: "amount_minor", SETTLED: "amount_minor"}


@dataclass(frozen=True, slots=True)
class Party:
    """Supplier or buyer as the agreement names it."""

    role: str
    urn: str
    name: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement document of a bundle and the entry that recorded its hash."""

    document: Document
    entry: Entry
    thread: str
    supplier: Party
    buyer: Party
    price_minor: int
    currency: str
    file_sha256: str | None

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Find and read the agreement.

        Raises NotFound if it is missing: a bundle proves a trade or is incomplete, else one that was stripped of its
        agreement would pass. Damaged or Contradicted if it is there and not what it should be.
        """
        documents = [document for document in bundle.documents if document.bound_field == HASH_FIELD]
        if not documents:
            if bundle.signatures or any(entry.leaf.kind in EVIDENCE for entry in bundle.entries):
                raise NotFound("the bundle speaks of a trade and does not hold its agreement")
            raise NotFound("the bundle holds no agreement: it proves entries of the log and no trade")
        if len(documents) > 1:
            raise Contradicted("the bundle holds two agreements")
        document = documents[0]
        entry = bundle.entries[document.bound_entry]
        if entry.leaf.kind != AGREED:
            raise Contradicted(f"the agreement is bound by {entry.label} and not by {AGREED}")
        others = [other for other in bundle.entries if other.leaf.kind == AGREED and other is not entry]
        if others:
            raise Contradicted(f"{others[0].label} records another agreement")
        content = shapes.members(loads(document.content), "the agreement")
        if content.get("format") != FORMAT:
            raise Contradicted(f"the agreement is not of the format {FORMAT}")
        agreement = cls(
            document=document,
            entry=entry,
            thread=shapes.text(content.get("thread"), "the agreement's thread"),
            supplier=_party(content.get("supplier"), "supplier"),
            buyer=_party(content.get("buyer"), "buyer"),
            price_minor=shapes.integer(content.get("price_minor"), "the agreement's price"),
            currency=shapes.text(content.get("currency"), "the agreement's currency"),
            file_sha256=_file_hash(content.get("file_sha256")),
        )
        if agreement.supplier.urn == agreement.buyer.urn:
            raise Contradicted("the agreement names one organisation as supplier and as buyer")
        return agreement

    def party(self, role: str) -> Party:
        """Supplier or buyer."""
        return self.supplier if role == "supplier" else self.buyer

    @property
    def summary(self) -> str:
        """The agreement in a line."""
        parties = f"{self.supplier.name!r} supplies {self.buyer.name!r}"
        return f"{parties} for {self.price}, recorded at index {self.entry.index}"

    @property
    def price(self) -> str:
        """The price as the report writes it."""
        return f"{self.price_minor} minor units of {self.currency}"


def check_thread(bundle: Bundle, agreement: Agreement) -> str:
    """Every entry that is used as evidence shows that it belongs to this trade and to this agreement."""
    tied = 0
    for entry in _shown(bundle):
        thread, digest = entry.value("thread"), entry.value(HASH_FIELD)
        if thread is None:
            if entry.leaf.kind in EVIDENCE:
                raise entry.hidden("thread", f"{entry.label} does not show to which trade it belongs")
            continue
        if thread != agreement.thread:
            raise Contradicted(f"{entry.label} belongs to another trade")
        if digest not in (None, agreement.document.sha256.hex()):
            raise Contradicted(f"{entry.label} names another agreement")
        tied += 1
    closed = len(bundle.entries) - len(_shown(bundle))
    more = f"; {closed} entries are closed to this reader and prove nothing here" if closed else ""
    return f"{tied} entries belong to the trade that the agreement names{more}"


def check_keys(bundle: Bundle, agreement: Agreement) -> str:
    """Each signing key was registered in the log by the party that it signs for, before it was used."""
    for role in PARTIES:
        named = agreement.entry.value(role)
        if named not in (None, agreement.party(role).urn):
            raise Contradicted(f"{agreement.entry.label} names another {role} than the agreement")
    for signature in bundle.signatures:
        party = agreement.party(signature.party)
        entry = bundle.entries[signature.key_entry]
        if entry.leaf.kind != KEY:
            raise Contradicted(f"the {party.role}'s key rests on {entry.label}, which registers no key")
        _require(entry, "public_key", signature.public_key.hex(), f"the {party.role}'s signing key")
        _require(entry, "owner", party.urn, f"the {party.role} of the agreement")
        custody = entry.value("provider")
        if custody is not None and custody != signature.provider:
            raise Contradicted(f"{entry.label} says {custody!r} of the key that is called {signature.provider!r}")
        used = _entries(bundle, SIGNED_AT[party.role])
        if used and entry.index > used[0].index:
            raise Contradicted(f"the {party.role}'s key was registered after it is said to have signed")
    _signatures_of_both(bundle, agreement)
    return "both signing keys were registered by these parties before they signed"


def check_signatures(bundle: Bundle, agreement: Agreement) -> str:
    """Both parties signed the SHA-256 of the agreement's exact bytes, as the log recorded it."""
    for signature in bundle.signatures:
        if signature.document != agreement.document.name:
            raise Contradicted(f"the {signature.party}'s signature is for {signature.document!r}, not the agreement")
        if not ed25519_accepts(signature.public_key, agreement.document.sha256, signature.signature):
            raise Contradicted(f"the {signature.party}'s signature does not belong to this agreement and key")
        for entry in _entries(bundle, SIGNED_AT[signature.party]):
            given = {"signature": signature.signature.hex(), "public_key": signature.public_key.hex()}
            for name, value in given.items():
                if entry.value(name) not in (None, value):
                    raise Contradicted(f"{entry.label} recorded another {name!r} of the {signature.party}")
    said = [
        f"{role} {agreement.party(role).name!r} signed with {_custody(signature)}"
        for role, signature in _signatures_of_both(bundle, agreement)
    ]
    return "; ".join(said)


def check_order(bundle: Bundle, agreement: Agreement) -> str:
    """What must come later in a trade stands later in the log."""
    firsts = [(kind, found[0].index) for kind in STORY if (found := _entries(bundle, kind))]
    for (earlier, index), (later, next_index) in pairwise(firsts):
        if next_index <= index:
            raise Contradicted(f"{later} stands at {next_index}, before {earlier} at {index}")
    early = [e for e in _shown(bundle) if e.leaf.kind in EVIDENCE and e.index < agreement.entry.index]
    if early:
        raise Contradicted(f"{early[0].label} stands before the agreement at {agreement.entry.index}")
    return " < ".join(f"{kind} {index}" for kind, index in firsts)


def check_price(bundle: Bundle, agreement: Agreement) -> str:
    """What was agreed, owed and settled is the price; payments reach it once the period is funded.

    The agreement states one price for one period. Of a bundle that tells of several this judges none.
    """
    periods = max(len(_entries(bundle, kind)) for kind in ONCE)
    if periods > 1:
        raise NotFound(f"the bundle tells of {periods} periods, the agreement states the price of one")
    seen = set()
    for kind, field in PRICED.items():
        for entry in _entries(bundle, kind):
            amount_minor = _amount(entry, field, agreement)
            if amount_minor is None:
                continue
            seen.add(kind)
            if amount_minor != agreement.price_minor:
                raise Contradicted(f"{entry.label} says {amount_minor}, the agreement {agreement.price_minor}")
    payments = [_amount(entry, "amount_minor", agreement) for entry in _entries(bundle, PAYMENT)]
    paid_minor = sum(amount_minor for amount_minor in payments if amount_minor is not None)
    # A buyer may pay in parts and may pay too much; less than the price never funds a period.
    if payments and _entries(bundle, FUNDED) and paid_minor < agreement.price_minor:
        raise Contradicted(f"the payments shown are {paid_minor}, less than the price {agreement.price_minor}")
    if payments:
        seen.add(PAYMENT)
    if seen <= {AGREED}:
        raise NotClaimed(f"the agreed price is {agreement.price}; no entry about money is in the bundle")
    return f"{', '.join(sorted(seen))} agree with the price of {agreement.price}"


def check_file(bundle: Bundle, agreement: Agreement) -> str:
    """What was opened for delivery is the file that was agreed."""
    grants = _entries(bundle, GRANT)
    if agreement.file_sha256 is None:
        raise NotClaimed("the agreement names no file")
    if not grants:
        raise NotClaimed("no delivery is in the bundle")
    for entry in grants:
        _require(entry, "file_sha256", agreement.file_sha256, "the file of the agreement")
    return f"the file opened for delivery is the agreed one, SHA-256 {agreement.file_sha256}"


def _signatures_of_both(bundle: Bundle, agreement: Agreement) -> list[tuple[str, Signature]]:
    pairs: list[tuple[str, Signature]] = []
    for role in PARTIES:
        found = [signature for signature in bundle.signatures if signature.party == role]
        if not found:
            raise NotFound(f"the bundle holds no signature of the {role} {agreement.party(role).name!r}")
        pairs += [(role, signature) for signature in found]
    return pairs


def _require(entry: Entry, name: str, expected: str, what: str) -> None:
    value = entry.value(name)
    if value is None:
        raise entry.hidden(name, f"{entry.label} does not show {name!r}, which would tie it to {what}")
    if value != expected:
        raise Contradicted(f"{entry.label} says another {name!r} than {what}")


def _shown(bundle: Bundle) -> list[Entry]:
    """Entries of which the reader sees anything; a closed one is no evidence for or against."""
    return [entry for entry in bundle.entries if entry.openings or not entry.leaf.commitments]


def _entries(bundle: Bundle, kind: str) -> list[Entry]:
    """The shown entries of one kind, in the order of the log."""
    found = [entry for entry in _shown(bundle) if entry.leaf.kind == kind]
    return sorted(found, key=lambda entry: entry.index)


def _amount(entry: Entry, field: str, agreement: Agreement) -> int | None:
    if entry.value("currency") not in (None, agreement.currency):
        raise Contradicted(f"{entry.label} is in another currency than the agreement")
    amount = entry.value(field)
    if amount is None and entry.leaf.kind != AGREED:
        raise entry.hidden(field, f"{entry.label} does not show its amount")
    return None if amount is None else shapes.integer(amount, f"the amount of {entry.label}")


def _custody(signature: Signature) -> str:
    return "its own key" if signature.provider == "own_key" else "a key kept by the platform (平台托管签名)"


def _party(value: Json, role: str) -> Party:
    found = shapes.members(value, f"the agreement's {role}")
    return Party(
        role=role,
        urn=shapes.text(found.get("urn"), f"the {role}'s urn"),
        name=shapes.text(found.get("name"), f"the {role}'s name"),
    )


def _file_hash(value: Json) -> str | None:
    return None if value is None else shapes.hex_bytes(value, "the agreement's file hash").hex()
