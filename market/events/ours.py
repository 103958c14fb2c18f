"""The kinds of event that this room tells."""

from market.events.kinds import declare

_DSL33 = "数据安全法 33"

declare("organisation.created", basis=_DSL33, kind=str, name=str, uscc=str)
declare("organisation.changed", basis=_DSL33, changed=list)
declare("membership.invited", basis=_DSL33, roles=list, district=str, sector=str)
declare("membership.withdrawn", basis=_DSL33)
declare("membership.joined", basis=_DSL33, person=str, roles=list, district=str, sector=str)
declare("membership.changed", basis="数据安全法 33; 条例 31", person=str, roles=list, district=str, sector=str)
declare("membership.ended", basis=_DSL33, person=str)
declare("admission.drafted", basis=_DSL33, number=str)
declare("admission.documented", basis="电子商务法 27", number=str, licence_sha256=str)
declare(
    "admission.submitted",
    basis="数据安全法 33; 电子商务法 27",
    number=str,
    terms_version=int,
    licence_sha256=str,
)
declare("admission.returned", basis=_DSL33, number=str, reason=str)
declare("admission.rejected", basis=_DSL33, number=str, reason=str)
declare("organisation.admitted", basis="数据安全法 33; 条例 12", number=str, terms_version=int)
declare("key.registered", basis="电子签名法 13", owner=str, public_key=str, algorithm=str, provider=str)
declare("key.revoked", basis="电子签名法 15", owner=str, public_key=str)
declare("key.refused", basis="电子签名法 13", owner=str, wrong_pins=int)
declare("api_key.issued", basis="网络安全法 21", key=str, scopes=list)
declare("api_key.revoked", basis="网络安全法 21", key=str)
declare(
    "hold.placed",
    basis="条例 28; 网络数据安全管理条例 51",
    scope=str,
    hold=str,
    reason=str,
    legal_basis=str,
    proposed_by=str,
    public=("scope",),
)
declare("hold.lifted", basis="条例 31", scope=str, hold=str, reason=str, proposed_by=str, public=("scope",))
declare("party.looked", basis="条例 31; 数据安全法 50", case=str, reason=str, fields=list)
declare("party.look_refused", basis="条例 31", case=str, reason=str)
