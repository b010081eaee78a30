"""`accuracy/` and `accuracyOverTime/`: predictions against actuals, and against the training's holdout (2.9)."""

import numpy as np

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request
from drplan.emulator.http.period import buckets_of
from drplan.emulator.world.monitoring.matching import Matched, holdout, matched
from drplan.emulator.world.monitoring.metrics import (
    BINARY,
    Outcome,
    default_metric,
    metrics_of,
    one_against_rest,
    value_of,
)
from drplan.emulator.world.monitoring.reading import Reading, reading_of
from drplan.emulator.world.scoring import Scorer, Training


def accuracy(call: Call) -> Answer:
    """Answer every metric of one model, or one metric of several."""
    reading = reading_of(call)
    reading.need_association()
    wanted = call.one("metric")
    if len(reading.models) > 1 and not wanted:
        raise bad_request("metric: is required for several models")
    other = call.one("baselineModelId")
    items: list[Json] = []
    for model_id in reading.models:
        scorer = reading.training(model_id).scorer
        classes = target_classes(call, scorer)
        outcome = _of_classes(matched(reading, model_id).outcome(), classes)
        base = _baseline(reading, other or model_id, in_training=not other, classes=classes)
        names = [_known(wanted, scorer)] if wanted else metrics_of(scorer)
        items += [{"modelId": model_id, **_item(name, scorer, outcome, base)} for name in names]
    body: Json = {"period": reading.period.shown(), "data": items, **reading.head()}
    if len(reading.models) == 1:
        legacy = ("value", "baselineValue", "percentChange")
        body["modelId"] = reading.model
        body["metrics"] = {item["metricName"]: {key: item[key] for key in legacy} for item in items}
    return ok(body)


def over_time(call: Call) -> Answer:
    """Answer one metric, bucket by bucket, of one model or several."""
    reading = reading_of(call)
    reading.need_association()
    buckets = buckets_of(call, reading.period)
    items, baselines = [], []
    body: Json = {}
    for model_id in reading.models:
        training = reading.training(model_id)
        scorer = training.scorer
        name = _known(call.one("metric") or default_metric(scorer), scorer)
        classes = target_classes(call, scorer)
        found = matched(reading, model_id)
        for bucket, place in zip(buckets, found.rows.cut(buckets), strict=True):
            items.append(
                {
                    "period": bucket.shown(),
                    **_bucket(name, scorer, _of_classes(found.outcome(place), classes), model_id),
                }
            )
        base = _of_classes(holdout(training), classes)
        baselines.append({"period": None, **_bucket(name, scorer, base, model_id, training)})
        body |= {
            "metric": name,
            "modelId": model_id,
            "summary": {"period": reading.period.shown(), **_bucket(name, scorer, _whole(found, classes), model_id)},
            "baseline": baselines[-1],
        }
    if len(reading.models) > 1:
        body = {"metric": body["metric"]}
    return ok({**body, "buckets": items, "baselines": baselines, **reading.head()})


def target_classes(call: Call, scorer: Scorer) -> list[int] | None:
    """Give the places of the classes that the query narrows to, None for all; 400 for one that is no class."""
    names = [*call.query.get("targetClass", []), *call.many("targetClasses")]
    unknown = [name for name in names if name not in scorer.labels]
    if unknown:
        known = ", ".join(scorer.labels) or "none: the target is a number"
        raise bad_request(f"targetClass: {unknown[0][:40]} is not a class of the target; there are {known}")
    return [scorer.labels.index(name) for name in names] or None


def baseline_value(name: str, training: Training, outcome: Outcome | None = None) -> float | None:
    """Give a metric of the training: what the seed says, else what is computed on the holdout."""
    if outcome is None and name in training.accuracy:
        return training.accuracy[name]
    return value_of(name, training.scorer, outcome or holdout(training))


def percent_change(value: float | None, baseline: float | None) -> float | None:
    """Give how much a value is above its baseline, in percent of the baseline; None where that has no meaning."""
    return None if value is None or not baseline else 100 * (value - baseline) / abs(baseline)


def _whole(found: Matched, classes: list[int] | None) -> Outcome:
    return _of_classes(found.outcome(), classes)


def _known(name: str, scorer: Scorer) -> str:
    known = metrics_of(scorer)
    if name not in known:
        raise bad_request(f"metric: {name[:40]} is not a metric of a {scorer.kind} model; there are {', '.join(known)}")
    return name


def _of_classes(outcome: Outcome, classes: list[int] | None) -> Outcome:
    """Give what is known of rows whose actual is one of some classes of a multiclass target."""
    if classes is None or outcome.predicted.shape[1] == 1:
        return outcome
    kept = np.isin(outcome.truth, classes)
    return Outcome(outcome.truth[kept], outcome.predicted[kept], outcome.threshold)


class _Base:
    """What a metric is compared with: a model's training, or what another model does in the same period."""

    def __init__(self, training: Training, outcome: Outcome, in_training: bool) -> None:
        self.count = outcome.count
        self._training, self._outcome, self._in_training = training, outcome, in_training

    def value(self, name: str) -> float | None:
        if self._in_training and name in self._training.accuracy:
            return self._training.accuracy[name]
        return value_of(name, self._training.scorer, self._outcome)


def _baseline(reading: Reading, model_id: str, *, in_training: bool, classes: list[int] | None) -> _Base:
    training = reading.training(model_id)
    outcome = holdout(training) if in_training else matched(reading, model_id).outcome()
    return _Base(training, _of_classes(outcome, classes), in_training and classes is None)


def _item(name: str, scorer: Scorer, outcome: Outcome, base: _Base) -> Json:
    value, baseline = value_of(name, scorer, outcome), base.value(name)
    return {
        "metricName": name,
        "value": value,
        "sampleSize": outcome.count,
        "baselineValue": baseline,
        "baselineSampleSize": base.count,
        "percentChange": percent_change(value, baseline),
    }


def _bucket(name: str, scorer: Scorer, outcome: Outcome, model_id: str, training: Training | None = None) -> Json:
    value = value_of(name, scorer, outcome) if training is None else baseline_value(name, training, None)
    per_class = None
    if scorer.width > 1 and outcome.count and name in BINARY:
        split = [one_against_rest(outcome, place) for place in range(scorer.width)]
        per_class = [
            {"className": label, "value": BINARY[name](each)}
            for label, each in zip(scorer.labels, split, strict=True)
            if each.truth.any()
        ]
    return {"value": value, "sampleSize": outcome.count, "modelId": model_id, "valuePerClass": per_class}
