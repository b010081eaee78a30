"""How much of a fleet one plan may delete before somebody has said so: octoDNS's rule. Pure.

Specs that are emptied, renamed or lost by accident look like a wish to delete what they described:

    live    deleted     where the project file says nothing     max_deletions: 20%     max_deletions: 100%
    3       1           goes on                                 refused                goes on
    3       3           refused: it is all there is             refused                goes on
    12      3 (25 %)    goes on                                 refused                goes on
    12      4 (33 %)    refused                                 refused                goes on
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drplan.kinds import KINDS
from drplan.plan.file import made_again
from drplan.records.plans import Demand, Finding, Plan, Verb
from drplan.records.specs import Address

RULE = "max_deletions"

PERCENT = 30  # of a fleet, where the project file says nothing

FLEET = 10  # the smallest fleet of which that share counts

MAX_DELETIONS: dict[str, Any] = {
    "description": "The share of the project's deployments that one plan may delete before somebody says "
    "`--allow-deletions`. Left out, 30% of a fleet of ten or more, and of no fleet all; 100% for any number.",
    "type": "string",
    "pattern": "^(100|[1-9]?[0-9])%$",
    "examples": ["50%"],
}


def max_deletions(content: Mapping[str, Any]) -> int | None:
    """Return the share, in percent, that a project file gives; None where it says nothing."""
    text = (content.get("plans") or {}).get(RULE)
    return None if text is None else int(text.removesuffix("%"))


def too_many_deletions(
    plan: Plan, fleet: Mapping[str, int], named: Iterable[str], percent: int | None
) -> Iterator[Finding]:
    """Yield a finding that denies for each kind of which the plan deletes more than a share.

    `fleet` is how many live objects of each kind are the project's. What `named` names (`--target`), and what is made
    again, is not counted. `percent` is the project file's share, None where it says nothing.
    """
    verbs: dict[Address, set[Verb]] = {}
    for action in plan.writes:
        verbs.setdefault(action.address, set()).add(action.aim)
    lost = {each for each, done in verbs.items() if Verb.DELETE in done and not made_again(done)}
    spared = set(named)
    for name, live in fleet.items():
        deleted = sum(each.kind == name and str(each) not in spared for each in lost)
        share = PERCENT if percent is None else percent
        over = deleted * 100 > share * live and (percent is not None or live >= FLEET)
        if deleted and (over or (deleted >= live and percent is None)):
            what = KINDS[name].section.replace("_", " ")
            which = f"all {live} {what}" if deleted >= live else f"{deleted} of {live} {what}"
            which = f"the only {name.replace('_', ' ')}" if live == 1 else which
            may = f", and {share} % may be" if over else ""
            yield Finding(
                RULE,
                Demand.DENY,
                f"{which} of this project would be deleted{may}; look for spec files that are empty, renamed or "
                "missing, or pass --allow-deletions if it is meant",
            )
