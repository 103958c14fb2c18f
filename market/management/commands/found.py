"""manage.py found: the operator, an authority, and their first seats, from the machine's console alone."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from market.kernel.errors import MarketError
from market.participants import founding
from market.participants.members import OrganisationKind, Role, system
from market.participants.models import Organisation, Person


class Command(BaseCommand):
    """Exit 0: the seat exists. Exit 1: refused, with the reason; nothing was changed."""

    help = (
        "Give a person who has signed up on the site a seat of the operator or of an authority, which is founded "
        "when it does not exist yet. Later seats are invited by the operator's security administrator."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Which organisation, who, in which roles, how far."""
        parser.add_argument("kind", choices=[OrganisationKind.OPERATOR.value, OrganisationKind.AUTHORITY.value])
        parser.add_argument("--name", required=True, help="the organisation's registered name")
        parser.add_argument("--district", required=True, help="its division code, six digits")
        parser.add_argument("--email", required=True, help="the address under which the person signed up")
        parser.add_argument("--role", action="append", required=True, choices=Role.values, help="may be repeated")
        parser.add_argument("--seat-district", default="", help='how far the seat sees, by prefix; "" sees all')
        parser.add_argument("--seat-sector", default="", help='the sector that the seat sees; "" sees all')
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Found and seat in one transaction."""
        person = Person.objects.filter(email__iexact=options["email"], is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody has signed up as {options['email']}.", returncode=1)
        by = system("console")
        try:
            with transaction.atomic():
                organisation = Organisation.objects.filter(kind=options["kind"], name=options["name"]).first()
                if organisation is None:
                    organisation = founding.found(
                        kind=OrganisationKind(options["kind"]),
                        name=options["name"],
                        district=options["district"],
                        by=by,
                    )
                seat = founding.seat(
                    organisation,
                    person,
                    [Role(role) for role in options["role"]],
                    district=options["seat_district"],
                    sector=options["seat_sector"],
                    by=by,
                )
        except MarketError as error:
            raise CommandError(f"{error.title}: {error}", returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps({"organisation": str(organisation.id), "membership": str(seat.id)}))
        else:
            self.stdout.write(f"{person} holds {', '.join(seat.roles)} of {organisation.name}.")
