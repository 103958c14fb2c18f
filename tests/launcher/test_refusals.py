"""What keeps a start from going on is told in one sentence with exit code 1, and never with a traceback."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from market.launcher import __main__ as launcher
from market.launcher.errors import LaunchError
from market.launcher.folders import REPOSITORY
from market.launcher.start import Run

OLD = """#!/bin/sh
# A Python of another version, as far as `make` can tell.
[ "$1" = --version ] && echo "Python 3.9.18" && exit 0
exit 1
"""


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setattr(sys, "argv", ["market.launcher"])
    return tmp_path / "var"


def start_that_meets(problem: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(run: Run) -> None:
        run._var.mkdir(exist_ok=True)
        raise problem

    monkeypatch.setattr(Run, "run", fail)


@pytest.mark.parametrize(
    "problem",
    [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), LaunchError("initdb: could not write: No space left on device")],
)
def test_a_disk_that_fills_up_on_the_way_is_named_whoever_met_it_first(
    problem: Exception, var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_that_meets(problem, monkeypatch)

    assert launcher.main() == 1

    assert capsys.readouterr().err.splitlines() == [
        f"The disk under {var} is full: free at least 500 MB, or set VAR_DIR to another disk; "
        "the next start goes on from here."
    ]


def test_a_part_that_failed_without_words_on_a_full_disk_is_explained_by_the_disk(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_that_meets(LaunchError("`manage.py collectstatic` failed:"), monkeypatch)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**12, used=10**12, free=4096))

    assert launcher.main() == 1

    assert capsys.readouterr().err.startswith(f"The disk under {var} is full: ")


def test_a_disk_with_room_is_not_blamed(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_that_meets(LaunchError("PostgreSQL did not start."), monkeypatch)

    assert launcher.main() == 1

    assert capsys.readouterr().err == "PostgreSQL did not start.\n"


def test_a_file_that_may_not_be_written_is_named(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    start_that_meets(PermissionError(errno.EACCES, "Permission denied", str(var / "lock")), monkeypatch)

    assert launcher.main() == 1

    assert capsys.readouterr().err == (
        f"The start could not go on: Permission denied ({var}/lock); look at the disk under {var}.\n"
    )


def test_a_fault_of_ours_is_not_hidden_behind_a_sentence(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_that_meets(ConnectionResetError(errno.ECONNRESET, "reset"), monkeypatch)

    with pytest.raises(ConnectionResetError):
        launcher.main()


@pytest.mark.parametrize("folder", ["/proc/market", "{file}", "{file}/below"])
def test_a_folder_that_cannot_be_made_is_one_sentence(folder: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    named = folder.format(file=tmp_path / "file")

    ended = subprocess.run(
        [sys.executable, "-m", "market.launcher", "--no-demo"],
        cwd=REPOSITORY,
        env=os.environ | {"VAR_DIR": named},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith(f"VAR_DIR {named} cannot be made: ")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("module", ["market.launcher", "market.launcher.environment"])
def test_another_version_of_python_is_one_sentence(module: str) -> None:
    code = f"import sys; sys.version_info = (3, 9, 18); sys.version = '3.9.18 (main)'; import {module}"

    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("Python 3.11 or newer is needed and this is 3.9.18")
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
@pytest.mark.parametrize("named", [True, False])
def test_make_refuses_another_version_of_python_whether_named_or_found(named: bool, tmp_path: Path) -> None:
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("make", "bash", "sh"):
        (programs / name).symlink_to(shutil.which(name) or name)
    old = programs / ("python3" if not named else "old-python")
    old.write_text(OLD)
    old.chmod(0o755)
    path = {"PATH": str(programs)} if not named else {"PATH": os.environ["PATH"], "PYTHON": str(old)}

    ended = subprocess.run(
        [str(programs / "make"), "run"], cwd=tmp_path, env=path, capture_output=True, text=True, check=False, timeout=60
    )

    assert ended.returncode != 0
    assert ended.stderr.splitlines()[0] == (
        "Python 3.11 or newer is needed and there is Python 3.9.18: install it, or say where it is with "
        "PYTHON=/path/to/python."
    )
    assert ended.stdout == ""
    assert not (tmp_path / ".venv").exists()


def test_a_setting_of_the_callers_shell_does_not_lead_a_command_to_another_server() -> None:
    code = "from market import env; print(env.embedded_database('market_app')['PORT'])"

    said = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=os.environ | {"PGPORT": "6543"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert said == "5432\n"
