"""manage.py deliver: the process that downloads come from, so that slow readers never stop the site."""

import signal
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from delivery.server import Server


class Command(BaseCommand):
    help = "Serve signed addresses of opened uses until SIGTERM. Exit 1: the port cannot be had."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.DELIVERY_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen; a second server on the same port is refused with a sentence."""
        try:
            server = Server(options["host"], options["port"])
        except OSError as error:
            raise CommandError(f"Port {options['port']} cannot be had: {error.strerror}.") from error
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.stop())
        self.stdout.write(f"delivering on http://{options['host']}:{server.port}")
        server.serve()
