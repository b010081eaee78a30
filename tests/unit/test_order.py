"""The order of a plan rests on declared facts: whatever order rows, groups, kinds, specs and answers come in."""

import random
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import fleets
import goldens
import pytest
from fleets import PACKAGES
from hypothesis import given, settings
from hypothesis import strategies as st
from test_convergence import plan_for, worlds

from drplan.errors import DrplanError
from drplan.kinds import KINDS, PRIMARY
from drplan.plan.change_requests import change_request_of
from drplan.plan.file import dumps
from drplan.plan.order import groups_in_order, ordered
from drplan.records.plans import Action, Plan, Verb
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group
from drplan.spec import load as spec

CASES = [case for case in goldens.every_case() if case.destroy is None and not (case.targets or case.excludes)]


@contextmanager
def registry(kinds: Mapping[str, Kind]) -> Iterator[Mapping[str, Kind]]:
    """Put other data in the registry's place, everywhere it is known."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            if name.startswith("drplan") and getattr(module, "KINDS", None) is KINDS:
                patch.setattr(module, "KINDS", kinds)
            if name.startswith("drplan") and getattr(module, "PRIMARY", None) is PRIMARY:
                patch.setattr(module, "PRIMARY", kinds[PRIMARY.name])
        spec._spec_form.cache_clear()
        yield kinds
    spec._spec_form.cache_clear()


@contextmanager
def shuffled_registry(seed: int) -> Iterator[Mapping[str, Kind]]:
    """Put the registry's data in another order: kinds, their settings and their groups."""
    chance = random.Random(seed)
    kinds = list(KINDS.values())
    chance.shuffle(kinds)
    shuffled = MappingProxyType(
        {
            kind.name: replace(
                kind,
                settings=tuple(chance.sample(kind.settings, len(kind.settings))),
                groups=tuple(chance.sample(kind.groups, len(kind.groups))),
            )
            for kind in kinds
        }
    )
    with registry(shuffled):
        yield shuffled


def shuffled_case(case: goldens.Case, seed: int) -> goldens.Case:
    """Put a case's files and the platform's lists in another order."""
    chance = random.Random(seed)
    names = list(case.specs)
    chance.shuffle(names)
    answers = {
        path: chance.sample(answer, len(answer))
        if isinstance(answer, list) and path != "predictionServers/"
        else answer
        for path, answer in case.platform.items()
    }
    return replace(case, specs={name: case.specs[name] for name in names}, platform=answers)


def step(action: Action) -> str:
    """Return what an action is to its address: `settings`, `reassert-settings`, `tags/team`."""
    return action.key.removeprefix(f"{action.address}/")


def check_order(plan: Plan, kinds: Mapping[str, Kind]) -> None:
    """Assert every rule that the registry declares, and every one that holds for all plans."""
    position = {action.key: index for index, action in enumerate(plan)}
    assert len(position) == len(plan.actions), "a key stands twice"
    validations = [action for action in plan if action.verb is Verb.VALIDATE]
    made_again = {key for action in plan if action.verb is not Verb.DELETE for key in action.needs}
    deletions = [action for action in plan if action.verb is Verb.DELETE and action.key not in made_again]
    others = [action for action in plan if action not in validations and action not in deletions]
    assert list(plan) == [*validations, *others, *deletions]
    assert [action.key for action in validations] == sorted(action.key for action in validations)
    for action in plan:
        assert all(position[need] < position[action.key] for need in (*action.needs, *action.after))
    for address in {action.address for action in plan}:
        check_address([action for action in plan.writes if action.address == address], kinds[address.kind], plan)


def check_address(actions: list[Action], kind: Kind, plan: Plan) -> None:
    """Assert the rules between the actions of one address."""
    ranks = {
        group.name: {*group.after, *(other.name for other in kind.groups if group.name in other.before)}
        for group in kind.groups
    }
    plain = [action for action in actions if action.group and action.verb is not Verb.REASSERT]
    for index, action in enumerate(plain):
        later = {other.group for other in plain[index + 1 :]}
        switched = kind.switch and action.group == kind.switch.group
        assert switched or not later & ranks[action.group], f"{action.key} goes before what it must come after"
    # Nothing waits for the approval of what goes its own way.
    waited = [each for each in actions if not (each.asks and getattr(change_request_of(each), "apart", False))]
    for before, after in pairwise(waited):
        undoes = bool(after.after) or before.group == after.group  # a turn back waits for the rest, done or not
        waits = before.key in after.needs or (undoes and before.key in after.after)
        assert waits or step(before) == "register", "a failure must skip what follows"
    if kind.switch:
        check_switch(actions, kind)
    for action in plain:
        group = kind.group(action.group)
        if group.validation and action.verb is not Verb.CREATE:
            assert f"{action.address}/validate-{group.name}" in {other.key for other in plan}
        reasserts = [step(other) for other in actions if other.verb is Verb.REASSERT]
        reset = [each.name for each in groups_in_order(kind) if group.name in each.reset_by]
        if reset:
            allowed = [f"reassert-{name}" for name in reset]
            assert reasserts == [name for name in allowed if name in reasserts]
            first = next((i for i, other in enumerate(actions) if other.verb is Verb.REASSERT), len(actions))
            assert first > actions.index(action)


def check_switch(actions: list[Action], kind: Kind) -> None:
    """Assert that nothing is sent while the switch stands the wrong way, and that it is never turned for nothing."""
    on: bool | None = None
    for action in actions:
        if action.verb in (Verb.ACTIVATE, Verb.DEACTIVATE):
            assert on is not (action.verb is Verb.ACTIVATE), "it stands that way already"
            on = action.verb is Verb.ACTIVATE
        elif action.verb is Verb.CREATE:
            on = True
        elif action.group and kind.group(action.group).requires and on is not None:
            assert on is (kind.group(action.group).requires == "on")


@given(case=st.sampled_from(CASES), seed=st.integers(0, 2**16))
@settings(max_examples=300)
def test_a_case_in_any_order(case: goldens.Case, seed: int) -> None:
    """Shuffled rows, groups, kinds, files and answers give the same plan, or the same complaints."""
    expected = goldens.outcome(case)
    with shuffled_registry(seed):
        told, asked = goldens.outcome(shuffled_case(case, seed))
    assert told == expected[0]
    assert sorted(asked) == sorted(expected[1])


@given(world=worlds(), seed=st.integers(0, 2**16))
@settings(max_examples=200)
def test_random_worlds_in_any_order(world: object, seed: int) -> None:
    """A random plan obeys every declared rule, and is the same to the byte when rows and specs are shuffled."""
    resources, fleet = world  # type: ignore[misc]  # a pair
    plan = plan_for(resources, fleet)
    check_order(plan, KINDS)
    chance = random.Random(seed)
    with shuffled_registry(seed) as kinds:
        addresses = chance.sample(sorted(fleet), len(fleet))
        again = plan_for(
            tuple(chance.sample(resources, len(resources))), {address: fleet[address] for address in addresses}
        )
        check_order(again, kinds)
    assert dumps(again) == dumps(plan)
    assert again == plan


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden_plans_obey_the_rules(case: goldens.Case) -> None:
    """The plans that the golden cases expect obey every declared rule."""
    try:
        plan = goldens.planned(case)
    except DrplanError:
        assert "error" in case.expected
    else:
        check_order(plan, KINDS)


@pytest.mark.parametrize("seed", range(20))
def test_groups_follow_what_they_declare(seed: int) -> None:
    """Groups come after the ones they declare, however the rows are shuffled, and always in one order."""
    for kind in KINDS.values():
        expected = [group.name for group in groups_in_order(kind)]
        with shuffled_registry(seed) as kinds:
            names = [group.name for group in groups_in_order(kinds[kind.name])]
        assert names == expected
        for group in kind.groups:
            assert all(names.index(other) < names.index(group.name) for other in group.after)
            assert all(names.index(other) > names.index(group.name) for other in group.before)


def test_a_group_that_puts_itself_between_two_others() -> None:
    """A new group says what it comes after and before; no other group is edited."""
    new = Group("new", "deployments/{id}/new/", after=("details",), before=("tags",), why="a test")
    names = [group.name for group in groups_in_order(replace(PRIMARY, groups=(*PRIMARY.groups, new)))]
    assert names[:3] == ["details", "new", "tags"]
    assert [name for name in names if name != "new"] == [group.name for group in groups_in_order(PRIMARY)]


def test_a_group_before_what_it_comes_after() -> None:
    """`before` and `after` of one group that contradict each other are named as a circle."""
    new = Group("new", "deployments/{id}/new/", after=("tags",), before=("details",), why="a test")
    with pytest.raises(DrplanError, match=r"^these need each other: (?=.*details)(?=.*new)(?=.*tags)"):
        groups_in_order(replace(PRIMARY, groups=(*PRIMARY.groups, new)))


@pytest.mark.parametrize(
    ("status", "wanted", "expected", "undone", "spared"),
    [
        (
            "active",
            "active",
            ["deactivate", "settings", "activate", "model", "deactivate-2", "reassert-settings", "activate-2"],
            {"activate": "deactivate", "activate-2": "deactivate-2"},
            ["deactivate-2"],
        ),
        (
            "inactive",
            "inactive",
            ["settings", "activate", "model", "deactivate", "reassert-settings"],
            {"deactivate": "activate"},
            [],
        ),
        (
            "active",
            "inactive",
            ["deactivate", "settings", "activate", "model", "deactivate-2", "reassert-settings"],
            {},
            [],
        ),
        (
            "inactive",
            "active",
            ["settings", "activate", "model", "deactivate", "reassert-settings", "activate-2"],
            {"activate-2": "deactivate"},
            ["deactivate"],
        ),
    ],
)
def test_a_group_that_needs_the_switch_off(
    status: str, wanted: str, expected: list[str], undone: dict[str, str], spared: list[str]
) -> None:
    """The switch is turned where a group requires it, and ends as the spec says; a turn back names what it undoes.

    Where it would be turned for a reassert alone, it is turned only if that has something to send.
    """
    with settings_need_off():
        plan = replacement_and_settings(status, wanted)
    steps = [step(action) for action in plan.writes]
    assert steps == expected
    assert len(set(steps)) == len(steps)
    assert {step(action): action.undoes.rpartition("/")[2] for action in plan if action.undoes} == undone
    assert [step(action) for action in plan if action.only_for.endswith("/reassert-settings")] == spared


@contextmanager
def settings_need_off() -> Iterator[None]:
    """Let the group of the settings, which a replacement resets, be one that needs the switch off."""
    groups = tuple(replace(group, requires="off") if group.name == "settings" else group for group in PRIMARY.groups)
    with registry(MappingProxyType({**KINDS, PRIMARY.name: replace(PRIMARY, groups=groups)})):
        yield


def replacement_and_settings(status: str, wanted: str, **desired: object) -> Plan:
    """Return the plan of one deployment whose model and settings change."""
    data = {"label": "A", "description": None, "importance": None, "tags": {}, "identified": True, "guarded": False}
    live = fleets.deployment(1, data | {"status": status, "model_package": PACKAGES[0]}, {}, {})
    resources = fleets.resources_of(
        {
            "d1": {
                "label": "A",
                "model": {"model_package_id": PACKAGES[1]},
                "status": wanted,
                "settings": {"predictions_data_collection": {"enabled": True}},
                **desired,
            }
        }
    )
    return plan_for(resources, {resources[0].address: live})


def test_groups_that_need_each_other() -> None:
    """A circle of declarations is a bug in drplan, and is named as one."""
    first, *rest = PRIMARY.groups
    circular = replace(PRIMARY, groups=(replace(first, after=(rest[-1].name,)), *rest))
    with pytest.raises(DrplanError, match=r"^these need each other: .*details.*") as raised:
        groups_in_order(circular)
    assert raised.value.exit_code == 1


def test_nothing_in_order() -> None:
    """No actions in any order are no actions."""
    assert ordered({}, []) == ()
