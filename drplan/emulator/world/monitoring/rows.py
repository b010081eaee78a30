"""The logged rows of a model in a period, as columns of numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drplan.emulator.core.store import Store, load
from drplan.emulator.http.period import Period
from drplan.emulator.world.monitoring.segments import Segment, requests_clause

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rows:
    """Rows in the order of their times: `at` in epoch seconds, one column of `predictions` each, values by feature.

    Missing numbers are NaN, missing words and ids None. `words` and `ids` are empty unless they were asked for.
    """

    at: Floats
    tracked: NDArray[np.int64]
    predictions: Floats
    numbers: dict[str, Floats]
    words: dict[str, NDArray[np.object_]]
    ids: NDArray[np.object_]

    @property
    def count(self) -> int:
        """Give how many there are."""
        return len(self.at)

    def where(self, mask: Mask) -> "Rows":
        """Give some of them."""
        return Rows(
            self.at[mask],
            self.tracked[mask],
            self.predictions[mask],
            {name: column[mask] for name, column in self.numbers.items()},
            {name: column[mask] for name, column in self.words.items()},
            self.ids[mask] if len(self.ids) else self.ids,
        )

    def cut(self, buckets: Sequence[Period]) -> list[slice]:
        """Give the place of each bucket's rows; buckets follow each other."""
        edges = np.searchsorted(self.at, [each.start for each in buckets] + [buckets[-1].end], side="left")
        return [slice(int(start), int(end)) for start, end in pairwise(edges)]


def rows_of(
    store: Store,
    deployment_id: str,
    model_id: str,
    period: Period,
    segment: Segment | None = None,
    *,
    width: int,
    words: bool = False,
    ids: bool = False,
) -> Rows:
    """Give the rows that a model predicted in a period; `width` is how many numbers its predictions have."""
    narrowed, values = requests_clause(segment)
    by_feature = segment is not None and segment.column is None and segment.value is not None
    found = store.db.execute(
        "SELECT r.at, r.rows, s.tracked, s.layout, s.numbers, s.words, s.predictions, s.associations "  # noqa: S608 - a constant column
        "FROM requests r JOIN scored s ON s.seq = r.seq "
        f"WHERE r.deployment_id = ? AND r.model_id = ? AND r.at >= ? AND r.at < ?{narrowed} ORDER BY r.at, r.seq",
        (deployment_id, model_id, period.start, period.end, *values),
    ).fetchall()
    counts = np.array([row[1] for row in found], dtype=np.int64)
    layouts = {row[3]: load(row[3]) for row in found}
    gathered = Rows(
        at=np.repeat(np.array([row[0] for row in found], dtype=np.float64), counts),
        tracked=np.repeat(np.array([row[2] for row in found], dtype=np.int64), counts),
        predictions=_joined([np.frombuffer(row[6]).reshape(-1, row[1]).T for row in found], width),
        numbers=_numbers(found, layouts),
        words=_words(found, layouts) if words or by_feature else {},
        ids=_ids(found) if ids else np.empty(0, dtype=object),
    )
    if by_feature and segment is not None:
        column = gathered.words.get(segment.attribute, np.full(gathered.count, None, dtype=object))
        return gathered.where(column == segment.value)
    return gathered


def _joined(pieces: list[Floats], width: int) -> Floats:
    fitting = [piece for piece in pieces if piece.shape[1] == width]
    if len(fitting) != len(pieces):
        # A seed that changed the number of classes: what was predicted before says nothing now.
        fitting = [piece if piece.shape[1] == width else np.full((len(piece), width), np.nan) for piece in pieces]
    return np.concatenate(fitting) if fitting else np.empty((0, width))


def _numbers(found: list[Any], layouts: dict[str, Any]) -> dict[str, Floats]:
    names = dict.fromkeys(name for layout in layouts.values() for name in layout["numbers"])
    pieces: dict[str, list[Floats]] = {name: [] for name in names}
    for row in found:
        order = layouts[row[3]]["numbers"]
        block = np.frombuffer(row[4]).reshape(len(order), row[1]) if order else np.empty((0, row[1]))
        for name in names:
            pieces[name].append(block[order.index(name)] if name in order else np.full(row[1], np.nan))
    return {name: np.concatenate(parts) for name, parts in pieces.items() if parts}


def _words(found: list[Any], layouts: dict[str, Any]) -> dict[str, NDArray[np.object_]]:
    names = dict.fromkeys(name for layout in layouts.values() for name in layout["words"])
    gathered: dict[str, list[Any]] = {name: [] for name in names}
    for row in found:
        order = layouts[row[3]]["words"]
        block = load(row[5])
        for name in names:
            gathered[name].extend(block[order.index(name)] if name in order else [None] * row[1])
    return {name: _objects(values) for name, values in gathered.items()}


def _ids(found: list[Any]) -> NDArray[np.object_]:
    gathered: list[Any] = []
    for row in found:
        gathered.extend([None] * row[1] if row[7] is None else load(row[7]))
    return _objects(gathered)


def _objects(values: list[Any]) -> NDArray[np.object_]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
