"""Golden cases: what the specs say and what the platform holds, as data, through the planner's own path.

A file of `tests/cases/` holds `cases`, a list, and may hold `platform`, which its cases start from. A case has

    name, about   what it is called, and the rule it shows, in a sentence
    specs         the text of a spec file, or several by their names
    platform      answers by path (`deployments/`, `POST deployments/…/validation/`): a list is a paginated one, an
                  object is itself, what is missing or null is 404; a path of `platform` above is replaced
    targets, excludes, destroy   addresses
    plan          the actions in order: `do` (verb and key), `send` (method and path), `body`, `id`, `needs`, `after`,
                  `undoes`, `only_for`, `policy`, `asks`, `makes`, and `changes` by setting ([before, after] or [before,
                  after, before_name, after_name]); what is left out is empty. `why`, and what it `sets`, are compared
                  where they stand.
    warnings      the plan's diagnostics as text
    error         instead of `plan`: `class` and `diagnostics` as text, or `summary` where there are none
    reads         where it stands: every GET, sorted
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from drplan.engine import pipeline
from drplan.errors import DrplanError
from drplan.plan.build import refusal
from drplan.platform.api import Api
from drplan.records.plans import Action, Plan
from drplan.records.specs import Resource
from drplan.records.values import thaw
from drplan.spec.load import read_specs
from drplan.spec.overlays import Overlays, Scope

CASES = Path(__file__).parent.parent / "cases"
TARGET = "https://platform.example/api/v2"
PROJECT = "shop"


@dataclass(frozen=True)
class Case:
    """One golden case; see this module's docstring."""

    name: str
    about: str
    specs: Mapping[str, str]
    platform: Mapping[str, Any]
    expected: Mapping[str, Any]
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    destroy: tuple[str, ...] | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The specs, read."""
        return read_specs(self.specs.items(), Overlays(Scope(self.environ)))


@dataclass
class Platform:
    """A platform that answers from a table, and keeps what it was asked."""

    answers: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix("/api/v2/")
        wanted = path if request.method == "GET" else f"{request.method} {path}"
        query = dict(request.url.params)
        for how in ("limit", "orderBy"):  # how a list is asked for; what is asked for is the rest
            query.pop(how, None)
        self.asked.append(wanted + (f"?{httpx.QueryParams(query)}" if query else ""))
        answer = self.answers.get(wanted)
        if isinstance(answer, list):
            answer = {"count": len(answer), "totalCount": len(answer), "next": None, "previous": None, "data": answer}
        return (
            httpx.Response(404, json={"message": "Not Found"}) if answer is None else httpx.Response(200, json=answer)
        )

    def api(self) -> Api:
        """Return a client of this platform."""
        return Api(TARGET, "not-a-secret", transport=httpx.MockTransport(self))


def every_case() -> Iterator[Case]:
    """Yield the cases of every file."""
    for path in sorted(CASES.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in content["cases"]:
            yield as_case(path.stem, content.get("platform") or {}, case)


def as_case(file: str, platform: Mapping[str, Any], case: dict[str, Any]) -> Case:
    """Return one case of a file whose cases start from `platform`."""
    specs = case.pop("specs")
    return Case(
        name=f"{file}: {case.pop('name')}",
        about=case.pop("about"),
        specs=specs if isinstance(specs, dict) else {"deployments/a.yaml": specs},
        platform={"deployments/": [], "predictionEnvironments/": []} | platform | (case.pop("platform", None) or {}),
        targets=tuple(case.pop("targets", ())),
        excludes=tuple(case.pop("excludes", ())),
        destroy=tuple(case.pop("destroy")) if "destroy" in case else None,
        expected=case,
    )


def outcome(case: Case) -> tuple[dict[str, Any], list[str]]:
    """Plan a case and return what came of it, in the words of the case files, and what the platform was asked."""
    platform = Platform(case.platform)
    try:
        plan = asyncio.run(plan_of(case, platform))
        if refused := refusal(plan):
            raise refused
    except DrplanError as error:
        why = (
            {"diagnostics": [str(item) for item in error.diagnostics]} if error.diagnostics else {"summary": str(error)}
        )
        return {"error": {"class": type(error).__name__, **why}}, platform.asked
    told: dict[str, Any] = {"plan": [described(action) for action in plan]}
    if plan.diagnostics:
        told["warnings"] = [str(item) for item in plan.diagnostics]
    return told, platform.asked


def planned(case: Case) -> Plan:
    """Return the plan of a case; raise what planning raises."""
    return asyncio.run(plan_of(case, Platform(case.platform)))


async def plan_of(case: Case, platform: Platform) -> Plan:
    """Return the plan of a case on a platform; raise what planning raises."""
    resources, where = case.resources, {"target": TARGET, "project": PROJECT}
    async with platform.api() as api:
        if case.destroy is not None:
            return await pipeline.plan_deletions(api, resources, case.destroy, **where)
        return await pipeline.plan_changes(api, resources, **where, targets=case.targets, excludes=case.excludes)


def described(action: Action) -> dict[str, Any]:
    """Return an action in the words of the case files; nothing of it is left out but what is empty."""
    changes = {
        change.setting: [thaw(change.before), thaw(change.after)]
        + ([change.before_name, change.after_name] if change.before_name or change.after_name else [])
        for change in action.changes
    }
    told = {
        "do": f"{action.verb.value} {action.key}",
        "send": f"{action.method} {action.path}",
        "id": action.id,
        "body": thaw(action.body),
        "needs": list(action.needs),
        "after": list(action.after),
        "undoes": action.undoes,
        "only_for": action.only_for,
        "changes": changes,
        "policy": action.policy,
        "asks": action.asks and action.asks.value,
        "why": action.why,
        "sets": thaw(action.sets),
        "makes": action.makes,
    }
    return {
        key: value for key, value in told.items() if value not in (None, "", [], {}) or (key == "body" and value == {})
    }
