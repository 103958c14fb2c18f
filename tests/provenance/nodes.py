"""Chains that tests may break: eth-tester in this process, or anvil (ANVIL=/its/path: conformance/anchor)."""

import os
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from typing import Any

import requests
from django.db import connection
from web3 import HTTPProvider
from web3.providers import BaseProvider

from provenance.chain.evm import Embedded, Evm, OwnKey

ANVIL = os.environ.get("ANVIL", "")
KEY = bytes.fromhex("5b" * 32)


class Watched(BaseProvider):
    """A provider that can be cut off, counts, and refuses to be asked inside a database transaction."""

    def __init__(self, inner: BaseProvider) -> None:
        super().__init__()
        self.inner, self.is_down, self.asked = inner, False, list[str]()
        self.chain_id: str | None = None

    def request_func(self, w3: Any, middleware_onion: Any) -> Any:
        ask = self.inner.request_func(w3, middleware_onion)

        def watched(method: Any, params: Any) -> Any:
            assert not connection.in_atomic_block, f"{method} was asked inside a transaction"
            self.asked.append(method)
            if self.is_down:
                raise requests.ConnectionError("cut off")
            if method == "eth_chainId" and self.chain_id is not None:
                return {"jsonrpc": "2.0", "id": 1, "result": self.chain_id}
            return ask(method, params)

        return watched


class Node(ABC):
    """What a test does to a chain. `key` owns the contract and has money."""

    watched: Watched

    def __init__(self, inner: BaseProvider) -> None:
        self.inner = inner
        self.watched = Watched(inner)
        self.evm = Evm(self.watched)
        self.rich = str(self.evm.account())
        self.key = OwnKey(KEY)
        self.pay(self.key.address, 10**18)

    def rpc(self, method: str, *params: Any) -> Any:
        """Ask past the watch."""
        answer: Any = self.inner.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, answer
        return answer.get("result")

    def pay(self, address: str, wei: int) -> None:
        """Give an account money."""
        order = {"from": self.rich, "to": address, "value": wei, "gas": 21_000, **self.evm.fees().members()}
        self.evm.send(order, None)

    @abstractmethod
    def mine(self, blocks: int = 1) -> None:
        """Add blocks."""

    @abstractmethod
    def hold(self) -> None:
        """Take transactions and mine none."""

    @abstractmethod
    def go_on(self) -> None:
        """Mine each at once again."""

    @abstractmethod
    def snapshot(self) -> Any:
        """Where to go back to."""

    @abstractmethod
    def reorganise(self, back_to: Any) -> None:
        """Drop every block since, and let another branch be longer."""

    @abstractmethod
    def end(self) -> None:
        """Stop what was started."""


class Tester(Node):
    """py-evm in this process."""

    def __init__(self) -> None:
        inner = Embedded().provider
        self.tester: Any = inner.ethereum_tester
        super().__init__(inner)

    def mine(self, blocks: int = 1) -> None:
        self.tester.mine_blocks(blocks)

    def hold(self) -> None:
        self.tester.disable_auto_mine_transactions()

    def go_on(self) -> None:
        self.tester.enable_auto_mine_transactions()

    def snapshot(self) -> Any:
        return self.tester.take_snapshot()

    def reorganise(self, back_to: Any) -> None:
        now = self.evm.block_number()
        self.tester.revert_to_snapshot(back_to)
        self.tester.mine_blocks(now - self.evm.block_number() + 1)

    def end(self) -> None:
        """Nothing runs beside this process."""


class Anvil(Node):
    """Foundry's node as a process."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen([ANVIL, "--port", str(port), "--silent"], stdin=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        self.url = f"http://127.0.0.1:{port}"
        session = requests.Session()
        session.trust_env = False
        super().__init__(HTTPProvider(self.url, session=session, exception_retry_configuration=None))

    def mine(self, blocks: int = 1) -> None:
        self.rpc("anvil_mine", hex(blocks))

    def hold(self) -> None:
        self.rpc("evm_setAutomine", False)

    def go_on(self) -> None:
        self.rpc("evm_setAutomine", True)
        self.mine()

    def snapshot(self) -> Any:
        return self.evm.block_number()

    def reorganise(self, back_to: Any) -> None:
        depth = self.evm.block_number() - back_to
        self.rpc("anvil_reorg", depth, [])
        self.mine()

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def start() -> Node:
    """The chain that this run is to be about."""
    return Anvil() if ANVIL else Tester()
