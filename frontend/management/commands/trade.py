"""manage.py trade --file PATH: one complete trade over the HTTP API of a running market, then its proof."""

import contextlib
import io
import json
from http.client import HTTPException
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from frontend.programs import ROLES, Account, OneTrade, Refused, accounts, is_own
from provenance.verifier.__main__ import main as verify


class Command(BaseCommand):
    help = "Drive one complete trade on any file, export its bundle and verify it. Exit 0 only when verified."

    def add_arguments(self, parser: CommandParser) -> None:
        """--json prints one object: {"trade", "bundle", "verified", "steps": [{"step", "seconds"}]}."""
        parser.add_argument("--file", required=True, type=Path, help="the file to be sold")
        parser.add_argument("--url", help="address of the running market (default: the one in the keys file)")
        parser.add_argument("--keys", type=Path, help="accounts and keys (default: the demonstration's)")
        parser.add_argument("--price", type=int, default=48_000, help="price in fen")
        parser.add_argument("--bundle", type=Path, help="where to write the bundle (default: beside the keys)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run; raises CommandError with one sentence (exit 1). With --json the object is printed then, too."""
        self.run: OneTrade | None = None
        try:
            self._drive(options)
        except CommandError as error:
            if options["json"]:
                trade = self.run.found.get("trade") if self.run else None
                steps: list[dict[str, Any]] = self.run.steps if self.run else []
                answer = {"trade": trade, "bundle": None, "verified": False, "steps": steps}
                self.stdout.write(json.dumps(answer | {"error": str(error)}, ensure_ascii=False))
            raise

    def _drive(self, options: dict[str, Any]) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file} is not a file.")
        found = _accounts(options["keys"], options["url"])
        path: Path | None = options["bundle"]
        if path and not path.parent.is_dir():
            raise CommandError(f"There is no folder {path.parent} for the bundle.")

        def say(step: str, seconds: float) -> None:
            if not options["json"]:
                self.stdout.write(f"  {step:<12} {seconds:8.3f} s")

        self.run = run = OneTrade(accounts=found, file=file, price_minor=options["price"], say=say)
        try:
            bundle = run.run()
        except (Refused, OSError, HTTPException) as error:
            raise CommandError(f"The trade stopped after {len(run.steps)} steps: {error}") from error
        path = path or settings.VAR_DIR / f"{run.found['trade']}.bundle.json"
        try:
            path.write_bytes(bundle)
        except OSError as error:
            raise CommandError(f"The trade is done, its bundle cannot be written: {error}") from error
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            verified = verify([str(path)]) == 0
        if options["json"]:
            answer = {"trade": run.found["trade"], "bundle": str(path), "verified": verified, "steps": run.steps}
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write(printed.getvalue())
            self.stdout.write(f"bundle: {path}")
        if not verified:
            raise SystemExit(1)


def _accounts(keys: Path | None, url: str | None) -> dict[str, Account]:
    """The accounts to trade with. Raises CommandError: the demonstration's never leave this machine."""
    path = keys or settings.VAR_DIR / "secrets" / "demonstration.json"
    if not path.is_file():
        more = "name a keys file that is there" if keys else "start `make run`, or name a keys file with --keys"
        raise CommandError(f"No demonstration keys under {path.parent}: {more}.")
    try:
        base, found = accounts(path, url)
        if not is_own(base) and keys is None:
            raise CommandError(f"{base} is elsewhere: name the keys for it with --keys.")
    except ValueError as error:
        raise CommandError(str(error)) from error
    if missing := [role for role in ROLES if role not in found]:
        raise CommandError(f"{path} has no account for {', '.join(missing)}.")
    return found
