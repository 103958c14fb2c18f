"""The log's keys: the one that signs, the one that follows it, and those that signed before.

LOG_SIGNING_KEY signs. To change it, LOG_SIGNING_KEY_NEXT is set beside it and `announce` records the change as an
event that both keys signed; from then on both sign every checkpoint, until the next key has become LOG_SIGNING_KEY.
"""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.utils.translation import gettext as _t

from market.events import outbox
from market.events.models import Event
from market.kernel import canonical_json, clock, ids
from market.kernel.errors import Conflict
from market.participants.members import Actor
from market.verbs import verb
from provenance.errors import LogHalted
from provenance.notes import NoteInvalid, SigningKey, VerifierKey
from provenance.verifier.rotation import Rotation


def leading() -> SigningKey:
    """The key that signs checkpoints, named as the log. Raises LogHalted where none is set."""
    if not settings.LOG_SIGNING_KEY:
        raise LogHalted("LOG_SIGNING_KEY is not set: the log cannot sign checkpoints.")
    return SigningKey.from_seed(settings.LOG_ORIGIN, settings.LOG_SIGNING_KEY)


def following() -> SigningKey | None:
    """The key that will sign next, where one is set beside the leading one."""
    seed = settings.LOG_SIGNING_KEY_NEXT
    return SigningKey.from_seed(settings.LOG_ORIGIN, seed) if seed and seed != settings.LOG_SIGNING_KEY else None


def signing() -> list[SigningKey]:
    """All keys that sign now, the leading one first: a following key signs from its announcement on."""
    first, then = leading(), following()
    if then is None or not any((each.old, each.new) == (first.verifier_key, then.verifier_key) for each in rotations()):
        return [first]
    return [first, then]


def trusted() -> list[VerifierKey]:
    """Every key that this log has ever signed with, those that sign now first: old checkpoints stay valid."""
    keys = [key.verifier_key for key in signing()]
    for rotation in reversed(rotations()):
        if rotation.new in keys and rotation.old not in keys:
            keys.append(rotation.old)
    return keys


def rotations() -> list[Rotation]:
    """All changes of the key, oldest first. Raises LogHalted for an event that both keys did not sign."""
    bodies = Event.objects.filter(kind="log.key_rotated").order_by("seq").values_list("body", flat=True)
    try:
        return [Rotation.parse(canonical_json.loads(bytes(body))["public"]["statement"]) for body in bodies]
    except NoteInvalid as error:
        raise LogHalted(f"an event that changes the log's key was altered: {error}.") from error


@verb("log.key_rotated")
def announce(old: SigningKey, new: SigningKey, *, both_until: datetime, by: Actor) -> Rotation:
    """Record that one key follows another; until `both_until` at least, both sign. The same change is told once.

    Raises Conflict where the new key led before: a key that was given up is not taken up again.
    """
    told = rotations()
    for rotation in told:
        if (rotation.old, rotation.new) == (old.verifier_key, new.verifier_key):
            outbox.unchanged()
            return rotation
    if any(new.verifier_key in (rotation.old, rotation.new) for rotation in told):
        raise Conflict(_t("This key signed before: make a new one."))
    rotation = Rotation(old.verifier_key, new.verifier_key, clock.text(both_until))
    statement = old.sign(rotation.text) + new.line(rotation.text)
    outbox.record("log.key_rotated", subject=ids.urn(log_id()), actor=by.urn, statement=statement)
    return rotation


def log_id() -> UUID:
    """The log as the subject of an event: made from its name, so that it is the same everywhere."""
    return uuid5(NAMESPACE_URL, settings.LOG_ORIGIN)
