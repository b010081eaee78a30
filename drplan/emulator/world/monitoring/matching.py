"""Predictions with their actuals: matched by association id.

An actual belongs to the last prediction of the period that carried its id. An actual that is none of the model's
classes any more says nothing about it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from drplan.emulator.core.store import Store, load
from drplan.emulator.http.period import Period
from drplan.emulator.world.monitoring.metrics import Sample
from drplan.emulator.world.monitoring.rows import Floats, Mask, Rows, rows_of
from drplan.emulator.world.monitoring.segments import Segment
from drplan.emulator.world.monitoring.selection import Selection
from drplan.emulator.world.scoring import Scorer, Training


@dataclass(frozen=True)
class Matched:
    """Rows with the actual of each: `known` tells which have one, `truth` is NaN for the rest."""

    rows: Rows
    known: Mask
    truth: Floats
    threshold: float

    def sample(self, place: slice | None = None) -> Sample:
        """Give the predictions that have an actual, in a part of the rows."""
        part = place or slice(None)
        known = self.known[part]
        return Sample(self.truth[part][known], self.rows.predictions[part][known], self.threshold)


def matched(selection: Selection, model_id: str, *, words: bool = False) -> Matched:
    """Give a model's rows in the period of a selection, each with its actual if there is one."""
    training = selection.training(model_id)
    return match(
        selection.store,
        selection.doc["id"],
        model_id,
        training.scorer,
        selection.period,
        selection.segment,
        words=words,
    )


def match(
    store: Store,
    deployment_id: str,
    model_id: str,
    scorer: Scorer,
    period: Period,
    segment: Segment | None = None,
    *,
    words: bool = False,
) -> Matched:
    """Give a model's rows in a period, each with its actual if there is one."""
    rows = rows_of(store, deployment_id, model_id, period, segment, width=scorer.width, words=words, ids=True)
    actuals = actuals_of(store, deployment_id)
    last = {association: place for place, association in enumerate(rows.ids) if association is not None}
    truth = np.full(rows.count, np.nan)
    for association, place in last.items():
        if association in actuals:
            truth[place] = coded(scorer, actuals[association])
    return Matched(rows, ~np.isnan(truth) & ~np.isnan(rows.predictions).any(axis=1), truth, scorer.threshold)


def holdout(training: Training) -> Sample:
    """Give a training's holdout, the baseline of accuracy."""
    truth = np.array([coded(training.scorer, value) for value in training.actuals], dtype=np.float64)
    return Sample(truth, np.asarray(training.predictions, dtype=np.float64).T, training.scorer.threshold)


def coded(scorer: Scorer, value: Any) -> float:
    """Give an actual as a number: itself, 1 for the positive class, or the place of its class; NaN if it is none."""
    if not scorer.labels:
        return float(value) if isinstance(value, int | float) else float("nan")
    if value not in scorer.labels:
        return float("nan")
    place = scorer.labels.index(value)
    return float(place == 0) if scorer.width == 1 else float(place)


def actuals_of(store: Store, deployment_id: str) -> dict[str, Any]:
    """Give every actual of a deployment by its association id."""
    rows = store.db.execute("SELECT association, value FROM actuals WHERE deployment_id = ?", (deployment_id,))
    values: dict[str, Any] = {}  # JSON texts repeat a lot where classes are few
    return {
        association: values[text] if text in values else values.setdefault(text, load(text))
        for association, text in rows
    }
