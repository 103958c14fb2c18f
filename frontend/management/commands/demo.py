"""manage.py demo: make the demonstration market once; later starts only show its accounts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from frontend.demonstration import market, people
from frontend.programs import accounts
from market.participants.models import Organisation

ROLES = {
    "environment": "供方 supplier",
    "buyer": "需方 buyer",
    "reviewer": "运营方审核 reviewer",
    "clerk": "运营方出纳 clerk",
    "approver": "运营方批准 approver",
    "auditor": "审计 auditor",
    "regulator_data": "市主管部门 authority",
    "regulator_county": "小店区主管部门 authority of one district",
    "regulator_sector": "能源主管部门 sector authority",
}


class Command(BaseCommand):
    help = "Make the demonstration market (first start) and print one account per role."

    def handle(self, *args: Any, **options: Any) -> None:
        """Idempotent; refuses outside demonstration mode. Raises CommandError."""
        people.require_demonstration()
        url = f"http://127.0.0.1:{settings.PORT}"
        done = settings.VAR_DIR / "demonstration" / "done"
        if not done.is_file():
            cast = people.again() if Organisation.objects.exists() else people.make(url)
            self.stdout.write(f"{len(cast.members)} accounts")
            listed = market.list_all(cast, settings.VAR_DIR / "demonstration", self.stdout.write)
            _url, found = accounts(people.keys_path(), url)
            market.walk(listed, found, self.stdout.write)
            done.touch()
        kept = people.load()
        self.stdout.write("")
        for name, shown in ROLES.items():
            self.stdout.write(f"  {shown:<28} {kept[name]['email']:<32} {kept[name]['password']}")
