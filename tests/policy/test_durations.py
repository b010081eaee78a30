"""Lengths of time: the short form, ISO 8601, and nothing else."""

from datetime import timedelta

import pytest

from drplan.gate.durations import duration


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
        ("P7D", timedelta(days=7)),
        ("PT24H", timedelta(days=1)),
        ("PT90M", timedelta(minutes=90)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("P2W", timedelta(days=14)),
    ],
)
def test_what_is_one(text: str, length: timedelta) -> None:
    """Each form means what people expect."""
    assert duration(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "24",
        "h",
        "0h",
        "-1h",
        "1.5h",
        "24 h",
        "24H",
        "1h30m",
        "P",
        "PT",
        "P1M",
        "P1Y",
        "P1DT",
        "PT1D",
        "7dd",
        "\N{ARABIC-INDIC DIGIT SEVEN}d",
        "24h\n",
        "p7d",
        "P7",
        "PT5",
        "P1DT5",
        "P99999999999999999999D",
        "P1D2W",
    ],
)
def test_what_is_none(text: str) -> None:
    """Anything else is refused; months and years have no one length."""
    with pytest.raises(ValueError, match="is no duration"):
        duration(text)


@pytest.mark.parametrize("text", ["P0D", "PT0S", "P0W"])
def test_no_time_at_all(text: str) -> None:
    """A duration is longer than nothing."""
    with pytest.raises(ValueError, match="is no time at all"):
        duration(text)
