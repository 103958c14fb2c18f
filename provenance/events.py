"""The kinds of event that this room tells."""

from market.events.kinds import declare

declare("certificate.issued", basis="电子签名法 5; 条例 25", kind=str, certificate=str)
