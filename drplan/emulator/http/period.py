"""Periods and their buckets: full hours only, ISO 8601 durations (API reference 2.9, time rules)."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import bad_request

HOUR = 3600.0
DAY = 24 * HOUR
_DURATION = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?\Z"
)
_FIRST, _LAST = 365 * DAY, 221_845_392_000.0  # the years 1971 and 9000
_MOST_BUCKETS = 100_000


@dataclass(frozen=True, slots=True)
class Period:
    """A time from `start` up to, without, `end`, in epoch seconds."""

    start: float
    end: float

    def shown(self) -> Json:
        """Give it as the API writes it."""
        return {"start": moment(self.start), "end": moment(self.end)}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; months have no fixed number of seconds."""

    months: int
    seconds: float

    def after(self, start: float, times: int = 1) -> float:
        """Give the time that is this long, some times, after another one; a month that is too short ends early."""
        if not self.months:
            return start + self.seconds * times
        begun = datetime.fromtimestamp(start, UTC)
        month = begun.year * 12 + begun.month - 1 + self.months * times
        year, month = divmod(month, 12)
        day = min(begun.day, monthrange(year, month + 1)[1])
        return begun.replace(year=year, month=month + 1, day=day).timestamp() + self.seconds * times


def moment(seconds: float) -> str:
    """Give epoch seconds as RFC 3339 in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def period_of(call: Call) -> Period:
    """Give the period that the query asks for: the seven days to the next full hour unless it says otherwise."""
    end = _hour(call, "end")
    if end is None:
        end = (call.now // HOUR + 1) * HOUR
    start = _hour(call, "start")
    if start is None:
        start = end - 7 * DAY
    if start >= end:
        raise bad_request(f"start: must be before the end of the period, {moment(end)}")
    return Period(start, end)


def full_hour(name: str, text: str) -> float:
    """Give an RFC 3339 time as epoch seconds; 400 when it is none, or not on the hour."""
    try:
        read = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise bad_request(f"{name}: must be a time such as 2019-08-01T00:00:00Z, not {text[:40]}") from None
    seconds = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    if not _FIRST <= seconds < _LAST:
        raise bad_request(f"{name}: must be between the years 1971 and 9000, not {text}")
    if seconds % HOUR:
        before = seconds // HOUR * HOUR
        raise bad_request(
            f"{name}: only the top of an hour is accepted, such as {moment(before)} or {moment(before + HOUR)}, "
            f"not {text}"
        )
    return seconds


def buckets_of(call: Call, period: Period, choices: tuple[str, ...] = ()) -> list[Period]:
    """Give the buckets that the query cuts a period into, the last one perhaps shorter; 400 for a size that is wrong.

    `choices` are the only sizes that some routes take, in any spelling.
    """
    text = call.one("bucketSize")
    size = _default(period, choices) if text is None else _size(text, period)
    known = {_read(choice) for choice in choices}
    if known and size not in known:
        raise bad_request(f"bucketSize: must be one of {', '.join(choices)}, not {text}")
    found = [period.start]
    while found[-1] < period.end and len(found) <= _MOST_BUCKETS:
        found.append(min(size.after(period.start, len(found)), period.end))
    if found[-1] < period.end:
        raise bad_request(f"bucketSize: the period would have more than {_MOST_BUCKETS} buckets")
    return [Period(start, end) for start, end in pairwise(found)]


def _hour(call: Call, name: str) -> float | None:
    text = call.one(name)
    return full_hour(name, text) if text else None


def _default(period: Period, choices: tuple[str, ...]) -> Duration:
    length = period.end - period.start
    if length <= DAY:
        return Duration(0, HOUR)
    if length <= 90 * DAY:
        return Duration(0, DAY)
    return Duration(1, 0) if choices and length > 730 * DAY else Duration(0, 7 * DAY)


def _size(text: str, period: Period) -> Duration:
    size = _read(text)
    if size is None:
        raise bad_request(f"bucketSize: must be an ISO 8601 duration such as PT1H or P1D, not {text[:40]}")
    if (not size.months and size.seconds < HOUR) or size.seconds % HOUR:
        raise bad_request(f"bucketSize: must be a multiple of one hour, not {text}")
    if size.after(period.start) > period.end:
        raise bad_request(f"bucketSize: must not be longer than the period, {text} is")
    return size


def _read(text: str) -> Duration | None:
    found = _DURATION.match(text)
    if found is None or not any(found.groups()) or any(len(part or "") > 9 for part in found.groups()):
        return None
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    seconds = (weeks * 7 + days) * DAY + hours * HOUR + minutes * 60 + float(found.group(7) or 0)
    if years * 12 + months > 12_000 or seconds > 1000 * 366 * DAY:
        return None
    return Duration(years * 12 + months, seconds)
