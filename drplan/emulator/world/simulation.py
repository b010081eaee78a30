"""Simulated days: when requests come, how many rows they bring, which fail, and how rows move away from training."""

from collections.abc import Callable, Iterator
from itertools import accumulate
from random import Random
from typing import Any

from drplan.emulator.world.scoring import Training, outcomes

DAY = 86400.0
_SHIFT = 6.0  # standard deviations that the heaviest feature has moved by at the end, at a drift of 1
_FADING = 2.0  # share of the learned pattern that is gone at the end, at a drift of 1; all of it at most
_BATCH = 20  # rows of a request, on average
_USER_ERRORS = 0.8  # share of failing requests that are the client's fault
# Requests by hour of the day.
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 15, 13, 14, 15, 14, 12, 9, 7, 6, 5, 4, 3, 2)
_WEEKEND = 0.4  # as many requests on its days as on others
_FAILURES = ((400, "user"), (422, "user"), (422, "user"), (500, "server"), (503, "server"))


def sizes(rows: int, random: Random) -> Iterator[int]:
    """Give how many rows each request brings, until there are all."""
    left = rows
    while left:
        size = min(left, 1 + int(random.expovariate(1 / (_BATCH - 0.5))))
        yield size
        left -= size


def failures(answered: int, error_rate: float, random: Random) -> list[int]:
    """Give the statuses of the requests that fail beside those that are answered."""
    count = round(answered * error_rate / (1 - error_rate))
    user = [status for status, fault in _FAILURES if fault == "user"]
    server = [status for status, fault in _FAILURES if fault == "server"]
    return [random.choice(user if random.random() < _USER_ERRORS else server) for _ in range(count)]


def times(count: int, start: float, end: float, random: Random) -> list[float]:
    """Give ascending times, more of them by day and in the week; the last one is just before the end."""
    hours = []
    at = start
    while at < end:
        following = min((at // 3600 + 1) * 3600, end)
        weekday = (int(at // DAY) + 3) % 7  # the first day of 1970 was a Thursday
        weight = _HOURS[int(at % DAY // 3600)] * (_WEEKEND if weekday > 4 else 1.0)
        hours.append((at, following, weight * (following - at)))
        at = following
    sums = list(accumulate(weight for _, _, weight in hours))
    found = []
    for first, last, _ in random.choices(hours, cum_weights=sums, k=count):
        found.append(first + random.random() * (last - first))
    found.sort()
    found[-1] = max(found[-1], end - 1.0) if count else end
    return found


def rows(
    training: Training, sizes: list[int], times: list[float], start: float, end: float, drift: float, random: Random
) -> tuple[dict[str, list[Any]], list[Any], list[Any]]:
    """Give the rows' values, predictions and outcomes, in the order of the requests."""
    count = sum(sizes)
    progress = [
        max(0.0, 2 * (at - start) / (end - start) - 1)
        for at, size in zip(times, sizes, strict=True)
        for _ in range(size)
    ]
    columns = {}
    for name, spread in training.spreads.items():
        strength = _SHIFT * drift * training.impact[name] * random.choice((-1, 1))
        columns[name] = spread.draw(random, count, _ramp(strength, progress) if strength else None)
    scorer = training.scorer
    latent = scorer.latent(columns, count)
    fading = _ramp(min(_FADING * drift, 1.0), progress) if drift else None
    return columns, scorer.linked(latent), outcomes(scorer, latent, training.noise, random, fading)


def _ramp(strength: float, progress: list[float]) -> Callable[[int], float]:
    return lambda place: strength * progress[place]
