"""The event stream: its shape, its order, its progress for as long as an action runs, and what it says at the end."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import samples
from harness import World, deployment
from jsonschema import Draft202012Validator
from terraform_shapes import event

from drplan.cli.globals import Globals
from drplan.cli.hearing import hearing
from drplan.cli.stream import Stream, say_refusal
from drplan.engine.admission import UnsavedPlanGate
from drplan.engine.apply import apply_plan
from drplan.engine.pipeline import make_plan
from drplan.errors import ApplyError, DrplanError, Refused
from drplan.platform.api import Api
from drplan.platform.progress import SILENT
from drplan.project.specs import load_specs
from drplan.records.plans import Remainder, Report, Result
from drplan.records.specs import Diagnostic, Severity, Where
from drplan.render import events
from drplan.render.rows import objects

Events = list[dict[str, Any]]
NOW = datetime(2026, 11, 22, 12, 0, 0, 42, tzinfo=UTC)


def read(text: str) -> Events:
    """Return the events of a stream, each of which has the shape of its type."""
    found = [json.loads(line) for line in text.splitlines()]
    for each in found:
        Draft202012Validator(event(each["type"])).validate(each)
    assert found[0]["type"] == "version"
    assert [each["type"] for each in found].count("version") == 1
    return found


def given(world: World) -> Globals:
    """Return the options before the command."""
    return Globals(world.root, None)


@pytest.fixture
def apply(world: World, capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[Events, DrplanError | None]]:
    """Give a function that applies the specs with `--format json`, and returns the events and the error."""

    def apply_() -> tuple[Events, DrplanError | None]:
        where = world.site
        specs = load_specs(where.project)

        async def work(api: Api) -> None:
            plan = await make_plan(api, where, specs)
            capsys.readouterr()
            await world.carry_out(api, plan, specs, progress)

        error = None
        try:
            with hearing(given(world), "json", "apply") as progress:
                world.run(work)
        except DrplanError as caught:
            error = caught
        return read(capsys.readouterr().out), error

    return apply_


Apply = Callable[[], tuple[Events, DrplanError | None]]


def test_a_creation(world: World, apply: Apply) -> None:
    """The stream runs from the version over the plan and the object's start and end to the sum and the report."""
    world.specs({"a": deployment("A")})
    found, error = apply()
    assert error is None
    types = [each["type"] for each in found if each["type"] not in ("apply_progress", "outcome")]
    assert types == [
        "version",
        "planned_change",
        "change_summary",
        "apply_start",
        "apply_complete",
        "change_summary",
        "report",
    ]
    assert found[0]["version"]["format_version"] == "1.0"
    assert found[2]["changes"] == {"add": 1, "change": 0, "import": 0, "remove": 0, "operation": "plan"}
    assert found[-2]["changes"] == {"add": 1, "change": 0, "import": 0, "remove": 0, "operation": "apply"}
    assert found[-2]["@message"] == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    (complete,) = (each for each in found if each["type"] == "apply_complete")
    assert complete["hook"]["id_value"] == world.one("a")["id"]
    assert complete["hook"]["resource"] == {
        "addr": "datarobot_deployment.a",
        "module": "",
        "resource": "datarobot_deployment.a",
        "implied_provider": "datarobot",
        "resource_type": "datarobot_deployment",
        "resource_name": "a",
        "resource_key": None,
    }
    report = found[-1]["report"]
    assert found[-1]["format_version"] == "1.0"
    assert {result: count for result, count in report["counts"].items() if count} == {"done": 2}
    assert found[-1]["report"]["converged"] is True


def test_progress_does_not_stop_after_the_first(world: World, apply: Apply) -> None:
    """While a job of 35 s runs, the object is heard of at 10, 20 and 30 s, with the action that takes so long."""
    world.specs({"a": deployment("A")})
    found, _ = apply()
    progress = [each for each in found if each["type"] == "apply_progress"]
    assert [each["hook"]["elapsed_seconds"] for each in progress] == [10, 20, 30]
    assert progress[0]["@message"] == "datarobot_deployment.a: Still creating... [10s elapsed, create]"
    (complete,) = (each for each in found if each["type"] == "apply_complete")
    assert complete["hook"]["elapsed_seconds"] >= 35


def test_partial_work_is_counted(world: World, apply: Apply) -> None:
    """A deployment that was created and then failed is one added: the sum does not say 0."""
    world.specs({"a": deployment("A", settings={"drift_tracking": {"target_drift_enabled": True}})})
    world.fault("PATCH deployments/{id}/settings/", status=500)
    found, error = apply()
    assert isinstance(error, ApplyError)
    assert [each["type"] for each in found if each["type"].startswith("apply_e")] == ["apply_errored"]
    assert found[-2]["changes"] == {"add": 1, "change": 0, "import": 0, "remove": 0, "operation": "apply"}
    assert found[-2]["@message"] == (
        "Apply incomplete: 1 of 3 actions were not done. Resources touched: 1 added, 0 changed, 0 destroyed."
    )
    said = [each["diagnostic"] for each in found if each["type"] == "diagnostic"]
    assert [(each["severity"], each.get("address")) for each in said] == [
        ("error", "datarobot_deployment.a"),
        ("error", None),
    ]
    assert said[0]["summary"].startswith("deployment.a: update settings: ")
    assert found[-1]["report"]["counts"]["done"] == 2


def test_what_is_skipped_is_said(world: World, apply: Apply) -> None:
    """An object of which nothing was attempted never starts; each of its actions is a warning."""
    own = {key: value for key, value in deployment("A").items() if key != "prediction_server"}
    world.specs({"a": {**own, "prediction_environment": "env"}}, prediction_environments={"env": {"platform": "aws"}})
    world.fault("POST predictionEnvironments/", status=422)
    found, _ = apply()
    started = [each["hook"]["resource"]["addr"] for each in found if each["type"] == "apply_start"]
    assert started == ["datarobot_prediction_environment.env"]
    skipped = [each["diagnostic"] for each in found if each["@level"] == "warn" and each["type"] == "diagnostic"]
    assert [each["summary"] for each in skipped] == [
        "deployment.a: create: not attempted",
        "deployment.a: update tags/drplan: not attempted",
    ]
    assert found[-2]["changes"]["add"] == 0


def test_nothing_to_do(world: World, apply: Apply) -> None:
    """Without changes the stream says so in both of its sums, and reports an empty list."""
    world.specs({"a": deployment("A")})
    apply()
    found, _ = apply()
    assert [each["type"] for each in found] == ["version", "change_summary", "change_summary", "report"]
    assert {each["@message"] for each in found[1:3]} == {"No changes. The platform is as the specs say."}
    assert found[-1]["report"]["outcomes"] == []


def test_not_converged_is_an_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """What is left to do after everything was applied is a diagnostic before the report."""
    world.specs({"a": deployment("A")})
    where = world.site

    async def left(*_: Any, **__: Any) -> Remainder:
        warning = Diagnostic(
            Severity.WARNING, "the platform keeps 'a'", "it counts as the same", None, "deployment.a.b"
        )
        return Remainder({"deployment.a/details": "label: the spec says 'A', the platform has 'a'"}, (warning,))

    async def work(api: Api) -> None:
        plan = await make_plan(api, where, load_specs(where.project))
        capsys.readouterr()
        await apply_plan(api, plan, UnsavedPlanGate(where.project), again=None, left=left, progress=progress)

    with pytest.raises(ApplyError, match="not converged"), hearing(given(world), "json", "apply") as progress:
        world.run(work)
    found = read(capsys.readouterr().out)
    assert [each["type"] for each in found[-4:]] == ["diagnostic", "diagnostic", "change_summary", "report"]
    assert found[-4]["diagnostic"] == {
        "severity": "warning",
        "summary": "the platform keeps 'a'",
        "detail": "it counts as the same",
        "address": "deployment.a.b",
    }
    assert found[-3]["diagnostic"]["summary"].endswith(
        "this is left to do: deployment.a/details (label: the spec says 'A', the platform has 'a'). "
        "Write what the platform keeps, or name it under lifecycle.ignore_changes"
    )
    assert found[-1]["report"]["converged"] is False


def test_an_interrupt_ends_the_stream_whole(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Interrupted while a job runs, the stream still ends with its sum and its report, and no timer outlives it."""
    world.specs({"a": deployment("A")})
    where = world.site

    async def work(api: Api) -> None:
        specs = load_specs(where.project)
        plan = await make_plan(api, where, specs)
        capsys.readouterr()
        running = asyncio.create_task(world.carry_out(api, plan, specs, progress))
        await asyncio.sleep(15)  # by the emulator's clock
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await asyncio.sleep(60)

    with hearing(given(world), "json", "apply") as progress:
        world.run(work)
    found = read(capsys.readouterr().out)
    assert [each["type"] for each in found if each["type"] == "apply_progress"] == ["apply_progress"]
    assert found[-3]["diagnostic"]["summary"] == "interrupted"
    assert [row["result"] for row in found[-1]["report"]["outcomes"]] == ["unknown", "skipped"]
    assert found[-1]["report"]["converged"] is None


def test_every_kind_of_change_has_its_words() -> None:
    """Planned changes, starts and ends speak Terraform's words for each fate of an object."""
    said = {}
    for each in objects(samples.everything()):
        planned = json.loads(events.planned_change(each, NOW))
        start = json.loads(events.apply_start(each, NOW))
        end = json.loads(events.apply_ended(each, 61.9, None, NOW, good=True))
        for found in (planned, start, end):
            Draft202012Validator(event(found["type"])).validate(found)
        said[each.fate.value] = (planned["change"]["action"], start["@message"], end["@message"])
    assert said == {
        "delete": (
            "delete",
            "datarobot_deployment.old: Destroying...",
            f"datarobot_deployment.old: Destruction complete after 61s [id={samples.OLD}]",
        ),
        "replace": (
            "update",
            "datarobot_deployment.churn-prod: Modifying...",
            f"datarobot_deployment.churn-prod: Modifications complete after 61s [id={samples.CHURN}]",
        ),
        "adopt": (
            "import",
            "datarobot_deployment.lifetime-value: Importing...",
            f"datarobot_deployment.lifetime-value: Import complete after 61s [id={samples.VALUE}]",
        ),
        "create": (
            "create",
            "datarobot_deployment.churn-canary: Creating...",
            "datarobot_deployment.churn-canary: Creation complete after 61s",
        ),
    }


def test_the_time_is_in_microseconds() -> None:
    """The timestamp has six digits and a Z."""
    assert json.loads(events.version(NOW))["@timestamp"] == "2026-11-22T12:00:00.000042Z"


def test_an_unknown_outcome_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """What may or may not have happened is said to be so."""
    plan = samples.everything()
    ended = samples.outcomes(plan, model=Result.UNKNOWN, reassert_settings=Result.SKIPPED)
    stream = Stream(SILENT, Globals(Path(), None, now=lambda: NOW), "apply")
    stream.count("reading", 1, 2)
    stream.began(plan)
    stream.ended(Report(plan, tuple(ended)))
    said = [each["diagnostic"] for each in read(capsys.readouterr().out) if each["type"] == "diagnostic"]
    assert [(each["severity"], each["summary"], each["detail"]) for each in said] == [
        (
            "error",
            "deployment.churn-prod: replace model: may or may not have had its effect",
            "model went wrong",
        ),
        ("warning", "deployment.churn-prod: reassert settings: not attempted", "reassert-settings went wrong"),
    ]


def test_a_refusal_is_a_stream_of_diagnostics(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Before anything was sent, the stream is a version and every problem, with its place in bytes."""
    file = tmp_path / "a.yaml"
    file.write_text("é: 1\nö: é 2\n", encoding="utf-8")
    found = (
        Diagnostic(Severity.ERROR, "wrong", "mend it", Where(str(file), 2, 6), "deployments.a"),
        Diagnostic(Severity.WARNING, "odd", "", Where(str(tmp_path / "gone.yaml"), 9, 9)),
    )
    say_refusal(Refused("2 problems", found), tmp_path)
    said = [each["diagnostic"] for each in read(capsys.readouterr().out)[1:]]
    point = {"line": 2, "column": 6, "byte": 6 + len("ö: é ".encode())}
    gone = {"line": 9, "column": 9, "byte": 0}
    assert said == [
        {
            "severity": "error",
            "summary": "wrong",
            "detail": "mend it",
            "address": "deployments.a",
            "range": {"filename": str(file), "start": point, "end": point},
        },
        {
            "severity": "warning",
            "summary": "odd",
            "detail": "",
            "range": {"filename": str(tmp_path / "gone.yaml"), "start": gone, "end": gone},
        },
        {"severity": "error", "summary": "2 problems", "detail": ""},
    ]
