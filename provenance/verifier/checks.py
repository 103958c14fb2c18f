"""Examining a bundle, step by step: the file, the log, the values shown, then the trade they are about."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Final

from . import agreement as trade
from .agreement import Agreement
from .anchor import parse_chain
from .bundle import Bundle
from .errors import Contradicted, Damaged, Erased, NotClaimed, NoteInvalid, NotFound, PolicyInvalid, Refusal, Unreadable
from .merkle import leaf_hash, verify_inclusion
from .notes import Checkpoint, SignedNote, VerifierKey
from .policy import Policy
from .report import Report, Status

TRADE_CHECKS: Final[dict[str, Callable[[Bundle, Agreement], str]]] = {
    "thread": trade.check_thread,
    "keys": trade.check_keys,
    "signatures": trade.check_signatures,
    "order": trade.check_order,
    "price": trade.check_price,
    "delivery": trade.check_file,
}


def examine(data: bytes, vkey: str | None = None, policy: str | None = None, chain: str | None = None) -> Report:
    """Check the bytes of a bundle and answer a report; never raises for what the bytes hold.

    vkey: the log's verifier key as the reader had it from elsewhere. Without it the bundle's own key is used,
    and the report says that this proves nothing about who runs the log.
    policy: a tlog-policy in the place of a key: the logs, witnesses and quorum that the reader trusts.
    chain: CHAIN_ID:0xADDRESS of the contract that the log's anchors must be of; a bundle without one is incomplete.
    Raises Unreadable if there is no judging it: too large, another format, or a `vkey` or `policy` that is none.
    """
    report = Report(vkey_given=vkey is not None or policy is not None)
    given = _given_key(vkey)
    trusted = _given_policy(policy)
    contract = _given_chain(chain)
    try:
        bundle = Bundle.read(data)
    except Unreadable:
        raise
    except Refusal as refusal:
        report.about = "the file is damaged, or is no bundle"
        report.add("file", Status.FALSE, str(refusal))
        return report
    report.about = f"{len(bundle.entries)} log entries, no agreement"
    report.origin, report.vkey = bundle.origin, str(given or bundle.vkey)
    report.add("file", Status.PROVED, "the bytes are canonical and of the format dm-bundle/v1")
    _step(report, "manifest", lambda: _check_manifest(bundle))
    _step(report, "checkpoint", lambda: _check_checkpoint(bundle, given, trusted, report))
    _step(report, "inclusion", lambda: _check_inclusion(bundle))
    _step(report, "openings", lambda: _check_openings(bundle))
    _step(report, "documents", lambda: _check_documents(bundle))
    if bundle.anchor is not None or contract is not None:
        _step(report, "anchor", lambda: _check_anchor(bundle, contract))
    _examine_trade(report, bundle)
    return report


def _examine_trade(report: Report, bundle: Bundle) -> None:
    found: list[Agreement] = []

    def read() -> str:
        found.append(Agreement.of(bundle))
        return found[0].summary

    _step(report, "agreement", read)
    for agreement in found:
        report.about = f"a trade with its agreement and {len(bundle.entries)} log entries"
        for name, check in TRADE_CHECKS.items():
            _step(report, name, partial(check, bundle, agreement))


def _step(report: Report, name: str, check: Callable[[], str]) -> None:
    try:
        report.add(name, Status.PROVED, check())
    except NotClaimed as refusal:
        report.add(name, Status.NOT_CLAIMED, str(refusal))
    except Erased as refusal:
        report.add(name, Status.ERASED, str(refusal))
    except NotFound as refusal:
        report.add(name, Status.NOT_FOUND, str(refusal))
    except Refusal as refusal:
        report.add(name, Status.FALSE, str(refusal))


def _given_key(vkey: str | None) -> VerifierKey | None:
    if vkey is None:
        return None
    try:
        return VerifierKey.parse(vkey)
    except NoteInvalid as refusal:
        raise Unreadable(f"--vkey: {refusal}") from refusal


def _given_policy(policy: str | None) -> Policy | None:
    if policy is None:
        return None
    try:
        found = Policy.parse(policy)
    except PolicyInvalid as refusal:
        raise Unreadable(f"--policy: {refusal}") from refusal
    if not found.logs:
        raise Unreadable("--policy: it names no log, so it says nothing about this one")
    return found


def _given_chain(chain: str | None) -> tuple[int, str] | None:
    if chain is None:
        return None
    found = parse_chain(chain)
    if found is None:
        raise Unreadable("--chain: it is not written CHAIN_ID:0xADDRESS")
    return found


def _check_anchor(bundle: Bundle, contract: tuple[int, str] | None) -> str:
    if bundle.anchor is None:
        raise NotFound("the bundle holds no anchor")
    return bundle.anchor.check(_checkpoint(bundle)[0], contract)


def _check_manifest(bundle: Bundle) -> str:
    bundle.check_manifest()
    return "every member is the one that the manifest was written for"


def _check_checkpoint(bundle: Bundle, given: VerifierKey | None, trusted: Policy | None, report: Report) -> str:
    checkpoint, note = _checkpoint(bundle)
    report.size, report.root = checkpoint.size, checkpoint.root.hex()
    own = VerifierKey.parse(bundle.vkey)
    # While a log changes its key, both sign: a reader may know the one or the other.
    if given is not None and given != own and not _names(note, given):
        raise Contradicted(f"the bundle is of the log key {own}, not of the key given")
    key = given or own
    if trusted is None:
        note.verified_by([key])
        whose = "the key given" if given else "the bundle's own key"
    else:
        _, cosigned = trusted.check(note)
        whose = f"a log of the policy, cosigned by {', '.join(cosigned) or 'nobody'},"
    if not key.name == own.name == checkpoint.origin == bundle.origin:
        raise Contradicted("the bundle, its checkpoint and its key name different logs")
    return f"{whose} signed size {checkpoint.size}, root {checkpoint.root.hex()}"


def _names(note: SignedNote, key: VerifierKey) -> bool:
    return any((line.name, line.key_id) == (key.name, key.id) for line in note.signatures)


def _checkpoint(bundle: Bundle) -> tuple[Checkpoint, SignedNote]:
    note = SignedNote.parse(bundle.checkpoint)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.extensions:
        raise Damaged("the checkpoint has an extension line, which this log never writes")
    return checkpoint, note


def _check_inclusion(bundle: Bundle) -> str:
    if not bundle.entries:
        raise NotFound("the bundle holds no entry of the log")
    checkpoint, _ = _checkpoint(bundle)
    for entry in bundle.entries:
        try:
            verify_inclusion(leaf_hash(entry.content), entry.index, checkpoint.size, entry.proof, checkpoint.root)
        except Refusal as refusal:
            raise Contradicted(f"{entry.label}: {refusal}") from refusal
    return f"all {len(bundle.entries)} entries are in the tree of the checkpoint"


def _check_openings(bundle: Bundle) -> str:
    count = 0
    for entry in bundle.entries:
        for field, opening in entry.openings.items():
            try:
                entry.leaf.open(field, opening.salt, opening.value)
            except Contradicted as refusal:
                raise Contradicted(f"entry {entry.index}: {refusal}") from refusal
            count += 1
    gone = [f"{entry.label} {name!r}" for entry in bundle.entries for name in entry.erased]
    erased = f"; {len(gone)} were erased, as the log says: {', '.join(gone)}" if gone else ""
    return f"all {count} values shown are the ones that the entries committed to{erased}"


def _check_documents(bundle: Bundle) -> str:
    if not bundle.documents:
        raise NotClaimed("the bundle holds no document")
    for document in bundle.documents:
        digest = sha256(document.content).digest()
        if digest != document.sha256:
            raise Contradicted(f"the content of {document.name!r} is not what its hash says")
        entry = bundle.entries[document.bound_entry]
        recorded = entry.value(document.bound_field)
        if recorded is None:
            name = document.bound_field
            raise entry.hidden(name, f"{entry.label} does not show the {document.bound_field!r} of {document.name!r}")
        if recorded != digest.hex():
            raise Contradicted(f"{entry.label} recorded another hash than that of {document.name!r}")
    return f"{len(bundle.documents)} documents have the hashes that the entries recorded"
