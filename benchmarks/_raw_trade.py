"""The floor under a trade: plain psycopg, prepared statements, a row lock, an update and an outbox row a transaction.

Each of `transactions` transactions: select … for update, state update, outbox insert (0.4 KB jsonb), commit; six of
them also insert two to four postings in one statement (16 in all, foreign keys, three secondary indexes).
"""

import json
from typing import Any, Final
from uuid import uuid4

import psycopg

POSTINGS: Final = (3, 3, 3, 3, 2, 2)
ACCOUNTS: Final = 1_000
_BODY: Final = json.dumps({"kind": "floor", "fields": {f"field_{n}": "x" * 24 for n in range(10)}})  # 0.4 KB

SCHEMA: Final = """
CREATE SCHEMA floor;
CREATE TABLE floor.trade (id uuid PRIMARY KEY, state int NOT NULL, changed_at timestamptz NOT NULL);
CREATE TABLE floor.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, trade uuid NOT NULL, body jsonb NOT NULL);
CREATE TABLE floor.account (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO floor.account SELECT n, 'account ' || n FROM generate_series(0, %(last)s) AS n;
CREATE TABLE floor.posting (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, trade uuid NOT NULL REFERENCES floor.trade,
    debit int NOT NULL REFERENCES floor.account, credit int NOT NULL REFERENCES floor.account, amount bigint NOT NULL);
CREATE INDEX ON floor.posting (trade);
CREATE INDEX ON floor.posting (debit);
CREATE INDEX ON floor.posting (credit);
GRANT USAGE ON SCHEMA floor TO market_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA floor TO market_app;
"""


def prepare(owner: psycopg.Connection[Any]) -> None:
    """Make the tables, empty."""
    owner.execute(SCHEMA.replace("%(last)s", str(ACCOUNTS - 1)))


def trade(connection: psycopg.Connection[Any], transactions: int, number: int) -> None:
    """One trade of so many transactions, each committed. number: spreads the postings over the accounts."""
    identifier = uuid4()
    posting = {at * transactions // len(POSTINGS): count for at, count in enumerate(POSTINGS)}
    for step in range(transactions):
        with connection.transaction():
            if step == 0:
                connection.execute("INSERT INTO floor.trade VALUES (%s, 0, now())", [identifier])
            connection.execute("SELECT state FROM floor.trade WHERE id = %s FOR UPDATE", [identifier]).fetchone()
            connection.execute(
                "UPDATE floor.trade SET state = %s, changed_at = now() WHERE id = %s", [step, identifier]
            )
            connection.execute("INSERT INTO floor.outbox (trade, body) VALUES (%s, %s)", [identifier, _BODY])
            if count := posting.get(step):
                rows = [(number * 7 + step + n) % ACCOUNTS for n in range(count + 1)]
                connection.execute(
                    "INSERT INTO floor.posting (trade, debit, credit, amount)"
                    " SELECT %s, d, c, 100 FROM unnest(%s::int[], %s::int[]) AS t(d, c)",
                    [identifier, rows[:-1], rows[1:]],
                )
