"""The demonstration's organisations, people and keys. They exist in demonstration mode only."""

import io
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from allauth.account.models import EmailAddress
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from market import rules
from market.participants import admissions, codes, founding, keys, organisations, sealed_keys
from market.participants.members import Member, OrganisationKind, Role, system
from market.participants.models import Membership, Organisation, Person

BY: Final = system("demonstration")
DOMAIN: Final = "demo.example"
SELLER: Final = "supplier"  # in the keys file: another name for the first supplier, as `manage.py trade` wants it


@dataclass(frozen=True, slots=True)
class Firm:
    """A trading organisation of the demonstration; its name is invented, its code's check digit is computed."""

    name: str
    code: str  # the first 17 characters
    sector: str
    district: str
    contact: str
    statement: str
    kind: OrganisationKind = OrganisationKind.ENTERPRISE


SUPPLIERS: Final = {
    "environment": Firm(
        "太原晋环数据科技有限公司",
        "91140100MADEMA001",
        "environment",
        "140105",
        "王晋",
        "自有监测站点与公开观测记录的加工",
    ),
    "energy": Firm(
        "山西能源数据服务中心", "91140100MADEMA002", "energy", "140107", "李能", "公开名录与合作单位授权数据的整理成果"
    ),
    "institute": Firm(
        "晋阳城市研究院", "91140100MADEMA003", "economy", "140110", "赵城", "公开统计与地理数据的整理成果"
    ),
}
BUYERS: Final = {
    "buyer": Firm(
        "山西晋能碳管理有限公司", "91140100MADEMA004", "energy", "140106", "刘需", "内部经营数据，暂不对外提供"
    ),
}


@dataclass(slots=True)
class Cast:
    """Who plays: by role the person, the member, and the secrets that only this machine keeps."""

    password: str
    members: dict[str, Member] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    signing: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    key_ids: dict[str, str] = field(default_factory=dict)
    api_keys: dict[str, str] = field(default_factory=dict)


def require_demonstration() -> None:
    """Stop unless this is a demonstration. Raises CommandError."""
    if not settings.DEMONSTRATION:
        raise CommandError("Demonstration accounts exist only where DATABASE_URL is not set.")


def keys_path() -> Path:
    """Where the demonstration's secrets are kept, 0600."""
    path: Path = settings.VAR_DIR / "secrets" / "demonstration.json"
    return path


@transaction.atomic
def make(url: str) -> Cast:
    """Create everybody through the verbs that real people use, all or nobody, and keep their secrets."""
    require_demonstration()
    cast = Cast(password=secrets.token_urlsafe(9))
    operator = founding.found(
        kind=OrganisationKind.OPERATOR, name="太原数据要素市场运营中心（演示）", district="140100", by=BY
    )
    for role in (Role.REVIEWER, Role.CLERK, Role.APPROVER, Role.AUDITOR, Role.SYSADMIN, Role.SECADMIN):
        _seat(cast, operator, str(role), [role])
    authority = founding.found(
        kind=OrganisationKind.AUTHORITY, name="太原市数据主管部门（演示）", district="140100", by=BY
    )
    _seat(cast, authority, "regulator_data", [Role.REGULATOR_DATA], district="1401")
    county = founding.found(
        kind=OrganisationKind.AUTHORITY, name="小店区数据主管部门（演示）", district="140105", by=BY
    )
    _seat(cast, county, "regulator_county", [Role.REGULATOR_DATA], district="140105")
    sector = founding.found(
        kind=OrganisationKind.AUTHORITY, name="太原市能源行业主管部门（演示）", district="140100", by=BY
    )
    _seat(cast, sector, "regulator_sector", [Role.REGULATOR_SECTOR], district="1401", sector="energy")
    for name, firm in (SUPPLIERS | BUYERS).items():
        _trader(cast, name, firm)
    for seat in ("reviewer", "clerk", "approver"):
        _api_key(cast, seat, ["read", "review", "operate", "finance"])
    save(cast, url)  # before the commit: accounts without their secrets would be lost
    return cast


def _person(cast: Cast, name: str, shown: str) -> Person:
    email = f"{name}@{DOMAIN}"
    person = Person.objects.create_user(email, cast.password, name=shown)
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    cast.emails[name] = email
    return person


def _seat(
    cast: Cast, organisation: Organisation, name: str, roles: list[Role], *, district: str = "", sector: str = ""
) -> None:
    person = _person(cast, name, name)
    membership = founding.seat(organisation, person, roles, district=district, sector=sector, by=BY)
    cast.members[name] = organisations.of(membership)


def _trader(cast: Cast, name: str, firm: Firm) -> None:
    """Sign up, register, apply, be admitted, register a signing key: as any firm does."""
    person = _person(cast, name, firm.contact)
    organisation = organisations.create(
        kind=firm.kind,
        name=firm.name,
        district=firm.district,
        sector=firm.sector,
        uscc=firm.code + codes.uscc_check(firm.code),
        by=person,
    )
    applicant = _member(person, organisation)
    organisations.change(contact_name=firm.contact, contact_phone="", contact_email=cast.emails[name], by=applicant)
    admission = admissions.draft(by=applicant)
    scan = io.BytesIO(b"%PDF-1.4\n% demonstration licence, no legal meaning\n")
    admissions.attach_licence(admission.id, scan, name="licence.pdf", by=applicant)
    admissions.submit(
        admission.id,
        source_statement=firm.statement,
        legal_representative=firm.contact,
        terms_version=rules.current("terms.participant").version,
        has_clean_record=True,
        by=applicant,
    )
    admissions.admit(admission.id, by=cast.members["reviewer"])
    member = _member(person, organisation)
    cast.members[name] = member
    key = Ed25519PrivateKey.generate()
    cast.signing[name] = key
    cast.key_ids[name] = str(keys.register(public_key=key.public_key().public_bytes_raw(), by=member).id)
    # So that a trade can be walked in the browser: a second key, kept by the platform under the account's password.
    sealed_keys.make(pin=cast.password, by=member)
    _api_key(cast, name, ["read", "trade", "sign", "deliver", "finance"])


def _member(person: Person, organisation: Organisation) -> Member:
    membership = Membership.objects.select_related("organisation").get(person=person, organisation=organisation)
    return organisations.of(membership)


def _api_key(cast: Cast, name: str, scopes: list[str]) -> None:
    member = cast.members[name]
    if not member.has(Role.DEVELOPER, Role.ADMIN):
        # Operators' programs: the key is made for the seat by the console, as its keeper would.
        _key, cast.api_keys[name] = keys.issue_for_seat(member, name="demonstration", scopes=scopes, by=BY)
        return
    _key, cast.api_keys[name] = keys.issue(name="demonstration", scopes=scopes, by=member)


def save(cast: Cast, url: str) -> None:
    """Write the secrets with mode 0600, readable by this machine's user only."""
    accounts: dict[str, dict[str, Any]] = {}
    for name, email in cast.emails.items():
        accounts[name] = {"email": email, "password": cast.password}
        if name in cast.api_keys:
            accounts[name]["api_key"] = cast.api_keys[name]
        if name in cast.signing:
            accounts[name] |= {"signing_key": cast.signing[name].private_bytes_raw().hex(), "key": cast.key_ids[name]}
            accounts[name]["pin"] = cast.password
    accounts[SELLER] = accounts["environment"]
    path = keys_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"url": url, "accounts": accounts}, ensure_ascii=False, indent=1), "utf-8")
    draft.replace(path)


def load() -> dict[str, dict[str, Any]]:
    """The accounts kept by an earlier start. Raises CommandError when they are gone."""
    path = keys_path()
    if not path.is_file():
        raise CommandError(f"{path} is missing, though the demonstration exists: remove VAR_DIR to start afresh.")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8"))["accounts"]
    return found


def again() -> Cast:
    """The cast of an earlier start, to go on where it was interrupted."""
    kept = load()
    cast = Cast(password=kept["buyer"]["password"])
    for name, account in kept.items():
        if name == SELLER:
            continue
        membership = Membership.objects.select_related("organisation").filter(person__email=account["email"]).first()
        if membership is None:
            raise CommandError(f"{account['email']} is in {keys_path()} but not in the database: remove VAR_DIR.")
        cast.members[name] = organisations.of(membership)
    return cast
