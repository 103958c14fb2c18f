"""Brings the newest signed root onto the chain and keeps looking until it is final. Never in a transaction.

What is to be sent is stored before it is sent, and looked for before it is sent again: whenever this process ends, the
next round goes on from the rows. Only the newest checkpoint is ever planned, so a node that was away for a day costs
one anchor.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from market import process
from market.kernel import clock
from provenance import alerts, checkpoints, proofs
from provenance.anchor_models import Anchor, AnchorContract, Anchoring, AnchorSending
from provenance.chain import accounts, deployments
from provenance.chain.errors import ChainDown, ChainRefused, Misconfigured
from provenance.chain.evm import Evm, Fees, Receipt, Signed, Signer
from provenance.errors import LogHalted, LogUnreadable, NoCheckpoint, NoSuchSize
from provenance.models import Checkpoint

logger = logging.getLogger(__name__)
BUMP: Final = (9, 8)  # both fees grow by an eighth: nodes ask for a tenth
FINALS_WATCHED: Final = 3  # a chain may go back further than the confirmations that were thought enough
State, Problem = Anchor.State, Anchoring.Problem


class Anchorer:
    """One worker. Any number may run: they take turns."""

    def __init__(
        self, chain: Callable[[], Evm] = accounts.chain, signer: Callable[[Evm], Signer] = accounts.signer
    ) -> None:
        self._chain, self._signer = chain, signer

    def round(self) -> bool:
        """Look at what is under way, send what is due, note what hinders. False: another worker is at it.

        Raises psycopg.OperationalError if the database is away; whatever the chain does is a state, not an error.
        """
        with process.claim(alerts.SUBJECT) as is_ours:
            if is_ours:
                note(*self._problem())
            return is_ours

    def _problem(self) -> tuple[str, str]:
        try:
            node = self._chain()
            _Round(node, self._signer(node)).work()
        except Misconfigured as error:
            return error.problem, str(error)
        except ChainDown as error:
            return Problem.UNREACHABLE, str(error)
        except ChainRefused as error:
            return (Problem.NO_FUNDS if error.is_poor else Problem.REFUSED), str(error)
        return Problem.NONE, ""


class _Round:
    def __init__(self, node: Evm, by: Signer) -> None:
        self.node, self.by = node, by

    def work(self) -> None:
        contract = deployments.in_use(self.node, self.by, is_embedded=accounts.is_embedded())
        self._compare(contract)
        followed = Anchor.objects.filter(contract=contract)
        finals = followed.filter(state=State.FINAL).order_by("-size").values_list("id", flat=True)[:FINALS_WATCHED]
        for anchor in followed.filter(Q(state__in=Anchor.OPEN) | Q(id__in=list(finals))).order_by("size"):
            self._follow(anchor)
        if not followed.filter(state__in=Anchor.UNMINED).exists():
            planned = self._plan(contract)
            if planned is not None:
                self._repeat(planned)

    def _compare(self, contract: AnchorContract) -> None:
        """What the chain holds must be of this log: it is the memory that does not go back with our database."""
        size, root = self.node.anchored(contract.address)
        if size == 0:
            return
        signed_size = Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
        if size > signed_size:
            raise Misconfigured(
                Problem.CONTRADICTED,
                f"the chain has an anchor of {size} entries, the database a checkpoint of {signed_size}: it"
                " was rolled back, see docs/log.md.",
            )
        ours = _root(size)
        if ours is not None and ours != root:
            raise Misconfigured(Problem.CONTRADICTED, f"the chain has another root for {size} entries than this log.")

    def _follow(self, anchor: Anchor) -> None:
        receipt = self._receipt(anchor)
        if receipt is not None:
            self._take(anchor, receipt)
        elif anchor.state in (State.MINED, State.FINAL):
            logger.warning("the block of %s was reorganised away: it is sent again", anchor)
            anchor.state, anchor.vanished = State.SENT, anchor.vanished + 1
            anchor.transaction, anchor.block_number, anchor.block_hash = "", None, ""
            anchor.mined_at = anchor.final_at = anchor.receipt = None
            anchor.save()
            self._repeat(anchor)
        else:
            self._repeat(anchor)

    def _receipt(self, anchor: Anchor) -> Receipt | None:
        """Of whichever of its transactions was mined; the first that is wins."""
        for sending in anchor.sendings.order_by("-sent_at"):
            receipt = self.node.receipt(sending.hash)
            if receipt is not None:
                return receipt
        return None

    def _take(self, anchor: Anchor, receipt: Receipt) -> None:
        if not receipt.is_success:
            anchor.state = State.REFUSED
            anchor.save(update_fields=["state"])
            return
        if (anchor.transaction, anchor.block_hash) != (receipt.transaction, receipt.block_hash):
            if anchor.block_hash:
                anchor.vanished += 1  # its block went, and another one has it already
            anchor.state, anchor.mined_at, anchor.final_at = State.MINED, clock.now(), None
            anchor.transaction, anchor.receipt = receipt.transaction, receipt.log
            anchor.block_number, anchor.block_hash = receipt.block_number, receipt.block_hash
            anchor.save()
        if anchor.state == State.MINED:
            depth = self.node.block_number() - receipt.block_number + 1
            is_canonical = self.node.block_hash(receipt.block_number) == receipt.block_hash
            if is_canonical and depth >= settings.CHAIN_CONFIRMATIONS:
                anchor.state, anchor.final_at = State.FINAL, clock.now()
                anchor.save(update_fields=["state", "final_at"])

    def _plan(self, contract: AnchorContract) -> Anchor | None:
        newest = Checkpoint.objects.order_by("-size").first()
        last = contract.anchors.order_by("-size").first()
        if newest is None or newest.size == 0 or (last is not None and not _is_due(newest, last)):
            return None
        try:
            with transaction.atomic():
                return Anchor.objects.create(contract=contract, size=newest.size, root=newest.root)
        except IntegrityError:  # another worker planned it
            return None

    def _repeat(self, anchor: Anchor) -> None:
        """Send for the first time, again, or with a higher fee: whatever brings it forward now."""
        sending = anchor.sendings.order_by("-sent_at").first()
        if sending is None:
            if not self._adopt(anchor):
                self._send(anchor, self.node.fees())
        elif not any(self.node.knows(each) for each in anchor.sendings.values_list("hash", flat=True)):
            self._send_lost(anchor, sending)
        elif anchor.state == State.PLANNED:
            _mark_sent(anchor)
        elif clock.now() - sending.sent_at > timedelta(seconds=settings.CHAIN_STUCK_SECONDS):
            self._send(anchor, self._higher(sending))

    def _send_lost(self, anchor: Anchor, sending: AnchorSending) -> None:
        """The node has none of its transactions: they never arrived, or were forgotten, or their number is taken."""
        if anchor.nonce is not None and self.node.nonce(self.by.address, with_pending=False) > anchor.nonce:
            if self._receipt(anchor) is not None or self._adopt(anchor):
                return  # mined between two questions
            logger.warning("the number %d of %s was used by something else", anchor.nonce, self.by.address)
            anchor.nonce = None
            self._send(anchor, self.node.fees())
        elif sending.raw is None:
            self._send(anchor, self._same(sending))
        else:
            try:
                self.node.send_again(Signed(bytes(sending.raw), sending.hash))
            except ChainRefused as error:
                if not error.is_cheap:
                    raise
                self._send(anchor, self._higher(sending))
            _mark_sent(anchor)

    def _adopt(self, anchor: Anchor) -> bool:
        """Whether the chain has this anchor although we know no transaction: a signer outside sent it, and we ended."""
        if anchor.nonce is None:
            return False
        contract = anchor.contract
        if self.node.anchored(contract.address)[0] < anchor.size:
            return False
        found = self.node.transaction_of(contract.address, anchor.size, contract.block_number)
        if found is not None:
            AnchorSending.objects.create(hash=found, anchor=anchor, nonce=anchor.nonce, fee_wei=0)
            _mark_sent(anchor)
        return found is not None

    def _send(self, anchor: Anchor, fees: Fees) -> None:
        order = self.node.anchoring(self.by.address, anchor.contract.address, anchor.size, bytes(anchor.root))
        deployments.require_funds(self.node, self.by, order["gas"] * fees.wei)
        if anchor.nonce is None:
            anchor.nonce = self.node.nonce(self.by.address, with_pending=True)
            anchor.save(update_fields=["nonce"])
        order |= fees.members() | {"nonce": anchor.nonce}
        signed = self.by.sign(order)
        if signed is not None:
            _keep(anchor, signed.hash, fees, signed.raw)
        try:
            sent = self.node.send(order, signed)
        except ChainRefused as error:
            if not (error.is_known or (error.is_cheap and anchor.state == State.SENT)):
                raise
            return  # an earlier one of the same number is on its way
        if signed is None:
            _keep(anchor, sent, fees, None)
        _mark_sent(anchor)

    def _higher(self, sending: AnchorSending) -> Fees:
        """An eighth more than before, or what is asked for now if that is more. Raises Misconfigured at the ceiling."""
        now = self.node.fees()
        up, down = BUMP
        wei = max(now.wei, int(sending.fee_wei) * up // down + 1)
        ceiling = settings.CHAIN_FEE_GWEI_MAX * 10**9
        if wei > ceiling:
            raise Misconfigured(
                Problem.STUCK,
                f"{sending.hash} waits since {sending.sent_at:%Y-%m-%d %H:%M} UTC and would now need {wei} wei a gas.",
            )
        if now.priority_wei is None:
            return Fees(wei, None)
        # The tip as a share of the whole: it has to grow by as much.
        tip = max(now.priority_wei * up // down + 1, wei * now.priority_wei // now.wei)
        return Fees(wei, min(tip, wei))

    def _same(self, sending: AnchorSending) -> Fees:
        now = self.node.fees()
        wei = max(int(sending.fee_wei), now.wei)
        return Fees(wei, None if now.priority_wei is None else min(now.priority_wei, wei))


def note(problem: str, detail: str) -> None:
    """Keep what hinders anchoring, written only where it changes: nothing beats in the database."""
    row = Anchoring.objects.get(id=1)
    if (row.problem, row.detail) == (problem, detail[:500]):
        return
    if row.problem != problem:
        (logger.warning if problem else logger.info)("anchoring: %s %s", problem or "working", detail)
        row.since = clock.now() if problem else None
    row.problem, row.detail = problem, detail[:500]
    row.save()


def _root(size: int) -> bytes | None:
    """The root that this log has, or had signed, at a size; None where neither rows nor files tell."""
    row = Checkpoint.objects.filter(size=size).values_list("root", flat=True).first()
    if row is not None:
        return bytes(row)
    try:
        return proofs.root_at(size, published=checkpoints.latest())
    except (NoCheckpoint, NoSuchSize, LogUnreadable, LogHalted):
        return None


def _is_due(newest: Checkpoint, last: Anchor) -> bool:
    if newest.size <= last.size:
        return False
    waited = clock.now() - last.planned_at >= timedelta(seconds=settings.CHAIN_ANCHOR_SECONDS)
    return waited or newest.size - last.size >= settings.CHAIN_ANCHOR_ENTRIES


def _keep(anchor: Anchor, transaction_hash: str, fees: Fees, raw: bytes | None) -> None:
    if anchor.nonce is None:
        raise RuntimeError(f"{anchor} has no number to be sent with")
    AnchorSending.objects.get_or_create(
        anchor=anchor,
        hash=transaction_hash,
        defaults={"nonce": anchor.nonce, "raw": raw, "fee_wei": fees.wei, "sent_at": clock.now()},
    )


def _mark_sent(anchor: Anchor) -> None:
    if anchor.state == State.PLANNED:
        anchor.state, anchor.sent_at = State.SENT, clock.now()
        anchor.save(update_fields=["state", "sent_at"])
