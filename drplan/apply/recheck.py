"""What a plan rests on, read from the platform once more before anything is written."""

from typing import Any

from drplan.errors import Refused
from drplan.plan.build import refusal, with_validations
from drplan.platform.api import Api
from drplan.platform.observe import reobserve, validate
from drplan.platform.progress import Progress
from drplan.records.plans import Observed, Plan
from drplan.records.specs import Diagnostic, Severity
from drplan.records.values import thaw


async def refuse_if_moved(api: Api, plan: Plan) -> None:
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
