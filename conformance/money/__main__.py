"""python -m conformance.money: the journal as beancount text, judged by bean-check; and the totals as beancount sums.

Needs the product's development environment to write the journal, and an environment of its own with
conformance/money/requirements.txt, whose Python is named by BEANCOUNT_PYTHON. Without it the check says so and ends
with 2; 1: beancount found an error or other totals; 0: it agrees.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks import services

# Beancount's own reading: errors of the file, and the sum of each account as it computes it.
_JUDGE: Final = """
import collections, json, sys
from beancount import loader
from beancount.core import data
entries, errors, _ = loader.load_file(sys.argv[1])
sums = collections.defaultdict(int)
for entry in data.filter_txns(entries):
    for posting in entry.postings:
        sums[posting.account] += int(posting.units.number * 100)
print(json.dumps({"errors": [error.message for error in errors], "sums": sums}))
"""
TRADES: Final = 25


def main() -> int:
    """Write the books of some trades, let beancount judge them, and judge a damaged copy too."""
    python = os.environ.get("BEANCOUNT_PYTHON", "")
    if not python:
        print("skipped: BEANCOUNT_PYTHON names no Python with conformance/money/requirements.txt", file=sys.stderr)
        return 2
    with services.running(), tempfile.TemporaryDirectory() as folder:
        text, balances = given_journal()
        right, wrong = Path(folder, "right.beancount"), Path(folder, "wrong.beancount")
        right.write_bytes(text)
        wrong.write_bytes(text.replace(b"480.00 CNY", b"480.01 CNY", 1))
        judged, damaged = judge(python, right), judge(python, wrong)
    found = {
        "accounts": len(balances),
        "errors": judged["errors"],
        "totals_equal": judged["sums"] == balances,
        "bean_check": judged["bean_check"],
        "damage_found": bool(damaged["errors"]) and damaged["bean_check"] != 0,
    }
    print(json.dumps(found, ensure_ascii=False))
    return int(
        bool(found["errors"]) or found["bean_check"] != 0 or not found["totals_equal"] or not found["damage_found"]
    )


def judge(python: str, journal: Path) -> dict[str, object]:
    """What beancount says of a file."""
    made = subprocess.run([python, "-c", _JUDGE, str(journal)], capture_output=True, text=True, check=True)
    answer: dict[str, object] = json.loads(made.stdout)
    checked = [python, "-m", "beancount.scripts.check", str(journal)]  # bean-check, by the interpreter that has it
    answer["bean_check"] = subprocess.run(checked, capture_output=True, check=False).returncode
    return answer


def given_journal() -> tuple[bytes, dict[str, int]]:
    """The journal of some trades with refunds, fees and receipts nobody owns, and our balance of every account."""
    from market.kernel import clock, ids
    from settlement import escrow, exports, ledger
    from settlement.models import Account
    from tests.settlement.builders import Market

    market = Market()
    for number in range(TRADES):
        due = market.funded(48_000 + (number % 3) * 7)
        if number % 4 == 0:
            escrow.refund(
                reference=due.reference_urn, thread=due.thread_urn, reason='part "A"\\', amount_minor=1_000 + number,
                key=ids.new_id(), by=market.seller,
            )  # fmt: skip
        if number % 5:
            escrow.release(reference=due.reference_urn, thread=due.thread_urn, by=market.trader)
    market.imported(("12.34", "?"), ("-5.00", "手续费"))
    text = exports.beancount(clock.now().astimezone(ledger.ZONE).date(), for_=market.auditor)
    balances = {}
    for account in Account.objects.all():
        key = ledger.key_of(account)
        minor = ledger.balance(key) if key.purpose.is_debit_normal else -ledger.balance(key)
        if account.debits.exists() or account.credits.exists():
            balances[exports.bean_name(key)] = minor
    return text, balances


if __name__ == "__main__":
    raise SystemExit(main())
