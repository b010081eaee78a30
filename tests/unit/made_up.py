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
from drplan.registry.kinds import Identity, Kind, Switch, Within
from drplan.registry.lookups import Found
from drplan.registry.rows import LIFECYCLE, Entries, Group, Preparation, Setting, ValidationRoute, boolean
from drplan.registry.shapes import Field, Keyed, ListOf, Shape
from drplan.spec.overlays import Scope

TEXT = {"type": "string"}


def row(path: str, group: str | None, wire: str | None, schema: Mapping[str, Any] = TEXT, **more: Any) -> Setting:
    """Return a row whose documentation says nothing."""
    return Setting(path, "Made up.", schema, example="x", group=group, wire=wire, **more)


def entries(name: str, item: str = "gadgets/{id}/") -> Group:
    """Return a group of named entries of the objects whose own route is `item`."""
    route = f"{item}{name}/"
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
    identity=Identity(
        group="tags", entry="drplan", guard="drplan-protected", on_create="userProvidedId", created="createdAt"
    ),
    switch=Switch(group="status", setting="status", on="active", off="inactive"),
    groups=(
        Group("details", "gadgets/{id}/", why="made up"),
        entries("tags"),
        entries("notes"),
        Group(
            "options",
            "gadgets/{id}/options/",
            read="gadgets/{id}/options/",
            after=("details",),
            reset_by=("model",),
            why="made up",
        ),
        Group(
            "engine",
            "gadgets/{id}/engine/",
            method="PUT",
            read="gadgets/{id}/engine/",
            before=("model",),
            requires="off",
            prepare=Preparation("gadgets/{id}/coolDown/", "it must be cold", body={"for": "engine"}),
            whole=True,
            reset_by=("model",),
            unless=worn_out,
            why="made up",
        ),
        Group(
            "model",
            "gadgets/{id}/model/",
            verb="replace",
            after=("options",),
            requires="on",
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
        row("options.headers", "options", "headers", {"type": "object"}, sensitive=True),
        row("options.parameters", "options", "values", Keyed(TEXT, "key", "held"), also_in={"model": "with.values"}),
        row("options.labels", "options", "labels", Keyed(TEXT)),
        row("options.alarm", "options", "alarm", ALARM),
        row("engine.size", "engine", "size", NUMBER),
        row("engine.fuel", "engine", "fuel"),
        *LIFECYCLE,
    ),
)

INSIDE = "gadgets/{parent}/parts/{id}/"

PART = Kind(
    name="part",
    section="parts",
    doc="Made up: it lives inside a gadget.",
    parent=Within("gadget", after=("options",)),
    list_path="gadgets/{parent}/parts/",
    item_path=INSIDE,
    create_path="gadgets/{parent}/parts/",
    named_by="label",
    groups=(
        Group("details", INSIDE, why="made up"),
        entries("notes", INSIDE),
        Group(
            "options",
            f"{INSIDE}options/",
            read=f"{INSIDE}options/",
            after=("details",),
            reset_by=("model",),
            why="made up",
        ),
        Group(
            "engine",
            f"{INSIDE}engine/",
            method="PUT",
            read=f"{INSIDE}engine/",
            after=("options",),
            prepare=Preparation(f"{INSIDE}coolDown/", "it must be cold"),
            whole=True,
            why="made up",
        ),
        Group(
            "model",
            f"{INSIDE}model/",
            verb="replace",
            after=("engine",),
            validation=ValidationRoute(f"{INSIDE}model/validation/", "on_warning"),
            confirm=True,
            why="made up",
        ),
    ),
    settings=(
        row("label", "details", "label", on_create="label"),
        row("size", "details", "size", NUMBER),
        row("colour", None, None, on_create="colour", recreate=True),
        row("notes", "notes", "notes", NAMED),
        row("version", "model", "version", live="current", on_create="version"),
        row("on_warning", None, None, {"type": "string", "enum": ["block", "allow"]}, policy=True, default="block"),
        boolean("options.loud", "options", "isLoud", "Made up."),
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
    `resets` is what a replacement changes in them, by their names. `verdict` is the answer to a validation.
    """

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    sent: list[tuple[str, str, Any]] = field(default_factory=list)
    lists: tuple[str, ...] = ("tags", "notes")
    inside: tuple[str, ...] = ("parts",)
    resets: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdict: dict[str, Any] = field(default_factory=lambda: {"status": "passing"})
    asked: list[str] = field(default_factory=list)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def gadget(self) -> str:
        """The route of the only gadget."""
        (route,) = (route for route in self.objects if route.startswith("gadgets/") and route.count("/") == 2)
        return route

    @property
    def part(self) -> str:
        """The route of the only part."""
        (route,) = (route for route in self.objects if route.count("/") == 4)
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

    def _around(self, path: str) -> tuple[str, list[str]]:
        """Return the route of the innermost object that a route is about or below, and the steps below it."""
        around = max((route for route in self.objects if path.startswith(route)), key=len, default="")
        return around, path[len(around) :].strip("/").split("/")

    def _read(self, path: str) -> Any:
        if path in self.documents:
            return self.documents[path]
        if path in self.objects:
            return self.objects[path]
        around, (name, *below) = self._around(path)
        if below:
            return None
        if around and name not in self.inside:
            return {}
        found = [item for key, item in self.objects.items() if key.startswith(path) and "/" not in key[len(path) : -1]]
        return {"count": len(found), "totalCount": len(found), "next": None, "previous": None, "data": found}

    def _put_in(self, around: str, values: Mapping[str, Any], name: str = "options") -> None:
        path = f"{around}{name}/"
        self.documents[path] = {**self.documents.get(path, {}), **values}

    def _write_entry(self, method: str, listed: list[Any], below: list[str], body: Any) -> None:
        if method == "POST":
            listed.append({"id": f"e{next(self._ids)}", **body})
        else:
            listed[:] = [
                {**item, **body} if method == "PATCH" and item["id"] == below[0] else item
                for item in listed
                if method == "PATCH" or item["id"] != below[0]
            ]

    def _write(self, method: str, path: str, body: Any) -> Any:
        around, (name, *below) = self._around(path)
        if name in self.lists:
            self._write_entry(method, self.objects[around].setdefault(name, []), below, body)
        elif below == ["validation"]:
            return self.verdict
        elif method == "POST" and name != "coolDown":
            made = f"{next(self._ids):024x}"
            self.objects[f"{path}{made}/"] = {"id": made, "status": "active", "current": body.get("version"), **body}
            self.objects[f"{path}{made}/"] |= {each: [] for each in self.lists}
            return {"id": made}
        elif method == "DELETE":
            for kept in (self.objects, self.documents):
                for route in [route for route in kept if route.startswith(path)]:
                    del kept[route]
        elif name in ("", "status"):
            self.objects[around].update(body)
        elif name == "model":
            self.objects[around]["current"] = body["version"]
            self._put_in(around, body.get("with", {}))
            for each, reset in self.resets.items():
                self._put_in(around, reset, each)
        elif method == "PUT":
            self.documents[path] = body
        elif name != "coolDown":
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
