"""Periods and buckets as the platform wants them: on the top of an hour, in UTC (API reference 2.9)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

from drplan.errors import UsageError

HOUR = timedelta(hours=1)
USUAL = timedelta(days=7)  # the platform's own default period

Moment = str | date | datetime
"""ISO 8601 text, a date (its midnight) or a time. Without an offset it is UTC, as the vendor's SDK has it."""
Size = str | timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From `start` up to, not including, `end`; both aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.start

    def __str__(self) -> str:
        return f"{short(self.start)} to {short(self.end)}"

    @classmethod
    def between(cls, start: Moment | None, end: Moment | None, now: datetime) -> Self:
        """Return the period that a person asked for; raise UsageError where it cannot be read.

        Without `end` it ends at the next top of the hour after `now`; without `start` it is seven days long.
        """
        last = next_hour(now) if end is None else on_the_hour(end, "end")
        first = last - USUAL if start is None else on_the_hour(start, "start")
        if first >= now:
            raise UsageError(
                f"the period lies in the future: it starts at {iso(first)} and now is {iso(now)}; give an earlier start"
            )
        if first >= last:
            raise UsageError(f"the period ends at {iso(last)}, not after its start at {iso(first)}; give a later end")
        return cls(first, last)


def iso(moment: datetime) -> str:
    """Return a time as the platform writes it: `2026-07-01T10:00:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def short(moment: datetime) -> str:
    """Return a time for people: `2026-07-01 10:00` (UTC), without the hours at midnight."""
    here = moment.astimezone(UTC)
    return here.strftime("%Y-%m-%d" if here.time() == time() else "%Y-%m-%d %H:%M")


def next_hour(moment: datetime) -> datetime:
    """Return the first top of an hour after a time."""
    return _hour(moment) + HOUR


def on_the_hour(given: Moment, name: str) -> datetime:
    """Return a time in UTC; raise UsageError when it is not one, or not on the top of an hour."""
    moment = parse_moment(given, name)
    below = _hour(moment)
    if moment != below:
        raise UsageError(
            f"{name} {given} is not on the top of an hour (UTC); "
            f"the nearest valid times are {iso(below)} and {iso(below + HOUR)}"
        )
    return moment


def parse_moment(given: Moment, name: str = "time") -> datetime:
    """Return any ISO 8601 time or date as an aware time in UTC; raise UsageError when it is none."""
    try:
        moment = _parsed(given.strip()) if isinstance(given, str) else given
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"{name} '{given}' is no ISO 8601 time; write it like 2026-07-01T10:00:00Z or 2026-07-01"
        ) from None


def parse_bucket(given: Size, period: Period) -> str:
    """Return a bucket's size as the platform takes it (`PT1H`, `P7D`, `P1M`).

    Raises UsageError when it is no ISO 8601 duration, below an hour, no whole number of hours, or above the period.
    """
    import isodate

    try:
        duration = isodate.parse_duration(_with_p(given)) if isinstance(given, str) else given
        length = period.start + duration - period.start
    except (ValueError, OverflowError, TypeError):
        raise UsageError(
            f"bucket '{given}' is no ISO 8601 duration; write PT1H, PT6H, P1D, P7D or P1M, for example"
        ) from None
    text = str(isodate.duration_isoformat(duration))
    if length < HOUR:
        raise UsageError(f"bucket {given} is below one hour; the smallest is PT1H")
    if length % HOUR:
        hours = length // HOUR
        raise UsageError(f"bucket {given} is no whole number of hours; the nearest are PT{hours}H and PT{hours + 1}H")
    if length > period.length:
        fits = isodate.duration_isoformat(period.length)
        raise UsageError(
            f"bucket {given} is longer than the period ({period}); write at most {fits}, or a longer period"
        )
    return text


def _parsed(text: str) -> date:
    import isodate

    try:
        return datetime.fromisoformat(text)
    except ValueError:  # ordinal dates, reduced precision: rarer forms of ISO 8601
        parsed: date = (isodate.parse_datetime if "T" in text.upper() else isodate.parse_date)(text.upper())
        return parsed


def _with_p(text: str) -> str:
    """Complete the vendor's own short form: its guide writes an hour as T1H."""
    upper = text.strip().upper()
    return f"P{upper}" if upper.startswith("T") else upper


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
