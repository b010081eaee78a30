"""When something is done again and again, in the fields of cron, as several routes take it."""

from drplan.emulator.http.fields import Field, Object, listing, nested, one_of


def _times() -> Field:
    return listing(one_of(int, str, required=True, words="a number or *"), required=True, least=1)


SCHEDULE = nested(
    Object({name: _times() for name in ("dayOfWeek", "month", "dayOfMonth", "hour", "minute")}), nullable=True
)
