"""What a plan rests on, read from the platform once more before anything is written."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields
from typing import Any

from drplan.errors import Refused, SpecError
from drplan.plan.build import refusal, with_validations
from drplan.platform.api import Api
from drplan.platform.observe import reobserve, validate
from drplan.platform.progress import Progress
from drplan.records.plans import Action, Observed, Plan
from drplan.records.specs import Diagnostic, Severity
from drplan.records.values import thaw


async def refuse_other(api: Api, plan: Plan, again: Callable[[], Awaitable[Plan]]) -> None:
    """Raise Refused where drplan would make another plan now than `plan`: `again` makes it.

    What has moved on the platform is named field by field; else it is the actions that nobody would plan.
    """
    try:
        made = await again()
    except (Refused, SpecError):  # what has moved says more than what cannot be planned any more
        await _refuse_if_moved(api, plan)
        raise
    if (made.observed, made.actions) == (plan.observed, plan.actions):
        return
    await _refuse_if_moved(api, plan)
    raise Refused("the specs and the platform ask for another plan now; plan again", list(_differences(plan, made)))


def _differences(plan: Plan, made: Plan) -> Iterator[Diagnostic]:
    mine, now = ({action.key: action for action in each} for each in (plan, made))
    for key in sorted(mine.keys() | now.keys()):
        if key not in now:
            yield Diagnostic(Severity.ERROR, "nothing asks for it", path=key)
        elif key not in mine:
            yield Diagnostic(Severity.ERROR, "it is asked for, and the plan lacks it", path=key)
        elif mine[key] != now[key]:
            names = [each.name for each in fields(Action)]
            other = [name for name in names if getattr(mine[key], name) != getattr(now[key], name)]
            yield Diagnostic(Severity.ERROR, f"it is planned with another {', '.join(other)}", path=key)
    if mine == now:
        yield Diagnostic(Severity.ERROR, "what it was made from, or the order of its actions, is another")


async def _refuse_if_moved(api: Api, plan: Plan) -> None:
    """Raise Refused, naming every field, where what the plan has read is different on the platform now."""
    now = await reobserve(api, plan)
    moved = [
        diagnostic
        for before, after in zip(plan.observed, now, strict=True)
        if before != after
        for diagnostic in moves(before, after)
    ]
    if moved:
        raise Refused("the platform has changed since this plan was made; plan again", moved)


async def validate_again(api: Api, plan: Plan, progress: Progress) -> Plan:
    """Return the plan with new answers to its `validate` actions; raise Refused where one of them blocks."""
    again = with_validations(plan, await validate(api, plan, progress))
    refused = refusal(again)
    if refused:
        raise refused
    return again


def moves(before: Observed, after: Observed) -> list[Diagnostic]:
    """Return an error for each way in which an object as it is now (`after`) differs from `before`."""
    address = str(before.address)
    if before.id != after.id:
        was = "did not exist" if before.id is None else f"was {before.id}"
        now = "is gone" if after.id is None else f"is {after.id}"
        return [Diagnostic(Severity.ERROR, f"it {was} and {now}", path=address)]
    return [
        Diagnostic(
            Severity.ERROR, f"it was {_said(value)} and is {_said(after.fields.get(path))}", path=f"{address}.{path}"
        )
        for path, value in before.fields.items()
        if after.fields.get(path) != value
    ]


def _said(value: Any) -> str:
    return "not set" if value is None else repr(thaw(value))
