"""Who acts: a person for an organisation with its roles there, or a process of the product."""

from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from market.kernel import ids
from market.kernel.errors import NotAllowed


class Role(models.TextChoices):
    """What a member may do. Of any organisation, of the operator, of an assessor, of an authority (Article 5)."""

    ADMIN = "admin", _("administrator")
    TRADER = "trader", _("trader")
    SIGNATORY = "signatory", _("signatory")
    FINANCE = "finance", _("finance")
    CDO = "cdo", _("chief data officer")
    DEVELOPER = "developer", _("developer")
    REVIEWER = "reviewer", _("reviewer")
    CLERK = "clerk", _("clerk")
    APPROVER = "approver", _("approver")
    AUDITOR = "auditor", _("auditor")
    SYSADMIN = "sysadmin", _("system administrator")
    SECADMIN = "secadmin", _("security administrator")
    ASSESSOR = "assessor", _("assessor")
    REGULATOR_DATA = "regulator_data", _("data authority")
    REGULATOR_GOV_IT = "regulator_gov_it", _("government IT authority")
    REGULATOR_CAC = "regulator_cac", _("cyberspace office")
    REGULATOR_PS = "regulator_ps", _("public security")
    REGULATOR_SECTOR = "regulator_sector", _("sector authority")


TRADING_ROLES = frozenset({Role.ADMIN, Role.TRADER, Role.SIGNATORY, Role.FINANCE, Role.CDO, Role.DEVELOPER})
OPERATOR_ROLES = frozenset({Role.REVIEWER, Role.CLERK, Role.APPROVER, Role.AUDITOR, Role.SYSADMIN, Role.SECADMIN})
AUTHORITY_ROLES = frozenset(
    {Role.REGULATOR_DATA, Role.REGULATOR_GOV_IT, Role.REGULATOR_CAC, Role.REGULATOR_PS, Role.REGULATOR_SECTOR}
)


class OrganisationKind(models.TextChoices):
    """Kinds of organisation; only the first four trade."""

    ENTERPRISE = "enterprise", _("enterprise")
    INDIVIDUAL = "individual", _("natural person")
    PUBLIC_BODY = "public_body", _("public body")
    SERVICE_PARTY = "service_party", _("service party")
    OPERATOR = "operator", _("market operator")
    AUTHORITY = "authority", _("authority")


def roles_of(kind: OrganisationKind) -> frozenset[Role]:
    """The roles that members of such an organisation may hold; an assessor is a service party."""
    if kind == OrganisationKind.OPERATOR:
        return OPERATOR_ROLES
    if kind == OrganisationKind.AUTHORITY:
        return AUTHORITY_ROLES | {Role.AUDITOR}
    return TRADING_ROLES | {Role.ASSESSOR} if kind == OrganisationKind.SERVICE_PARTY else TRADING_ROLES


def keeper_of(kind: OrganisationKind) -> Role | None:
    """The role that keeps an organisation's memberships, of which one member must always be left.

    None for an authority: its seats are kept by the operator's security administrator on the authority's application.
    """
    if kind == OrganisationKind.OPERATOR:
        return Role.SECADMIN
    return None if kind == OrganisationKind.AUTHORITY else Role.ADMIN


class Actor(Protocol):
    """Anybody who may call a verb."""

    @property
    def urn(self) -> str: ...
    @property
    def organisation_id(self) -> UUID | None: ...
    def require(self, *roles: Role) -> None: ...
    def has(self, *roles: Role) -> bool: ...


@dataclass(frozen=True, slots=True)
class Member:
    """A person acting for one organisation."""

    person_id: UUID
    organisation_id: UUID
    organisation_name: str
    organisation_kind: OrganisationKind
    roles: frozenset[Role]
    is_admitted: bool
    district: str
    sector: str
    scopes: frozenset[str] | None = None  # of an API key; None: signed in on a page

    @property
    def is_seat(self) -> bool:
        """Whether this is a seat of the operator or of an authority, which never trades but may see others' files."""
        return self.organisation_kind in {OrganisationKind.OPERATOR, OrganisationKind.AUTHORITY}

    @property
    def urn(self) -> str:
        """The person, as events name the actor."""
        return ids.urn(self.person_id)

    @property
    def organisation_urn(self) -> str:
        """The organisation acted for."""
        return ids.urn(self.organisation_id)

    def has(self, *roles: Role) -> bool:
        """Whether any of the roles is held."""
        return not self.roles.isdisjoint(roles)

    def require(self, *roles: Role) -> None:
        """Refuse unless any of the roles is held. Raises NotAllowed."""
        if not self.has(*roles):
            wanted = ", ".join(str(role.label) for role in roles)
            raise NotAllowed(_t("Needed role: %(roles)s.") % {"roles": wanted}, roles=[str(role) for role in roles])

    def require_trading(self, *roles: Role) -> None:
        """Refuse unless an admitted organisation that may trade acts, in one of the roles. Raises NotAllowed.

        The operator and the authorities never trade (数据二十条 (9)).
        """
        if self.is_seat:
            raise NotAllowed(_t("The operator and the authorities do not trade."))
        if not self.is_admitted:
            raise NotAllowed(_t("The organisation is not admitted yet."))
        self.require(*roles)


@dataclass(frozen=True, slots=True)
class Process:
    """A process of the product acting by a rule: no role, no organisation, and therefore only where a verb says so."""

    name: str
    organisation_id: ClassVar[UUID | None] = None

    @property
    def urn(self) -> str:
        """How events name it."""
        return f"urn:market:process:{self.name}"

    def has(self, *roles: Role) -> bool:
        """A process holds no role."""
        return False

    def require(self, *roles: Role) -> None:
        """Always refused. Raises NotAllowed."""
        raise NotAllowed(_t("A process may not do this."))


def system(name: str) -> Process:
    """The actor of a step that no person takes: a deadline, a matched payment."""
    return Process(name=name)
