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
from drplan.platform.progress import SILENT
from drplan.records.plans import Outcome, Plan
from drplan.records.specs import Live, Resource
from drplan.records.values import contains
from drplan.registry.kinds import Identity, Kind, Switch
from drplan.registry.lookups import Found
from drplan.registry.rows import LIFECYCLE, Entries, Group, Preparation, Setting, boolean
from drplan.registry.shapes import Field, Keyed, ListOf, Shape
from drplan.spec.overlays import Scope

TEXT = {"type": "string"}


def row(path: str, group: str | None, wire: str | None, schema: Mapping[str, Any] = TEXT, **more: Any) -> Setting:
    """Return a row whose documentation says nothing."""
    return Setting(path, "Made up.", schema, example="x", group=group, wire=wire, **more)


def entries(name: str) -> Group:
    """Return a group of named entries."""
    route = f"gadgets/{{id}}/{name}/"
    return Group(name, route, why="made up", entries=Entries(name, "name", "value", f"{route}{{entry}}/"))


NAMED = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
LIST = {"type": "array", "items": TEXT}
NUMBER = {"type": "number"}


def lower(value: str | None) -> str | None:
    """Return a text as the platform keeps it."""
    return value and value.lower()


ALARM = Shape(
    Field("enabled", "Made up.", {"type": "boolean"}, example=True),
    Field("max_level", "Made up.", NUMBER, example=1, clears=True, reads=("maximum",)),
    Field("mail", "Made up.", Shape(Field("to", "Made up.", TEXT, example="x", normal=lower)), example={}),
    Field("steps", "Made up.", ListOf(Shape(Field("at", "Made up.", NUMBER, example=1, required=True))), example=[]),
)


def worn_out(resource: Resource, _live: Live | None, _found: Mapping[str, Found]) -> str | None:
    """Say why the engine of some gadgets cannot be changed."""
    return "its engine is worn out" if resource.value("label") == "old" else None


def nearly(desired: float | None, live: float | None) -> bool:
    """Tell whether two numbers are the same when they are rounded."""
    return desired is not None and live is not None and round(desired) == round(live)


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
        Group("options", "gadgets/{id}/options/", read="gadgets/{id}/options/", after=("details",), why="made up"),
        Group(
            "engine",
            "gadgets/{id}/engine/",
            method="PUT",
            read="gadgets/{id}/engine/",
            before=("model",),
            requires="off",
            prepare=Preparation("gadgets/{id}/coolDown/", "it must be cold", body={"for": "engine"}),
            whole=True,
            unless=worn_out,
            why="made up",
        ),
        Group(
            "model",
            "gadgets/{id}/model/",
            verb="replace",
            after=("options",),
            requires="on",
            resets=("options", "engine"),
            why="made up",
        ),
        Group("status", "gadgets/{id}/status/", after=("details",), why="made up"),
    ),
    settings=(
        row("label", "details", "label", on_create="label", required=True),
        row("region", None, None, on_create="region"),
        row("colour", None, None, on_create="colour", recreate=True),
        row("tags", "tags", "tags", NAMED),
        row("more.notes", "notes", "notes", NAMED),
        row("status", "status", "status", {"type": "string", "enum": ["active", "inactive"]}),
        row("version", "model", "version", live="current", on_create="version"),
        row("reason", "model", "reason", in_request=True, words="recorded reason"),
        boolean("options.loud", "options", "isLoud", "Made up."),
        row("options.mode", "options", "mode", normal=lower),
        row("options.speed", "options", "speed", NUMBER, compare=nearly),
        row("options.features", "options", "features", LIST, compare=contains),
        row("options.token", "options", "token", write_only=True, sensitive=True),
        row("options.header", "options", "header", sensitive=True),
        row("options.parameters", "options", "values", Keyed(TEXT, "key", "held"), also_in={"model": "with.values"}),
        row("options.labels", "options", "labels", Keyed(TEXT)),
        row("options.alarm", "options", "alarm", ALARM),
        row("engine.size", "engine", "size", NUMBER),
        row("engine.fuel", "engine", "fuel"),
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

    A document that was never sent is empty.

    `sent` is every request that writes: method, path and body. `documents` answers GETs of routes below an object.
    `resets` is what a replacement changes in them, by their names.
    """

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    lists: tuple[str, ...] = ("tags", "notes")
    inside: tuple[str, ...] = ("parts",)
    resets: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def gadget(self) -> str:
        """The route of the only gadget."""
        (route,) = (route for route in self.objects if route.count("/") == 2)
        return route

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
        if len(steps) == 3 and steps[-1] not in self.inside:
            return {}
        if len(steps) % 2:
            found = [
                item for key, item in self.objects.items() if key.startswith(path) and "/" not in key[len(path) : -1]
            ]
            return {"count": len(found), "totalCount": len(found), "next": None, "previous": None, "data": found}
        return self.objects.get(path)

    def _put_in(self, around: str, values: Mapping[str, Any], name: str = "options") -> None:
        path = f"{around}{name}/"
        self.documents[path] = {**self.documents.get(path, {}), **values}

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
            self.objects[f"{path}{made}/"] = {"id": made, "status": "active", "current": body.get("version"), **body}
            self.objects[f"{path}{made}/"] |= {each: [] for each in self.lists}
            return {"id": made}
        if method == "DELETE":
            del self.objects[path]
        elif path in self.objects:
            self.objects[path].update(body)
        elif name == "status":
            self.objects[around].update(body)
        elif name == "model":
            self.objects[around]["current"] = body["version"]
            self._put_in(around, body.get("with", {}))
            for each, reset in self.resets.items():
                self._put_in(around, reset, each)
        elif method == "PUT":
            self.documents[path] = body
        elif name == "coolDown":
            return {}
        else:
            self._put_in(around, body, name)
        return {}


ENVIRON = {"TOKEN": "t0ken-value", "HEADER": "h3ader-value", "OTHER": "0ther-value"}


def planned(platform: Gadgets, specs: Mapping[str, Any]) -> Plan:
    """Return the plan for a spec file of this content."""
    file = {"deployments/a.yaml": yaml.safe_dump(dict(specs))}
    case = goldens.Case("made up", "", file, {}, {}, environ=ENVIRON)
    return asyncio.run(goldens.plan_of(case, platform))  # type: ignore[arg-type]  # it is asked like a golden one


def applied(platform: Gadgets, specs: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Plan, carry the plan out, and return key, result and message of each action; forget what was sent before."""
    plan = planned(platform, specs)
    platform.sent.clear()
    platform.asked.clear()

    async def carried_out() -> tuple[Outcome, ...]:
        async with platform.api() as api:
            return await Run(api, plan, SILENT, Scope(ENVIRON).reveal).execute()

    return [(each.key, each.result.value, each.message) for each in asyncio.run(carried_out())]
