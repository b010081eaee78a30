"""`accuracy/` and `accuracyOverTime/`: predictions against actuals, and against the training's holdout (2.9)."""

import numpy as np

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import bad_request
from drplan.emulator.http.period import buckets_of
from drplan.emulator.world.monitoring.matching import Matched, holdout, matched
from drplan.emulator.world.monitoring.metrics import (
    BINARY,
    Sample,
    default_metric,
    metrics_of,
    one_against_rest,
    value_of,
)
from drplan.emulator.world.monitoring.selection import Selection, selection_of
from drplan.emulator.world.scoring import Scorer, Training


def accuracy(call: Call) -> Answer:
    """Answer every metric of one model, or one metric of several."""
    selection = selection_of(call)
    selection.need_association()
    wanted = call.one("metric")
    if len(selection.models) > 1 and not wanted:
        raise bad_request("metric: is required for several models")
    other = call.one("baselineModelId")
    items: list[Json] = []
    for model_id in selection.models:
        scorer = selection.training(model_id).scorer
        classes = target_classes(call, scorer)
        sample = _of_classes(matched(selection, model_id).sample(), classes)
        base = _baseline(selection, other or model_id, in_training=not other, classes=classes)
        names = [_known(wanted, scorer)] if wanted else metrics_of(scorer)
        items += [{"modelId": model_id, **_item(name, scorer, sample, base)} for name in names]
    body: Json = {"period": selection.period.shown(), "data": items, **selection.head()}
    if len(selection.models) == 1:
        legacy = ("value", "baselineValue", "percentChange")
        body["modelId"] = selection.model
        body["metrics"] = {item["metricName"]: {key: item[key] for key in legacy} for item in items}
    return ok(body)


def over_time(call: Call) -> Answer:
    """Answer one metric, bucket by bucket, of one model or several."""
    selection = selection_of(call)
    selection.need_association()
    buckets = buckets_of(call, selection.period)
    items, baselines = [], []
    body: Json = {}
    for model_id in selection.models:
        training = selection.training(model_id)
        scorer = training.scorer
        name = _known(call.one("metric") or default_metric(scorer), scorer)
        classes = target_classes(call, scorer)
        found = matched(selection, model_id)
        for bucket, place in zip(buckets, found.rows.cut(buckets), strict=True):
            items.append(
                {
                    "period": bucket.shown(),
                    **_bucket(name, scorer, _of_classes(found.sample(place), classes), model_id),
                }
            )
        base = _of_classes(holdout(training), classes)
        baselines.append({"period": None, **_bucket(name, scorer, base, model_id, training)})
        body |= {
            "metric": name,
            "modelId": model_id,
            "summary": {"period": selection.period.shown(), **_bucket(name, scorer, _whole(found, classes), model_id)},
            "baseline": baselines[-1],
        }
    if len(selection.models) > 1:
        body = {"metric": body["metric"]}
    return ok({**body, "buckets": items, "baselines": baselines, **selection.head()})


def target_classes(call: Call, scorer: Scorer) -> list[int] | None:
    """Give the places of the classes that the query narrows to, None for all; 400 for one that is no class."""
    names = [*call.query.get("targetClass", []), *call.many("targetClasses")]
    unknown = [name for name in names if name not in scorer.labels]
    if unknown:
        known = ", ".join(scorer.labels) or "none: the target is a number"
        raise bad_request(f"targetClass: {unknown[0][:40]} is not a class of the target; there are {known}")
    return [scorer.labels.index(name) for name in names] or None


def baseline_value(name: str, training: Training, sample: Sample | None = None) -> float | None:
    """Give a metric of the training: what the seed says, else what is computed on the holdout."""
    if sample is None and name in training.accuracy:
        return training.accuracy[name]
    return value_of(name, training.scorer, sample or holdout(training))


def percent_change(value: float | None, baseline: float | None) -> float | None:
    """Give how much a value is above its baseline, in percent of the baseline; None where that has no meaning."""
    return None if value is None or not baseline else 100 * (value - baseline) / abs(baseline)


def _whole(found: Matched, classes: list[int] | None) -> Sample:
    return _of_classes(found.sample(), classes)


def _known(name: str, scorer: Scorer) -> str:
    known = metrics_of(scorer)
    if name not in known:
        raise bad_request(f"metric: {name[:40]} is not a metric of a {scorer.kind} model; there are {', '.join(known)}")
    return name


def _of_classes(sample: Sample, classes: list[int] | None) -> Sample:
    """Give what is known of rows whose actual is one of some classes of a multiclass target."""
    if classes is None or sample.predicted.shape[1] == 1:
        return sample
    kept = np.isin(sample.truth, classes)
    return Sample(sample.truth[kept], sample.predicted[kept], sample.threshold)


class _Base:
    """What a metric is compared with: a model's training, or what another model does in the same period."""

    def __init__(self, training: Training, sample: Sample, in_training: bool) -> None:
        self.count = sample.count
        self._training, self._sample, self._in_training = training, sample, in_training

    def value(self, name: str) -> float | None:
        if self._in_training and name in self._training.accuracy:
            return self._training.accuracy[name]
        return value_of(name, self._training.scorer, self._sample)


def _baseline(selection: Selection, model_id: str, *, in_training: bool, classes: list[int] | None) -> _Base:
    training = selection.training(model_id)
    sample = holdout(training) if in_training else matched(selection, model_id).sample()
    return _Base(training, _of_classes(sample, classes), in_training and classes is None)


def _item(name: str, scorer: Scorer, sample: Sample, base: _Base) -> Json:
    value, baseline = value_of(name, scorer, sample), base.value(name)
    return {
        "metricName": name,
        "value": value,
        "sampleSize": sample.count,
        "baselineValue": baseline,
        "baselineSampleSize": base.count,
        "percentChange": percent_change(value, baseline),
    }


def _bucket(name: str, scorer: Scorer, sample: Sample, model_id: str, training: Training | None = None) -> Json:
    value = value_of(name, scorer, sample) if training is None else baseline_value(name, training, None)
    per_class = None
    if scorer.width > 1 and sample.count and name in BINARY:
        split = [one_against_rest(sample, place) for place in range(scorer.width)]
        per_class = [
            {"className": label, "value": BINARY[name](each)}
            for label, each in zip(scorer.labels, split, strict=True)
            if each.truth.any()
        ]
    return {"value": value, "sampleSize": sample.count, "modelId": model_id, "valuePerClass": per_class}
