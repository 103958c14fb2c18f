"""The contract on the chain: made once, kept with its address, looked at before anything is sent to it."""

import time
from typing import Final

from provenance.anchor_models import Anchor, AnchorContract, Anchoring
from provenance.chain import contract
from provenance.chain.errors import ChainRefused, Misconfigured
from provenance.chain.evm import Evm, Receipt, Signer

DEPLOY_SECONDS_MAX: Final = 300.0
_POLL_S: Final = 0.5


def newest(*, is_embedded: bool) -> AnchorContract | None:
    """The contract in use, of the embedded chain or of the real one; reads the database alone."""
    return AnchorContract.objects.filter(is_embedded=is_embedded).order_by("-deployed_at", "-id").first()


def deploy(node: Evm, by: Signer, *, is_embedded: bool, wait_s: float = DEPLOY_SECONDS_MAX) -> AnchorContract:
    """Make a new contract and keep its address once it is in a block.

    Raises ChainDown, ChainRefused, Misconfigured where the account cannot pay. No transaction is open meanwhile.
    """
    fees = node.fees()
    transaction = node.deployment(by.address) | fees.members()
    require_funds(node, by, transaction["gas"] * fees.wei)
    transaction["nonce"] = node.nonce(by.address, with_pending=True)
    receipt = _await(node, node.send(transaction, by.sign(transaction)), wait_s)
    if not receipt.is_success or receipt.contract is None:
        raise ChainRefused("the contract could not be made")
    if node.code(receipt.contract) != contract.runtime():
        raise ChainRefused("the chain made another contract than the one that was sent")
    return AnchorContract.objects.create(
        chain_id=node.chain_id(),
        genesis=node.block_hash(0) or "",
        address=receipt.contract,
        owner=by.address,
        transaction=receipt.transaction,
        block_number=receipt.block_number,
        is_embedded=is_embedded,
    )


def in_use(node: Evm, by: Signer, *, is_embedded: bool) -> AnchorContract:
    """The contract, after a look at the chain: its number, its first block, the code, the owner.

    On the embedded chain, which forgets everything when it ends, a new one is made and the anchors of the one before
    become `reset`. Raises Misconfigured naming what does not fit.
    """
    found = newest(is_embedded=is_embedded)
    if is_embedded:
        return found if found is not None and _is_there(node, found) else _start_anew(node, by)
    if found is None:
        raise Misconfigured(Anchoring.Problem.NO_CONTRACT, "deploy one: manage.py anchor deploy --chain-id N")
    chain_id = node.chain_id()
    if chain_id != found.chain_id or node.block_hash(0) != found.genesis:
        raise Misconfigured(
            Anchoring.Problem.WRONG_CHAIN,
            f"the node is of chain {chain_id}, or of another one of that number; the contract is on {found.chain_id}.",
        )
    if node.code(found.address) != contract.runtime():
        raise Misconfigured(Anchoring.Problem.OTHER_CODE, f"{found.address} does not hold the anchor contract.")
    if by.address.lower() != found.owner.lower():
        raise Misconfigured(
            Anchoring.Problem.NOT_OWNER, f"{by.address} may not anchor; {found.owner} owns the contract."
        )
    return found


def require_funds(node: Evm, by: Signer, wei: int) -> None:
    """Raises Misconfigured where the account has less."""
    balance = node.balance(by.address)
    if balance < wei:
        raise Misconfigured(Anchoring.Problem.NO_FUNDS, f"{by.address} has {balance} wei and {wei} are needed.")


def _is_there(node: Evm, found: AnchorContract) -> bool:
    return node.block_hash(0) == found.genesis and node.code(found.address) == contract.runtime()


def _start_anew(node: Evm, by: Signer) -> AnchorContract:
    made = deploy(node, by, is_embedded=True)
    gone = Anchor.objects.filter(contract__is_embedded=True).exclude(contract=made)
    gone.exclude(state=Anchor.State.RESET).update(state=Anchor.State.RESET)
    return made


def _await(node: Evm, transaction: str, wait_s: float) -> Receipt:
    deadline = time.monotonic() + wait_s
    while (found := node.receipt(transaction)) is None:
        if time.monotonic() > deadline:
            raise ChainRefused(f"{transaction} is in no block after {wait_s:.0f} s")
        time.sleep(_POLL_S)
    return found
