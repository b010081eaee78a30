"""What a platform makes of what it is sent: texts that it trims, values that it does not keep or keeps otherwise."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import CONFIG, WORLD, Each, World, deployment

TRIMS = "features: {trims_texts: true}\n" + WORLD
ADOPTED = {"label": "A", "model": {"registered_model": "churn", "version": 1}, "importance": "HIGH"}
FORGETS = "features: {keeps_importance: false}\n" + WORLD


def changed(world: World, change: Callable[[str, dict[str, Any]], None]) -> None:
    """Let every deployment that the platform shows be changed on its way: called with its label and its document."""
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        response = await inner.handle_async_request(request)
        body = await response.aread()
        if request.method != "GET" or "/deployments/" not in request.url.path or not body:
            return response
        content = json.loads(body)
        for each in content.get("data", [content]) if isinstance(content, dict) else []:
            if isinstance(each, dict) and "label" in each:
                change(each["label"], each)
        return httpx.Response(response.status_code, json=content)

    world.transport = Each(respond)


def test_trimmed_texts_converge(open_world: Callable[..., World], said: Callable[[], tuple[str, str]]) -> None:
    """Blanks at the ends are no change: what the platform keeps is said once, and the next plan is empty."""
    world = open_world(TRIMS)
    world.specs(
        {"a": deployment("A ", description="Scores nightly.\n", tags={"team": " retention", "note ": "x"})},
        prediction_environments={"zone": {"platform": "datarobotServerless", "name": " Zone"}},
    )
    applied = world.apply()
    assert (applied.exit_code, applied.error) == (0, None)
    _, err = said()
    for what in (
        "deployment.a.description: the spec says 'Scores nightly.\\n', and the platform keeps 'Scores nightly.'",
        "deployment.a.tags.team: the spec says ' retention', and the platform keeps 'retention'",
    ):
        assert what in err
    assert err.count("Warning: ") == 2
    own = world.one("a")
    assert (own["label"], own["description"]) == ("A", "Scores nightly.")
    assert own["tags"] == {"drplan": "shop/a", "team": "retention", "note": "x"}
    assert world.plan().writes == ()
    names = [each["name"] for each in world.request("GET", "predictionEnvironments/")["data"]]
    assert names == ["serverless", "Zone"]


def test_letters_composed_otherwise_converge(world: World) -> None:
    """One letter that the platform says by other code points (NFC) is no change."""
    world.specs({"a": deployment("A", description="Cafe\u0301")})

    def composed(_: str, document: dict[str, Any]) -> None:
        document["description"] = document["description"] and document["description"].replace("e\u0301", "\u00e9")

    changed(world, composed)
    assert world.apply().exit_code == 0
    assert world.plan().writes == ()


def test_words_in_another_case_converge(world: World) -> None:
    """A platform that shows the words of an enumeration in another case has what the spec wants."""
    world.specs({"a": deployment("A", importance="HIGH")})
    changed(world, lambda _, document: document.update(importance=(document["importance"] or "").title() or None))
    assert world.apply().exit_code == 0
    assert world.plan().writes == ()


def test_an_importance_that_is_not_kept(open_world: Callable[..., World], said: Callable[[], tuple[str, str]]) -> None:
    """It is sent with the creation; that the platform keeps none is a warning, and it is not sent again."""
    world = open_world(FORGETS)
    names = "abcdef"
    world.specs({name: deployment(name.upper(), importance="HIGH") for name in names})
    applied = world.apply()
    assert (applied.exit_code, applied.error) == (0, None)
    warning = (
        "Warning: this platform keeps no importance: it shows none on any deployment\n"
        "  deployment.a wants 'HIGH', deployment.b wants 'HIGH', deployment.c wants 'HIGH', deployment.d wants 'HIGH', "
        "deployment.e wants 'HIGH' and 1 more; it is sent with a creation, and not again and again\n"
    )
    assert said()[1].count(warning) == 1
    plan = world.plan()
    assert (plan.writes, len(plan.diagnostics)) == ((), 1)
    world.specs({name: deployment(name.upper(), importance="LOW") for name in names})
    assert world.plan().writes == ()


def test_an_importance_of_what_is_adopted(open_world: Callable[..., World]) -> None:
    """What drplan has not been at before is asked for its importance once."""
    world = open_world(FORGETS + "deployments:\n  - {label: A, model: {registered_model: churn, version: 1}}\n")
    (id_,) = world.stored()
    world.specs({"a": {**ADOPTED, "id": id_}})
    assert [action.key for action in world.plan().writes] == ["deployment.a/details", "deployment.a/tags/drplan"]
    assert world.apply().exit_code == 0
    assert world.plan().writes == ()


def test_an_importance_that_others_show(world: World) -> None:
    """Where another deployment shows one, none is a change like any other."""
    world.specs({"a": deployment("A"), "b": deployment("B", importance="LOW")})
    assert world.apply().exit_code == 0
    changed(world, lambda label, document: label == "A" and document.update(importance=None))
    world.specs({"a": deployment("A", importance="HIGH"), "b": deployment("B", importance="LOW")})
    assert [action.key for action in world.plan().writes] == ["deployment.a/details"]
    applied = world.apply()
    assert applied.exit_code == 6
    assert str(applied.error) == (
        "not converged: everything was applied, and yet this is left to do: deployment.a/details "
        "(importance: the spec says 'HIGH', the platform has nothing). "
        "Write what the platform keeps, or name it under lifecycle.ignore_changes"
    )


def test_an_importance_where_nothing_shows_identity(open_world: Callable[..., World]) -> None:
    """On a platform without tags a deployment that a spec adopts counts as known."""
    world = open_world(
        "features: {keeps_importance: false, tags: false}\n"
        + WORLD
        + "deployments:\n  - {label: A, model: {registered_model: churn, version: 1}}\n"
    )
    (id_,) = world.stored()
    world.specs({"a": {**ADOPTED, "id": id_}})
    assert world.plan().writes == ()


@pytest.mark.parametrize("status", [404, 422])
@pytest.mark.parametrize(
    ("route", "settings"),
    [
        ("settings/", {"predictions_data_collection": {"enabled": True}}),
        ("healthSettings/", {"health": {"data_drift": {"drift_threshold": 0.2}}}),
    ],
)
def test_settings_that_cannot_be_read_are_not_unset(world: World, status: int, route: str, settings: Any) -> None:
    """A spec that mentions them is not planned for: nobody knows what is there, and nothing is sent."""
    world.specs({"a": deployment("A", settings=settings)})
    assert world.apply().exit_code == 0
    world.fault(f"GET deployments/{{id}}/{route}", status=status, count=None)
    world.emulator.requests.clear()
    applied = world.apply()
    assert applied.exit_code == 5
    assert f"{route}: {status}" in str(applied.error)
    assert world.sent == []


def test_no_secondary_datasets_are_none(world: World) -> None:
    """Of a deployment without a secondary dataset configuration the platform says 404: one can be set."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("A", settings={"secondary_dataset_config": {"id": CONFIG}})})
    assert [action.key for action in world.plan().writes] == ["deployment.a/secondary_dataset_config"]
    world.fault("GET deployments/{id}/model/secondaryDatasetConfiguration/", status=422, count=None)
    assert world.apply().exit_code == 5


@pytest.mark.parametrize("status", [400, 422])
def test_a_null_that_is_refused(world: World, status: int) -> None:
    """Where a platform refuses null a description is cleared with an empty text; another refusal stays one."""
    world.specs({"a": deployment("A", description="Old.")})
    assert world.apply().exit_code == 0
    inner = world.transport

    async def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "PATCH" and b"null" in request.content:
            return httpx.Response(status, json={"message": "null is not allowed"})
        return await inner.handle_async_request(request)

    world.transport = Each(respond)
    world.specs({"a": deployment("B", description=None)})
    assert world.apply().exit_code == 0
    assert (world.one("a")["label"], world.one("a")["description"]) == ("B", "")
    assert world.plan().writes == ()
    world.fault("PATCH deployments/{id}/", status=status, message="no")
    world.specs({"a": deployment("C", description=None)})
    assert world.apply().exit_code == 6
