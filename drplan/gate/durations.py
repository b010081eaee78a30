"""Lengths of time as people write them: `24h`, `90m`, `7d`, or ISO 8601 (`PT24H`, `P7D`)."""

import re
from datetime import timedelta

# Months and years are left out: they have no one length.
_FORM = re.compile(
    r"[1-9][0-9]{0,5}[smhdw]"
    r"|P(?=[0-9T])([0-9]{1,6}W|([0-9]{1,6}D)?(T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,6}S)?)?)"
)

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def duration(text: str) -> timedelta:
    """Return the length of time that `text` says; raise ValueError unless it is one and longer than nothing."""
    if not _FORM.fullmatch(text):
        raise ValueError(f"'{text}' is no duration; write 24h, 90m, 7d, or ISO 8601 such as PT24H")
    # ISO 8601 has the same letters as capitals, and the pattern lets an M stand only after the T, where it is minutes.
    length = timedelta(**{_UNITS[unit]: int(count) for count, unit in re.findall(r"([0-9]+)([smhdw])", text.lower())})
    if not length:
        raise ValueError(f"'{text}' is no time at all")
    return length
