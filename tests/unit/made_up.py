"""A kind made up for tests, whose rows say what no row of drplan's own says yet, and a platform of them.

With it each word of the row language is driven by a test, and none works by the luck of today's rows.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import goldens
import httpx
import yaml
from test_order import registry

from drplan.apply.run import Run
from drplan.kinds import KINDS
from drplan.platform.api import Api
from drplan.platform.progress import Silent
from drplan.records.plans import Action, Outcome, Plan
from drplan.registry.kinds import Identity, Kind, Switch
from drplan.registry.rows import LIFECYCLE, Entries, Group, Setting

TEXT = {"type": "string"}


class Quiet(Silent):
    """A reporter of a run that says nothing."""

    def started(self, action: Action) -> None:
        """Ignore it."""

    def finished(self, action: Action, outcome: Outcome) -> None:
        """Ignore it."""


def row(path: str, group: str | None, wire: str | None, schema: Mapping[str, Any] = TEXT, **more: Any) -> Setting:
    """Return a row whose documentation says nothing."""
    return Setting(path, "Made up.", schema, example="x", group=group, wire=wire, **more)


def entries(name: str) -> Group:
    """Return a group of named entries."""
    route = f"gadgets/{{id}}/{name}/"
    return Group(name, route, why="made up", entries=Entries(name, "name", "value", f"{route}{{entry}}/"))


NAMED = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}

GADGET = Kind(
    name="gadget",
    section="gadgets",
    doc="Made up.",
    list_path="gadgets/",
    item_path="gadgets/{id}/",
    create_path="gadgets/",
    named_by="label",
    identity=Identity(group="tags", entry="drplan", guard="drplan-protected", on_create="userProvidedId"),
    switch=Switch(group="status", setting="status", on="active", off="inactive"),
    groups=(
        Group("details", "gadgets/{id}/", why="made up"),
        entries("tags"),
        entries("notes"),
        Group("status", "gadgets/{id}/status/", after=("details",), why="made up"),
    ),
    settings=(
        row("label", "details", "label", on_create="label", required=True),
        row("tags", "tags", "tags", NAMED),
        row("more.notes", "notes", "notes", NAMED),
        row("status", "status", "status", {"type": "string", "enum": ["active", "inactive"]}),
        *LIFECYCLE,
    ),
)


@contextmanager
def known(*kinds: Kind) -> Iterator[None]:
    """Let drplan know these kinds beside its own."""
    with registry(MappingProxyType({**KINDS, **{kind.name: kind for kind in kinds}})):
        yield


@dataclass
class Gadgets:
    """A platform that keeps what it is sent: objects, the documents below them, and lists of named entries.

    `sent` is every request that writes: method, path and body. `documents` answers GETs of routes below an object.
    """

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    lists: tuple[str, ...] = ("tags", "notes")
    asked: list[str] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def api(self) -> Api:
        """Return a client of this platform."""
        return Api(goldens.TARGET, "not-a-secret", transport=httpx.MockTransport(self))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        path = request.url.path.removeprefix("/api/v2/")
        body = json.loads(request.content) if request.content else None
        if request.method == "GET":
            self.asked.append(path)
            answer = self._read(path)
        else:
            self.sent.append((request.method, path, body))
            answer = self._write(request.method, path, body)
        return httpx.Response(404, json={"message": "no"}) if answer is None else httpx.Response(200, json=answer)

    def _read(self, path: str) -> Any:
        steps = path.strip("/").split("/")
        if path in self.documents:
            return self.documents[path]
        if len(steps) % 2:
            found = [
                item for key, item in self.objects.items() if key.startswith(path) and "/" not in key[len(path) : -1]
            ]
            return {"count": len(found), "totalCount": len(found), "next": None, "previous": None, "data": found}
        return self.objects.get(path)

    def _write(self, method: str, path: str, body: Any) -> Any:
        steps = path.strip("/").split("/")
        around, name = "/".join(steps[:2]) + "/", steps[2] if len(steps) > 2 else ""
        if name in self.lists:
            listed = self.objects[around].setdefault(name, [])
            if method == "POST":
                listed.append({"id": f"e{next(self._ids)}", **body})
            else:
                listed[:] = [
                    {**item, **body} if method == "PATCH" and item["id"] == steps[3] else item
                    for item in listed
                    if method == "PATCH" or item["id"] != steps[3]
                ]
            return {}
        if method == "POST" and len(steps) % 2:
            made = f"{next(self._ids):024x}"
            self.objects[f"{path}{made}/"] = {"id": made, "status": "active", **body}
            self.objects[f"{path}{made}/"] |= {each: [] for each in self.lists}
            return {"id": made}
        if method == "DELETE":
            del self.objects[path]
        elif path in self.objects:
            self.objects[path].update(body)
        elif name == "status":
            self.objects[around].update(body)
        elif method == "PUT":
            self.documents[path] = body
        else:
            self.documents[path] = {**self.documents.get(path, {}), **body}
        return {}


def planned(platform: Gadgets, specs: Mapping[str, Any]) -> Plan:
    """Return the plan for a spec file of this content."""
    case = goldens.Case("made up", "", {"deployments/a.yaml": yaml.safe_dump(dict(specs))}, {}, {})
    return asyncio.run(goldens.plan_of(case, platform))  # type: ignore[arg-type]  # it is asked like a golden one


def applied(platform: Gadgets, specs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Plan, carry the plan out, and return key, result and message of each action; forget what was sent before."""
    plan = planned(platform, specs)
    platform.sent.clear()
    platform.asked.clear()

    async def carried_out() -> tuple[Outcome, ...]:
        async with platform.api() as api:
            return await Run(api, plan, Quiet()).execute()

    return [(each.key, each.result.value, each.message) for each in asyncio.run(carried_out())]
