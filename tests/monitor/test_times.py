"""Periods and buckets: what is accepted, what is sent, and what people are told."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drplan.errors import UsageError
from drplan.readings.times import HOUR, Period, iso, next_hour, parse_bucket, parse_moment, short

NOW = datetime(2026, 7, 20, 10, 25, 7, tzinfo=UTC)


def at(text: str) -> datetime:
    """Return a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, ("2026-07-13T11:00", "2026-07-20T11:00")),
        ("2026-07-18", None, ("2026-07-18T00:00", "2026-07-20T11:00")),
        (None, "2026-07-10T05:00:00Z", ("2026-07-03T05:00", "2026-07-10T05:00")),
        (date(2026, 7, 1), datetime(2026, 7, 2, 3), ("2026-07-01T00:00", "2026-07-02T03:00")),  # noqa: DTZ001  naive
        ("2026-07-18T05:30+05:30", "2026-07-19T00:00-02:00", ("2026-07-18T00:00", "2026-07-19T02:00")),
        ("20260718T050000Z", "2026-W29-7", ("2026-07-18T05:00", "2026-07-19T00:00")),
        ("2026-199", "2026-07-20T10", ("2026-07-18T00:00", "2026-07-20T10:00")),
        ("2026-07", "2027-01-01", ("2026-07-01T00:00", "2027-01-01T00:00")),
    ],
)
def test_a_period_is_what_was_asked_for_or_the_last_seven_days(
    start: str | None, end: str | None, expected: tuple[str, str]
) -> None:
    """Any ISO 8601 time or date is taken, in UTC without an offset; the end is the next top of the hour by default."""
    assert Period.between(start, end, NOW) == Period(at(expected[0]), at(expected[1]))


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (
            "2026-07-18T10:30:00Z",
            None,
            (
                "start 2026-07-18T10:30:00Z is not on the top of an hour (UTC); "
                "the nearest valid times are 2026-07-18T10:00:00Z and 2026-07-18T11:00:00Z"
            ),
        ),
        (
            None,
            "2026-07-18T10:00+05:30",
            (
                "end 2026-07-18T10:00+05:30 is not on the top of an hour (UTC); "
                "the nearest valid times are 2026-07-18T04:00:00Z and 2026-07-18T05:00:00Z"
            ),
        ),
        ("last week", None, "start 'last week' is no ISO 8601 time; write it like 2026-07-01T10:00:00Z or 2026-07-01"),
        (
            "2026-13-01",
            None,
            "start '2026-13-01' is no ISO 8601 time; write it like 2026-07-01T10:00:00Z or 2026-07-01",
        ),
        (
            "2026-07-20T11:00Z",
            "2026-08-01",
            (
                "the period lies in the future: it starts at 2026-07-20T11:00:00Z and now is 2026-07-20T10:25:07Z; "
                "give an earlier start"
            ),
        ),
        (
            "2026-07-18",
            "2026-07-18",
            "the period ends at 2026-07-18T00:00:00Z, not after its start at 2026-07-18T00:00:00Z; give a later end",
        ),
    ],
)
def test_a_wrong_period_says_what_would_be_right(start: str | None, end: str | None, message: str) -> None:
    """Half hours, other text, a period in the future or of no length are usage errors with a way out."""
    with pytest.raises(UsageError) as caught:
        Period.between(start, end, NOW)
    assert caught.value.summary == message
    assert caught.value.exit_code == 64


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("PT1H", "PT1H"),
        ("pt6h", "PT6H"),
        ("T1H", "PT1H"),
        ("P1D", "P1D"),
        ("PT24H", "P1D"),
        ("P1W", "P7D"),
        ("P0Y0M1DT0H0M0S", "P1D"),
        (timedelta(hours=36), "P1DT12H"),
        ("P7D", "P7D"),
    ],
)
def test_a_bucket_is_sent_in_one_form(text: str | timedelta, sent: str) -> None:
    """Equal durations are one duration on the wire, the vendor's forms with zero parts and without P among them."""
    assert parse_bucket(text, Period.between(None, None, NOW)) == sent


def test_a_bucket_of_a_month_fits_a_month() -> None:
    """Months are calendar months from the period's start."""
    assert parse_bucket("P1M", Period.between("2026-06-01", "2026-07-01", NOW)) == "P1M"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PT30M", "bucket PT30M is below one hour; the smallest is PT1H"),
        ("-PT2H", "bucket -PT2H is below one hour; the smallest is PT1H"),
        ("PT90M", "bucket PT90M is no whole number of hours; the nearest are PT1H and PT2H"),
        (
            "P30D",
            (
                "bucket P30D is longer than the period (2026-07-13 11:00 to 2026-07-20 11:00); "
                "write at most P7D, or a longer period"
            ),
        ),
        ("daily", "bucket 'daily' is no ISO 8601 duration; write PT1H, PT6H, P1D, P7D or P1M, for example"),
        (
            "P9999999999999D",
            "bucket 'P9999999999999D' is no ISO 8601 duration; write PT1H, PT6H, P1D, P7D or P1M, for example",
        ),
    ],
)
def test_a_wrong_bucket_says_what_would_be_right(text: str, message: str) -> None:
    """A bucket below an hour, between hours, above the period or no duration is a usage error."""
    with pytest.raises(UsageError) as caught:
        parse_bucket(text, Period.between(None, None, NOW))
    assert caught.value.summary == message


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001  made aware below
def test_the_next_hour_is_after_now_and_valid(naive: datetime) -> None:
    """The default end is on the top of an hour, later than now by at most one hour."""
    now = naive.replace(tzinfo=UTC)
    end = Period.between(None, None, now).end
    assert timedelta() < end - now <= HOUR
    assert end == next_hour(now)
    assert (end.minute, end.second, end.microsecond) == (0, 0, 0)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(minutes=345))])))
def test_written_times_are_read_back(moment: datetime) -> None:
    """What is sent to the platform is the same moment, to the second."""
    assert parse_moment(iso(moment)) == moment.replace(microsecond=0)


def test_people_see_times_in_utc() -> None:
    """Midnights are dates, other times have hours and minutes, all in UTC."""
    assert short(at("2026-07-01")) == "2026-07-01"
    assert short(datetime(2026, 7, 1, 2, tzinfo=timezone(timedelta(hours=3)))) == "2026-06-30 23:00"
