"""The tester's side door, `/emulator/`: requests, faults, clock, reset, traffic. None of it is counted or delayed."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from drplan.emulator.core.clock import Clock
from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, no_content, ok
from drplan.emulator.http.errors import Problem, fail
from drplan.emulator.http.fields import Object, anything, boolean, check, number

if TYPE_CHECKING:
    from drplan.emulator.emulator import Emulator

_CLOCK = Object(
    {
        "advance_seconds": number(least=0),
        "freeze": anything(nullable=False),
        "unfreeze": boolean(),
        "step_seconds": number(least=0),
    },
    blank=False,
)


def answer(emulator: "Emulator", method: str, path: str, body: Any) -> Answer:
    """Answer one control request; `path` is below `/emulator/`, with or without its last slash."""
    name = path.rstrip("/")
    here = {key: function for key, function in _ROUTES.items() if key[1] == name}
    if not here:
        names = ", ".join(sorted({f"/emulator/{key[1]}/" for key in _ROUTES}))
        raise Problem(404, {"message": f"No such control route; there are {names}"})
    function = here.get((method, name))
    if function is None:
        raise Problem(405, {"message": f"Use {', '.join(sorted(key[0] for key in here))}"})
    return function(emulator, body)


def _health(emulator: "Emulator", _body: Any) -> Answer:
    deployments = emulator.store.db.execute("SELECT count(*) FROM deployments").fetchone()[0]
    return ok({"status": "ok", "deployments": deployments, "now": emulator.clock.now().isoformat()})


def _requests(emulator: "Emulator", _body: Any) -> Answer:
    seen = emulator.requests
    return ok({"total": seen.total, "counts": dict(sorted(seen.counts.items())), "requests": seen.log})


def _forget(emulator: "Emulator", _body: Any) -> Answer:
    emulator.requests.clear()
    return no_content()


def _faults(emulator: "Emulator", _body: Any) -> Answer:
    return ok({"faults": emulator.faults.list()})


def _arm(emulator: "Emulator", body: Any) -> Answer:
    emulator.faults.add(body)
    return ok({"faults": emulator.faults.list()}, 201)


def _disarm(emulator: "Emulator", _body: Any) -> Answer:
    emulator.faults.clear()
    return no_content()


def _reset(emulator: "Emulator", _body: Any) -> Answer:
    emulator.reset()
    return ok({"status": "ok"})


def _clock(emulator: "Emulator", _body: Any) -> Answer:
    return ok(_time(emulator.clock))


def _move(emulator: "Emulator", body: Any) -> Answer:
    taken = check(body, _CLOCK)
    clock = emulator.clock
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


def _traffic(emulator: "Emulator", body: Any) -> Answer:
    from drplan.emulator.world.traffic import answer as generated

    return ok(generated(emulator, body), 201)


_ROUTES = {
    ("GET", "health"): _health,
    ("GET", "requests"): _requests,
    ("DELETE", "requests"): _forget,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("POST", "reset"): _reset,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _move,
    ("POST", "traffic"): _traffic,
}
