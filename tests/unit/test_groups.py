"""What groups can say: rows made for the test drive each word, so that none works by the luck of today's rows."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import goldens
import httpx
import pytest
from test_order import registry

from drplan.apply.run import Run
from drplan.errors import Refused
from drplan.kinds import KINDS, PRIMARY
from drplan.plan.body import completed_body
from drplan.platform.observe import reobserve
from drplan.platform.progress import SILENT
from drplan.platform.read import read_documents
from drplan.records.plans import Outcome, Plan
from drplan.records.specs import Live, Resource
from drplan.records.values import thaw
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Found
from drplan.registry.rows import Group

ITEM = "deployments/5a0000000000000000000001/"


@contextmanager
def group_with(name: str, **said: object) -> Iterator[Kind]:
    """Let one of the primary kind's groups say something else."""
    groups: tuple[Group, ...] = tuple(
        replace(group, **said) if group.name == name else group  # type: ignore[arg-type]  # fields by name
        for group in PRIMARY.groups
    )
    kind = replace(PRIMARY, groups=groups)
    with registry(MappingProxyType({**KINDS, PRIMARY.name: kind})):
        yield kind


@dataclass
class Keeping(goldens.Platform):
    """A platform that keeps the bodies it was sent, beside what it was asked."""

    sent: list[Any] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Keep what is sent, and answer as the table says."""
        if request.method != "GET":
            self.sent.append((request.method, request.url.path.rpartition(ITEM)[2], json.loads(request.content)))
        return super().__call__(request)


def applied(plan: Plan, platform: Keeping) -> list[tuple[str, str]]:
    """Carry a plan out and return the result and the message of each action."""

    async def carried_out() -> tuple[Outcome, ...]:
        async with platform.api() as api:
            return await Run(api, plan, SILENT).execute()

    return [(outcome.result.value, outcome.message) for outcome in asyncio.run(carried_out())]


def case_named(name: str) -> goldens.Case:
    """Return a golden case by its name."""
    return next(case for case in goldens.every_case() if case.name == name)


def test_groups_that_share_a_document() -> None:
    """Groups that read the same route cost one request: when planning, when looking again, and when showing."""
    case = case_named("change: unchanged")
    route = f"{ITEM}settings/"
    platform = goldens.Platform(case.platform)

    async def looked_again() -> None:
        async with platform.api() as api:
            assert await reobserve(api, plan) == plan.observed

    async def shown(kind: Kind, groups: list[str]) -> dict[str, Any]:
        async with platform.api() as api:
            live = await read_documents(api, kind, case.platform["deployments/"][0], groups)
            return {name: live.documents[name] for name in groups}

    with group_with("secondary_dataset_config", read="deployments/{id}/settings/") as kind:
        _, asked = goldens.outcome(case)
        plan = goldens.planned(case)
        asyncio.run(looked_again())
        again, platform.asked = platform.asked, []
        groups = ["settings", "secondary_dataset_config"]
        documents = asyncio.run(shown(kind, groups))
    assert [each for each in asked if each.startswith(ITEM)] == [route]
    assert sorted(again) == ["deployments/", route]
    assert platform.asked == [route]
    assert documents == dict.fromkeys(groups, case.platform[route])


def test_a_reason_why_not() -> None:
    """A group that cannot be asked for says why at the line of its setting, before anything is sent."""
    case = case_named("change: drift tracking")
    seen: list[Any] = []

    def frozen(resource: Resource, live: Live | None, _found: Mapping[str, Found]) -> str | None:
        seen.append((str(resource.address), live and live.documents["settings"]["targetDrift"]))
        return "its settings are frozen while it is LOW" if live and live.item["importance"] == "LOW" else None

    with group_with("settings", unless=frozen), pytest.raises(Refused) as caught:
        goldens.planned(case)
    (problem,) = caught.value.diagnostics
    path = "settings.drift_tracking.target_drift_enabled"
    assert (problem.summary, problem.detail, problem.path, problem.where) == (
        "its settings are frozen while it is LOW",
        f"take {path} out of the spec, or back to what it is",
        f"deployment.churn.{path}",
        case.resources[0].place(path),
    )
    assert seen == [("deployment.churn", case.platform[f"{ITEM}settings/"]["targetDrift"])]


def test_no_reason_why_not() -> None:
    """Without a reason the plan is what it would be."""
    case = case_named("change: drift tracking")
    expected = goldens.planned(case)
    with group_with("settings", unless=lambda _resource, _live, _found: None):
        assert goldens.planned(case).actions == expected.actions


def test_a_document_that_is_replaced_whole() -> None:
    """All of it is sent, as it is right before: what no row knows is kept, and so is what moved since the plan."""
    case = case_named("change: drift tracking")
    with group_with("settings", whole=True, method="PUT"):
        plan = goldens.planned(case)
        (action,) = plan.writes
        stands = {**case.platform[f"{ITEM}settings/"], "featureDrift": None, "unknown": {"a": [1]}}
        platform = Keeping({**case.platform, f"{ITEM}settings/": stands, f"PUT {ITEM}settings/": {}})
        assert applied(plan, platform) == [("done", "")]
    assert platform.sent == [("PUT", "settings/", {**stands, **thaw(action.body)})]
    assert platform.asked == [f"{ITEM}settings/", f"PUT {ITEM}settings/"]


def test_a_whole_document_after_a_reset() -> None:
    """What a replacement reset is put back into the document as it was read, all of which is sent."""
    case = case_named("replace: by a newer version")
    item = case.platform["deployments/"][0]
    with group_with("settings", whole=True, method="PUT"):
        plan = goldens.planned(case)
        stands = {**case.platform[f"{ITEM}settings/"], "targetDrift": {"enabled": False}, "unknown": [1]}
        changed = {**item, "modelPackage": {"id": "5f0000000000000000000202"}}
        platform = Keeping(
            {
                **case.platform,
                ITEM: changed,
                f"{ITEM}settings/": stands,
                f"PUT {ITEM}settings/": {},
                f"PATCH {ITEM}model/": {},
            }
        )
        outcomes = applied(plan, platform)
    assert outcomes == [
        ("done", ""),
        ("done", "set again after the reset: settings.drift_tracking.target_drift_enabled"),
        ("done", "nothing was reset"),
    ]
    assert platform.sent == [
        ("PATCH", "model/", {"modelPackageId": "5f0000000000000000000202", "reason": "ACCURACY"}),
        ("PUT", "settings/", {**stands, "targetDrift": {"enabled": True}}),
    ]


def test_a_value_in_the_place_of_a_null() -> None:
    """An object that is null on the platform is made, and null that is sent clears."""
    group = replace(PRIMARY.group("settings"), whole=True)
    paths = ["settings.drift_tracking.target_drift_enabled", "settings.prediction_warning.enabled"]
    body = {"targetDrift": {"enabled": True}, "predictionWarning": {"enabled": None}}
    document = {
        "targetDrift": None,
        "predictionWarning": {"enabled": True, "more": 1},
        "featureDrift": {"enabled": False},
    }
    assert completed_body(PRIMARY, group, paths, {"settings": document}, body) == {
        "targetDrift": {"enabled": True},
        "predictionWarning": {"enabled": None, "more": 1},
        "featureDrift": {"enabled": False},
    }
