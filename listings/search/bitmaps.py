"""Sets of listings' numbers as whole numbers with one bit each: pure arithmetic.

They are kept in segments of 65,536 numbers, so that a new listing touches only the last segment of each of its keys.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

SEGMENT: Final = 65_536
SEGMENT_BYTES: Final = SEGMENT // 8
_CHUNK_BITS: Final = 1_024


def of(numbers: Iterable[int], *, top: int) -> int:
    """The set of these numbers, none above `top`."""
    room = bytearray(top // 8 + 1)
    for number in numbers:
        room[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(room, "little")


def joined(segments: Mapping[int, bytes]) -> int:
    """One set from its segments; a missing segment is empty."""
    if not segments:
        return 0
    last = max(segments)
    empty = bytes(SEGMENT_BYTES)
    whole = b"".join(
        segments.get(at, b"").ljust(SEGMENT_BYTES, b"\0") if at in segments else empty for at in range(last)
    )
    return int.from_bytes(whole + segments[last], "little")


def split(numbers: Sequence[int]) -> dict[int, bytes]:
    """Segments of a set given by its numbers, without bytes that are zero at the end."""
    found: dict[int, bytearray] = {}
    for number in numbers:
        place, bit = divmod(number, SEGMENT)
        room = found.setdefault(place, bytearray(SEGMENT_BYTES))
        room[bit >> 3] |= 1 << (bit & 7)
    return {place: bytes(room).rstrip(b"\0") for place, room in found.items()}


def changed(segment: bytes, *, add: Iterable[int] = (), remove: Iterable[int] = ()) -> bytes:
    """A segment with some of its bits (0 to 65,535) set and others cleared; what is in both is set."""
    room = bytearray(segment.ljust(SEGMENT_BYTES, b"\0"))
    for bit in remove:
        room[bit >> 3] &= ~(1 << (bit & 7)) & 0xFF
    for bit in add:
        room[bit >> 3] |= 1 << (bit & 7)
    return bytes(room).rstrip(b"\0")


def newest(numbers: int, *, skip: int, take: int) -> list[int]:
    """Some of the highest numbers in falling order: `take` of them after the first `skip`."""
    return list(_falling(numbers, skip, take))


def _falling(numbers: int, skip: int, take: int) -> Iterator[int]:
    for start, bits in _chunks(numbers, SEGMENT):
        count = bits.bit_count()
        if skip >= count:
            skip -= count
            continue
        for offset, part in _chunks(bits, _CHUNK_BITS):
            count = part.bit_count()
            if skip >= count:
                skip -= count
                continue
            while part:
                at = part.bit_length() - 1
                part ^= 1 << at
                if skip:
                    skip -= 1
                    continue
                yield start + offset + at
                take -= 1
                if not take:
                    return


def _chunks(numbers: int, size: int) -> Iterator[tuple[int, int]]:
    """Non-empty stretches of `size` bits from the top down, each with the number of its first bit."""
    whole = numbers.to_bytes((numbers.bit_length() + 7) // 8, "little")
    step = size // 8
    for start in range((len(whole) - 1) // step * step, -1, -step) if whole else ():
        bits = int.from_bytes(whole[start : start + step], "little")
        if bits:
            yield start * 8, bits


def numbers_of(numbers: int) -> list[int]:
    """All members in falling order."""
    return newest(numbers, skip=0, take=numbers.bit_count()) if numbers else []
