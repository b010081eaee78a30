"""Model replacement: validated while planning and again before the first write, verified afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from harness import WORLD, World, deployment

from drplan.records.plans import Result

SETTINGS = {
    "predictions_data_collection": {"enabled": True},
    "association_id": {"column_names": ["customer_id"], "required_in_prediction_requests": True},
}
VALIDATION = "POST deployments/{id}/model/validation/"


def _live(world: World, *names: str, **more: Any) -> None:
    world.specs({name: deployment(name, **more) for name in names})
    assert world.apply().exit_code == 0
    world.forget()


def test_a_failing_validation_stops_the_whole_plan(world: World) -> None:
    """One replacement that would fail: exit 4 with the check's words, and no address is written to, not even a new."""
    _live(world, "a", "b")
    world.specs({"a": deployment("renamed"), "b": deployment("b", 5), "c": deployment("c")})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert str(applied.error) == "the platform would not take every replacement; nothing was changed"
    assert [(each.path, each.summary) for each in applied.error.diagnostics] == [  # type: ignore[union-attr]  # exit 4
        ("deployment.b", "the replacement's validation is failing")
    ]
    assert "target: Target is not compatible: upgraded in place of churned." in applied.error.diagnostics[0].detail  # type: ignore[union-attr]  # likewise


@pytest.mark.parametrize(("policy", "code"), [({}, 4), ({"on_warning": "block"}, 4), ({"on_warning": "allow"}, 0)])
def test_what_a_warning_means_is_the_specs_to_say(world: World, policy: dict[str, str], code: int) -> None:
    """A warning blocks unless the spec allows it."""
    _live(world, "a")
    world.specs({"a": deployment("a", 4, replacement=policy)})
    assert world.apply().exit_code == code
    assert world.one("a")["model"] == ("churn (v1)" if code else "churn (v4)")
    assert bool(world.sent) is not bool(code)


@pytest.mark.parametrize("outcome", ["failing", "warning"])
def test_a_validation_that_turns_between_plan_and_apply(world: World, outcome: str) -> None:
    """The second validation, before the first write, refuses the whole plan: nothing is sent."""
    _live(world, "a", "b")
    world.specs({"a": deployment("a", 2), "b": deployment("other")})
    plan = world.plan()
    world.forget()
    world.fault(VALIDATION, "validation", outcome=outcome, check="modelStatus", message="Being rebuilt.")
    applied = world.apply(plan=plan)
    assert (applied.exit_code, world.sent, world.counts) == (4, [], {VALIDATION: 1})


def test_a_validation_that_turns_between_its_answer_and_the_write(world: World) -> None:
    """A replacement refused with 409 after both validations fails with the platform's message; the rest is done."""
    _live(world, "a", "b")
    world.specs({"a": deployment("a", 2), "b": deployment("other")})
    world.fault("PATCH deployments/{id}/model/", status=409, body={"message": "Unable to perform model replacement."})
    applied = world.apply()
    assert applied.exit_code == 6
    assert applied.results == {"deployment.a/model": Result.FAILED, "deployment.b/details": Result.DONE}
    assert applied.messages["deployment.a/model"].endswith("409 Conflict: Unable to perform model replacement.")
    assert (world.one("a")["model"], world.one("b")["label"]) == ("churn (v1)", "other")


def test_an_unknown_model_fails_the_validation(world: World) -> None:
    """A validation that is answered with an error counts as failing, with that error as its reason."""
    _live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(VALIDATION, status=422, body={"message": "Invalid field data", "errors": {"modelPackageId": "is odd"}})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert applied.error.diagnostics[0].detail.endswith("Invalid field data (modelPackageId: is odd)")  # type: ignore[union-attr]  # exit 4


def test_a_job_that_ends_in_error_leaves_the_old_model(world: World) -> None:
    """Exit 6 says that the old model serves on; the next apply replaces it."""
    _live(world, "a", settings=SETTINGS)
    old = world.plan().observed[0].fields["model"]
    world.specs({"a": deployment("a", 2, settings=SETTINGS)})
    world.fault("PATCH deployments/{id}/model/", "job_error", message="Out of memory.")
    applied = world.apply()
    assert applied.exit_code == 6
    assert applied.messages["deployment.a/model"] == (
        f"the platform's job ended in ERROR: Out of memory.; model is still {old}"
    )
    assert world.one("a")["model"] == "churn (v1)"
    assert world.apply().exit_code == 0
    assert world.one("a")["model"] == "churn (v2)"


@pytest.mark.parametrize("lag", [0.0, 1.0, 45.0])
def test_the_lagging_package_is_awaited(open_world: Callable[..., World], lag: float) -> None:
    """A replacement is done when the live model package is the new one, not when its job ends."""
    world = open_world(WORLD, lag_seconds=lag)
    _live(world, "a")
    world.specs({"a": deployment("a", 2)})
    before = world.emulator.clock.seconds()
    assert world.apply().exit_code == 0
    assert world.emulator.clock.seconds() - before >= lag
    assert world.request("GET", "deployments/")["data"][0]["modelPackage"]["name"] == "churn (v2)"


def test_a_package_that_never_comes_is_unknown(open_world: Callable[..., World]) -> None:
    """When the live model does not become the target within the job timeout, nobody knows: unknown, exit 6."""
    world = open_world(WORLD, lag_seconds=10_000.0)
    _live(world, "a")
    world.specs({"a": deployment("a", 2)})
    applied = world.apply(job_timeout=30)
    assert (applied.exit_code, applied.results) == (6, {"deployment.a/model": Result.UNKNOWN})
    assert applied.messages["deployment.a/model"].endswith("did not end within 30 s")


def test_a_job_without_end_is_unknown(open_world: Callable[..., World]) -> None:
    """A job that outlives the job timeout is unknown, and says how long was waited."""
    world = open_world(WORLD, job_seconds=10_000.0)
    world.specs({"a": deployment("a")})
    applied = world.apply(job_timeout=30)
    assert (applied.exit_code, applied.results["deployment.a/create"]) == (6, Result.UNKNOWN)
    assert applied.messages["deployment.a/create"].endswith("did not end within 30 s")


def test_what_a_replacement_resets_is_set_again(open_world: Callable[..., World]) -> None:
    """Of the settings that the spec mentions, exactly those that the replacement has reset are sent again."""
    world = open_world(WORLD + "\nfeatures: {replacement_resets: [associationId, targetDrift]}\n")
    settings = {**SETTINGS, "drift_tracking": {"feature_drift_enabled": False}}
    _live(world, "a", settings=settings)
    world.specs({"a": deployment("a", 2, settings=settings)})
    assert world.apply().exit_code == 0
    assert world.sent[1:] == [
        (
            "PATCH",
            "deployments/{id}/settings/",
            {"associationId": {"columnNames": ["customer_id"], "requiredInPredictionRequests": True}},
        )
    ]
    stored = world.one("a")["settings"]
    assert stored["associationId"]["columnNames"] == ["customer_id"]
    assert stored["predictionsDataCollection"] == {"enabled": True}
    assert stored["featureDrift"]["enabled"] is False


def test_what_was_not_reset_is_not_sent_again(world: World) -> None:
    """A replacement that resets nothing costs one read of the settings and no write."""
    _live(world, "a", settings=SETTINGS)
    world.specs({"a": deployment("a", 2, settings=SETTINGS)})
    applied = world.apply()
    assert applied.exit_code == 0
    assert [(method, route) for method, route, _ in world.sent] == [("PATCH", "deployments/{id}/model/")]


@pytest.mark.parametrize(
    "reason", ["ACCURACY", "DATA_DRIFT", "ERRORS", "SCHEDULED_REFRESH", "SCORING_SPEED", "OTHER", "DEPRECATION", None]
)
def test_the_reason_is_in_the_model_history(world: World, reason: str | None) -> None:
    """The spec's reason, or OTHER, is what the platform records."""
    _live(world, "a")
    world.specs({"a": deployment("a", 2, replacement={"reason": reason} if reason else {})})
    assert world.apply().exit_code == 0
    history = world.request("GET", f"deployments/{world.one('a')['id']}/modelHistory/")["data"]
    assert [each["replacementReason"] for each in history] == [reason or "OTHER", None]


def test_latest_is_pinned_in_the_plan(world: World) -> None:
    """`latest` is an id in the plan: a version registered after the plan was made is not what is applied."""
    _live(world, "a")
    spec = {
        **deployment("a", replacement={"on_warning": "allow"}),
        "model": {"registered_model": "churn", "version": "latest"},
    }
    world.specs({"a": spec})
    applied = world.apply()
    assert applied.exit_code == 4  # version 5 predicts something else
    assert applied.plan is not None
    package = next(action.body["modelPackageId"] for action in applied.plan.writes)
    assert world.request("GET", f"modelPackages/{package}/")["name"] == "churn (v5)"


@pytest.mark.parametrize("status", ["active", "inactive", None])
def test_a_replacement_while_inactive(world: World, status: str | None) -> None:
    """It is activated for the replacement, and left as the spec says, or as it was."""
    _live(world, "a", status="inactive")
    world.specs({"a": deployment("a", 2, **({"status": status} if status else {}))})
    applied = world.apply()
    assert applied.exit_code == 0
    assert world.one("a")["status"] == (status or "inactive")
    assert world.one("a")["model"] == "churn (v2)"
