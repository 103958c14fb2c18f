"""What letters say, in the reader's language."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _t


@dataclass(frozen=True, slots=True)
class Letter:
    """Subject and plain text."""

    subject: str
    text: str


def language_now() -> str:
    """The language of the reader whose request this is."""
    return translation.get_language() or settings.LANGUAGE_CODE


def market_name() -> str:
    """The market's name in the present language."""
    is_chinese = language_now().startswith("zh")
    return str(settings.MARKET_NAME if is_chinese else settings.MARKET_NAME_EN)


def moment(at: datetime) -> str:
    """A time as letters show it, in the market's time zone: 2026-11-26 10:14 (UTC+8)."""
    local = at.astimezone(ZoneInfo(settings.MARKET_TIME_ZONE))
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M} (UTC{offset[0]}{int(offset[1:3])})"


def invitation(language: str, *, organisation: str, secret: str, expires_at: datetime) -> Letter:
    """The letter with the link by which somebody joins an organisation."""
    with translation.override(language):
        return _framed(
            _t("Invitation to join %(organisation)s") % {"organisation": organisation},
            [
                _t("%(organisation)s invites this address to act for it.") % {"organisation": organisation},
                _t("Join: %(url)s") % {"url": f"{settings.PUBLIC_URL}/invitations/{secret}"},
                _t("The link works once, until %(time)s, and only for this address.") % {"time": moment(expires_at)},
            ],
        )


def task(language: str, *, title: str, path: str, due_at: datetime | None, is_reminder: bool = False) -> Letter:
    """The letter that says whose turn it is. title: in the same language."""
    with translation.override(language):
        lines = [title + ("" if title.endswith(("。", ".")) else _t("."))]
        if due_at is not None:
            lines.append(_t("Until: %(time)s") % {"time": moment(due_at)})
        lines.append(_t("Open: %(url)s") % {"url": f"{settings.PUBLIC_URL}{path}"})
        subject = _t("Reminder: %(title)s") % {"title": title} if is_reminder else title
        return _framed(subject, lines)


def _framed(subject: str, lines: list[str]) -> Letter:
    return Letter(
        subject=" ".join(f"[{market_name()}] {subject}".split()), text="\n\n".join([*lines, f"-- \n{market_name()}"])
    )
