"""What a supplier holds (resource), what is sold (product, in immutable versions), and on which terms (offer)."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from listings.states import ResourceState, VersionState
from market.kernel import clock, ids
from market.participants.models import Organisation, Person


class SourceType(models.TextChoices):
    """Where the data come from (NDI codes)."""

    ORIGINAL = "001", _("own production")
    COLLECTED = "002", _("collected")
    TRADED = "003", _("bought")
    OTHER = "004", _("other")


class Frequency(models.TextChoices):
    """How often the data are renewed."""

    REAL_TIME = "001", _("real time")
    HOURLY = "002", _("hourly")
    DAILY = "003", _("daily")
    WEEKLY = "004", _("weekly")
    MONTHLY = "005", _("monthly")
    QUARTERLY = "006", _("quarterly")
    YEARLY = "007", _("yearly")
    IRREGULAR = "008", _("irregular")
    HISTORICAL = "009", _("historical, not renewed")


class RightsType(models.TextChoices):
    """The right on which the supplier sells (数据产权: 持有、使用、经营)."""

    HOLD = "hold", _("right to hold")
    USE = "use", _("right to use")
    OPERATE = "operate", _("right to operate")


class PreviewAudience(models.TextChoices):
    """Who may see preview and statistics."""

    PUBLIC = "public", _("everybody")
    ADMITTED = "admitted", _("admitted organisations")
    NONE = "none", _("nobody")


class DataResource(models.Model):
    """A file that a supplier holds, with what intake found out about it."""

    READ_LATER: ClassVar = ("stages", "profile", "sample")  # too much to read along with a version

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="resources")
    name = models.CharField(max_length=200)
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, default="application/octet-stream")
    file_bytes = models.BigIntegerField()
    file_sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=200)
    state = models.CharField(max_length=16, choices=ResourceState, default=ResourceState.RECEIVED)
    # The running job: which stage, how far, when it last said so.
    stages = models.JSONField(default=list)
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    encoding = models.CharField(max_length=32, default="", blank=True)  # chosen by the supplier; empty: detected
    delimiter = models.CharField(max_length=4, default="", blank=True)
    has_header = models.BooleanField(null=True)  # whether the first row names the columns; null: detected
    sheet = models.CharField(max_length=255, default="", blank=True)  # of a workbook; empty: the first with content
    # What came out of it.
    is_table = models.BooleanField(default=False)
    row_count = models.BigIntegerField(null=True)
    column_count = models.IntegerField(null=True)
    profile = models.JSONField(null=True)
    sample = models.JSONField(null=True)
    findings = models.JSONField(default=list)
    parquet_key = models.CharField(max_length=200, default="", blank=True)
    problem = models.JSONField(null=True)
    created_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ResourceState.values), name="resource_state_known"),
            models.CheckConstraint(condition=Q(file_bytes__gt=0), name="resource_has_bytes"),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(ready_at__isnull=False), name="resource_ready_has_time"
            ),
            models.CheckConstraint(
                condition=Q(is_table=False) | Q(row_count__isnull=False, column_count__isnull=False),
                name="resource_table_is_counted",
            ),
        ]
        indexes = [
            models.Index(fields=["supplier", "-created_at"], name="resource_by_supplier"),
            models.Index(fields=["file_sha256"], name="resource_by_file"),
            models.Index(
                fields=["state", "heartbeat_at"],
                name="resource_unfinished",
                condition=Q(state__in=["received", "processing"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class DataProduct(models.Model):
    """What is sold, through all its versions."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="products")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.number

    @property
    def urn(self) -> str:
        """The name by which events know it."""
        return ids.urn(self.id)


class ProductVersion(models.Model):
    """One immutable description of one resource; only a version is assessed, listed, ordered.

    Fields follow regulation.md §2.3. After submission the descriptive columns do not change.
    """

    READ_LATER: ClassVar = ("dictionary", "checks")

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    product = models.ForeignKey(DataProduct, on_delete=models.PROTECT, related_name="versions")
    n = models.PositiveIntegerField()
    resource = models.ForeignKey(DataResource, on_delete=models.PROTECT, related_name="versions")
    state = models.CharField(max_length=16, choices=VersionState, default=VersionState.DRAFT)
    title = models.CharField(max_length=110)
    title_en = models.CharField(max_length=160, default="", blank=True)
    abstract = models.TextField()
    abstract_en = models.TextField(default="", blank=True)
    keywords = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    sector = models.CharField(max_length=16)
    district = models.CharField(max_length=6)
    region = models.CharField(max_length=100, default="", blank=True)  # what area the data speak of
    time_from = models.DateField(null=True, blank=True)
    time_to = models.DateField(null=True, blank=True)
    frequency = models.CharField(max_length=3, choices=Frequency)
    source_type = models.CharField(max_length=3, choices=SourceType)
    source_statement = models.TextField()
    collection_method = models.TextField(default="", blank=True)
    rights_type = models.CharField(max_length=8, choices=RightsType)
    rights_basis = models.TextField()
    contact = models.CharField(max_length=200)
    application_scene = models.TextField(default="", blank=True)
    contains_pi = models.BooleanField(default=False)
    contains_spi = models.BooleanField(default=False)
    cross_border = models.BooleanField(default=False)
    attribution = models.CharField(max_length=200, default="", blank=True)
    dictionary = models.JSONField(default=list)  # [{"name", "meaning", "unit"}], in column order
    preview = models.CharField(max_length=10, choices=PreviewAudience, default=PreviewAudience.PUBLIC)
    checks = models.JSONField(default=list)  # what the automatic checks answered
    review_reason = models.TextField(default="", blank=True)
    reviewed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80, default="", blank=True)  # the caller's own name for the request
    created_at = models.DateTimeField(default=clock.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    publicity_until = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)
    delisted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "n"], name="version_numbered_once"),
            models.UniqueConstraint(fields=["resource", "key"], condition=~Q(key=""), name="version_one_per_key"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="listed"), name="version_one_listed_per_product"
            ),
            models.CheckConstraint(condition=Q(state__in=VersionState.values), name="version_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["listed", "delisted"]) | Q(listed_at__isnull=False),
                name="version_listed_has_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "submitted_at"], name="version_queue")]

    def __str__(self) -> str:
        return f"{self.title} v{self.n}"

    @property
    def urn(self) -> str:
        """The name by which events, holds and grants know it."""
        return ids.urn(self.id)


class Offer(models.Model):
    """Price plan and usage policy on a version, to everybody or to one buyer."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    version = models.ForeignKey(ProductVersion, on_delete=models.PROTECT, related_name="offers")
    name = models.CharField(max_length=60)
    price_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="CNY")
    is_negotiable = models.BooleanField(default=True)
    acceptance_days = models.PositiveSmallIntegerField(null=True, blank=True)  # null: silence accepts nothing
    usage = models.JSONField()  # the simple form (market.policy.UsageTerms)
    policy = models.JSONField()  # canonical ODRL built from it
    policy_sha256 = models.CharField(max_length=64)
    buyer = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # null: public
    key = models.CharField(max_length=80, default="", blank=True)  # the caller's own name for the request
    created_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "key"], condition=~Q(key=""), name="offer_one_per_key"),
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="offer_price_not_negative"),
            models.CheckConstraint(condition=Q(currency="CNY"), name="offer_in_cny"),
        ]
        indexes = [models.Index(fields=["version"], name="offer_live", condition=Q(withdrawn_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.name} {self.price_minor}"

    @property
    def urn(self) -> str:
        """The name by which the protocol knows it."""
        return ids.urn(self.id)


class Listing(models.Model):
    """What the catalogue shows and searches of one version, written beside it in the same transaction.

    A projection: every value stands elsewhere too, and `search.index` writes it anew from there.
    """

    version = models.OneToOneField(ProductVersion, primary_key=True, on_delete=models.PROTECT, related_name="listing")
    number = models.BigIntegerField(unique=True)  # its place in the bitmaps, in the order of listing
    product_id = models.UUIDField()
    product_number = models.CharField(max_length=20)
    n = models.PositiveIntegerField()
    supplier_id = models.UUIDField()
    supplier_name = models.CharField(max_length=200)
    title = models.CharField(max_length=110)
    title_en = models.CharField(max_length=160)
    abstract = models.TextField()
    abstract_en = models.TextField()
    sector = models.CharField(max_length=16)
    district = models.CharField(max_length=6)
    frequency = models.CharField(max_length=3)
    format = models.CharField(max_length=16)
    row_count = models.BigIntegerField(null=True)
    column_count = models.IntegerField(null=True)
    file_bytes = models.BigIntegerField()
    data_until = models.DateField(null=True)
    quality = models.PositiveSmallIntegerField(null=True)  # 0 to 100; null: not a table, nothing was measured
    price_minor = models.BigIntegerField(null=True)  # the cheapest public offer; null: offers to single buyers only
    price_name = models.CharField(max_length=60, default="")
    currency = models.CharField(max_length=3, default="CNY")
    offer_count = models.PositiveIntegerField(default=0)
    licences = ArrayField(models.CharField(max_length=16), default=list)
    listed_at = models.DateTimeField()
    trade_count = models.PositiveIntegerField(default=0)
    facets = ArrayField(models.TextField())  # keys of the values of all facets
    is_listed = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["price_minor", "-number"], name="listing_by_price", condition=Q(is_listed=True)),
            models.Index(fields=["-trade_count", "-number"], name="listing_by_trades", condition=Q(is_listed=True)),
            models.Index(fields=["product_id"], name="listing_of_product"),
        ]

    def __str__(self) -> str:
        return self.title


class ListingWords(models.Model):
    """By which keys a listing is found: words, words of its title, values of large facets. Never changed.

    Apart from the listing, so that a new price does not write two hundred words into the index again.
    """

    number = models.BigIntegerField(primary_key=True)
    keys = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["keys"], name="listing_by_key")]

    def __str__(self) -> str:
        return str(self.number)


class SearchChange(models.Model):
    """A listing of which the bitmaps do not speak yet, or not any more truly: a search looks at its row."""

    number = models.BigIntegerField(primary_key=True)
    is_new = models.BooleanField()  # the bitmaps do not know its words
    changed_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return str(self.number)


class SearchBits(models.Model):
    """Which listings hold a key: 65,536 numbers a row, for every value of a small facet and for frequent words."""

    key = models.CharField(max_length=80)
    segment = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    bits = models.BinaryField()
    version = models.BigIntegerField()  # of the state that wrote it: what a process must read again

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "segment"], name="search_bits_once")]
        indexes = [models.Index(fields=["version"], name="search_bits_changed")]

    def __str__(self) -> str:
        return f"{self.key} {self.segment}"


class SearchState(models.Model):
    """The one row that says which state of the bitmaps is in force."""

    version = models.BigIntegerField(default=0)
    # Random marks of the latest states, newest last: a process that knows one of them needs only what came after.
    marks = ArrayField(models.BigIntegerField(), default=list)
    counted = models.BigIntegerField(default=0)  # listings when frequent words were last looked for

    ONLY: ClassVar = 1

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="search_state_is_one")]

    def __str__(self) -> str:
        return f"state {self.version}"


class Sale(models.Model):
    """A trade on a version, as this room hears of it: what "most traded" and "n trades" count."""

    trade = models.UUIDField(primary_key=True)
    version = models.ForeignKey(ProductVersion, null=True, on_delete=models.PROTECT, related_name="sales")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["version"], name="sale_closed", condition=Q(closed_at__isnull=False))]

    def __str__(self) -> str:
        return str(self.trade)
