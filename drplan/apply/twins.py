"""Two runs that made the same object at once: the later one takes its own back."""

from collections.abc import Collection
from dataclasses import replace

from drplan.errors import ApiError
from drplan.kinds import KINDS
from drplan.plan.diff import identity
from drplan.platform.api import Api
from drplan.platform.match import carried
from drplan.platform.objects import live_objects
from drplan.records.plans import Action, Outcome, Plan, Result, Verb
from drplan.records.values import dig
from drplan.registry.kinds import Kind


async def give_way(api: Api, plan: Plan, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Delete what this run has made where another run had made the same before, and return the outcomes with that.

    Two runs that neither see each other's creation nor share a lock both create. Afterwards at least one sees both; of
    the two the one that the platform has created first stays, and the other is deleted by the run that has made it:

        first run     creates 1 at 10:00:00     sees 1 and 2     1 came first: it is left as it is
        second run    creates 2 at 10:00:01     sees 1 and 2     2 came second: it is deleted, and the action has failed

    Nothing else is ever deleted so: not what was there when the run began, nor what somebody else has made. Where the
    platform does not say when something was created, nothing is.
    """
    made = [
        (action, str(outcome.id))
        for action, outcome in zip(plan.writes, outcomes, strict=True)
        if action.verb is Verb.CREATE and not action.makes and outcome.result is Result.DONE
    ]
    late: dict[str, str] = {}
    for kind in KINDS.values():
        mine = [(action, id_) for action, id_ in made if action.address.kind == kind.name]
        if mine and kind.identity:
            late |= await _taken_back(api, plan.project, kind, kind.identity.created, mine)
    return tuple(
        replace(outcome, result=Result.FAILED, message=late[outcome.key], id=None) if outcome.key in late else outcome
        for outcome in outcomes
    )


async def _taken_back(
    api: Api, project: str, kind: Kind, created: str, made: Collection[tuple[Action, str]]
) -> dict[str, str]:
    """Delete what came second, and return a sentence for each by the key of its action."""
    items = await live_objects(api, kind, project, known=[id_ for _, id_ in made], fresh=True)
    late = {}
    for action, id_ in made:
        own = identity(project, action.address)
        twins = [(str(dig(item, created) or ""), str(item["id"])) for item in items if carried(kind, item) == own]
        first = min(twins, default=("", id_))
        if first[1] == id_ or not all(when for when, _ in twins):
            continue
        try:
            await api.send("DELETE", kind.item(id_))
            became = "was deleted again"
        except ApiError as error:
            became = f"could not be deleted again ({error}): delete it by hand"
        late[action.key] = f"another run has made it meanwhile ({first[1]}); what this one has made ({id_}) {became}"
    return late
