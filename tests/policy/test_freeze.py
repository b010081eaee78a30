"""Freeze windows: by the wall clock of their zone, over midnight, between dates, through changes of the clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from plans import action, findings, found, plan

from drplan.gate.policy.freeze import faults, window
from drplan.records.plans import Demand, Finding

CHANGE = plan(action("update"))
LATE = {"zone": "Europe/Berlin", "days": ["friday"], "hours": {"from": "16:00", "to": "24:00"}}
NIGHT = {"zone": "America/New_York", "days": ["friday"], "hours": {"from": "22:00", "to": "06:00"}}
YULE = {"zone": "Europe/Berlin", "dates": {"from": "2026-12-20", "to": "2027-01-06"}}
YULE_NIGHTS = {**YULE, "hours": {"from": "22:00", "to": "06:00"}}
NEVER_SLEEPS = {"zone": "Asia/Kathmandu", "hours": {"from": "09:00", "to": "09:00"}}


@pytest.mark.parametrize(
    ("content", "moment", "holds"),
    [
        (LATE, "2026-06-12T15:59:59+02:00", False),
        (LATE, "2026-06-12T16:00:00+02:00", True),
        (LATE, "2026-06-12T14:00:00+00:00", True),
        (LATE, "2026-06-12T23:59:59+02:00", True),
        (LATE, "2026-06-13T00:00:00+02:00", False),
        (LATE, "2026-06-11T20:00:00+02:00", False),
        (LATE, "2026-01-16T15:30:00+00:00", True),  # in winter Berlin is an hour behind its summer
        (LATE, "2026-01-16T14:30:00+00:00", False),
        (NIGHT, "2026-06-12T21:59:00-04:00", False),
        (NIGHT, "2026-06-12T22:00:00-04:00", True),
        (NIGHT, "2026-06-13T05:59:59-04:00", True),  # Saturday morning belongs to the window that began on Friday
        (NIGHT, "2026-06-13T06:00:00-04:00", False),
        (NIGHT, "2026-06-12T03:00:00-04:00", False),  # Friday morning belongs to Thursday's, which there is not
        (YULE, "2026-12-19T23:59:59+01:00", False),
        (YULE, "2026-12-19T23:00:00+00:00", True),
        (YULE, "2027-01-06T23:59:59+01:00", True),
        (YULE, "2027-01-07T00:00:00+01:00", False),
        (YULE_NIGHTS, "2027-01-07T05:00:00+01:00", True),
        (YULE_NIGHTS, "2027-01-07T22:00:00+01:00", False),
        (YULE_NIGHTS, "2026-12-20T05:00:00+01:00", False),
        (NEVER_SLEEPS, "2026-06-12T00:00:00+00:00", True),
        ({**LATE, "days": ["sunday"], "hours": {"from": "02:00", "to": "03:00"}}, "2026-10-25T00:30:00+00:00", True),
        ({**LATE, "days": ["sunday"], "hours": {"from": "02:00", "to": "03:00"}}, "2026-10-25T01:30:00+00:00", True),
        ({**LATE, "days": ["sunday"], "hours": {"from": "02:00", "to": "03:00"}}, "2026-10-25T02:00:00+00:00", False),
        ({**LATE, "days": ["sunday"], "hours": {"from": "02:00", "to": "03:00"}}, "2026-03-29T01:00:00+00:00", False),
    ],
)
def test_when_a_window_holds(content: dict[str, object], moment: str, holds: bool) -> None:
    """A window begins in its first minute and ends before its last, by the clock on the wall of its zone."""
    assert list(faults(content)) == []
    assert window(content).holds(datetime.fromisoformat(moment)) is holds


FROZEN = """
builtin_policies:
  freeze:
    windows:
      - {zone: UTC, days: [monday]}
      - {zone: Europe/Berlin, days: [friday, saturday], hours: {from: "16:00", to: "24:00"}}
"""


def test_a_frozen_plan_is_denied() -> None:
    """In one of the windows every plan with changes is denied, with the window as people know it; outside, none is."""
    friday = datetime(2026, 6, 12, 17, tzinfo=ZoneInfo("Europe/Berlin"))
    message = "changes are frozen: friday, saturday 16:00 to 24:00 (Europe/Berlin)"
    assert findings(FROZEN, CHANGE, friday) == (Finding("freeze", Demand.DENY, message),)
    assert findings(FROZEN, CHANGE, friday.replace(hour=15)) == ()


def test_only_some_verbs_are_frozen() -> None:
    """A freeze of some actions lets plans without them through."""
    friday = datetime(2026, 6, 12, 17, tzinfo=ZoneInfo("Europe/Berlin"))
    text = FROZEN.rstrip() + "\n    verbs: [replace, delete]\n"
    assert found(text, CHANGE, friday) == []
    assert found(text, plan(action("update"), action("delete")), friday) == [("freeze", "deny", "")]
