"""How many objects a plan is to change, and how many an apply has changed: counted once, for all who say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drplan.plan.file import counted_as, summary
from drplan.records.plans import Outcome, Plan, Result, Verb
from drplan.records.specs import Address
from drplan.render.rows import ORDER


@dataclass(frozen=True, slots=True)
class Tally:
    """Objects counted as Terraform counts: `replace` and `adopt` are among `change`.

    What is made again is among `add` and `destroy`.
    """

    add: int
    change: int
    destroy: int
    replace: int
    adopt: int

    def __bool__(self) -> bool:
        return bool(self.add or self.change or self.destroy)


def planned(plan: Plan) -> Tally:
    """Count the objects that a plan is to change."""
    counts = summary(plan)
    return _tally({verb: counts[verb.value] for verb in ORDER})


def effected(plan: Plan, outcomes: Iterable[Outcome]) -> Tally:
    """Count the objects of which at least one action was done, each under what was done to it: partial work counts."""
    done = {outcome.key for outcome in outcomes if outcome.result is Result.DONE}
    verbs: dict[Address, set[Verb]] = {}
    for action in plan.writes:
        if action.key in done and not action.makes:
            verbs.setdefault(action.address, set()).add(action.aim)
    counts = dict.fromkeys(ORDER, 0)
    for each in verbs.values():
        for verb in counted_as(each):
            counts[verb] += 1
    return _tally(counts)


def _tally(counts: Mapping[Verb, int]) -> Tally:
    change = counts[Verb.UPDATE] + counts[Verb.REPLACE] + counts[Verb.ADOPT]
    return Tally(counts[Verb.CREATE], change, counts[Verb.DELETE], counts[Verb.REPLACE], counts[Verb.ADOPT])
