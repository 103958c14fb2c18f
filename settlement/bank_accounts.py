"""Organisations' bank accounts: where their money goes. Numbers are sealed at rest and shown masked."""

import unicodedata
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _t

from market import holds
from market.events import outbox
from market.kernel import clock, ids, seals
from market.kernel.errors import FieldProblem, Invalid
from market.participants.members import Member, Role
from market.participants.models import Organisation
from market.verbs import verb
from settlement.errors import NameDiffers
from settlement.models import BankAccount

_PURPOSE: Final = "bank_account"
_DIGITS_MIN, _DIGITS_MAX = 8, 32


@verb("bank_account.registered")
def register(*, holder: str, number: str, bank: str, bank_code: str = "", by: Member) -> BankAccount:
    """Say where the caller's organisation wants its money; an earlier account is used no longer.

    holder must be the organisation's own name (full width, blanks and brackets aside).
    bank_code: 12 digits (行号) or empty. Raises Invalid, NameDiffers, Held, NotAllowed.
    """
    by.require_trading(Role.FINANCE)
    organisation = Organisation.objects.select_for_update(no_key=True).get(id=by.organisation_id)
    holds.check(by.organisation_urn)
    digits = "".join(number.split()).replace("-", "")
    wrong = _problems(digits, bank, bank_code)
    if wrong:
        raise Invalid(wrong)
    if plain_name(holder) != plain_name(organisation.name):
        raise NameDiffers.field("holder", _t("differs from the organisation's name"), organisation.name)
    BankAccount.objects.filter(organisation=organisation, ended_at__isnull=True).update(ended_at=clock.now())
    account = BankAccount(
        organisation=organisation,
        holder=organisation.name,
        number_sealed=seal(digits),
        number_masked=mask(digits),
        bank=bank.strip(),
        bank_code=bank_code,
        registered_by_id=by.person_id,
    )
    account.save(force_insert=True)
    outbox.record(
        "bank_account.registered",
        subject=ids.urn(account.id),
        actor=by.urn,
        parties=[organisation.id],
        holder=account.holder,
        number=account.number_masked,
        bank=account.bank,
    )
    return account


def _problems(digits: str, bank: str, bank_code: str) -> list[FieldProblem]:
    wrong = []
    if not (digits.isascii() and digits.isdigit() and _DIGITS_MIN <= len(digits) <= _DIGITS_MAX):
        fix = _t("%(least)d to %(most)d digits") % {"least": _DIGITS_MIN, "most": _DIGITS_MAX}
        wrong.append(FieldProblem(field="number", reason=_t("is not an account number"), fix=fix))
    if not bank.strip():
        wrong.append(FieldProblem(field="bank", reason=_t("is empty"), fix=_t("name the bank and its branch")))
    if bank_code and not (bank_code.isascii() and bank_code.isdigit() and len(bank_code) == 12):
        wrong.append(FieldProblem(field="bank_code", reason=_t("is not a bank code"), fix=_t("12 digits, or empty")))
    return wrong


def plain_name(name: str) -> str:
    """A name without differences that banks make: width, blanks, brackets."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def in_use(organisation_id: UUID) -> BankAccount | None:
    """The organisation's present account, or None."""
    return BankAccount.objects.filter(organisation_id=organisation_id, ended_at__isnull=True).first()


def seal(number: str) -> bytes:
    """An account number as it lies in the database."""
    return seals.seal(number.encode(), settings.FIELD_KEY, purpose=_PURPOSE)


def unseal(sealed: "bytes | memoryview[int]") -> str:
    """The account number for a payment order. Raises BrokenSeal."""
    return seals.unseal(bytes(sealed), settings.FIELD_KEY, purpose=_PURPOSE).decode()


def mask(number: str) -> str:
    """The last four characters, the rest hidden."""
    return f"{'*' * min(len(number) - 4, 12)}{number[-4:]}" if len(number) > 4 else "*" * len(number)
