"""The log of predictions: one row a request, and for those that scored the rows' values, column by column.

Columns of numbers are 64-bit floats in a blob, words are JSON: one read of a long period is a few big pieces.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from drplan.emulator.core.store import Json, Store, dump
from drplan.emulator.world.scoring import Scorer

TARGET, FEATURES = 1, 2  # bits of `tracked`: what drift tracking was on when a request came
_NONE = float("nan")


@dataclass(frozen=True, slots=True)
class Logged:
    """One request for predictions: epoch seconds, times in milliseconds, an HTTP status; `rows` were predicted."""

    deployment_id: str
    model_id: str
    at: float
    status: int
    rows: int
    execution: float | None
    response: float
    cached: bool
    outliers: int
    consumer: str
    remote: str
    host: str


@dataclass(frozen=True, slots=True)
class Scored:
    """The rows that a request predicted; `associations` are their ids, None for those without one."""

    scorer: Scorer
    tracked: int
    columns: Mapping[str, Sequence[Any]]
    predictions: Sequence[Sequence[float]]
    associations: Sequence[str | None] | None


def add(store: Store, requests: Iterable[tuple[Logged, Scored | None]]) -> None:
    """Write requests with what they scored, in the caller's transaction; the caller marks the deployment as changed."""
    seq = store.db.execute("SELECT coalesce(max(seq), 0) FROM requests").fetchone()[0]
    lines, pieces = [], []
    for seq_, (logged, scored) in enumerate(requests, seq + 1):
        lines.append((seq_, *astuple(logged)))
        if scored is not None:
            pieces.append((seq_, *_piece(scored)))
    store.db.executemany(f"INSERT INTO requests ({_COLUMNS}) VALUES ({', '.join('?' * 13)})", lines)  # noqa: S608 - constant
    store.db.executemany("INSERT INTO scored VALUES (?, ?, ?, ?, ?, ?, ?)", pieces)


def tracked(settings: Json) -> int:
    """Give what of a request's rows drift tracking sees under these settings."""
    target, features = settings["targetDrift"]["enabled"], settings["featureDrift"]["enabled"]
    return (TARGET if target else 0) | (FEATURES if features else 0)


_COLUMNS = (
    "seq, deployment_id, model_id, at, status, rows, execution, response, cached, outliers, consumer, remote, host"
)


def _piece(scored: Scored) -> tuple[Any, ...]:
    scorer, columns = scored.scorer, scored.columns
    numbers = array("d")
    for name in scorer.numbers:
        numbers.extend(_NONE if value is None else value for value in columns[name])
    predictions = array("d")
    for column in scored.predictions:
        predictions.extend(column)
    ids = scored.associations
    return (
        scored.tracked,
        dump({"numbers": scorer.numbers, "words": scorer.words}),
        numbers.tobytes(),
        dump([columns[name] for name in scorer.words]),
        predictions.tobytes(),
        None if ids is None or not any(ids) else dump(list(ids)),
    )
