"""Everything that a page shows of a deployment: its main readings, each with a note where it cannot be had."""

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass

from drplan.errors import Refused, Rejected
from drplan.monitor.reader import Reader
from drplan.platform.progress import SILENT, Progress
from drplan.readings.base import Reading
from drplan.readings.times import Moment, Size

SERVICE_METRICS = ("totalPredictions", "responseTime", "userErrorRate", "serverErrorRate")


@dataclass(frozen=True, slots=True)
class OverviewReading:
    """One reading of an overview, or None; `note` says why there is none, or why it has no data."""

    title: str
    reading: Reading | None
    note: str = ""


async def overview(
    reader: Reader, *, start: Moment | None = None, end: Moment | None = None, bucket: Size | None = None
) -> tuple[OverviewReading, ...]:
    """Return service, drift and accuracy of one deployment: about ten requests, made at once.

    What is switched off, or not allowed, becomes a note; raises ApiError where the platform cannot be reached, and
    UsageError where the period makes no sense.
    """
    wanted: tuple[tuple[str, Awaitable[Reading]], ...] = (
        ("Service", reader.service_stats(start=start, end=end)),
        ("Service over time", reader.service_stats_over_time(SERVICE_METRICS, start=start, end=end, bucket=bucket)),
        ("Target drift", reader.target_drift(start=start, end=end)),
        ("Feature drift", reader.feature_drift(start=start, end=end)),
        ("Predictions over time", reader.predictions_over_time(start=start, end=end, bucket=bucket)),
        ("Accuracy", reader.accuracy(start=start, end=end)),
        ("Accuracy over time", reader.accuracy_over_time(start=start, end=end, bucket=bucket)),
    )
    return tuple(await asyncio.gather(*(_item(reader, title, work) for title, work in wanted)))


async def overviews(
    readers: Iterable[Reader],
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    bucket: Size | None = None,
    progress: Progress = SILENT,
) -> tuple[tuple[OverviewReading, ...], ...]:
    """Return the overviews of several deployments, read at once within the client's bounds."""
    listed = list(readers)
    done = 0

    async def one(reader: Reader) -> tuple[OverviewReading, ...]:
        nonlocal done
        found = await overview(reader, start=start, end=end, bucket=bucket)
        done += 1
        progress.count("reading", done, len(listed))
        return found

    return tuple(await asyncio.gather(*map(one, listed)))


async def _item(reader: Reader, title: str, work: Awaitable[Reading]) -> OverviewReading:
    try:
        reading = await work
        return OverviewReading(title, reading, "" if reading.has_data else await reader.why_empty(reading))
    except Refused as error:
        return OverviewReading(title, None, "; ".join(map(str, error.diagnostics)) or error.summary)
    except Rejected as error:
        return OverviewReading(title, None, error.summary)
