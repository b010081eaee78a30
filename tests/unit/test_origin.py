"""Which drplan made a plan, and that no other applies it."""

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

import pytest

from drplan.errors import Refused
from drplan.kinds import KINDS
from drplan.plan.file import dumps, loads
from drplan.plan.origin import origin_of, refuse_other_drplan, registry_digest
from drplan.records.plans import Observed, Origin, Plan
from drplan.records.specs import Address
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group, Setting
from drplan.version import __version__

DEPLOYMENT = KINDS["deployment"]
ADDRESS = Address("deployment", "churn")


def plan(origin: Origin) -> Plan:
    """Return a plan that has read one deployment."""
    return Plan("emulator", "shop", "0" * 64, (Observed(ADDRESS, None),), (), origin=origin)


def other(value: Any) -> Any:
    """Return a value that is not `value`, for the field of a row."""
    if callable(value):
        return None
    if isinstance(value, bool):
        return not value
    if isinstance(value, tuple):
        return (*value, "more")
    return "other"


def variants(kind: Kind, row: Setting | Group) -> Iterator[tuple[str, Kind]]:
    """Yield the kind with one field of one row changed, for each field."""
    for field in fields(row):
        changed = replace(row, **{field.name: other(getattr(row, field.name))})
        one = {
            "settings": tuple(changed if each is row else each for each in kind.settings),
            "groups": tuple(changed if each is row else each for each in kind.groups),
        }
        yield field.name, replace(kind, **one)


def test_what_the_digest_covers() -> None:
    """It moves with every field of a setting's or a group's row, but for those that are prose or shape a spec."""
    whole = registry_digest([DEPLOYMENT])
    for row in (DEPLOYMENT.setting("label"), DEPLOYMENT.group("model")):
        same = {name for name, kind in variants(DEPLOYMENT, row) if registry_digest([kind]) == whole}
        assert same == {field.name for field in fields(row)} & {"doc", "example", "why", "schema", "attribute", "words"}
    assert registry_digest(KINDS.values()) != whole
    fewer = replace(DEPLOYMENT, settings=DEPLOYMENT.settings[:-1])
    assert registry_digest([fewer]) != whole


def test_a_plan_rests_on_the_rows_of_its_kinds() -> None:
    """A kind that the plan is not about has no part in its digest."""
    assert origin_of([ADDRESS, ADDRESS]) == Origin(__version__, registry_digest([DEPLOYMENT]))
    assert origin_of(
        [ADDRESS, Address("prediction_environment", "p"), Address("challenger", "c", "d")]
    ).registry == registry_digest(KINDS.values())


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Origin("9.9.9", "0" * 64), f"plan.json was made with drplan 9.9.9, and this is drplan {__version__}; "),
        (
            Origin(__version__, "0" * 64),
            (
                f"plan.json was made with a drplan {__version__} that knows other settings (registry 000000000000), "
                f"and this one has registry {origin_of([ADDRESS]).registry[:12]}; "
            ),
        ),
    ],
)
def test_another_drplan_is_refused_by_name(made: Origin, words: str) -> None:
    """The plan can still be read and shown; it is not applied, and the refusal says which drplan made it."""
    read = loads(dumps(plan(made)), "plan.json")
    with pytest.raises(Refused) as caught:
        refuse_other_drplan(read, "plan.json")
    assert caught.value.summary == f"{words}apply it with the drplan that made it, or plan again"


def test_our_own_plan_is_let_through() -> None:
    """A plan of this very drplan is no stranger."""
    refuse_other_drplan(loads(dumps(plan(origin_of([ADDRESS]))), "plan.json"), "plan.json")
