"""Every way a spec can name a model, from the spec to the live deployment, and what is registered on the way."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import SERVER, WORLD, World

from drplan.records.plans import Result

MODEL_ID, OTHER_ID = "5c0a979859b00004ba52e431", "5c0a969859b00004ba52e41b"
CUSTOM_ID, NEXT_ID = "5f48cb94408673683eca0fad", "5f48cb94408673683eca0fae"
SEED = (
    WORLD
    + f"""
projects:
  - {{name: churn 2024, target: churned, target_type: Binary, class_names: ["no", "yes"],
     features: {{tenure: Numeric, plan: Categorical}}}}
models:
  - {{id: {MODEL_ID}, name: Elastic Net, project: churn 2024}}
  - {{id: {OTHER_ID}, name: Light GBM, project: churn 2024}}
custom_models:
  - name: churn in Python
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    features: {{tenure: Numeric}}
    versions: [{{id: {CUSTOM_ID}, files: {{custom.py: "x = 1\\n"}}}}, {{id: {NEXT_ID}}}]
"""
)
REGISTER = "POST modelPackages/fromLeaderboard/"


@pytest.fixture
def boards(open_world: Callable[..., World]) -> World:
    """Give a world with models on a leaderboard that nobody has registered."""
    return open_world(SEED)


def spec(model: dict[str, Any], label: str = "A") -> dict[str, Any]:
    """Return a spec of a deployment of some model."""
    return {"label": label, "model": model, "prediction_server": SERVER}


def _package(world: World, name: str) -> str:
    packages = world.request("GET", "modelPackages/?limit=100")["data"]
    return str(next(each["id"] for each in packages if each["name"] == name))


def test_from_a_model_package(boards: World) -> None:
    """A model package by its id; another one replaces it."""
    boards.specs({"a": spec({"model_package_id": _package(boards, "churn (v1)")})})
    assert boards.apply().exit_code == 0
    boards.specs({"a": spec({"model_package_id": _package(boards, "churn (v2)")})})
    assert [action.key for action in boards.plan()] == ["deployment.a/validate-model", "deployment.a/model"]
    assert boards.apply().exit_code == 0
    assert boards.one("a")["model"] == "churn (v2)"


def test_from_a_leaderboard_model(boards: World) -> None:
    """A model that nobody has registered is registered first; then the plan is empty, and the next one is found."""
    boards.specs({"a": spec({"model_id": MODEL_ID})})
    applied = boards.apply()
    assert (applied.exit_code, applied.plan is not None) == (0, True)
    assert [action.key for action in applied.plan.writes] == [  # type: ignore[union-attr]  # asserted above
        "deployment.a/register",
        "deployment.a/create",
        "deployment.a/tags/drplan",
    ]
    assert boards.request("GET", "deployments/")["data"][0]["model"]["id"] == MODEL_ID
    boards.specs({"a": spec({"model_id": MODEL_ID}), "b": spec({"model_id": MODEL_ID}, "B")})
    boards.forget()
    assert boards.apply().exit_code == 0
    assert REGISTER not in boards.counts


def test_from_a_custom_model_version(boards: World) -> None:
    """A custom model version is registered, deployed and found again; the next version replaces it."""
    boards.specs({"a": spec({"custom_model_version_id": CUSTOM_ID})})
    boards.forget()
    assert boards.apply().exit_code == 0
    assert boards.counts["POST modelPackages/fromCustomModelVersion/"] == 1
    assert boards.request("GET", "deployments/")["data"][0]["model"]["id"] == CUSTOM_ID
    assert boards.plan().writes == ()
    boards.specs({"a": {**spec({"custom_model_version_id": NEXT_ID}), "replacement": {"on_warning": "allow"}}})
    assert boards.apply().exit_code == 0
    assert boards.request("GET", "deployments/")["data"][0]["model"]["id"] == NEXT_ID


def test_replacing_by_a_leaderboard_model(boards: World) -> None:
    """The validation asks about the model itself, before anything is registered; then it is registered and replaces."""
    boards.specs({"a": spec({"registered_model": "churn", "version": 1})})
    assert boards.apply().exit_code == 0
    boards.specs({"a": spec({"model_id": OTHER_ID})})
    boards.forget()
    assert boards.apply().exit_code == 0
    asked = [each["body"] for each in boards.emulator.requests.log if each["route"].endswith("validation/")]
    assert asked == [{"modelId": OTHER_ID}] * 2
    assert boards.request("GET", "deployments/")["data"][0]["model"]["id"] == OTHER_ID


@pytest.mark.parametrize("fault", [{"kind": "drop", "when": "after"}, {"status": 502, "when": "after"}])
def test_an_unclear_registration_is_found(boards: World, fault: dict[str, Any]) -> None:
    """A registration whose answer was lost is looked up, not repeated."""
    boards.specs({"a": spec({"model_id": MODEL_ID})})
    boards.fault(REGISTER, **fault)
    assert boards.apply().exit_code == 0
    assert boards.counts[REGISTER] == 1
    packages = boards.request("GET", f"modelPackages/?modelId={MODEL_ID}")["data"]
    assert len(packages) == 1


def test_an_unclear_registration_without_effect(boards: World) -> None:
    """It is unknown and not sent again; what needs it is skipped; the next apply registers once."""
    boards.specs({"a": spec({"model_id": MODEL_ID})})
    boards.fault(REGISTER, "drop")
    applied = boards.apply()
    assert (applied.exit_code, applied.results) == (
        6,
        {
            "deployment.a/register": Result.UNKNOWN,
            "deployment.a/create": Result.SKIPPED,
            "deployment.a/tags/drplan": Result.SKIPPED,
        },
    )
    assert boards.apply().exit_code == 0
    assert len(boards.request("GET", f"modelPackages/?modelId={MODEL_ID}")["data"]) == 1


MISSING: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"registered_model": "churm", "version": 1}, "there is no registered model 'churm'"),
    "version": ({"registered_model": "churn", "version": 9}, "the registered model 'churn' has no version 9"),
    "package": ({"model_package_id": "5f" * 12}, f"there is no model package '{'5f' * 12}'"),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_model_that_is_not_there(boards: World, what: str) -> None:
    """A reference that leads nowhere is a wrong spec with its place; nothing is sent, not even for the others."""
    model, summary = MISSING[what]
    boards.specs({"a": spec(model), "b": spec({"registered_model": "churn", "version": 1}, "B")})
    applied = boards.apply()
    assert (applied.exit_code, boards.sent) == (3, [])
    (problem,) = applied.error.diagnostics  # type: ignore[union-attr]  # exit 3
    assert (problem.summary, problem.path) == (summary, "deployment.a.model")
    assert str(problem.where).endswith("all.yaml:1:47")


def test_two_models_of_one_name(open_world: Callable[..., World]) -> None:
    """An ambiguous name is a wrong spec that lists the ids and says what to write."""
    twin = "  - {id: 5f0000000000000000000b01, name: churn, target: churned, versions: [{number: 1}]}\n"
    world = open_world(WORLD.replace("secondary_dataset_configs:", twin + "secondary_dataset_configs:"))
    world.specs({"a": spec({"registered_model": "churn", "version": 1})})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (3, [])
    assert applied.error.diagnostics[0].summary.startswith("2 registered models are named 'churn' (")  # type: ignore[union-attr]  # exit 3


class Building(httpx.AsyncBaseTransport):
    """The platform's transport, on which every package is being built until some reads of it have shown that."""

    def __init__(self, world: World, words: list[str | int]) -> None:
        self.inner = world.transport
        self.words = list(words)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; a package shows the next word as the state of its build, or is answered by a code."""
        response = await self.inner.handle_async_request(request)
        parts = request.url.path.removeprefix("/api/v2/").split("/")
        if request.method != "GET" or parts[0] != "modelPackages" or len(parts) != 3 or not self.words:
            return response
        word = self.words.pop(0)
        if isinstance(word, int):
            return httpx.Response(word, json={"message": "struck"})
        content = json.loads(await response.aread())
        return httpx.Response(200, json={**content, "buildStatus": word})


@pytest.mark.parametrize("words", [["inProgress", "inProgress", "complete"], ["inProgress", "sealed"], [404], [403]])
def test_a_package_that_is_being_built_is_awaited(boards: World, words: list[str | int]) -> None:
    """What drplan registers it waits for before it deploys it; what cannot be seen is left to the platform."""
    boards.specs({"a": spec({"model_id": MODEL_ID}), "b": spec({"model_id": MODEL_ID}, "B")})
    boards.transport = building = Building(boards, words)
    boards.forget()
    assert boards.apply(parallelism=1).exit_code == 0
    assert building.words == []
    assert boards.counts["GET modelPackages/{id}/"] == len(words)
    assert [each["label"] for each in boards.stored().values()] == ["A", "B"]


def test_a_replacement_by_what_is_being_built(boards: World) -> None:
    """A model that is registered to replace another is awaited too."""
    boards.specs({"a": spec({"registered_model": "churn", "version": 1})})
    assert boards.apply().exit_code == 0
    boards.specs({"a": spec({"model_id": OTHER_ID})})
    boards.transport = building = Building(boards, ["inProgress", "complete"])
    assert boards.apply().exit_code == 0
    assert building.words == []
    assert boards.request("GET", "deployments/")["data"][0]["model"]["id"] == OTHER_ID


def test_a_build_that_fails_or_does_not_end(boards: World) -> None:
    """Nothing is deployed of what could not be built, and the outcome says which package that is."""
    boards.specs({"a": spec({"model_id": MODEL_ID})})
    for words, what in (
        (["inProgress", "failed"], "has the buildStatus 'failed'; nothing was sent"),
        (["inProgress"] * 99, "did not end within 5 s"),
    ):
        boards.transport = Building(boards, words)
        applied = boards.apply(job_timeout=5.0)
        failed = [key for key, result in applied.results.items() if result is Result.FAILED]
        assert (applied.exit_code, failed) == (6, ["deployment.a/create"])
        assert what in applied.messages["deployment.a/create"]
        boards.transport = httpx.ASGITransport(boards.emulator.app)
    assert boards.stored() == {}
    assert boards.apply().exit_code == 0


def test_what_cannot_be_made_again_is_not_deleted(boards: World) -> None:
    """A challenger's new model is registered before the old challenger is deleted: a failure there costs nothing."""

    def challenged(model: dict[str, Any]) -> dict[str, Any]:
        on = {"predictions_data_collection": {"enabled": True}, "challenger_models": {"enabled": True}}
        return {
            **spec({"registered_model": "churn", "version": 1}),
            "settings": on,
            "challengers": {"x": {"model": model}},
        }

    boards.specs({"a": challenged({"registered_model": "churn", "version": 2})})
    assert boards.apply().exit_code == 0
    route = f"deployments/{boards.one('a')['id']}/challengers/"
    before = boards.request("GET", route)
    boards.specs({"a": challenged({"model_id": OTHER_ID})})
    boards.fault(REGISTER, status=422, count=1)
    ran = boards.apply()
    assert (ran.exit_code, {key.rpartition("/")[2]: result for key, result in ran.results.items()}) == (
        6,
        {"register": Result.FAILED, "delete": Result.SKIPPED, "create": Result.SKIPPED},
    )
    assert boards.request("GET", route) == before
    assert boards.apply().exit_code == 0
    assert {each["name"]: each["model"]["id"] for each in boards.request("GET", route)["data"]}["x"] == OTHER_ID


def test_a_registration_without_a_record(open_world: Callable[..., World]) -> None:
    """Where the job that builds a package leaves no record, the package itself is awaited."""
    world = open_world("features: {job_records: lost}\n" + SEED)
    world.specs({"a": spec({"custom_model_version_id": CUSTOM_ID})})
    assert world.apply().exit_code == 0
    assert world.request("GET", "deployments/")["data"][0]["model"]["id"] == CUSTOM_ID
