"""Faults on demand: what tests use to break the platform."""

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.http.errors import Problem
from drplan.emulator.http.fields import Object, anything, check, number, text

KINDS = ("status", "html", "drop", "latency", "job_error", "validation")
METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE", "*")
_PLACEHOLDER = re.compile(r"\{[^}]*\}")


@dataclass(slots=True)
class Fault:
    """One armed fault; `count` is how often it still strikes (None: until cleared), after `skip` requests went by."""

    route: str
    kind: str
    status: int = 503
    retry_after: float | None = None
    count: int | None = 1
    skip: int = 0
    when: str = "before"
    message: str = ""
    match: str = ""
    seconds: float = 0.0
    body: Any = None
    check: str = "supported"
    outcome: str = "failing"


_SHAPE = Object(
    {
        "route": text(required=True),
        "kind": text(required=True, choices=KINDS),
        "status": number(whole=True, least=300, most=599),
        "retry_after": number(nullable=True, least=0),
        "count": number(whole=True, nullable=True, least=1),
        "skip": number(whole=True, least=0),
        "when": text(choices=("before", "after")),
        "message": text(blank=True),
        "match": text(blank=True),
        "seconds": number(least=0, most=600),
        "body": anything(),
        "check": text(),
        "outcome": text(choices=("warning", "failing")),
    }
)


class Faults:
    """The armed faults, in the order they were added; the first one that fits strikes."""

    def __init__(self, routes: Iterable[str], checks: Collection[str]) -> None:
        self._routes = frozenset(normal(route) for route in routes)
        self._checks = checks  # names of the checks of a replacement
        self._armed: list[tuple[Fault, str, str]] = []

    def add(self, body: Json) -> Fault:
        """Arm a fault given as the body of `POST /emulator/faults/`; a bad one is a Problem 422 saying why."""
        taken = check(body, _SHAPE)
        fault = Fault(**taken)
        wrong = self._wrong(fault, taken)
        if wrong:
            raise Problem(422, {"message": "Invalid field data", "errors": wrong})
        method, _, path = fault.route.partition(" ")
        self._armed.append((fault, method, normal(path)))
        return fault

    def _wrong(self, fault: Fault, taken: Json) -> dict[str, str]:
        wrong: dict[str, str] = {}
        method, _, path = fault.route.partition(" ")
        if method not in METHODS:
            wrong["route"] = f"must begin with one of {', '.join(METHODS)}, such as 'PATCH deployments/{{id}}/model/'"
        elif path not in {"", "*"} and not self._known(method, normal(path)):
            wrong["route"] = f"no such route: {fault.route}"
        elif path == "" and method != "*":
            wrong["route"] = f"must name a path after {method}, or *"
        if fault.kind == "latency" and not fault.seconds:
            wrong["seconds"] = "is required for a latency"
        if fault.kind == "validation" and fault.check not in self._checks:
            wrong["check"] = f"no such check: {fault.check}"
        if fault.kind in {"job_error", "validation"} and "when" in taken:
            wrong["when"] = f"has no meaning for {fault.kind}"
        return wrong

    def _known(self, method: str, path: str) -> bool:
        methods = METHODS[:-1] if method == "*" else (method,)
        return any(f"{each} {path}" in self._routes for each in methods)

    def take(self, method: str, route: str, path: str, kinds: set[str]) -> Fault | None:
        """Give the fault of these kinds that strikes this request, counting it; None when there is none."""
        if not self._armed:
            return None
        plain = normal(route)
        for index, (fault, for_method, for_route) in enumerate(self._armed):
            fits = for_method in {"*", method} and for_route in {"", "*", plain} and fault.match in path
            if fault.kind not in kinds or not fits:
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    del self._armed[index]
            return fault
        return None

    def list(self) -> list[Json]:
        """Give what is still armed, as JSON."""
        return [asdict(fault) for fault, _, _ in self._armed]

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()


def normal(route: str) -> str:
    """Give a route with every placeholder's name left out, so that {id} and {deployment_id} are the same."""
    return _PLACEHOLDER.sub("{}", route)
