"""What can be asked of this room: by parties only.

parties        whose rows they are; models for the API
negotiations   the list, and one negotiation turn by turn
documents      a draft or an agreement, clause by clause, with its signatures
trades         the list, and one trade from request to proof
stops          holds and disputes
"""

from contracts.queries.parties import (
    agreement_for,
    negotiation_for,
    negotiations_of,
    trade_numbered,
    trade_of_party,
    trades_of,
)
from contracts.queries.trades import trade_for

__all__ = [
    "agreement_for",
    "negotiation_for",
    "negotiations_of",
    "trade_for",
    "trade_numbered",
    "trade_of_party",
    "trades_of",
]
