"""Requests under an Idempotency-Key: the same one again gets the stored answer, another under its key is refused."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _t
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

from market.kernel import clock, prepared
from market.kernel.errors import Invalid
from market.requests import MemberRequest
from settlement.errors import KeyReused
from settlement.models import StoredAnswer

KEPT_DAYS: Final = 30  # ledgers.md A2; later the key is as good as new
REPLAYED: Final = "Idempotent-Replayed"  # header of an answer that was stored

# Twins wait here for each other: the second one then finds the first one's answer, or none if it was refused.
_WAIT: Final = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 5))"


def once(
    request: MemberRequest,
    key: str,
    *,
    wanted: Mapping[str, Any],
    act: Callable[[], Any],
    schema: type[Schema],
    status: int = 200,
) -> HttpResponse:
    """What a changing door answers. With a key, change and answer are written in one transaction, or neither is.

    key: the caller's; it belongs to this person in this organisation for 30 days. Empty: no promise is made.
    wanted: what the caller asks for; with method and address it names the request. act: calls the verb and gives what
    the schema shows. A refusal is not stored: it changed nothing, and the same key may be tried again.
    Raises KeyReused (409), Invalid, and whatever the verb raises.
    """
    if not key:
        return _render(schema, act(), status)
    if not key.isprintable():
        raise Invalid.field("Idempotency-Key", _t("is not printable"), _t("send a fresh UUID"))
    by, sha256 = request.auth, _hash(request, wanted)
    with transaction.atomic():
        prepared.run(_WAIT, [f"{by.person_id}|{by.organisation_id}|{key}"])
        stored = StoredAnswer.objects.filter(
            person_id=by.person_id, organisation_id=by.organisation_id, key=key
        ).first()
        if stored is not None:
            return _replay(stored, sha256)
        answer = _render(schema, act(), status)
        StoredAnswer.objects.create(
            person_id=by.person_id,
            organisation_id=by.organisation_id,
            key=key,
            request_sha256=sha256,
            status=status,
            body=answer.content,
        )
    return answer


def forget_old() -> int:
    """Drop answers older than 30 days; returns how many."""
    return StoredAnswer.objects.filter(answered_at__lt=clock.now() - timedelta(days=KEPT_DAYS)).delete()[0]


def _replay(stored: StoredAnswer, sha256: str) -> HttpResponse:
    if stored.request_sha256 != sha256:
        raise KeyReused(_t("The first request under this key asked for something else. Nothing was changed."))
    answer = HttpResponse(bytes(stored.body), status=stored.status, content_type=_JSON)
    answer[REPLAYED] = "true"
    return answer


_JSON: Final = "application/json; charset=utf-8"


def _render(schema: type[Schema], found: Any, status: int) -> HttpResponse:
    text = json.dumps(schema.from_orm(found).model_dump(), cls=NinjaJSONEncoder)
    return HttpResponse(text, status=status, content_type=_JSON)


def _hash(request: MemberRequest, wanted: Mapping[str, Any]) -> str:
    named = {"method": request.method, "path": request.path, "wanted": wanted}
    text = json.dumps(named, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
