"""A file that comes in at a door, read in pieces and never beyond its limit."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _t

from market.kernel.errors import Invalid, TooLarge

_BLOCK = 64 * 1024


def read_limited(request: HttpRequest) -> bytes:
    """The part `file` of a form, else the body as it is. Raises TooLarge (413), Invalid (422) for an empty one."""
    most = settings.STATEMENT_BYTES_MAX
    if int(request.headers.get("Content-Length") or 0) > most + _BLOCK:
        raise _too_large(most)  # before a byte of it is taken in
    if request.content_type == "multipart/form-data":
        part = request.FILES.get("file")
        data = part.read(most + 1) if part is not None else b""
    else:
        data = bytearray()
        while block := request.read(_BLOCK):
            data += block
            if len(data) > most:
                break
    if len(data) > most:
        raise _too_large(most)
    if not data:
        raise Invalid.field("file", _t("is empty"), _t("send the file as the body, or as the part named file"))
    return bytes(data)


def _too_large(most: int) -> TooLarge:
    return TooLarge(_t("A statement may have at most %(n)d bytes.") % {"n": most})
