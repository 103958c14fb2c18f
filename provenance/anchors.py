"""What can be asked of anchoring: how it stands, and which anchor an entry rests on. Asks no chain."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet

from market.kernel import clock
from provenance import proofs
from provenance.anchor_models import Anchor, AnchorContract, Anchoring
from provenance.checkpoints import Published
from provenance.models import Checkpoint

LATE: Final = 3  # as many intervals without an anchor
LATE_MIN_S: Final = 600


@dataclass(frozen=True, slots=True)
class Standing:
    """How anchoring stands."""

    problem: str  # a word of Anchoring.Problem, empty while it works
    detail: str
    since: datetime | None
    is_late: bool  # nobody works at it, or it takes far longer than it should
    is_embedded: bool  # a chain in memory: a demonstration
    size: int  # entries under the newest anchor that is in a block
    final_size: int
    signed_size: int
    chain_id: int | None
    address: str


def standing() -> Standing:
    """The present state, for the health page, the API and the command."""
    row = Anchoring.objects.filter(id=1).first() or Anchoring()
    is_embedded = not settings.CHAIN_RPC_URL
    contract = in_use()
    mined = _mined(contract).order_by("-size").first()
    final = _mined(contract).filter(state=Anchor.State.FINAL).order_by("-size").first()
    newest = Checkpoint.objects.order_by("-size").first()
    return Standing(
        problem=row.problem,
        detail=row.detail,
        since=row.since,
        is_late=_is_late(contract, mined),
        is_embedded=is_embedded,
        size=mined.size if mined else 0,
        final_size=final.size if final else 0,
        signed_size=newest.size if newest else 0,
        chain_id=contract.chain_id if contract else None,
        address=contract.address if contract else "",
    )


def in_use() -> AnchorContract | None:
    """The contract that anchors go to now."""
    found = AnchorContract.objects.filter(is_embedded=not settings.CHAIN_RPC_URL)
    return found.order_by("-deployed_at", "-id").first()


def latest(limit: int = 20, *, before: int | None = None) -> list[Anchor]:
    """Anchors of every chain, the newest first, from before a position in time on (microseconds); at most 100."""
    found = Anchor.objects.select_related("contract").order_by("-planned_at", "-id")
    if before is not None:
        found = found.filter(planned_at__lt=_moment(before))
    return list(found[: min(limit, 100)])


def position(anchor: Anchor) -> int:
    """Where `latest` goes on after this one."""
    return (anchor.planned_at - _moment(0)) // timedelta(microseconds=1)


def covering(index: int) -> Anchor | None:
    """The first anchor on the chain in use, in a block, whose tree holds an entry."""
    found = _mined(in_use()).filter(size__gt=index)
    return found.select_related("contract").order_by("size").first()


def member(published: Published) -> dict[str, Any] | None:
    """The newest final anchor that a checkpoint covers, for a bundle: the receipt's copy and the proof between them.

    Raises LogUnreadable.
    """
    final = _mined(in_use()).filter(state=Anchor.State.FINAL, size__lte=published.size)
    found = final.select_related("contract").order_by("-size").first()
    if found is None or found.receipt is None:
        return None
    path = [] if found.size == published.size else proofs.consistency(found.size, published=published)
    return {
        "chain_id": found.contract.chain_id,
        "contract": found.contract.address.lower(),
        "transaction": found.transaction,
        "block_number": found.block_number,
        "block_hash": found.block_hash,
        "size": found.size,
        "root": bytes(found.root).hex(),
        "address": found.receipt["address"].lower(),
        "topics": found.receipt["topics"],
        "data": found.receipt["data"],
        "consistency": [node.hex() for node in path],
        "is_demonstration": found.contract.is_embedded,
    }


def _mined(contract: AnchorContract | None) -> QuerySet[Anchor]:
    return Anchor.objects.filter(contract=contract, state__in=[Anchor.State.MINED, Anchor.State.FINAL])


def _is_late(contract: AnchorContract | None, mined: Anchor | None) -> bool:
    """Whether a checkpoint has waited far too long; of a process that is not there only this is seen."""
    waiting = Checkpoint.objects.filter(size__gt=mined.size if mined else 0, size__gte=1)
    oldest = waiting.order_by("size").values_list("created_at", flat=True).first()
    allowed = timedelta(seconds=max(LATE * settings.CHAIN_ANCHOR_SECONDS, LATE_MIN_S))
    return oldest is not None and clock.now() - oldest > allowed


def _moment(microseconds: int) -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(microseconds=microseconds)
