"""Lengths of time as people write them: `24h`, `90m`, `7d`, or ISO 8601 (`PT24H`, `P7D`)."""

import re
from datetime import timedelta

_SHORT = re.compile(r"([1-9][0-9]{0,5})([smhdw])")

_LONG = re.compile(r"P[0-9WDTHMS]{1,39}[0-9WDHMS]")  # months and years have no one length, and are left out

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def duration(text: str) -> timedelta:
    """Return the length of time that `text` says; raise ValueError unless it is one, and longer than zero."""
    short = _SHORT.fullmatch(text)
    length = timedelta(**{_UNITS[short[2]]: int(short[1])}) if short else _iso(text)
    if length is None:
        raise ValueError(f"'{text}' is no duration; write 24h, 90m, 7d, or ISO 8601 such as PT24H")
    if not length:
        raise ValueError(f"'{text}' is no time at all")
    return length


def _iso(text: str) -> timedelta | None:
    if not _LONG.fullmatch(text):
        return None
    import isodate

    try:
        length = isodate.parse_duration(text)
    except (isodate.ISO8601Error, OverflowError):
        return None
    return length if isinstance(length, timedelta) else None
