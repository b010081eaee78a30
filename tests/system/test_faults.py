"""Every action of a plan meets every fault: the outcomes are as promised, and plan and apply converge afterwards."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from fleet import FAULTS, IDS, KEYS, REACHED, SEED, WAVES, Losing, Striking, expected, facts, prepare
from harness import World
from hypothesis import given, settings
from hypothesis import strategies as st

from drplan.records.plans import Result, Verb

DONE, FAILED, UNKNOWN = Result.DONE, Result.FAILED, Result.UNKNOWN

CLEAR = {"404": FAILED, "409": FAILED, "422": FAILED, "429": FAILED, "refused": FAILED}
UNCLEAR = {
    "500": UNKNOWN,
    "503": UNKNOWN,
    "502 after": UNKNOWN,
    "drop before": UNKNOWN,
    "drop after": UNKNOWN,
    "html": UNKNOWN,
}
"""What becomes of an action whose every attempt meets the fault, unless the platform's state says more."""

FOUND_OUT = ("create", "tags/drplan", "tags/team", "tags/stale", "model", "activate", "deactivate")
"""Steps whose effect drplan looks for after an unclear answer; for the others only the next plan can tell."""

NEW_TAGS = ("deployment.new/tags/drplan", "deployment.new/tags/team", "deployment.taken/tags/drplan")


def promised(key: str, fault: str) -> Result:
    """Return what an action's outcome must be when all its attempts meet a fault."""
    step = key.partition("/")[2]
    if fault == "404" and step == "delete":
        return UNKNOWN  # the answer says gone, and the platform keeps showing it
    if fault == "404" and key in NEW_TAGS:
        return DONE  # a platform without a route for tags costs the tags, and nothing that comes after them
    if fault.endswith("after") and step in FOUND_OUT:
        return DONE
    return {**CLEAR, **UNCLEAR}[fault]


@pytest.fixture
def fleet(open_world: Callable[..., World]) -> World:
    """Give the world of the fleet."""
    world = open_world(SEED, job_seconds=0.5)
    prepare(world)
    return world


def test_the_fleets_plan_holds_every_action(fleet: World) -> None:
    """One plan has every verb but that of change requests; carried out, the database holds what was written by hand."""
    plan = fleet.plan()
    assert sorted(action.key for action in plan.writes) == sorted(KEYS)
    assert {action.verb for action in plan} == set(Verb) - {Verb.REQUEST}
    applied = fleet.apply()
    assert (applied.exit_code, applied.error) == (0, None)
    assert facts(fleet) == REACHED


@pytest.mark.parametrize("fault", ["500", "drop after"])
@pytest.mark.parametrize("key", KEYS)
def test_one_action_struck_at_every_attempt(fleet: World, key: str, fault: str) -> None:
    """The action ends as promised, what needs it is skipped, the rest is done; the next apply heals everything."""
    _struck(fleet, {key: fault}, {key: promised(key, fault)})


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - {"500", "drop after"}))
@pytest.mark.parametrize("wave", WAVES)
def test_every_fault_at_every_attempt(fleet: World, wave: str, fault: str) -> None:
    """One action of each address at a time: each ends as promised, whatever the fault, and the next apply heals all."""
    _struck(fleet, dict.fromkeys(WAVES[wave], fault), {key: promised(key, fault) for key in WAVES[wave]})


@pytest.mark.parametrize("fault", ["429", "503", "502 after", "drop before", "drop after", "refused", "html"])
@pytest.mark.parametrize("wave", WAVES)
def test_every_fault_struck_once(fleet: World, wave: str, fault: str) -> None:
    """What is idempotent, and what was never taken, is sent again; a POST that may have had its effect is not."""
    methods = {action.key: action.method for action in fleet.plan()}
    lost = fault in ("503", "drop before", "html")
    ends = {key: UNKNOWN if lost and methods[key] == "POST" else DONE for key in WAVES[wave]}
    _struck(fleet, dict.fromkeys(WAVES[wave], fault), ends, times=1)


def _struck(fleet: World, faults: dict[str, str], ends: dict[str, Result], times: int | None = None) -> None:
    plan = fleet.plan()
    inner = fleet.transport
    fleet.transport = striking = Striking(fleet, plan, faults, times)
    applied = fleet.apply()
    assert set(striking.struck) == set(faults)
    assert times is None or len(striking.struck) == len(faults) * times
    assert applied.results == expected(plan, ends)
    assert applied.exit_code == (6 if set(ends.values()) - {DONE} else 0)
    fleet.transport = inner
    _converges(fleet)


def test_what_is_accepted_and_not_made_has_not_converged(fleet: World) -> None:
    """A platform that says yes and does nothing: every action is done, the next plan differs, exit 6 names the rest."""
    plan = fleet.plan()
    inner = fleet.transport
    fleet.transport = Striking(fleet, plan, {"deployment.upd/details": "lie", "deployment.on/activate": "lie"})
    applied = fleet.apply()
    assert applied.exit_code == 6
    assert set(applied.results.values()) == {DONE}
    assert str(applied.error) == (
        "not converged: everything was applied, and yet this is left to do: "
        "deployment.on/activate (status: the spec says 'active', the platform has 'inactive'), "
        "deployment.upd/details (importance: the spec says 'CRITICAL', the platform has 'LOW'; "
        "label: the spec says 'New label', the platform has 'Old label'). "
        "Write what the platform keeps, or name it under lifecycle.ignore_changes"
    )
    fleet.transport = inner
    _converges(fleet)


JOBS: dict[str, dict[str, Any]] = {
    "deployment.new/create": {"route": "POST deployments/fromModelPackage/"},
    "deployment.new/settings": {"route": "PATCH deployments/{id}/settings/", "skip": 2},
    "deployment.upd/settings": {"route": "PATCH deployments/{id}/settings/", "match": IDS["upd"]},
    "deployment.rep/settings": {"route": "PATCH deployments/{id}/settings/", "match": IDS["rep"]},
    "deployment.rep/model": {"route": "PATCH deployments/{id}/model/", "match": IDS["rep"]},
    "deployment.rep/reassert-settings": {"route": "PATCH deployments/{id}/settings/", "match": IDS["rep"], "skip": 1},
    "deployment.on/activate": {"route": "PATCH deployments/{id}/status/", "match": IDS["on"]},
    "deployment.off/deactivate": {"route": "PATCH deployments/{id}/status/", "match": IDS["off"]},
    "deployment.swap/activate": {"route": "PATCH deployments/{id}/status/", "match": IDS["swap"]},
    "deployment.swap/model": {"route": "PATCH deployments/{id}/model/", "match": IDS["swap"]},
    "deployment.swap/deactivate": {"route": "PATCH deployments/{id}/status/", "match": IDS["swap"], "skip": 1},
}


@pytest.mark.parametrize("key", JOBS)
def test_a_job_that_ends_in_error(fleet: World, key: str) -> None:
    """A job's ERROR is a failure with the platform's own words; the next apply heals everything."""
    plan = fleet.plan()
    fleet.fault(kind="job_error", message="Out of cheese.", **JOBS[key])
    applied = fleet.apply()
    assert applied.results == expected(plan, {key: FAILED})
    assert applied.exit_code == 6
    assert applied.messages[key].startswith("the platform's job ended in ERROR: Out of cheese.")
    _converges(fleet)


@pytest.mark.parametrize("key", JOBS)
@pytest.mark.parametrize("fault", ["500", "drop before", "html"])
def test_a_job_that_cannot_be_followed(fleet: World, key: str, fault: str) -> None:
    """Where the job's end cannot be read the object itself decides: it shows what was sent for, sooner or later."""
    plan = fleet.plan()
    inner = fleet.transport
    fleet.transport = Losing(fleet, next(action for action in plan if action.key == key), fault)
    applied = fleet.apply()
    assert applied.results == expected(plan, {})
    assert applied.exit_code == 0
    fleet.transport = inner
    _converges(fleet)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(sorted(FAULTS)), max_size=6))
def test_any_set_of_failing_actions_converges(hit: dict[str, str]) -> None:
    """Whatever fails together, the outcomes follow from the plan's needs alone, and the next apply heals everything."""
    with TemporaryDirectory() as place:
        fleet = World(Path(place), SEED, job_seconds=0.5)
        prepare(fleet)
        plan = fleet.plan()
        inner = fleet.transport
        fleet.transport = Striking(fleet, plan, hit)
        applied = fleet.apply()
        ends = {key: promised(key, fault) for key, fault in hit.items()}
        assert applied.results == expected(plan, ends)
        assert applied.exit_code == (6 if set(ends.values()) - {DONE} else 0)
        fleet.transport = inner
        _converges(fleet)
        fleet.close()


def _converges(world: World) -> None:
    world.settle()
    again = world.apply()
    assert (again.exit_code, again.error) == (0, None)
    assert facts(world) == REACHED
    assert len(world.names()) == len(set(world.names())), "one deployment for each identity"
