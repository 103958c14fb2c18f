"""The kinds of event that this room tells."""

from market.events.kinds import declare

declare(
    "grant.opened",
    basis="条例 22; 数据安全法 33",
    reference=str,
    version=str,
    agreement=str,
    agreement_sha256=str,
    policy_sha256=str,
    file_sha256=str,
    file_bytes=int,
    supplier=str,
    buyer=str,
)
declare("grant.closed", basis="条例 22", reference=str, reason=str, uses=int)
declare(
    "use.opened",
    basis="条例 22; 网络数据安全管理条例 12",
    grant=str,
    reference=str,
    number=int,
    purpose=str,
    recipient=str,
    expires_at=str,
    clause=str,
)
declare(
    "use.refused",
    basis="条例 22; 网络数据安全管理条例 12",
    grant=str,
    reference=str,
    code=str,
    clause=(str, type(None)),
    purpose=str,
    recipient=str,
)
declare(
    "use.closed",
    basis="条例 22; 网络数据安全管理条例 12",
    grant=str,
    reference=str,
    number=int,
    bytes=int,
    ranges=int,
    complete=bool,
    why=str,
)
# The whole file has left for the first time, while its use goes on.
declare(
    "use.completed",
    basis="条例 22; 网络数据安全管理条例 12",
    grant=str,
    reference=str,
    number=int,
    bytes=int,
    complete=bool,
)
# A range that was still running when its use was closed: what left in its last second.
declare("use.overran", basis="网络数据安全管理条例 12", grant=str, reference=str, bytes=int, total_bytes=int)
