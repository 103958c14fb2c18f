"""The parent's side: limits, crashes, cancelling, progress; and nothing half-kept."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from listings.intake import runner
from listings.intake.outcomes import STAGES, Limits, Stage
from tests.listings.intake.conftest import LIMITS, Take

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve megabytes of CSV, enough to be in the middle of something."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    lines = "".join(f"{number},站点{number % 97},{number * 7919 % 100_003}.5,备注\n" for number in range(400_000))
    path.write_text("编号,站点,数值,备注\n" + lines, encoding="utf-8")
    return path


# A parent that tells the child it started and then does nothing more.
STALLED = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from listings.intake import runner
from listings.intake.outcomes import Limits

def tell(stage):
    if stage.name == "decode":
        print(Path(f"/proc/self/task/{os.getpid()}/children").read_text(), flush=True)
        time.sleep(60)

runner.run(Path(sys.argv[2]), filename="a.csv", workdir=Path(sys.argv[3]), limits=Limits(), on_stage=tell)
"""


def children() -> list[int]:
    """The processes that this one has started and that still are."""
    return [pid for pid in _all_children() if pid not in _before]


def _all_children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


_before: set[int] = set()


@pytest.fixture(autouse=True)
def others() -> None:
    """The session's own database and broker are children of pytest too: they are not what is counted."""
    _before.clear()
    _before.update(_all_children())


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        pytest.param(replace(LIMITS, seconds_max=1), "over_time", id="time"),
        pytest.param(replace(LIMITS, memory_bytes_max=48 << 20), "over_memory", id="memory"),
        pytest.param(replace(LIMITS, bytes_max=1 << 20), "over_bytes", id="size of the file"),
        pytest.param(replace(LIMITS, rows_max=1000), "over_rows", id="rows"),
        pytest.param(replace(LIMITS, columns_max=3), "over_columns", id="columns"),
        pytest.param(replace(LIMITS, output_bytes_min=1 << 20, output_ratio_max=0), "over_output", id="output"),
    ],
)
def test_a_limit_passed_is_told_by_its_name_and_leaves_nothing(
    take: Take, tmp_path: Path, large: Path, limits: Limits, code: str
) -> None:
    outcome = take(large, limits=limits)

    assert outcome.refusal is not None
    assert (outcome.kind, outcome.refusal.code, outcome.problems) == ("refused", code, ())
    assert "{" not in outcome.refusal.message
    assert not (tmp_path / "work").exists() or list((tmp_path / "work").iterdir()) == []
    assert children() == []


def test_a_killed_child_is_told_as_a_crash_and_leaves_nothing(take: Take, tmp_path: Path, large: Path) -> None:
    def kill(stage: Stage) -> None:
        if stage.name == "decode":
            os.kill(children()[0], signal.SIGKILL)

    outcome = take(large, on_stage=kill)

    assert outcome.refusal is not None
    assert (outcome.refusal.code, outcome.refusal.facts) == ("crashed", {"how": "SIGKILL"})
    assert list((tmp_path / "work").iterdir()) == []


def test_a_cancelled_job_stops_the_child_and_leaves_nothing(take: Take, tmp_path: Path, large: Path) -> None:
    def cancel(stage: Stage) -> None:
        if stage.name == "decode":
            raise KeyError("cancelled")

    with pytest.raises(KeyError, match="cancelled"):
        take(large, on_stage=cancel)

    assert children() == []
    assert list((tmp_path / "work").iterdir()) == []


def test_the_stages_come_in_order_and_tell_how_far_they_are(take: Take, large: Path) -> None:
    heard: list[Stage] = []

    outcome = take(large, on_stage=heard.append)

    assert outcome.kind == "table"
    assert list(dict.fromkeys(stage.name for stage in heard)) == list(STAGES)
    assert {(stage.step, stage.steps) for stage in heard} == {(number, 6) for number in range(1, 7)}
    reading = [stage for stage in heard if stage.name == "decode" and stage.rows_done]
    assert reading
    assert all(0 < stage.bytes_done <= stage.bytes_total == large.stat().st_size for stage in reading)
    assert {stage.rows_total for stage in heard if stage.name == "profile"} == {400_000}


def test_a_second_run_replaces_the_first_result_as_a_whole(take: Take, tmp_path: Path) -> None:
    first = take(b"a,b\n1,2\n")

    second = take(b"c\n5\n")

    assert first.table_path == second.table_path
    assert second.sample is not None
    assert second.sample["columns"] == ["c"]
    assert [path.name for path in (tmp_path / "work").iterdir()] == [runner.RESULT]


def test_a_child_dies_with_its_parent(tmp_path: Path, large: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", STALLED, str(ROOT), str(large), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.stdout.close()

    parent.kill()
    parent.wait()

    gone_by = time.monotonic() + 5
    while Path(f"/proc/{child}").exists() and time.monotonic() < gone_by:
        state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        if state == "Z":
            break
        time.sleep(0.05)
    else:
        assert not Path(f"/proc/{child}").exists()


def test_the_result_is_the_same_for_the_same_file(take: Take) -> None:
    content = "名,值\n".encode() + b"".join(b"x%d,%d\n" % (number % 7, number) for number in range(500))

    first, second = take(content), take(content)

    assert first.profile == second.profile
    assert first.sha256 == second.sha256
