"""The kinds of event that this room tells."""

from market.events.kinds import declare

declare("certificate.issued", basis="电子签名法 5; 条例 25", kind=str, certificate=str)
declare("certificate.revoked", basis="电子签名法 5; 条例 31", kind=str, certificate=str, reason=str, legal_basis=str)
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
_ERASED = "个人信息保护法 47; 数据安全法 33"
declare("erasure.proposed", basis=_ERASED, number=str, erased=list, about=str, reason=str, legal_basis=str)
declare("erasure.withdrawn", basis=_ERASED, number=str, reason=str)
declare("erasure.confirmed", basis=_ERASED, number=str, entries=int)
# One for each entry whose values went: it binds the entry by its leaf hash, so that a stranger can tell erased from
# withheld.
declare("opening.erased", basis=_ERASED, number=str, entry_sha256=str, erased=list, legal_basis=str)
