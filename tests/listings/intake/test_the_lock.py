"""A child that opens strangers' files reaches nothing: no network, no environment, no file but its own."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from listings.intake import lock, runner
from tests.listings.intake.conftest import LIMITS

ROOT = Path(__file__).parents[3]
NOBODY = 65534
REFUSED = ("PermissionError", "OSError 101", "ConnectionRefusedError")
INSIDE = "import sys; sys.path.insert(0, sys.argv.pop()); from tests.listings.intake import inside; inside.main()"


def test_the_child_reaches_neither_network_nor_programs_nor_files_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("key")
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setattr(runner, "BOOT", INSIDE)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()
        wanted = {name: str(tmp_path / name) for name in ("socket", "secret")} | {"port": server.getsockname()[1]}
        (tmp_path / "upload").write_text(json.dumps(wanted))

        outcome = runner.run(tmp_path / "upload", filename="probe.csv", workdir=tmp_path / "work", limits=LIMITS)

    found = outcome.profile
    assert found is not None
    assert set(found["environment"]) <= {"HOME", "TMPDIR", "TZ", "LC_CTYPE"}
    assert found["arguments"] == 1
    assert Path(found["folder"]).parent == tmp_path / "work"
    assert found["tcp"].startswith(REFUSED)
    assert found["unix socket"].startswith("PermissionError")
    assert found["program"].startswith("PermissionError")
    if "landlock" in outcome.lock:
        assert found["parent's environment"] == found["a file of others"] == "PermissionError 13"
        assert found["write elsewhere"] == "PermissionError 13"
    assert found["open descriptors"][:3] == [0, 1, 2]
    assert len(found["open descriptors"]) <= 5  # and the pipe, and the listing itself
    assert not (tmp_path / "secret.new").exists()
    assert sorted(path.name for path in (tmp_path / "work" / "result").iterdir()) == sorted(runner.KEPT)


def test_this_system_can_lock_a_child() -> None:
    means = lock.available()

    assert means is not None
    assert {"namespace", "user namespace", "seccomp"} & set(means.split("+"))


@pytest.mark.parametrize("is_ordinary", [False, True], ids=["as we are", "as an ordinary user"])
@pytest.mark.parametrize("without", ["nothing", "namespaces", "seccomp"])
def test_each_means_alone_keeps_a_child_off_the_network(is_ordinary: bool, without: str) -> None:
    if is_ordinary and os.getuid() != 0:
        pytest.skip("only root can become another user")
    become = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})" if is_ordinary else ""
    cripple = {
        "nothing": "",
        "namespaces": "lock.CLONE_NEWNET = lock.CLONE_NEWUSER = 0x7FFFFFFF",  # no such flag: unshare fails
        "seccomp": "lock.MACHINES = {}",
    }[without]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = (
            f"import os, sys; sys.path.insert(0, {str(ROOT)!r})\nfrom listings.intake import lock\n"
            f"{cripple}\n{become}\nlock.probe({port}, {os.getpid()})"
        )
        child = subprocess.run(
            [sys.executable, "-I", "-c", code],
            env={},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    if without == "seccomp" and child.returncode:
        pytest.skip("no namespaces for this user here")
    assert child.returncode == 0, child.stderr
    means = child.stdout.split("+")
    assert ("seccomp" in means) == (without != "seccomp")
    assert ("namespace" in means or "user namespace" in means) <= (without != "namespaces")


def test_a_system_that_cannot_lock_opens_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        runner,
        "BOOT",
        "import sys; sys.path.insert(0, sys.argv.pop()); from listings.intake import child, lock; "
        "lock.CLONE_NEWNET = lock.CLONE_NEWUSER = 0x7FFFFFFF; lock.MACHINES = {}; child.main()",
    )
    (tmp_path / "upload").write_text("a,b\n1,2\n")

    outcome = runner.run(tmp_path / "upload", filename="table.csv", workdir=tmp_path / "work", limits=LIMITS)

    assert outcome.refusal is not None
    assert (outcome.kind, outcome.refusal.code) == ("refused", "not_locked")
    assert list((tmp_path / "work").iterdir()) == []
