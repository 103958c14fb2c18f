"""The kinds of event that this room tells."""

from market.events.kinds import declare

declare("certificate.issued", basis="电子签名法 5; 条例 25", kind=str, certificate=str)
declare(
    "log.repaired",
    basis="条例 25",
    public=("first_index", "rows", "remade", "files", "checkpoints"),
    first_index=(int, type(None)),
    rows=int,
    remade=int,
    files=int,
    checkpoints=int,
)
# statement: a note that the key before and the key after have both signed
declare("log.key_rotated", basis="电子签名法 13", public=("statement",), statement=str)
