"""Signed addresses: a use's own, good until it expires, and good for nothing else."""

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _t

from delivery.errors import BadAddress, UseExpired
from market.kernel import clock

PREFIX: Final = "/d/"
_PATH: Final = re.compile(r"/d/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII)
_QUERY: Final = re.compile(r"e=(\d{1,12})&s=([A-Za-z0-9_-]{43})", re.ASCII)


def of(use_id: UUID, expires_at: datetime) -> str:
    """The address of a use: whoever has it may fetch the file until then, so it is shown to the buyer alone."""
    expires = int(expires_at.timestamp())
    return f"{settings.DELIVERY_URL}{PREFIX}{use_id}?e={expires}&s={_signature(use_id, expires)}"


def read(path: str, query: str) -> UUID:
    """The use that an address names. Raises BadAddress for any that we did not make, UseExpired after its time."""
    place, signed = _PATH.fullmatch(path), _QUERY.fullmatch(query)
    if place is None or signed is None:
        raise BadAddress(_t("It is not complete: copy it whole."))
    use_id, expires = UUID(place[1]), int(signed[1])
    if not hmac.compare_digest(_signature(use_id, expires), signed[2]):
        raise BadAddress
    if clock.now() >= datetime.fromtimestamp(expires, UTC):
        raise UseExpired(_t("Open the delivery again on its page or by the API."))
    return use_id


def _signature(use_id: UUID, expires: int) -> str:
    subkey = hmac.digest(settings.SECRET_KEY.encode(), b"dm-delivery-address/v1", hashlib.sha256)
    signature = hmac.digest(subkey, f"{use_id}\n{expires}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
