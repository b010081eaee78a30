"""Segments: parts of the requests or rows of a deployment that monitoring can look at apart (API reference 2.9)."""

from dataclasses import dataclass

# Attributes of requests, and the columns of the log that hold them.
REQUEST_SEGMENTS = {
    "DataRobot-Consumer": "consumer",
    "DataRobot-Remote-IP": "remote",
    "DataRobot-Host-IP": "host",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part: `column` is of the log (an attribute of requests), None where `attribute` is a feature of the model."""

    attribute: str
    value: str | None
    column: str | None


def requests_clause(segment: Segment | None) -> tuple[str, tuple[str, ...]]:
    """Give the SQL that narrows `requests r` to a segment, and its values; nothing where it is of no request."""
    if segment is None or segment.column is None or segment.value is None:
        return "", ()
    return f" AND r.{segment.column} = ?", (segment.value,)
