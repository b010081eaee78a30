"""Asynchronous work: status records, and effects that happen when their time has come (API reference 1.5).

A job is INITIALIZED for the first quarter of its time, then RUNNING, then finished. Nothing runs in the background:
each request first settles what is due, found by an index, so a stopped clock stops every job.
Jobs that no client asked for (a deletion that lingers, an id that lags) are the same rows, not visible.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, dump, load

Effect = Callable[[Store, str, Json, float], None]  # store, subject, payload, the time it was due
EFFECTS: dict[str, Effect] = {}
FAILURES: dict[str, Effect] = {}  # what is taken back when a job fails; most jobs change nothing before their end


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds."""

    job: float = 0.2
    deletion: float = 0.2
    lag: float = 0.05  # between a replacement's end and the deployment showing its new model package


def effect(name: str) -> Callable[[Effect], Effect]:
    """Register what a job of this name does at its end."""

    def register(function: Effect) -> Effect:
        EFFECTS[name] = function
        return function

    return register


def failure(name: str) -> Callable[[Effect], Effect]:
    """Register what is taken back when a job of this name ends in ERROR."""

    def register(function: Effect) -> Effect:
        FAILURES[name] = function
        return function

    return register


def start(
    store: Store,
    name: str,
    subject: str,
    payload: Json,
    *,
    now: float,
    seconds: float,
    user_id: str | None = None,
    location: str | None = None,
    error: str | None = None,
    visible: bool = True,
) -> str:
    """Start a job and give its id; `location` is a path below the API's base, `error` makes it fail in the end."""
    job = new_id()
    store.db.execute(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, 'OPEN', ?, ?, ?, ?, ?, ?)",
        (
            job,
            user_id,
            now,
            now + seconds / 4,
            now + seconds,
            name,
            subject,
            dump({"error": error, **payload}),
            location,
            error or "",
            int(visible),
        ),
    )
    return job


def due(store: Store, now: float) -> bool:
    """Tell whether something waits to be settled."""
    return (
        store.db.execute("SELECT 1 FROM jobs WHERE state = 'OPEN' AND due <= ? LIMIT 1", (now,)).fetchone() is not None
    )


def settle(store: Store, now: float) -> None:
    """Finish every job that is due at its own time, in the order of times, including those that finishing starts."""
    while True:
        row = store.db.execute(
            "SELECT id, effect, subject, payload, due FROM jobs WHERE state = 'OPEN' AND due <= ? "
            "ORDER BY due, rowid LIMIT 1",
            (now,),
        ).fetchone()
        if row is None:
            store.at = now
            return
        job, name, subject, text, when = row
        store.at = when
        payload = load(text)
        failed = payload.pop("error", None)
        store.db.execute("UPDATE jobs SET state = ? WHERE id = ?", ("ERROR" if failed else "COMPLETED", job))
        known = FAILURES if failed else EFFECTS
        if name in known:
            known[name](store, subject, payload, when)


def pending(store: Store, subject: str, name: str | None = None) -> list[Json]:
    """Give the payloads of a subject's open jobs, oldest first; indexed."""
    rows = store.db.execute(
        "SELECT payload FROM jobs WHERE state = 'OPEN' AND subject = ?1 AND (?2 IS NULL OR effect = ?2) "
        "ORDER BY due, rowid",
        (subject, name),
    )
    return [load(row[0]) for row in rows]


def cancel(store: Store, subject: str) -> None:
    """Abort what is under way for a subject that is gone."""
    store.db.execute("UPDATE jobs SET state = 'ABORTED' WHERE state = 'OPEN' AND subject = ?", (subject,))


def record(row: tuple[Any, ...], now: float) -> Json:
    """Give a status record from a row of (id, created, running, state, message, effect)."""
    job, created, running, state, message, name = row
    if state == "OPEN":
        state, message = ("INITIALIZED" if now < running else "RUNNING"), ""
    return {
        "statusId": job,
        "status": state,
        "message": message,
        "code": 1 if state == "ERROR" else 0,
        "created": iso(created),
        "description": "",
        "statusType": name,
    }
