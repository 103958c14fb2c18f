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
VERIFIED: Final = "negotiation.verified"
FUNDED: Final = "period.funded"
SETTLED: Final = "period.settled"
OBLIGATION: Final = "obligation.opened"
PAYMENT: Final = "payment.received"
GRANT: Final = "grant.opened"
KEY: Final = "key.registered"

# An entry of these kinds is evidence for the trade, so it must show that it belongs to it.
EVIDENCE: Final = frozenset({AGREED, VERIFIED, FUNDED, SETTLED, OBLIGATION, PAYMENT, GRANT})
STORY: Final = (AGREED, VERIFIED, FUNDED, SETTLED)


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

        Raises NotClaimed if the bundle is about no trade, NotFound if it is and the agreement is missing,
        Damaged or Contradicted if it is there and not what it should be.
        """
        documents = [document for document in bundle.documents if document.bound_field == HASH_FIELD]
        if not documents:
            if bundle.signatures or any(entry.leaf.kind in EVIDENCE for entry in bundle.entries):
                raise NotFound("the bundle speaks of a trade and does not hold its agreement")
            raise NotClaimed("the bundle is not about a trade")
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


def check_keys(bundle: Bundle, agreement: Agreement) -> str:
    """Each signing key was registered in the log by the party that it signs for, before it was used."""
    first = {kind: min(found) for kind in STORY if (found := _indexes(bundle, kind))}
    used_from = {"supplier": first.get(AGREED), "buyer": first.get(VERIFIED)}
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
        used_at = used_from[party.role]
        if used_at is not None and entry.index > used_at:
            raise Contradicted(f"the {party.role}'s key was registered after it is said to have signed")
    _signatures_of_both(bundle, agreement)
    return "both signing keys were registered by these parties before they signed"


def check_signatures(bundle: Bundle, agreement: Agreement) -> str:
    """Both parties signed the SHA-256 of the agreement's exact bytes."""
    for signature in bundle.signatures:
        if signature.document != agreement.document.name:
            raise Contradicted(f"the {signature.party}'s signature is for {signature.document!r}, not the agreement")
        if not ed25519_accepts(signature.public_key, agreement.document.sha256, signature.signature):
            raise Contradicted(f"the {signature.party}'s signature does not belong to this agreement and key")
    said = [
        f"{role} {agreement.party(role).name!r} signed with {_custody(signature)}"
        for role, signature in _signatures_of_both(bundle, agreement)
    ]
    return "; ".join(said)


def check_thread(bundle: Bundle, agreement: Agreement) -> str:
    """Every entry that is evidence shows the trade it belongs to, and it is this one."""
    tied = 0
    for entry in bundle.entries:
        thread = entry.value("thread")
        if thread is None:
            if entry.leaf.kind in EVIDENCE:
                raise NotFound(f"{entry.label} does not show to which trade it belongs")
            continue
        if thread != agreement.thread:
            raise Contradicted(f"{entry.label} belongs to another trade")
        tied += 1
    return f"{tied} entries belong to the trade that the agreement names"


def check_order(bundle: Bundle, agreement: Agreement) -> str:
    """What must come later in a trade stands later in the log."""
    firsts = [(kind, min(found)) for kind in STORY if (found := _indexes(bundle, kind))]
    for (earlier, index), (later, next_index) in pairwise(firsts):
        if next_index <= index:
            raise Contradicted(f"{later} stands at {next_index}, before {earlier} at {index}")
    early = [e for e in bundle.entries if e.leaf.kind in EVIDENCE and e.index < agreement.entry.index]
    if early:
        raise Contradicted(f"{early[0].label} stands before the agreement at {agreement.entry.index}")
    return " < ".join(f"{kind} {index}" for kind, index in firsts)


def check_price(bundle: Bundle, agreement: Agreement) -> str:
    """What was owed and settled is the agreed price; payments reach it once the period is funded."""
    paid_minor, seen = 0, []
    for entry in bundle.entries:
        if entry.leaf.kind not in (OBLIGATION, PAYMENT, SETTLED):
            continue
        amount = entry.value("amount_minor")
        if amount is None:
            raise NotFound(f"{entry.label} does not show its amount")
        amount_minor = shapes.integer(amount, f"the amount of {entry.label}")
        currency = entry.value("currency")
        if currency not in (None, agreement.currency):
            raise Contradicted(f"{entry.label} is in another currency than the agreement")
        if entry.leaf.kind == PAYMENT:
            paid_minor += amount_minor
        elif amount_minor != agreement.price_minor:
            raise Contradicted(f"{entry.label} says {amount_minor}, the agreement {agreement.price_minor}")
        seen.append(entry.leaf.kind)
    # A buyer may pay in parts and may pay too much; less than the price never funds a period.
    if PAYMENT in seen and _indexes(bundle, FUNDED) and paid_minor < agreement.price_minor:
        raise Contradicted(f"the payments shown are {paid_minor}, less than the price {agreement.price_minor}")
    if not seen:
        raise NotClaimed(f"the agreed price is {agreement.price}; no entry about money is in the bundle")
    return f"{', '.join(sorted(set(seen)))} agree with the price of {agreement.price}"


def check_file(bundle: Bundle, agreement: Agreement) -> str:
    """What was opened for delivery is the file that was agreed."""
    grants = [entry for entry in bundle.entries if entry.leaf.kind == GRANT]
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
        raise NotFound(f"{entry.label} does not show {name!r}, which would tie it to {what}")
    if value != expected:
        raise Contradicted(f"{entry.label} says another {name!r} than {what}")


def _indexes(bundle: Bundle, kind: str) -> list[int]:
    return [entry.index for entry in bundle.entries if entry.leaf.kind == kind]


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
