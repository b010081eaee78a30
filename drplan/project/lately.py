"""What runs have made within the last minutes: where to look while a platform's list lags, and never what is believed.

It stands in `.drplan/made.json`. A plan asks each of these objects for itself where the list does not show it; what
does not answer is not there. Where the file cannot be read or written, drplan does without it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from drplan.project.file import Project
from drplan.project.files import read_bytes, write_file
from drplan.project.workspace import STATE_DIRECTORY, state_directory
from drplan.records.plans import Outcome, Plan, Result, Verb
from drplan.records.specs import Address

FILE = "made.json"
VERSION = 1
MINUTES = 5  # longer than any list was seen to lag


@dataclass(frozen=True, slots=True)
class _Made:
    """One object that a run has made: where, for which project and address, its id, and when (seconds since 1970)."""

    target: str
    project: str
    address: str
    id: str
    at: float


def made_lately(project: Project, target: str) -> Mapping[Address, str]:
    """Return the ids of what runs of a project have made on a platform within the last minutes, by address."""
    return {
        Address.of(each.address): each.id
        for each in _read(project)
        if (each.target, each.project) == (target, project.name)
    }


def remember_made(project: Project, plan: Plan, outcomes: Iterable[Outcome]) -> None:
    """Add what a run has made, and forget what it has deleted, and what was made longer ago."""
    done = {outcome.key: outcome for outcome in outcomes if outcome.result is Result.DONE}
    mine = [action for action in plan.writes if action.key in done and not action.makes]
    over = {action.id for action in mine if action.verb is Verb.DELETE}
    at = project.now().timestamp()
    made = [
        _Made(plan.target, plan.project, str(action.address), id_, at)
        for action in mine
        if (id_ := done[action.key].id) is not None
    ]
    if not (made or over):
        return
    kept = [each for each in _read(project) if each.id not in over]
    content = {"format_version": VERSION, "made": [asdict(each) for each in (*kept, *made)]}
    try:
        write_file(state_directory(project) / FILE, json.dumps(content, indent=1), private=True)
    except OSError:
        return


def _read(project: Project) -> list[_Made]:
    """Return what stands in the file and is not too old; nothing where it cannot be read."""
    since = project.now() - timedelta(minutes=MINUTES)
    try:
        content = json.loads(read_bytes(project.root / STATE_DIRECTORY / FILE, within=project.root))
        entries = [_Made(**each) for each in content["made"] if content["format_version"] == VERSION]
        return [each for each in entries if since.timestamp() <= each.at <= project.now().timestamp()]
    except (OSError, ValueError, TypeError, KeyError):
        return []
