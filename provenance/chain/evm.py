"""The one door to a chain: any EVM chain by its JSON-RPC address, through web3.py. Knows nothing of the database."""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from eth_account import Account
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.exceptions import BlockNotFound, TransactionNotFound, Web3Exception, Web3RPCError
from web3.middleware import ExtraDataToPOAMiddleware
from web3.providers import BaseProvider

from provenance.chain import contract
from provenance.chain.errors import ChainDown, ChainRefused

TIMEOUT_S: Final = (3.0, 10.0)  # to connect, to answer
GAS_MARGIN: Final = 1.3
PRIORITY_WEI: Final = 1_000_000_000  # where a node names none
_LOCAL: Final = {"localhost", "127.0.0.1", "::1"}
# web3 logs each request at DEBUG: a signed transaction is public, an address with a provider's key in it is not.
for _name in ("web3", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# Libraries below web3 raise the limit to 100,000 as they load: a deeply nested text would then end the process.
FRAMES_MAX: Final = 1_000  # Python's own
sys.setrecursionlimit(FRAMES_MAX)
T = TypeVar("T")


class Signer(Protocol):
    """Who sends: a key of this process, or an account whose key the node (or a signer before it) holds."""

    @property
    def address(self) -> str: ...
    def sign(self, transaction: dict[str, Any]) -> "Signed | None":
        """The signed bytes; None where the node signs."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction ready to be sent any number of times."""

    raw: bytes
    hash: str


class OwnKey:
    """Signs in this process. The key shows in no text of this object."""

    def __init__(self, key: bytes) -> None:
        self._account = Account.from_key(key)

    @property
    def address(self) -> str:
        """The account's address with its checksum."""
        return str(self._account.address)

    def sign(self, transaction: dict[str, Any]) -> Signed | None:
        """Sign for the chain that the transaction names."""
        done = self._account.sign_transaction(transaction)
        return Signed(bytes(done.raw_transaction), Web3.to_hex(done.hash))

    def __repr__(self) -> str:
        return f"OwnKey({self.address})"


@dataclass(frozen=True, slots=True)
class Outside:
    """An account that is signed for elsewhere: eth_sendTransaction, and the key is never seen here."""

    address: str

    def sign(self, transaction: dict[str, Any]) -> Signed | None:
        """Nothing: the node does."""
        return None


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction offers for one unit of gas, in wei. priority_wei is None on a chain without EIP-1559."""

    wei: int
    priority_wei: int | None

    def members(self) -> dict[str, int]:
        """As members of a transaction."""
        if self.priority_wei is None:
            return {"gasPrice": self.wei}
        return {"maxFeePerGas": self.wei, "maxPriorityFeePerGas": self.priority_wei}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a mined transaction did. `log`: the contract's event as the node has it, address, topics and data in hex."""

    transaction: str
    is_success: bool
    block_number: int
    block_hash: str
    log: dict[str, Any] | None
    contract: str | None


class Evm:
    """A chain. Every method asks the node and raises ChainDown or ChainRefused."""

    def __init__(self, provider: BaseProvider) -> None:
        self._w3 = Web3(provider)
        self._w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)

    @classmethod
    def at(cls, url: str) -> "Evm":
        """A node by its address. Only for a node of this machine is a proxy of the environment passed by."""
        session = requests.Session()
        session.trust_env = urlsplit(url).hostname not in _LOCAL
        return cls(
            HTTPProvider(
                url, request_kwargs={"timeout": TIMEOUT_S}, session=session, exception_retry_configuration=None
            )
        )

    def chain_id(self) -> int:
        """The chain's number, which every signature names."""
        return _ask(lambda: int(self._w3.eth.chain_id))

    def block_hash(self, number: int) -> str | None:
        """The hash of the block that the chain has at that height now; None above its end."""
        try:
            return _ask(lambda: Web3.to_hex(self._w3.eth.get_block(number)["hash"]))
        except _Missing:
            return None

    def block_number(self) -> int:
        """Height of the newest block."""
        return _ask(lambda: int(self._w3.eth.block_number))

    def account(self) -> str | None:
        """The first account that the node signs for."""
        return _ask(lambda: next(iter(map(str, self._w3.eth.accounts)), None))

    def balance(self, address: str) -> int:
        """In wei."""
        return _ask(lambda: int(self._w3.eth.get_balance(Web3.to_checksum_address(address))))

    def nonce(self, address: str, *, with_pending: bool) -> int:
        """The number of the next transaction: after all mined ones, or after the waiting ones too."""
        block: Any = "pending" if with_pending else "latest"
        return _ask(lambda: int(self._w3.eth.get_transaction_count(Web3.to_checksum_address(address), block)))

    def code(self, address: str) -> bytes:
        """What lies at an address."""
        return _ask(lambda: bytes(self._w3.eth.get_code(Web3.to_checksum_address(address))))

    def fees(self) -> Fees:
        """What gets a transaction mined soon: twice the base fee and the node's tip."""

        def ask() -> Fees:
            base = self._w3.eth.get_block("latest").get("baseFeePerGas")
            if base is None:
                return Fees(int(self._w3.eth.gas_price), None)
            try:
                tip = int(self._w3.eth.max_priority_fee)
            except Web3RPCError:
                tip = PRIORITY_WEI
            return Fees(2 * int(base) + tip, tip)

        return _ask(ask)

    def deployment(self, sender: str) -> dict[str, Any]:
        """The transaction that makes a new contract, without nonce and fees."""
        return self._estimated(
            {"from": Web3.to_checksum_address(sender), "data": Web3.to_hex(contract.bytecode()), "value": 0}
        )

    def anchoring(self, sender: str, address: str, size: int, root: bytes) -> dict[str, Any]:
        """The transaction that anchors, without nonce and fees. ChainRefused says why the contract would refuse it."""
        data = self._contract(address).encode_abi("anchor", args=[size, root])
        to = Web3.to_checksum_address(address)
        return self._estimated({"from": Web3.to_checksum_address(sender), "to": to, "data": data, "value": 0})

    def send(self, transaction: dict[str, Any], signed: Signed | None) -> str:
        """Hand a transaction to the node; answers its hash. Sending the same bytes again is no error."""
        if signed is None:
            return _ask(lambda: Web3.to_hex(self._w3.eth.send_transaction(transaction)))  # type: ignore[arg-type]
        return self.send_again(signed)

    def send_again(self, signed: Signed) -> str:
        """The same bytes once more. Known already, or mined already: then there is nothing to do."""
        try:
            return _ask(lambda: Web3.to_hex(self._w3.eth.send_raw_transaction(signed.raw)))
        except ChainRefused as error:
            if error.is_known or error.is_nonce_used:
                return signed.hash
            raise

    def knows(self, transaction: str) -> bool:
        """Whether the node still has a transaction, waiting or mined."""
        try:
            _ask(lambda: self._w3.eth.get_transaction(transaction))  # type: ignore[arg-type]
        except _Missing:
            return False
        return True

    def receipt(self, transaction: str) -> Receipt | None:
        """What a transaction did; None while it waits, or since its block is gone."""
        try:
            found: Any = _ask(lambda: self._w3.eth.get_transaction_receipt(transaction))  # type: ignore[arg-type]
        except _Missing:
            return None
        if found["blockNumber"] is None:
            return None
        logs = [
            {
                "address": str(log["address"]),
                "topics": [Web3.to_hex(each) for each in log["topics"]],
                "data": Web3.to_hex(log["data"]),
            }
            for log in found["logs"]
        ]
        return Receipt(
            transaction=transaction,
            is_success=found["status"] == 1,
            block_number=int(found["blockNumber"]),
            block_hash=Web3.to_hex(found["blockHash"]),
            log=logs[0] if logs else None,
            contract=None if found.get("contractAddress") is None else str(found["contractAddress"]),
        )

    def anchored(self, address: str) -> tuple[int, bytes]:
        """The newest size and root that the contract holds."""

        def ask() -> tuple[int, bytes]:
            functions = self._contract(address).functions
            return int(functions.size().call()), bytes(functions.root().call())

        return _ask(ask)

    def transaction_of(self, address: str, size: int, from_block: int) -> str | None:
        """The transaction in which a size was anchored."""

        def ask() -> str | None:
            events = self._contract(address).events.Anchored
            found = events.get_logs(from_block=from_block, argument_filters={"size": size})
            return Web3.to_hex(found[0]["transactionHash"]) if found else None

        return _ask(ask)

    def _contract(self, address: str) -> Any:
        return self._w3.eth.contract(address=Web3.to_checksum_address(address), abi=contract.abi())

    def _estimated(self, transaction: dict[str, Any]) -> dict[str, Any]:
        gas = _ask(lambda: int(self._w3.eth.estimate_gas(transaction)))  # type: ignore[arg-type]
        return transaction | {"gas": int(gas * GAS_MARGIN), "chainId": self.chain_id()}


class Embedded:
    """A chain in the memory of this process, to be asked as a node is. Its accounts hold play money."""

    def __init__(self) -> None:
        self.provider = EthereumTesterProvider()
        sys.setrecursionlimit(FRAMES_MAX)
        self._w3 = Web3(self.provider, middleware=[])

    def answer(self, method: str, params: list[Any]) -> dict[str, Any]:
        """The `result` or `error` member of a JSON-RPC answer."""
        ask = self.provider.request_func(self._w3, self._w3.middleware_onion)
        try:
            found: Any = ask(method, params)
        except Exception as error:  # whatever the chain objects to is the caller's to hear, as from any node
            return {"error": {"code": -32000, "message": str(error) or type(error).__name__}}
        if "error" in found:
            return {"error": found["error"]}
        return {"result": _plain(found.get("result"))}


class _Missing(Exception):
    """The node has no such block or transaction."""


def _ask(question: Callable[[], T]) -> T:
    try:
        return question()
    except (TransactionNotFound, BlockNotFound) as error:
        raise _Missing from error
    except (requests.RequestException, OSError) as error:
        # Not its text: an address may hold a provider's key.
        raise ChainDown(f"the node does not answer ({type(error).__name__})") from None
    except Web3RPCError as error:
        response: Any = error.rpc_response or {}
        raise ChainRefused(str(response.get("error", {}).get("message") or error)) from error
    except (Web3Exception, ValueError, TypeError, KeyError) as error:
        raise ChainRefused(str(error) or type(error).__name__) from error
    except Exception as error:
        # eth-tester's refusals share no class with web3's.
        if type(error).__module__.partition(".")[0] not in {"eth_tester", "eth", "eth_utils"}:
            raise
        raise ChainRefused(str(error) or type(error).__name__) from error


def _plain(value: Any) -> Any:
    """As JSON-RPC writes it: numbers and bytes in hex."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return Web3.to_hex(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return {str(name): _plain(each) for name, each in dict(value).items()}
