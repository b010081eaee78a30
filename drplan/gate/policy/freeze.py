"""Freeze windows: when nothing (or nothing of a kind of change) is applied, by the wall clock of a time zone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """A part of each of some days, in a time zone.

    `days` are weekdays (0: Monday); `begin` and `end` are minutes of the day, and an `end` before `begin` is on the
    next day. `first` and `last` limit the days on which the window begins; both are inside.
        friday, 22:00 to 06:00        holds on Friday at 23:00 and on Saturday at 05:59, not on Saturday at 06:00
    """

    zone: ZoneInfo
    days: frozenset[int]
    begin: int
    end: int
    first: date | None
    last: date | None
    text: str

    def holds(self, now: datetime) -> bool:
        """Return whether a moment (with a time zone) lies in the window."""
        local = now.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        end = self.end if self.end > self.begin else self.end + _DAY_MINUTES
        for back in (0, 1):  # it may have begun yesterday
            day = local.date() - timedelta(days=back)
            if self._on(day) and self.begin <= minute + back * _DAY_MINUTES < end:
                return True
        return False

    def _on(self, day: date) -> bool:
        after_first = self.first is None or self.first <= day
        before_last = self.last is None or day <= self.last
        return day.weekday() in self.days and after_first and before_last


def window(content: Mapping[str, Any]) -> Window:
    """Return the window that a project file describes, in which `faults` has found nothing."""
    hours = content.get("hours") or {}
    dates = content.get("dates") or {}
    days = content.get("days")
    parts = [", ".join(days)] if days else []
    parts += [f"{hours['from']} to {hours['to']}"] if hours else []
    parts += [f"from {dates['from']} to {dates['to']}"] if dates else []
    return Window(
        zone=ZoneInfo(content["zone"]),
        days=frozenset(map(DAYS.index, days or DAYS)),
        begin=_minute(hours["from"]) if hours else 0,
        end=_minute(hours["to"]) if hours else _DAY_MINUTES,
        first=date.fromisoformat(dates["from"]) if dates else None,
        last=date.fromisoformat(dates["to"]) if dates else None,
        text=f"{' '.join(parts)} ({content['zone']})",
    )


def faults(content: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield the path below the window, what is wrong there and what to do, for each fault that a schema cannot see."""
    try:
        ZoneInfo(content["zone"])
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a directory's name an OSError
        yield ("zone",), f"'{content['zone']}' is no time zone", "write an IANA name, such as Europe/Berlin"
    for key in ("from", "to"):
        text = (content.get("hours") or {}).get(key)
        if text is not None and not (_HOUR.fullmatch(text) and _minute(text) <= _DAY_MINUTES):
            yield ("hours", key), f"'{text}' is no time of day", 'write it as "16:00"; the day ends at "24:00"'
    dates = content.get("dates") or {}
    days = []
    for key in ("from", "to"):
        try:
            days.append(date.fromisoformat(dates[key]) if key in dates else None)
        except ValueError:
            yield ("dates", key), f"'{dates[key]}' is no date", "write it as 2026-12-24"
    if len(days) == 2 and days[0] and days[1] and days[1] < days[0]:
        yield ("dates", "to"), f"{days[1]} is before {days[0]}", "the last day of a window is inside it"
    if not (content.get("hours") or content.get("dates") or content.get("days")):
        yield (), "this window never ends", "give days, hours or dates"


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
