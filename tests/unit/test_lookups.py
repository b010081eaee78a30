"""Lookups do no I/O: they ask for reads, are handed answers, and say what they found."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import goldens
import pytest

from drplan.engine.pipeline import plan_again
from drplan.kinds import KINDS, PRIMARY
from drplan.records.plans import Plan
from drplan.registry.lookups import Absent, Answer, Found, Lookup, Read, Unmade


def drive(lookup: Lookup, answers: Mapping[str, Any]) -> tuple[Answer, list[str]]:
    """Hand a lookup the answers by path, empty where there is none, and return what it found and what it asked."""
    asked: list[Read] = []
    answer: Any = None
    while True:
        try:
            read = lookup.send(answer)
        except StopIteration as end:
            return end.value, [f"{read.path}?{dict(read.params).get('search', '')}".rstrip("?") for read in asked]
        asked.append(read)
        answer = answers.get(read.path, [] if read.paged else None)
        assert read.paged is isinstance(answer, list)
        assert answer is not None or read.optional


def find(path: str, value: Any, answers: Mapping[str, Any]) -> tuple[Answer, list[str]]:
    """Look up what a deployment's setting refers to."""
    reference = PRIMARY.setting(path).reference
    assert reference
    return drive(reference.lookup(value), answers)


SERVERS = {"predictionServers/": [{"id": "s1", "url": "u1"}, {"id": "s2", "url": "u2"}, {"id": "u1", "url": "u3"}]}
ZONES = {"predictionEnvironments/": [{"id": "e1", "name": "a"}, {"id": "e2", "name": "e1"}, {"id": "e3", "name": "a"}]}


@pytest.mark.parametrize(
    ("path", "value", "answers", "found"),
    [
        ("prediction_server", "default", SERVERS, Found("s1", "u1")),
        ("prediction_server", "s2", SERVERS, Found("s2", "u2")),
        ("prediction_server", "u2", SERVERS, Found("s2", "u2")),
        ("prediction_server", "u1", SERVERS, Found("u1", "u3")),  # an id comes before a name
        ("prediction_server", "u9", {}, Absent("there is no prediction server 'u9'", "the platform has 0")),
        ("prediction_environment", "e1", ZONES, Found("e1", "a")),
        (
            "prediction_environment",
            "a",
            ZONES,
            Absent("2 prediction environments have the name 'a'", "write one of their ids: e1, e3"),
        ),
        (
            "prediction_environment",
            "zzz",
            ZONES,
            Absent("there is no prediction environment 'zzz'", "the platform has 3"),
        ),
    ],
)
def test_servers_and_environments(path: str, value: str, answers: Mapping[str, Any], found: Answer) -> None:
    """Servers and environments are found by id first, then by url or name, and never guessed."""
    answer, asked = find(path, value, answers)
    assert answer == found
    assert asked == list(answers or SERVERS)


def versions(*numbers: int | None) -> list[dict[str, Any]]:
    """Return the versions of a registered model; None is one without a number."""
    return [{"id": f"v{number}", "registeredModelVersion": number} for number in numbers]


REGISTERED = {
    "registeredModels/": [{"id": "r1", "name": "churn"}, {"id": "r2", "name": "churn 2"}],
    "registeredModels/r1/versions/": versions(1, 10, 9, None),
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"registered_model": "churn", "version": "latest"}, Found("v10", "churn v10")),
        ({"registered_model": "churn", "version": 9}, Found("v9", "churn v9")),
        ({"registered_model": "churn", "version": 1.0}, Found("v1", "churn v1")),
        (
            {"registered_model": "churn", "version": 2},
            Absent("the registered model 'churn' has no version 2", "it has: 1, 9, 10"),
        ),
        (
            {"registered_model": "churn 2", "version": "latest"},
            Absent("the registered model 'churn 2' has no version", "register one first"),
        ),
        (
            {"registered_model": "chur", "version": 1},
            Absent("there is no registered model 'chur'", "did you mean 'churn'?"),
        ),
        (
            {"registered_model": "zzz", "version": 1},
            Absent("there is no registered model 'zzz'", "register it first, or check the name"),
        ),
    ],
)
def test_registered_models(value: Mapping[str, Any], found: Answer) -> None:
    """A registered model is found by its exact name, and its latest version is the highest number, not the last."""
    answer, asked = find("model", value, REGISTERED)
    assert answer == found
    assert asked[0] == f"registeredModels/?{value['registered_model']}"


def test_a_search_that_matches_parts_is_not_enough() -> None:
    """Servers match parts of names; only the whole name, in its own case, is the model that was meant."""
    answers = {**REGISTERED, "registeredModels/": [{"id": "r2", "name": "churn 2"}, {"id": "r3", "name": "Churn"}]}
    answer, asked = find("model", {"registered_model": "churn", "version": 1}, answers)
    assert answer == Absent("there is no registered model 'churn'", "did you mean 'Churn'?")
    assert asked == ["registeredModels/?churn", "registeredModels/"]


PACKAGES = {
    "modelPackages/": [
        {"id": "p0", "modelId": "other", "name": "not ours"},
        {"id": "p1", "modelId": "m1", "name": "old", "isArchived": True},
        {"id": "p2", "modelId": "m1", "name": "gbm"},
        {"id": "p3", "modelId": "m1", "name": "again"},
    ],
    "modelPackages/p9/": {"id": "p9"},
}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"model_package_id": "p9"}, Found("p9")),
        (
            {"model_package_id": "p8"},
            Absent("there is no model package 'p8'", "check the id, and that your token may see it"),
        ),
        ({"model_id": "m1"}, Found("p2", "gbm")),
        ({"custom_model_version_id": "m1"}, Found("p2", "gbm")),
    ],
)
def test_packages(value: Mapping[str, Any], found: Answer) -> None:
    """A package is found by its id or its model's, among ours alone though a server ignored the filter."""
    assert find("model", value, PACKAGES)[0] == found


@pytest.mark.parametrize(
    ("key", "path", "sent"),
    [
        ("model_id", "modelPackages/fromLeaderboard/", "modelId"),
        ("custom_model_version_id", "modelPackages/fromCustomModelVersion/", "customModelVersionId"),
    ],
)
def test_models_without_a_package(key: str, path: str, sent: str) -> None:
    """A model that nobody registered says how to register it, how to validate it before, and how to find it after."""
    answer, asked = find("model", {key: "m7"}, PACKAGES)
    assert asked == ["modelPackages/"]
    assert isinstance(answer, Unmade)
    assert (answer.name, answer.path, answer.body) == ("model package of m7", path, {sent: "m7"})
    assert answer.stand_in == {"modelId": "m7"}
    registered = {"modelPackages/": [{"id": "p7", "modelId": "m7", "name": "new"}]}
    assert drive(answer.find(), registered) == (Found("p7", "new"), ["modelPackages/"])


@pytest.mark.parametrize(
    ("path", "value", "settled"),
    [
        ("prediction_server", "default", True),
        ("prediction_server", "s1", True),
        ("prediction_server", "u1", True),
        ("prediction_server", "s2", False),
        ("prediction_environment", "e1", True),
        ("prediction_environment", "zone", True),
        ("prediction_environment", "other", False),
        ("model", {"model_package_id": "p1"}, True),
        ("model", {"model_package_id": "m1"}, False),
        ("model", {"model_id": "m1"}, True),
        ("model", {"custom_model_version_id": "m1"}, True),
        ("model", {"model_id": "p1"}, False),
        ("model", {"registered_model": "churn", "version": 1}, False),
    ],
)
def test_what_needs_no_lookup(path: str, value: Any, *, settled: bool) -> None:
    """A reference that the live document answers by itself is settled; a name and a version never are."""
    document = {
        "defaultPredictionServer": {"id": "s1", "url": "u1"},
        "predictionEnvironment": {"id": "e1", "name": "zone"},
        "modelPackage": {"id": "p1"},
        "model": {"id": "m1"},
    }
    reference = PRIMARY.setting(path).reference
    assert reference
    assert bool(reference.settled(value, document)) is settled
    bare = {"defaultPredictionServer": None, "predictionEnvironment": None, "modelPackage": None, "model": None}
    assert bool(reference.settled(value, bare)) is (value == "default")
    assert bool(reference.settled(value, {})) is (value == "default")


def test_only_deployments_refer() -> None:
    """A prediction environment refers to nothing, so that order between kinds cannot run in circles."""
    assert [row.path for row in KINDS["prediction_environment"].settings if row.reference] == []


def test_a_plan_made_again_means_the_latest_version_that_it_found() -> None:
    """A version that is registered after a plan was made changes nothing in it; it is what the next plan is about."""
    case = next(case for case in goldens.every_case() if case.name == "replace: by a newer version")
    first = goldens.planned(case)
    versions_path = "registeredModels/5f0000000000000000000101/versions/"
    newer = {"id": "5f0000000000000000000299", "registeredModelVersion": 99}
    platform = {**case.platform, versions_path: [*case.platform[versions_path], newer]}

    async def again() -> Plan:
        async with goldens.Platform(platform).api() as api:
            return await plan_again(api, case.resources, first)

    assert asyncio.run(again()).actions == first.actions
    assert goldens.planned(replace(case, platform=platform)).writes[0].sets["model"] == newer["id"]


@pytest.mark.parametrize(
    ("value", "pin", "found"),
    [
        ({"registered_model": "churn", "version": "latest"}, "v9", Found("v9", "churn v9")),
        ({"registered_model": "churn", "version": "latest"}, "v2", Found("v10", "churn v10")),
        ({"registered_model": "churn", "version": 1}, "v9", Found("v1", "churn v1")),
    ],
)
def test_a_pin(value: Mapping[str, Any], pin: str, found: Answer) -> None:
    """Only `latest` is pinned, and only to a version of that model."""
    reference = PRIMARY.setting("model").reference
    assert reference
    assert reference.pin
    answer, _ = find("model", reference.pin(value, pin), REGISTERED)
    assert answer == found
