"""People, organisations, what they may do, and the keys by which they are known."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from market.kernel import clock, ids
from market.participants.members import OrganisationKind, Role
from market.participants.states import AdmissionState


class PersonManager(BaseUserManager["Person"]):
    """Creates people by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """A person with a usable password, or none."""
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in. What they may do hangs on their memberships alone."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=80, default="", blank=True)
    language = models.CharField(max_length=8, default="zh-hans")
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=clock.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = PersonManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_one_per_address")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def urn(self) -> str:
        """The name by which events know the person."""
        return ids.urn(self.id)


class Organisation(models.Model):
    """A party of the market, the operator, or an authority."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    kind = models.CharField(max_length=16, choices=OrganisationKind)
    name = models.CharField(max_length=200)
    uscc = models.CharField(max_length=18, default="", blank=True)
    # An individual's identity number: sealed for the holder, a keyed hash to find doubles.
    identity_sealed = models.BinaryField(null=True)
    identity_digest = models.BinaryField(null=True)
    identity_masked = models.CharField(max_length=18, default="", blank=True)
    district = models.CharField(max_length=6)
    sector = models.CharField(max_length=16)
    contact_name = models.CharField(max_length=80, default="", blank=True)
    contact_phone = models.CharField(max_length=32, default="", blank=True)
    contact_email = models.EmailField(default="", blank=True)
    created_at = models.DateTimeField(default=clock.now)
    admitted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OrganisationKind.values), name="organisation_kind_known"),
            models.UniqueConstraint(fields=["uscc"], condition=~Q(uscc=""), name="organisation_one_per_uscc"),
            models.UniqueConstraint(
                fields=["identity_digest"],
                condition=Q(identity_digest__isnull=False),
                name="organisation_one_per_identity",
            ),
            models.UniqueConstraint(fields=["kind"], condition=Q(kind="operator"), name="organisation_one_operator"),
            models.CheckConstraint(
                condition=Q(admitted_at__isnull=True) | ~Q(kind__in=["operator", "authority"]),
                name="organisation_operator_never_trades",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def urn(self) -> str:
        """The name by which events and agreements know it."""
        return ids.urn(self.id)


class Membership(models.Model):
    """A person's roles in one organisation; an authority's seat is bounded by district and sector."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=24, choices=Role))
    district = models.CharField(max_length=6, default="", blank=True)  # a prefix: "1401" sees 140105; "" sees all
    sector = models.CharField(max_length=16, default="", blank=True)  # "" sees all
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "person"],
                condition=Q(ended_at__isnull=True),
                name="membership_one_per_person",
            ),
            models.CheckConstraint(condition=Q(roles__len__gt=0), name="membership_has_a_role"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(ended_at__isnull=True, roles__contains=["cdo"]),
                name="membership_one_cdo_per_organisation",  # 条例 6
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.organisation_id}"

    @property
    def urn(self) -> str:
        """The name by which events know the seat."""
        return ids.urn(self.id)


class Invitation(models.Model):
    """An offer to join an organisation, sent to an address; the link's secret is kept as a hash."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    roles = ArrayField(models.CharField(max_length=24, choices=Role))
    district = models.CharField(max_length=6, default="", blank=True)  # bounds of the seat, as in Membership
    sector = models.CharField(max_length=16, default="", blank=True)
    secret_digest = models.BinaryField(unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"invitation to {self.organisation_id}"

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class Admission(models.Model):
    """An organisation's application to trade, with what it declared and what the reviewer decided."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="admissions")
    state = models.CharField(max_length=16, choices=AdmissionState, default=AdmissionState.DRAFT)
    source_statement = models.TextField(default="", blank=True)  # where its data come from (DSL 33)
    legal_representative = models.CharField(max_length=80, default="", blank=True)
    licence_key = models.CharField(max_length=200, default="", blank=True)  # storage key of the licence scan
    licence_sha256 = models.CharField(max_length=64, default="", blank=True)
    licence_type = models.CharField(max_length=16, default="", blank=True)  # by its bytes: pdf, png or jpeg
    licence_name = models.CharField(max_length=200, default="", blank=True)
    terms_version = models.PositiveIntegerField(default=0)
    has_clean_record = models.BooleanField(default=False)  # three years, declared
    findings = models.JSONField(default=list)  # what the automatic checks said
    decision_reason = models.TextField(default="", blank=True)
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    review_due_at = models.DateTimeField(null=True, blank=True)  # by the rule in force when it was handed in
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=AdmissionState.values), name="admission_state_known"),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(state__in=["draft", "submitted", "returned"]),
                name="admission_one_open_per_organisation",
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at"], name="admission_queue")]

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class ApiKey(models.Model):
    """A program's key: scoped, shown once, kept as a hash."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.BinaryField(unique=True)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} {self.prefix}…"


class PublicKey(models.Model):
    """A signatory's public key, registered for one organisation. The other half is where `provider` says."""

    class Provider(models.TextChoices):
        OWN = "own_key", _("signature by a key of the signatory's own")  # the platform never had the private half
        SEALED = "sealed_key", _("signature by a key in the platform's keeping")  # under the signatory's PIN

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="public_keys")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="public_keys")
    provider = models.CharField(max_length=12, choices=Provider)
    algorithm = models.CharField(max_length=16, default="Ed25519")
    public_key = models.BinaryField(unique=True)
    sealed = models.BinaryField(null=True)  # the private half under PIN (scrypt) and FIELD_KEY
    salt = models.BinaryField(null=True)
    wrong_pins = models.PositiveSmallIntegerField(default=0)
    event_id = models.UUIDField(null=True)  # its registration, which bundles show
    created_at = models.DateTimeField(default=clock.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(provider__in=["own_key", "sealed_key"]), name="public_key_provider_known"
            ),
            models.CheckConstraint(
                condition=Q(provider="own_key", sealed__isnull=True) | Q(provider="sealed_key", sealed__isnull=False),
                name="public_key_sealed_only_when_kept_here",
            ),
        ]

    def __str__(self) -> str:
        return bytes(self.public_key).hex()[:16]
