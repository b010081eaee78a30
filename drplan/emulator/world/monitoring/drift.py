"""`targetDrift/`, `featureDrift/`, `featureDriftOverTime/`: predictions and features against training (2.9).

The target's drift compares predictions with those of the training's holdout: predictions vary less than outcomes, so
comparing them with outcomes would show drift in a model that is as good as new.
"""

import numpy as np

from drplan.emulator.core.store import Json, dump
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request, forbidden
from drplan.emulator.http.paging import envelope, window
from drplan.emulator.http.period import buckets_of
from drplan.emulator.world.monitoring.divergence import METRICS, number_counts, score, word_counts
from drplan.emulator.world.monitoring.rows import Floats, Rows, rows_of
from drplan.emulator.world.monitoring.selection import Selection, chosen, selection_of
from drplan.emulator.world.scoring import Training
from drplan.emulator.world.serving.log import FEATURES, TARGET

_PAGE = 25
_MOST_FEATURES = 25  # that are tracked unless the settings choose some, the heaviest first


def target(call: Call) -> Answer:
    """Answer how far predictions are from those of the training."""
    selection = selection_of(call, one_model=True)
    selection.need("targetDrift", "Target drift")
    metric = chosen(call, "metric", tuple(METRICS), "psi")
    training = _baseline(selection)
    rows = _rows(selection, training, TARGET)
    return ok(
        {
            "period": selection.period.shown(),
            "metric": metric,
            "modelId": selection.model,
            "targetName": training.scorer.target,
            "driftScore": target_score(metric, rows, training),
            "sampleSize": rows.count,
            "baselineSampleSize": len(training.actuals),
            "segmentValue": None,
            **selection.head(),
        }
    )


def features(call: Call) -> Answer:
    """Answer how far each feature is from the training, the heaviest features first."""
    selection = selection_of(call, one_model=True)
    selection.need("featureDrift", "Feature drift")
    metric = chosen(call, "metric", tuple(METRICS), "psi")
    training = _baseline(selection)
    rows = _rows(selection, training, FEATURES, words=True)
    names = tracked_features(selection.settings, training)
    offset, limit = window(call, _PAGE)
    items = [
        {
            "name": name,
            "driftScore": feature_score(metric, name, rows, training),
            "featureImpact": training.impact[name],
            "sampleSize": rows.count,
            "baselineSampleSize": training.rows,
        }
        for name in names[offset : offset + limit]
    ]
    head = {"period": selection.period.shown(), "metric": metric, "modelId": selection.model, **selection.head()}
    return envelope(call, [dump(item) for item in items], len(names), offset, limit, head)


def features_over_time(call: Call) -> Answer:
    """Answer the drift of one or two features, bucket by bucket."""
    selection = selection_of(call, one_model=True)
    selection.need("featureDrift", "Feature drift")
    metric = chosen(call, "metric", tuple(METRICS), "psi")
    training = _baseline(selection)
    known = tracked_features(selection.settings, training)
    names = call.many("featureNames") or known[:1]
    unknown = [name for name in names if name not in known]
    if unknown or len(names) > 2:
        raise bad_request(f"featureNames: must be one or two of {', '.join(known)}")
    buckets = buckets_of(call, selection.period)
    rows = _rows(selection, training, FEATURES, words=True)
    items = []
    for bucket in buckets:
        some = rows.where((rows.at >= bucket.start) & (rows.at < bucket.end))
        scores = [
            {"name": name, "driftScore": feature_score(metric, name, some, training), "sampleSize": some.count}
            for name in names
        ]
        items.append({"period": bucket.shown(), "features": scores})
    baselines = [{"name": name, "sampleSize": training.rows} for name in names]
    return ok(
        {"metric": metric, "modelId": selection.model, "baselines": baselines, "buckets": items, **selection.head()}
    )


def target_score(metric: str, rows: Rows, training: Training) -> float | None:
    """Give the drift of the predictions, None without any."""
    if training.scorer.width == 1:
        return score(metric, *number_counts(rows.predictions[:, 0], np.asarray(training.predictions[0])))
    held = np.asarray(training.predictions).T
    return score(metric, *word_counts(_labels(rows.predictions), _labels(held)))


def feature_score(metric: str, name: str, rows: Rows, training: Training) -> float | None:
    """Give the drift of a feature, None without rows."""
    column = training.columns[name]
    if name in training.scorer.numbers:
        base = np.array([np.nan if value is None else value for value in column], dtype=np.float64)
        return score(metric, *number_counts(rows.numbers.get(name, np.empty(0)), base))
    return score(metric, *word_counts(list(rows.words.get(name, ())), column))


def tracked_features(settings: Json, training: Training) -> list[str]:
    """Give the features whose drift is tracked: those that the settings choose, else the heaviest ones."""
    ranked = sorted(training.impact, key=lambda name: (-training.impact[name], name))
    wanted = settings["featureDrift"]
    if wanted["featureSelection"] == "manual":
        return [name for name in ranked if name in wanted["trackedFeatures"]]
    return ranked[:_MOST_FEATURES]


def _labels(predictions: Floats) -> list[str]:
    return [str(place) for place in predictions.argmax(axis=1)] if len(predictions) else []


def _baseline(selection: Selection) -> Training:
    if not selection.facts(selection.model)["driftBaseline"]:
        raise forbidden("Drift is not tracked: the model's training data is not known.")
    return selection.training(selection.model)


def _rows(selection: Selection, training: Training, bit: int, *, words: bool = False) -> Rows:
    rows = rows_of(
        selection.store,
        selection.doc["id"],
        selection.model,
        selection.period,
        selection.segment,
        width=training.scorer.width,
        words=words,
    )
    return rows.where((rows.tracked & bit) > 0)
