"""The tester's side door, `/emulator/`: requests, faults, features, clock, reset, traffic. Nothing here is counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drplan.emulator.core import switches
from drplan.emulator.core.clock import Clock
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, no_content, ok
from drplan.emulator.http.errors import Problem, fail
from drplan.emulator.http.faults import Faults
from drplan.emulator.http.fields import Object, anything, boolean, check, number
from drplan.emulator.http.request_log import RequestLog

_CLOCK = Object(
    {
        "advance_seconds": number(least=0),
        "freeze": anything(nullable=False),
        "unfreeze": boolean(),
        "step_seconds": number(least=0),
    },
    blank=False,
)


@dataclass(frozen=True, slots=True)
class Control:
    """The side door of one emulator: what it shows and moves.

    `reset` goes back to the seed; `traffic` generates as a body says and gives what was generated; `change` changes the
    switches that a body names.
    """

    store: Store
    clock: Clock
    faults: Faults
    requests: RequestLog
    reset: Callable[[], None]
    traffic: Callable[[Any], Json]
    change: Callable[[Any], None]

    def answer(self, method: str, path: str, body: Any) -> Answer:
        """Answer one control request; `path` is below `/emulator/`, with or without its last slash."""
        name = path.rstrip("/")
        here = {key: function for key, function in _ROUTES.items() if key[1] == name}
        if not here:
            names = ", ".join(sorted({f"/emulator/{key[1]}/" for key in _ROUTES}))
            raise Problem(404, {"message": f"No such control route; there are {names}"})
        function = here.get((method, name))
        if function is None:
            raise Problem(405, {"message": f"Use {', '.join(sorted(key[0] for key in here))}"})
        return function(self, body)


def _health(control: Control, _body: Any) -> Answer:
    deployments = control.store.db.execute("SELECT count(*) FROM deployments").fetchone()[0]
    return ok({"status": "ok", "deployments": deployments, "now": control.clock.now().isoformat()})


def _requests(control: Control, _body: Any) -> Answer:
    seen = control.requests
    return ok({"total": seen.total, "counts": dict(sorted(seen.counts.items())), "requests": seen.log})


def _forget(control: Control, _body: Any) -> Answer:
    control.requests.clear()
    return no_content()


def _faults(control: Control, _body: Any) -> Answer:
    return ok({"faults": control.faults.list()})


def _arm(control: Control, body: Any) -> Answer:
    control.faults.add(body)
    return ok({"faults": control.faults.list()}, 201)


def _disarm(control: Control, _body: Any) -> Answer:
    control.faults.clear()
    return no_content()


def _reset(control: Control, _body: Any) -> Answer:
    control.reset()
    return ok({"status": "ok"})


def _features(control: Control, _body: Any) -> Answer:
    return ok(switches.read(control.store))


def _change(control: Control, body: Any) -> Answer:
    control.change(body)
    return ok(switches.read(control.store))


def _clock(control: Control, _body: Any) -> Answer:
    return ok(_time(control.clock))


def _move(control: Control, body: Any) -> Answer:
    taken = check(body, _CLOCK)
    clock = control.clock
    if "freeze" in taken:
        clock.freeze(_moment(taken["freeze"]))
    if taken.get("unfreeze"):
        clock.unfreeze()
    if "step_seconds" in taken:
        clock.step = taken["step_seconds"]
    if "advance_seconds" in taken:
        clock.advance(taken["advance_seconds"])
    return ok(_time(clock))


def _moment(value: Any) -> datetime | None:
    if value is True:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        fail("freeze", "must be true or a time such as 2024-05-01T10:00:00Z")
    if moment.tzinfo is None:
        fail("freeze", "must carry its offset, such as 2024-05-01T10:00:00Z")
    return moment


def _time(clock: Clock) -> Json:
    return {"now": clock.now().isoformat(), "frozen": clock.frozen, "step_seconds": clock.step}


def _traffic(control: Control, body: Any) -> Answer:
    return ok(control.traffic(body), 201)


_ROUTES = {
    ("GET", "health"): _health,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _forget,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("GET", "features"): _features,
    ("PATCH", "features"): _change,
    ("POST", "reset"): _reset,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _move,
    ("POST", "traffic"): _traffic,
}
