"""The actions of groups that are not one request for what differs: lists of entries, and what is read back."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from drplan.plan.chain import Chain
from drplan.plan.diff import entries, identity, ignores, managed
from drplan.plan.resets import kept
from drplan.records.plans import Action, Change, Verb
from drplan.records.specs import Live, Resource
from drplan.records.values import trimmed
from drplan.registry.kinds import Identity, Kind
from drplan.registry.rows import MOVED_FROM, Entries, Group, former_address

SPEC_DIFFERS = "the spec says so"


def entry_actions(
    resource: Resource,
    live: Live | None,
    group: Group,
    form: Entries,
    seal: Identity | None,
    changes: Iterable[tuple[str, Change]],
    chain: Chain,
    project: str,
) -> Iterator[Action]:
    """Yield one action for each entry of a group that is to change; `seal` is the identity that is among them."""
    found = entries(live, group) if live else {}
    for name, change in changes:
        verb, why = Verb.UPDATE, SPEC_DIFFERS
        if seal and name == seal.entry:
            verb = Verb.ADOPT if live else Verb.UPDATE
            why = "drplan finds it again by its identity"
            before = former_address(resource)
            if before and change.before == identity(project, before):
                verb, why = Verb.UPDATE, f"it was {before}, says {MOVED_FROM}"
        elif seal and name == seal.guard:
            why = "prevent_destroy is kept where deleting the spec does not delete it"
        method, path, body = _entry_request(group, form, name, found.get(trimmed(name)), change.after)
        yield chain.make(
            verb,
            f"{group.name}/{name}",
            method,
            path,
            group=group.name,
            body=body,
            sets={change.setting: change.after},
            changes=[change],
            why=why,
        )


def reassert_actions(kind: Kind, resource: Resource, group: Group, chain: Chain, cause: Group) -> Iterator[Action]:
    """Yield the action that reads `group` back and sends again what was reset; it may find nothing to send.

    A change in it without a value in `sets` is about what is put back as it was.
    """
    changes = [
        Change(row.path, None, resource.value(row.path)) for row in managed(kind, resource) if row.group == group.name
    ]
    back = [Change(path, None, None) for path in kept(kind, resource, group, cause)]
    if changes or back:
        yield chain.make(
            Verb.REASSERT,
            f"reassert-{group.name}",
            group.method,
            group.path,
            group=group.name,
            sets={
                row.path: resource.value(row.path)
                for row in kind.rows(group.name)
                if row.write_only and resource.value(row.path) is not None and not ignores(resource, row.path)
            }
            | {change.setting: change.after for change in changes},
            changes=[*changes, *back],
            why=f"a {cause.verb} may reset some of these",
        )


def _entry_request(
    group: Group, form: Entries, name: str, found: Mapping[str, Any] | None, after: str | None
) -> tuple[str, str, Any]:
    """Return method, path and body of the request that brings one entry to the value `after` (None: it is deleted).

    `found` is the live entry of that name, None where there is none.
    """
    body = {form.name: name, form.value: after}
    if found is None:
        return "POST", group.path, body
    path = form.item_path.replace("{entry}", str(found["id"]))
    return ("DELETE", path, None) if after is None else ("PATCH", path, body)
