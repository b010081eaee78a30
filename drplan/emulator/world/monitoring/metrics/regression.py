"""Metrics of a target that is a number."""

import numpy as np
from scipy.special import xlogy

from drplan.emulator.world.monitoring.metrics.sample import Metric, Sample
from drplan.emulator.world.monitoring.rows import Floats

_TWEEDIE = 1.5


def _errors(sample: Sample) -> Floats:
    return sample.predicted[:, 0] - sample.truth


def _deviance(power: float, truth: Floats, predicted: Floats) -> float | None:
    """Give the mean deviance of the Tweedie family: power 1 is Poisson, 2 is gamma; None where it is not defined."""
    if (predicted <= 0).any() or (truth < 0).any() or (power >= 2 and (truth <= 0).any()):
        return None
    if power == 1:
        each = xlogy(truth, truth / predicted) - truth + predicted
    elif power == 2:
        each = np.log(predicted / truth) + truth / predicted - 1
    else:
        each = (
            truth ** (2 - power) / ((1 - power) * (2 - power))
            - truth * predicted ** (1 - power) / (1 - power)
            + predicted ** (2 - power) / (2 - power)
        )
    return float(2 * each.mean())


def _deviance_metric(power: float) -> Metric:
    return lambda sample: _deviance(power, sample.truth, sample.predicted[:, 0])


def _explained(power: float) -> Metric:
    def share(sample: Sample) -> float | None:
        mine = _deviance(power, sample.truth, sample.predicted[:, 0])
        null = _deviance(power, sample.truth, np.full(sample.count, sample.truth.mean()))
        return None if mine is None or not null else 1 - mine / null

    return share


def _r_squared(sample: Sample) -> float | None:
    total = float(((sample.truth - sample.truth.mean()) ** 2).sum())
    return None if not total else 1 - float((_errors(sample) ** 2).sum()) / total


def _percentage(sample: Sample) -> float | None:
    known = sample.truth != 0
    return float(np.abs(_errors(sample)[known] / sample.truth[known]).mean() * 100) if known.any() else None


def _log_error(sample: Sample) -> float | None:
    predicted = sample.predicted[:, 0]
    if (predicted <= -1).any() or (sample.truth <= -1).any():
        return None
    return float(np.sqrt(((np.log1p(predicted) - np.log1p(sample.truth)) ** 2).mean()))


def _deviation(sample: Sample) -> float:
    errors = _errors(sample)
    return float(np.abs(errors - np.median(errors)).mean())


REGRESSION: dict[str, Metric] = {
    "RMSE": lambda sample: float(np.sqrt((_errors(sample) ** 2).mean())),
    "Gamma Deviance": _deviance_metric(2),
    "FVE Gamma": _explained(2),
    "FVE Poisson": _explained(1),
    "FVE Tweedie": _explained(_TWEEDIE),
    "MAD": _deviation,
    "MAE": lambda sample: float(np.abs(_errors(sample)).mean()),
    "MAPE": _percentage,
    "Poisson Deviance": _deviance_metric(1),
    "R Squared": _r_squared,
    "RMSLE": _log_error,
    "Tweedie Deviance": _deviance_metric(_TWEEDIE),
}
