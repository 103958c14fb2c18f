"""Names of things, the clock, and seals of small secrets."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from market.kernel import clock, ids, seals

KEY = bytes(range(32))


def test_an_id_is_a_version_7_uuid_of_this_moment() -> None:
    before = time.time_ns() // 1_000_000

    made = ids.new_id()

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_later_ids_sort_later() -> None:
    first = ids.new_id()
    time.sleep(0.002)

    assert sorted([ids.new_id(), first])[0] == first


def test_a_thousand_ids_of_one_moment_differ() -> None:
    assert len({ids.new_id() for _ in range(1000)}) == 1000


@pytest.mark.parametrize("text", ["", "urn:uuid:", "urn:uuid:x", "0198c0de-0000-7000-8000-000000000000", "urn:isbn:1"])
def test_what_is_no_urn_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  the library's text for a malformed UUID, ours for another urn
        ids.from_urn(text)


def test_a_name_leads_back_to_its_id() -> None:
    made = ids.new_id()

    assert ids.from_urn(ids.urn(made)) == made


def test_the_clock_moves_for_a_block_only_and_nests() -> None:
    with clock.shifted(timedelta(days=1)), clock.shifted(timedelta(days=1)):
        ahead = clock.now()

    assert ahead - clock.now() > timedelta(days=1, hours=23)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_moment_is_written_to_the_microsecond_and_read_back() -> None:
    moment = datetime(2026, 11, 23, 2, 14, 0, 7, tzinfo=UTC)

    assert clock.text(moment) == "2026-11-23T02:14:00.000007Z"
    assert clock.parse(clock.text(moment)) == moment


def test_a_seal_opens_only_for_its_key_and_purpose_and_never_looks_the_same() -> None:
    sealed = seals.seal(b"secret", KEY, purpose="identity")

    assert seals.unseal(sealed, KEY, purpose="identity") == b"secret"
    assert seals.seal(b"secret", KEY, purpose="identity") != sealed
    for key, purpose in ((bytes(32), "identity"), (KEY, "mail")):
        with pytest.raises(seals.BrokenSeal):
            seals.unseal(sealed, key, purpose=purpose)


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_breaks_a_seal(place: int) -> None:
    sealed = bytearray(seals.seal(b"secret", KEY, purpose="identity"))
    sealed[place] ^= 1

    with pytest.raises(seals.BrokenSeal):
        seals.unseal(bytes(sealed), KEY, purpose="identity")


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(ValueError, match="FIELD_KEY"):
        seals.seal(b"secret", b"", purpose="identity")


def test_a_look_up_hash_depends_on_key_and_purpose() -> None:
    found = {
        seals.digest(b"n", KEY, purpose="identity"),
        seals.digest(b"n", bytes(32), purpose="identity"),
        seals.digest(b"n", KEY, purpose="other"),
    }

    assert len(found) == 3
