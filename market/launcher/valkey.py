"""The embedded broker: Valkey over a unix socket only, with its queue on disk."""

import contextlib
import os
import signal
import socket
import time

from market.launcher import binaries
from market.launcher.children import MARK, Child, Program
from market.launcher.errors import LaunchError
from market.launcher.folders import Folders


class Valkey:
    """The broker of one VAR_DIR. It may lose its last second in a crash: no fact depends on it."""

    name = "valkey"

    def __init__(self, folders: Folders) -> None:
        self.socket = folders.valkey_socket
        settings = {
            "--port": "0",
            "--unixsocket": str(self.socket),
            "--unixsocketperm": "700",
            "--dir": str(folders.valkey),
            "--appendonly": "yes",
            "--save": "",
            "--maxmemory-policy": "noeviction",
            "--daemonize": "no",
        }
        self.child = Child(
            Program(
                name=self.name,
                command=[
                    str(binaries.valkey_server()),
                    *(word for pair in settings.items() for word in pair),
                ],
                env={"PATH": os.defpath, "LC_ALL": "C", MARK: str(folders.var)},
                cwd=folders.valkey,
                stops=((signal.SIGTERM, 10.0),),
            ),
            log=folders.log / "valkey.log",
            before=lambda: self.socket.unlink(missing_ok=True),
        )

    def start(self) -> None:
        """Start and wait until it answers. Raises LaunchError with the log's end."""
        self.child.start()
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if not self.child.is_running():
                raise LaunchError(f"The broker did not start. Its log ends:\n{self.child.last_words()}")
            if self.answers():
                return
            time.sleep(0.01)
        raise LaunchError(f"The broker did not answer within 30 s; see {self.child.log}.")

    def stop(self) -> None:
        self.child.stop()

    def answers(self) -> bool:
        """Whether it answers a PING now (it does not while it still loads its file)."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        return False
