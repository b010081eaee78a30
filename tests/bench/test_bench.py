"""The benchmarks run, count exactly, and leave nothing behind. Nothing here looks at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RUN = Path(__file__).with_name("run.py")
CASES = ["startup", "validate", "apply", "saved", "plan", "emulator"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory for temporary files."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def results(place: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON of one quick run, all of whose temporary files go to `place`."""
    file = tmp_path_factory.mktemp("results") / "bench.json"
    subprocess.run(
        [sys.executable, str(RUN), "--quick", "--no-terraform", "--json", str(file)],
        env={**os.environ, "TMPDIR": str(place)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    document: dict[str, Any] = json.loads(file.read_text())
    return document


def verdicts(results: dict[str, Any], case: str) -> dict[str, tuple[str, bool]]:
    """Return what a case says of its targets: measured and met, by target."""
    found = next(each for each in results["cases"] if each["name"] == case)
    return {verdict["target"]: (verdict["measured"], verdict["met"]) for verdict in found["verdicts"]}


def test_every_case_reports(results: dict[str, Any]) -> None:
    """Each benchmark is in the results with at least one verdict."""
    assert [case["name"] for case in results["cases"]] == CASES
    assert all(case["verdicts"] for case in results["cases"])


def test_exact_counts(results: dict[str, Any]) -> None:
    """An unchanged plan and a creation of twenty deployments cost exactly the requests that drplan promises."""
    planned, applied = verdicts(results, "plan"), verdicts(results, "apply")
    assert planned["a list page per 100 and a read per settings endpoint"] == ("[1, 20, 20]", True)
    assert applied["one POST and one settings PATCH a creation"] == ("[20, 20]", True)
    assert verdicts(results, "emulator")["failed requests"] == ("0", True)


def test_help_is_light(results: dict[str, Any]) -> None:
    """`drplan --help` loads none of the heavy libraries."""
    found = {measured: met for target, (measured, met) in verdicts(results, "startup").items() if "loads" in target}
    assert found == {"[]": True}


def test_nothing_is_left(results: dict[str, Any], place: Path) -> None:
    """No emulator still runs and no temporary file remains."""
    assert list(place.iterdir()) == []
    assert len(results["emulator_pids"]) == 8
    for pid in results["emulator_pids"]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
