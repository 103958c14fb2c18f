"""What two parties settle: exactly what the agreement document is composed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from market.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side. `kind` is the organisation's kind; an individual has no unified social credit code."""

    urn: str
    name: str
    uscc: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is sold: one immutable version and how its supplier describes it."""

    urn: str
    title: str
    version: int
    data_description: str
    source_type: str  # original, collected, traded or other
    source_statement: str
    scale: str  # e.g. 1,188行×13列
    format: str  # e.g. CSV、Parquet


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalData:
    """The personal information in the data, and the proof that each person was told and agreed separately."""

    kinds: tuple[str, ...]
    consent_evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Everything the agreement says. Amounts in the currency's minor unit, rates in basis points."""

    agreement_id: str  # urn of the agreement to be
    thread: str  # urn of the trade
    requested_at: datetime
    terms_at: datetime  # when the last of these terms was put forward
    supplier: Party
    buyer: Party
    product: Product
    file_sha256: str
    file_bytes: int
    price_minor: int
    tax_rate_bp: int
    policy: Policy
    rights_basis: str
    currency: str = "CNY"
    tax_included: bool = True
    payment_due_days: int = 7
    acceptance_days: int | None = 3  # None: silence does not accept
    rights_held: tuple[str, ...] = ("hold", "use", "operate")
    personal: PersonalData | None = None
    delivery_modes: tuple[str, ...] = ("file",)
    delivery_due_days: int = 1
    confidentiality_years: int = 3
    dispute_forum: str = "court"  # or arbitration, which needs dispute_body
    dispute_body: str = ""  # empty with court: the court at the defendant's domicile
    rules: Mapping[str, int] = field(default_factory=dict)  # rule name → version in force
    custodian: str | None = None  # the bank that really keeps the money, else the market's escrow account
