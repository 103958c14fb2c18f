"""Openings, which may go though they never change: the one place where a value behind a leaf is erased."""

from collections.abc import Collection

from market.events.models import Opening


def erase(opening: Opening, names: Collection[str]) -> None:
    """Take values and salts out of an opening, in the caller's transaction; what stays is written anew.

    The running role may delete openings and not update them, so nothing can be put in the place of a value.
    """
    kept = {name: each for name, each in opening.fields.items() if name not in names}
    Opening.objects.filter(event_id=opening.event_id).delete()
    Opening.objects.create(
        event_id=opening.event_id,
        subject=opening.subject,
        thread=opening.thread,
        actor="" if "actor" in names else opening.actor,
        parties=opening.parties,
        fields=kept,
    )
