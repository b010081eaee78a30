"""`predictionsOverTime/` and `predictionsVsActualsOverTime/`: what was predicted, and what happened (2.9).

Both are closed for the vendor's SDK: no further key may be added at the top. Percents are from 0 to 100.
"""

from collections.abc import Sequence

import numpy as np

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.period import buckets_of
from drplan.emulator.world.monitoring.accuracy import target_classes
from drplan.emulator.world.monitoring.matching import Matched, holdout, matched
from drplan.emulator.world.monitoring.rows import Floats, rows_of
from drplan.emulator.world.monitoring.selection import selection_of
from drplan.emulator.world.scoring import Scorer
from drplan.emulator.world.serving.log import TARGET

SIZES = ("PT1H", "P1D", "P7D", "P1M")  # the buckets that these routes take (API reference 2.9)
_PERCENTILES = (10, 20, 30, 40, 50, 60, 70, 80, 90)


def over_time(call: Call) -> Answer:
    """Answer what was predicted, bucket by bucket, of one model or several."""
    selection = selection_of(call)
    selection.need("targetDrift", "What is predicted")
    buckets = buckets_of(call, selection.period, SIZES)
    percentiles = bool(call.flag("includePercentiles"))
    items, baselines = [], []
    for model_id in selection.models:
        training = selection.training(model_id)
        scorer = training.scorer
        classes = target_classes(call, scorer)
        rows = rows_of(
            selection.store, selection.doc["id"], model_id, selection.period, selection.segment, width=scorer.width
        )
        rows = rows.where((rows.tracked & TARGET) > 0)
        for bucket, place in zip(buckets, rows.cut(buckets), strict=True):
            told = _told(scorer, rows.predictions[place], classes, percentiles=percentiles)
            items.append({"period": bucket.shown(), "modelId": model_id, **told})
        held = np.asarray(training.predictions, dtype=np.float64).T
        baselines.append({"modelId": model_id, **_told(scorer, held, classes, percentiles=percentiles)})
    return ok({"baselines": baselines, "buckets": items})


def against_actuals(call: Call) -> Answer:
    """Answer what was predicted and what happened, bucket by bucket, of one model or several."""
    selection = selection_of(call)
    selection.need_association()
    buckets = buckets_of(call, selection.period, SIZES)
    items, baselines = [], []
    total = known = 0
    for model_id in selection.models:
        training = selection.training(model_id)
        scorer = training.scorer
        classes = target_classes(call, scorer)
        found = matched(selection, model_id)
        total, known = total + found.rows.count, known + int(found.known.sum())
        for bucket, place in zip(buckets, found.rows.cut(buckets), strict=True):
            items.append({"period": bucket.shown(), "modelId": model_id, **_compared(scorer, found, place, classes)})
        base = holdout(training)
        baselines.append(
            {
                "modelId": model_id,
                "rowCountTotal": base.count,
                "rowCountWithActual": base.count,
                **_sides(scorer, base.predicted, base.truth, classes),
            }
        )
    summary = {"rowCountTotal": total, "rowCountWithActual": known}
    return ok({"summary": summary, "baselines": baselines, "buckets": items, **selection.head()})


def _told(scorer: Scorer, predicted: Floats, classes: list[int] | None, *, percentiles: bool) -> Json:
    single = scorer.width == 1
    count = len(predicted)
    return {
        "rowCount": count,
        "meanPredictedValue": float(predicted[:, 0].mean()) if single and count else None,
        "percentiles": _percentiles(predicted[:, 0]) if single and percentiles and count else None,
        "meanProbabilities": _probabilities(scorer, predicted, classes) if scorer.labels and count else None,
        "classDistribution": _distribution(scorer, _said(scorer, predicted), classes) if count else None,
    }


def _percentiles(values: Floats) -> list[Json]:
    found = np.percentile(values, _PERCENTILES)
    return [{"percent": percent, "value": float(value)} for percent, value in zip(_PERCENTILES, found, strict=True)]


def _probabilities(scorer: Scorer, predicted: Floats, classes: list[int] | None) -> list[Json]:
    means = predicted.mean(axis=0)
    if scorer.width == 1:
        means = np.array([means[0], 1 - means[0]])
    return [{"className": scorer.labels[place], "value": float(means[place])} for place in _places(scorer, classes)]


def _said(scorer: Scorer, predicted: Floats) -> Floats:
    """Give the places of the labels that predictions mean."""
    if scorer.width == 1:
        places: Floats = (predicted[:, 0] < scorer.threshold).astype(np.float64)
    else:
        places = predicted.argmax(axis=1).astype(np.float64)
    return places


def _distribution(scorer: Scorer, places: Floats, classes: list[int] | None) -> list[Json] | None:
    if not scorer.labels or not len(places):
        return None
    counts = np.bincount(places.astype(int), minlength=len(scorer.labels))
    return [
        {
            "className": scorer.labels[place],
            "count": int(counts[place]),
            "percent": 100 * float(counts[place]) / len(places),
        }
        for place in _places(scorer, classes)
    ]


def _places(scorer: Scorer, classes: list[int] | None) -> Sequence[int]:
    return range(len(scorer.labels)) if classes is None else classes


def _compared(scorer: Scorer, found: Matched, place: slice, classes: list[int] | None) -> Json:
    predicted = found.rows.predictions[place]
    truth = found.truth[place][found.known[place]]
    return {
        "rowCountTotal": len(predicted),
        "rowCountWithActual": len(truth),
        **_sides(scorer, predicted, truth, classes),
    }


def _sides(scorer: Scorer, predicted: Floats, truth: Floats, classes: list[int] | None) -> Json:
    single = scorer.width == 1
    # The positive class is the first label, and 1 among outcomes.
    places = 1 - truth if single and scorer.labels else truth
    return {
        "meanPredictedValue": float(predicted[:, 0].mean()) if single and len(predicted) else None,
        "meanActualValue": float(truth.mean()) if single and len(truth) else None,
        "predictedClassDistribution": _distribution(scorer, _said(scorer, predicted), classes)
        if len(predicted)
        else None,
        "actualClassDistribution": _distribution(scorer, places, classes),
    }
