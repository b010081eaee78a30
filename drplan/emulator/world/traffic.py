"""Plausible traffic: predictions and actuals over simulated days that end at the emulator's present.

Rows are drawn from the model's training and move away from it in the second half of the period, as far as `drift` says;
people work by day and less at weekends, consumers differ, some requests are slow, some fail. Equal arguments at equal
times give equal traffic. Everything is scored by the deployment's model and logged like any other prediction.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, Store, dump
from drplan.emulator.http.errors import conflict, fail, not_found
from drplan.emulator.http.fields import Object, check, number, text
from drplan.emulator.resources.deployments import document, watch
from drplan.emulator.world import simulation
from drplan.emulator.world.scoring import Training, scores, training_of
from drplan.emulator.world.scoring.spread import chance
from drplan.emulator.world.serving.actuals import put
from drplan.emulator.world.serving.boundaries import outside
from drplan.emulator.world.serving.log import Logged, Scored, add, tracked

MOST_ROWS = 2_000_000
_ANSWERED = 0.9  # share of predictions whose outcome becomes known
_COLD = 0.02  # share of requests that find no model in the cache
_SLOW = 0.01  # share of requests that take very long
_CONSUMERS = (("nightly-batch", 5, "10.0.0.4"), ("web-shop", 10, "10.0.1.17"), ("call-centre", 3, "10.0.2.9"))

_SHAPE = Object(
    {
        "deploymentId": text(required=True),
        "rows": number(whole=True, least=1, most=MOST_ROWS),
        "days": number(least=1 / 24, most=366),
        "drift": number(least=0, most=10),
        "errorRate": number(least=0, most=0.95),
        "seed": number(whole=True),
    }
)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What was generated: counts, and the period in epoch seconds. `actuals` is 0 where no association id is set."""

    deployment_id: str
    requests: int
    errors: int
    rows: int
    actuals: int
    start: float
    end: float

    def shown(self) -> Json:
        """Give it as JSON."""
        return {
            "deploymentId": self.deployment_id,
            "requests": self.requests,
            "errors": self.errors,
            "rows": self.rows,
            "actuals": self.actuals,
            "period": {"start": iso(self.start), "end": iso(self.end)},
        }


@dataclass(frozen=True, slots=True)
class _Target:
    """Where traffic goes to."""

    doc: Json
    settings: Json
    package: Json
    training: Training


def generate(
    store: Store,
    now: float,
    deployment_id: str,
    *,
    rows: int = 10_000,
    days: float = 14.0,
    drift: float = 0.0,
    error_rate: float = 0.0,
    seed: int = 0,
) -> Traffic:
    """Generate predictions of `rows` rows up to `now`, and actuals where there is an association id, and log them.

    `days` is how long the period is, `drift` how far it moves away from training (0: not at all, 0.3: to be seen, 1:
    gross), `error_rate` the share of requests that fail. Raises Problem 404, 409 or 422 for a deployment that is not
    there, not active, or whose model the emulator does not score.
    """
    with store.writing(now):
        jobs.settle(store, now)
        target = _target(store, deployment_id)
        # Not of the deployment's id, which is another one in every world that is built anew.
        random = chance("traffic", seed, target.doc["label"], target.package["modelId"])
        return _generated(store, target, rows, days, drift, error_rate, random, now)


def answer(store: Store, now: float, body: Any) -> Json:
    """Generate as the body of `POST /emulator/traffic/` says and give what was generated; Problem 422 for a bad one."""
    given = check(body, _SHAPE)
    made = generate(
        store,
        now,
        given["deploymentId"],
        rows=given.get("rows", 10_000),
        days=given.get("days", 14.0),
        drift=given.get("drift", 0.0),
        error_rate=given.get("errorRate", 0.0),
        seed=given.get("seed", 0),
    )
    return made.shown()


def _target(store: Store, deployment_id: str) -> _Target:
    doc = document.fetch(store, deployment_id)
    if doc is None or doc["deleting"]:
        raise not_found(f"There is no deployment {deployment_id}.")
    if doc["status"] != "active":
        raise conflict(f"The deployment is {doc['status']}: only an active one predicts.")
    package = document.package_of(store, doc)
    if not scores(package["_facts"]):
        fail("deploymentId", f"the emulator does not score {package['_facts']['targetType']} models")
    return _Target(doc, document.settings_of(store, deployment_id), package, training_of(package["_facts"]))


def _generated(
    store: Store, target: _Target, rows: int, days: float, drift: float, error_rate: float, random: Random, now: float
) -> Traffic:
    start = now - days * simulation.DAY
    sizes = list(simulation.sizes(rows, random))
    failures = simulation.failures(len(sizes), error_rate, random)
    times = simulation.times(len(sizes) + len(failures), start, now, random)
    failed = set(random.sample(range(len(times)), len(failures)))
    good = [at for place, at in enumerate(times) if place not in failed]
    bad = [times[place] for place in sorted(failed)]
    columns, predictions, actuals = simulation.rows(target.training, sizes, good, start, now, drift, random)
    ids = _associations(target, rows, now, random)
    requests = [
        *_answered(target, sizes, good, columns, predictions, ids, random),
        *_refused(target, failures, bad, random),
    ]
    requests.sort(key=lambda pair: pair[0].at)
    add(store, requests)
    known = _known(store, target, ids, actuals, now, random)
    if ids is not None and not target.doc["predicted"]:
        target.doc["predicted"] = True
        document.save(store, target.doc)
    watch.mark(store, target.doc["id"])
    return Traffic(target.doc["id"], len(requests), len(failures), rows, known, start, now)


def _associations(target: _Target, rows: int, now: float, random: Random) -> list[str] | None:
    if not target.settings["associationId"]["columnNames"]:
        return None
    # Traffic of another time or seed must not carry the same ids.
    prefix = f"{int(now):x}-{random.getrandbits(32):08x}"
    return [f"{prefix}-{place}" for place in range(rows)]


def _answered(
    target: _Target,
    sizes: list[int],
    times: list[float],
    columns: dict[str, list[Any]],
    predictions: list[Any],
    ids: list[str] | None,
    random: Random,
) -> Iterator[tuple[Logged, Scored | None]]:
    bits = tracked(target.settings)
    flags = outside(target.settings, target.package["_facts"], predictions)
    first = 0
    for at, size in zip(times, sizes, strict=True):
        part = slice(first, first + size)
        first += size
        execution = random.lognormvariate(3.2, 0.35) + 0.4 * size
        if random.random() < _SLOW:
            execution *= random.uniform(20, 60)
        cold = random.random() < _COLD
        response = execution + random.uniform(2, 12) + (random.uniform(200, 900) if cold else 0)
        scored = Scored(
            target.training.scorer,
            bits,
            {name: column[part] for name, column in columns.items()},
            [column[part] for column in predictions],
            None if ids is None else ids[part],
        )
        outliers = sum(flags[part]) if flags else 0
        yield _logged(target, at, 200, size, execution, response, random, cached=not cold, outliers=outliers), scored


def _refused(
    target: _Target, failures: list[int], times: list[float], random: Random
) -> Iterator[tuple[Logged, Scored | None]]:
    for at, status in zip(times, failures, strict=True):
        yield _logged(target, at, status, 0, None, random.uniform(2, 40), random, cached=True, outliers=0), None


def _logged(
    target: _Target,
    at: float,
    status: int,
    size: int,
    execution: float | None,
    response: float,
    random: Random,
    *,
    cached: bool,
    outliers: int,
) -> Logged:
    name, _, remote = random.choices(_CONSUMERS, [weight for _, weight, _ in _CONSUMERS])[0]
    return Logged(
        target.doc["id"],
        target.package["modelId"],
        at,
        status,
        size,
        execution,
        response,
        cached,
        outliers,
        name,
        remote,
        "emulator",
    )


def _known(store: Store, target: _Target, ids: list[str] | None, actuals: list[Any], now: float, random: Random) -> int:
    """Submit the outcomes that are known by now and give their count."""
    if ids is None:
        return 0
    texts: dict[Any, str] = {}
    kept = [
        [association, texts.get(value) or texts.setdefault(value, dump(value)), None, None]
        for association, value in zip(ids, actuals, strict=True)
        if random.random() < _ANSWERED
    ]
    put(store, target.doc["id"], kept, now)
    return len(kept)


__all__ = ["MOST_ROWS", "Traffic", "answer", "generate"]
