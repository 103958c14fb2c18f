"""manage.py anchor …: putting roots of the log onto a chain. What each state means: docs/anchoring.md."""

import json
import logging
import os
import signal
import threading
from dataclasses import asdict
from typing import Any, Final

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection

from provenance import anchors
from provenance.alerts import tell
from provenance.chain import accounts, deployments
from provenance.chain.anchorer import Anchorer
from provenance.chain.errors import ChainDown, ChainRefused, Misconfigured

logger = logging.getLogger(__name__)
POLL_S: Final = 5.0
POLL_EMBEDDED_S: Final = 2.0


class Command(BaseCommand):
    help = (
        "run: anchor checkpoints without end; any number may run, one works at a time. once: one round. deploy: make"
        " the contract and keep its address. status: how it stands. Exit codes: 0 well, 1 something hinders anchoring."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("run").add_argument("--nice", type=int, default=0, help="how far to stand behind others")
        actions.add_parser("once")
        deploy = actions.add_parser("deploy")
        deploy.add_argument("--chain-id", type=int, required=True, help="the chain's number, compared with the node's")
        deploy.add_argument("--again", action="store_true", help="although there is one on that chain already")
        actions.add_parser("status").add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the four."""
        match options["action"]:
            case "run":
                os.nice(options["nice"])
                self.run()
            case "once":
                self.work(Anchorer())
                self.show(as_json=False)
            case "deploy":
                self.deploy(options["chain_id"], again=options["again"])
            case _:
                self.show(as_json=options["json"])

    def run(self) -> None:
        """Rounds until SIGTERM; a database that is away is waited for."""
        ended = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: ended.set())
        anchorer, pause_s = Anchorer(), POLL_EMBEDDED_S if accounts.is_embedded() else POLL_S
        while not ended.is_set():
            try:
                self.work(anchorer)
            except (psycopg.OperationalError, OperationalError):
                logger.warning("the database is away; trying again")
            connection.close()
            ended.wait(pause_s)

    def work(self, anchorer: Anchorer) -> None:
        """One round and, where it needs somebody, the inbox."""
        if anchorer.round():
            tell()

    def deploy(self, chain_id: int, *, again: bool) -> None:
        """Make the contract on a chain that is surely the one that was meant."""
        if accounts.is_embedded():
            raise CommandError("CHAIN_RPC_URL is not set: the embedded chain gets its contract by itself.")
        try:
            node = accounts.chain()
            by, found = accounts.signer(node), node.chain_id()
            if found != chain_id:
                raise CommandError(f"The node is of chain {found} and not of {chain_id}: nothing was sent.")
            before = deployments.newest(is_embedded=False)
            if before is not None and before.chain_id == found and not again:
                raise CommandError(f"{before} is in use; --again makes another one and leaves its anchors behind.")
            made = deployments.deploy(node, by, is_embedded=False)
        except (ChainDown, ChainRefused, Misconfigured) as error:
            raise CommandError(f"Not deployed: {error}") from error
        self.stdout.write(f"{made.address} on chain {made.chain_id}, block {made.block_number}, owner {made.owner}")

    def show(self, *, as_json: bool) -> None:
        """How anchoring stands, out of the database alone."""
        found = anchors.standing()
        if as_json:
            self.stdout.write(json.dumps(asdict(found), ensure_ascii=False, default=str))
        else:
            words = [found.problem or ("late" if found.is_late else "working"), found.detail]
            self.stdout.write(f"{' '.join(filter(None, words))}: anchored {found.size} of {found.signed_size} entries")
        if found.problem or found.is_late:
            raise SystemExit(1)
