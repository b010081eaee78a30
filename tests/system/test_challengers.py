"""Challengers: objects that live inside a deployment, made, changed, removed, destroyed, seen by the SDK."""

import re
from collections.abc import Callable
from typing import Any

import datarobot as dr
import pytest
from harness import TOKEN, World, deployment

from drplan.cli import run
from drplan.errors import Refused
from drplan.plan.file import dumps, loads
from drplan.records.plans import Result

ON = {"predictions_data_collection": {"enabled": True}, "challenger_models": {"enabled": True}}


def shadowed(label: str, challengers: Any, **more: Any) -> dict[str, Any]:
    """Return a spec of a deployment with challengers."""
    return deployment(label, settings=ON, challengers=challengers, **more)


def of(version: int, **more: Any) -> dict[str, Any]:
    """Return a spec of a challenger."""
    return {"model": {"registered_model": "churn", "version": version}, **more}


def live(world: World, name: str = "a") -> dict[str, tuple[str, str, str | None]]:
    """Return the challengers of a deployment by name: id, model package and prediction environment."""
    found = world.request("GET", f"deployments/{world.one(name)['id']}/challengers/")["data"]
    return {
        each["name"]: (
            each["id"],
            each["modelPackage"]["name"],
            each["predictionEnvironment"] and each["predictionEnvironment"]["name"],
        )
        for each in found
        if each["name"] != "Champion"
    }


def test_a_challenger_comes_and_changes_and_goes(world: World) -> None:
    """It is made after its deployment and the settings; renamed and moved by one PATCH; removed by null alone."""
    world.specs({"a": shadowed("A", {"x": of(2), "y": of(3, name="Why")})})
    assert world.apply().exit_code == 0
    assert {name: each[1:] for name, each in live(world).items()} == {
        "x": ("churn (v2)", None),
        "Why": ("churn (v3)", None),
    }
    world.forget()
    world.specs({"a": shadowed("A", {"x": of(2, prediction_environment="serverless")})})
    assert world.apply().exit_code == 0
    assert [(method, route) for method, route, _ in world.sent] == [
        ("PATCH", "deployments/{id}/challengers/{challenger_id}/")
    ]
    assert {name: each[1:] for name, each in live(world).items()} == {
        "x": ("churn (v2)", "serverless"),
        "Why": ("churn (v3)", None),
    }
    world.specs({"a": shadowed("A", {"x": None, "never": None})})
    assert world.apply().exit_code == 0
    assert list(live(world)) == ["Why"]
    world.specs({"a": deployment("A", settings=ON)})
    assert world.plan().writes == ()


def test_another_model_costs_a_deletion_and_a_creation(world: World) -> None:
    """The platform cannot change a challenger's model: it is deleted and made again, with what belongs to it."""
    spec = {"x": of(2, prediction_environment="serverless"), "y": of(3)}
    world.specs({"a": shadowed("A", spec)})
    assert world.apply().exit_code == 0
    before = live(world)
    world.specs({"a": shadowed("A", {**spec, "x": of(4, prediction_environment="serverless")})})
    plan = loads(dumps(world.plan()), "plan.json")
    world.forget()
    assert world.apply(plan=plan, reread=True).exit_code == 0
    assert [(method, route) for method, route, _ in world.sent] == [
        ("DELETE", "deployments/{id}/challengers/{challenger_id}/"),
        ("POST", "deployments/{id}/challengers/"),
    ]
    after = live(world)
    assert after["y"] == before["y"]
    assert after["x"] == (after["x"][0], "churn (v4)", "serverless")
    assert after["x"][0] != before["x"][0]
    assert world.plan().writes == ()


def test_what_goes_makes_room(world: World) -> None:
    """No model may be in a deployment twice: two swap theirs, one goes whose model another gets."""
    world.specs({"a": shadowed("A", {"x": of(2), "y": of(3)})})
    assert world.apply().exit_code == 0
    world.specs({"a": shadowed("A", {"x": of(3), "y": of(2)})})
    assert world.apply().exit_code == 0
    assert {name: each[1] for name, each in live(world).items()} == {"x": "churn (v3)", "y": "churn (v2)"}
    world.specs({"a": shadowed("A", {"x": None, "y": of(2), "z": of(3)})})
    assert world.apply().exit_code == 0
    assert {name: each[1] for name, each in live(world).items()} == {"y": "churn (v2)", "z": "churn (v3)"}
    assert world.plan().writes == ()


def test_a_deletion_that_fails_makes_nothing_again(world: World) -> None:
    """The old challenger stays, and no second one of its name is made."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    assert world.apply().exit_code == 0
    before = live(world)
    world.specs({"a": shadowed("A", {"x": of(3)})})
    world.fault("DELETE deployments/{id}/challengers/{challenger_id}/", status=403)
    ran = world.apply()
    assert (ran.exit_code, ran.results["challenger.a/x/create"]) == (6, Result.SKIPPED)
    assert live(world) == before


def test_a_list_costs_one_request_per_parent(world: World) -> None:
    """Of many deployments, only those whose specs mention challengers have them listed, each once."""
    few = {f"c{number}": shadowed(f"C{number}", {"x": of(2), "y": of(3)}) for number in range(4)}
    world.specs({**few, **{f"d{number}": deployment(f"D{number}") for number in range(30)}})
    assert world.apply().exit_code == 0
    world.forget()
    assert world.plan().writes == ()
    assert world.counts == {
        "GET deployments/": 1,
        "GET deployments/{id}/settings/": 4,
        "GET deployments/{id}/challengers/": 4,
        "GET registeredModels/": 1,
        "GET registeredModels/{id}/versions/": 1,
    }


def test_an_unclear_creation_is_searched_and_not_sent_again(world: World) -> None:
    """An answer that is lost leads to the parent's list, where the challenger is found by its name."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    world.fault("POST deployments/{id}/challengers/", status=500, when="after", count=1)
    assert world.apply().exit_code == 0
    assert [route for _, route, _ in world.sent].count("deployments/{id}/challengers/") == 1
    assert list(live(world)) == ["x"]


def test_a_parent_that_fails_skips_what_lives_inside(world: World) -> None:
    """Without its deployment's settings no challenger is made."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    world.fault("PATCH deployments/{id}/settings/", "job_error", message="No.")
    ran = world.apply()
    assert (ran.exit_code, ran.results["challenger.a/x/create"]) == (6, Result.SKIPPED)
    assert live(world) == {}


def test_a_saved_plan_knows_what_moved_inside(world: World) -> None:
    """A plan file holds the addresses; it is refused when a challenger has changed, come, or gone with its parent."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    assert world.apply().exit_code == 0
    world.specs({"a": shadowed("A", {"x": of(2, name="Z"), "y": of(3)})})
    world.specs({"a": shadowed("A", {"x": of(2, prediction_environment="serverless"), "y": of(3)})})
    plan = world.plan()
    assert loads(dumps(plan), "plan.json") == plan
    package = plan.actions[-1].body["modelPackageId"]
    route = f"deployments/{world.one('a')['id']}/challengers/"
    world.change("POST", route, {"modelPackageId": package, "name": "y"})
    refused = world.apply(plan=plan, reread=True).error
    assert isinstance(refused, Refused)
    assert [str(each) for each in refused.diagnostics] == [
        f"challenger.a/y: it did not exist and is {live(world)['y'][0]}"
    ]
    world.change("DELETE", f"{route}{live(world)['y'][0]}/")
    world.change("DELETE", f"{route}{live(world)['x'][0]}/")
    refused = world.apply(plan=plan, reread=True).error
    assert [each.path for each in getattr(refused, "diagnostics", ())] == ["challenger.a/x"]
    world.change("DELETE", f"deployments/{world.one('a')['id']}/")
    refused = world.apply(plan=plan, reread=True).error
    assert [each.path for each in getattr(refused, "diagnostics", ())] == ["challenger.a/x", "deployment.a"]


@pytest.mark.parametrize(
    "status",
    [404, 403],
)
def test_a_saved_plan_whose_inner_list_cannot_be_read(world: World, status: int) -> None:
    """Where the list inside a parent that is there cannot be read, nothing is known, and nothing is sent."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    assert world.apply().exit_code == 0
    world.specs({"a": shadowed("A", {"x": of(2, prediction_environment="serverless")})})
    plan = world.plan()
    world.forget()
    world.fault("GET deployments/{id}/challengers/", status=status)
    refused = world.apply(plan=plan, reread=True)
    assert refused.exit_code == 5
    assert world.sent == []


def test_what_is_inside_something_new_cannot_have_moved(world: World) -> None:
    """Of a saved plan that is refused for something else, what has no parent yet is not among what has moved."""
    world.specs({"b": deployment("B")})
    assert world.apply().exit_code == 0
    world.specs({"a": shadowed("A", {"x": of(2)}), "b": deployment("B", importance="HIGH")})
    plan = world.plan()
    world.change("PATCH", f"deployments/{world.one('b')['id']}/", {"importance": "LOW"})
    refused = world.apply(plan=plan, reread=True).error
    assert [each.path for each in getattr(refused, "diagnostics", ())] == ["deployment.b.importance"]


def test_a_plan_for_a_new_parent_applies_when_saved(world: World) -> None:
    """What lives inside an object that does not exist yet cannot have moved."""
    world.specs({"a": shadowed("A", {"x": of(2)})})
    assert world.apply(plan=loads(dumps(world.plan()), "plan.json"), reread=True).exit_code == 0
    assert list(live(world)) == ["x"]


def test_who_does_not_challenge_does_not_replay(world: World) -> None:
    """Replaying without challengers is an error, whether the spec or the platform says that they are off."""
    replay = {"challenger_replay": {"enabled": True}}
    world.specs({"a": deployment("A", settings={**replay, "challenger_models": {"enabled": False}})})
    wrong = "deployment.a.settings.challenger_replay.enabled: challengers are off, and only they replay"
    assert wrong in str(world.apply().error.diagnostics[0])  # type: ignore[union-attr]  # exit 3
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("A", settings={**replay, "drift_tracking": {"target_drift_enabled": True}})})
    refused = world.apply()
    assert (refused.exit_code, wrong in str(refused.error.diagnostics[0])) == (3, True)  # type: ignore[union-attr]


def test_when_they_replay(world: World) -> None:
    """A schedule is made and changed whole, read back in any of the platform's spellings, and cleared by null."""
    weekly = {"minute": [0], "hour": [3], "day_of_month": ["*"], "month": ["jan", "JUL"], "day_of_week": ["Monday"]}
    replay: dict[str, Any] = {"enabled": True, "schedule": {**weekly, "day_of_week": ["mon"]}}

    def specs() -> None:
        world.specs({"a": deployment("A", settings={**ON, "challenger_replay": replay})})

    specs()
    assert world.apply().exit_code == 0
    route = f"deployments/{world.one('a')['id']}/challengerReplaySettings/"
    sent = {"minute": [0], "hour": [3], "dayOfMonth": ["*"], "month": ["jan", "JUL"], "dayOfWeek": ["mon"]}
    assert world.request("GET", route) == {"enabled": True, "schedule": sent}
    other = {"minute": ["0"], "hour": ["3"], "dayOfMonth": ["*"], "month": [7, 1], "dayOfWeek": ["Monday"]}
    world.change("PATCH", route, {"enabled": True, "schedule": other})
    assert world.plan().writes == ()
    replay["schedule"] = {**weekly, "hour": [4], "day_of_week": [1]}
    specs()
    assert [change.setting for change in world.plan().writes[0].changes] == ["settings.challenger_replay.schedule"]
    assert world.apply().exit_code == 0
    assert world.request("GET", route)["schedule"]["hour"] == [4]
    replay["schedule"] = None
    specs()
    assert world.apply().exit_code == 0
    assert world.request("GET", route) == {"enabled": True, "schedule": None}


@pytest.fixture
def made(shop: World, drplan: Callable[..., Any]) -> World:
    """Give a world with a deployment and its challenger, made by the command."""
    shop.specs({"a": shadowed("A", {"x": of(2, prediction_environment="serverless")})})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    return shop


@pytest.mark.filterwarnings("ignore")  # the SDK and its libraries warn about themselves
def test_the_sdk_sees_the_challenger(made: World, server: Any) -> None:
    """The vendor's own code reads what drplan made."""
    client = dr.Client(token=TOKEN, endpoint=server.url)
    try:
        (found,) = dr.Deployment.list()
        seen = {each.name: each for each in found.list_challengers()}
        assert set(seen) == {"Champion", "x"}
        assert seen["x"].id == live(made)["x"][0]
        assert seen["x"].model_package["name"] == "churn (v2)"
        assert seen["x"].prediction_environment["name"] == "serverless"
    finally:
        client.close()


def test_commands_take_the_address(made: World, drplan: Callable[..., Any]) -> None:
    """Each takes `challenger.a/x`, and leaves its deployment alone; a wrong form is answered with the right one."""
    shown = drplan(made, "show", "challenger.a/x")
    assert (shown.code, shown.out.splitlines()[:5]) == (
        0,
        ["deployments:", "  a:", "    challengers:", "      x:", "        name: x"],
    )
    explained = drplan(made, "explain", "challenger.a/x", "prediction_environment")
    assert (explained.code, re.sub(r":1:\d+", "", explained.out).splitlines()) == (
        0,
        [
            "challenger.a/x (deployments/all.yaml)",
            '  prediction_environment: "serverless"',
            "      from deployments/all.yaml",
            "",
            "Nothing is planned for it.",
        ],
    )
    made.specs({"a": shadowed("A", {"x": of(4), "y": of(3)})})
    targeted = drplan(made, "plan", "--target", "challenger.a/x")
    assert [line for line in targeted.out.splitlines() if line.startswith("  # ")] == [
        "  # challenger.a/x must be replaced"
    ]
    explained = drplan(made, "explain", "challenger.a/x", "model", "--format", "json")
    assert [each["verb"] for each in explained.json["explanation"]["actions"]] == ["delete", "create"]
    assert drplan(made, "destroy", "challenger.a/x", "--auto-approve").code == 0
    assert (live(made), made.names()) == ({}, ["shop/a"])
    wrong = drplan(made, "plan", "--target", "challenger.x")
    assert (wrong.code, "addresses of this kind look like challenger.DEPLOYMENT/NAME" in wrong.err) == (64, True)
    wrong = drplan(made, "plan", "--target", "deployment.a/x")
    assert (wrong.code, "addresses of this kind look like deployment.NAME" in wrong.err) == (64, True)


@pytest.mark.parametrize(
    ("typed", "offered"), [("challenger.", ["challenger.a/x"]), ("challenger.a/y", []), ("d", ["deployment.a"])]
)
def test_completion_offers_the_address(
    made: World, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], typed: str, offered: list[str]
) -> None:
    """The shell completes the address of what lives inside a deployment, as any other."""
    monkeypatch.setenv("_DRPLAN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"drplan -C {made.root} plan --target {typed}")
    monkeypatch.setenv("COMP_CWORD", "5")
    capfd.readouterr()
    assert run([]) == 0
    assert capfd.readouterr().out.split() == [f"plain,{address}" for address in offered]
