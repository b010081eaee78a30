"""Desired against live, one setting at a time: what a plan has read, and what it would change."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from drplan.records.plans import Change, Observed
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import dig, equal, freeze, sealed, thaw, trimmed
from drplan.registry.kinds import Kind
from drplan.registry.lookups import Answer, Found
from drplan.registry.rows import IGNORE_CHANGES, PREVENT_DESTROY, Group, Setting, covers

Answers = Mapping[tuple[Address, str], Answer]

HIDDEN: Mapping[str, str] = MappingProxyType({"$secret": ""})
"""What stands in a plan for a live value that a secret is compared with; it cannot be seen whether it moved."""


def managed(kind: Kind, resource: Resource, *, creating: bool = False) -> tuple[Setting, ...]:
    """Return the rows a resource mentions, without those that are never compared.

    What it ignores (`ignore_changes`) is left out too, unless the object is being created.
    """
    return tuple(
        row
        for row in kind.settings
        if row.path in resource.desired
        and not (row.policy or row.in_request or (row.write_only and not creating))
        and (creating or not ignores(resource, row.path))
    )


def ignores(resource: Resource, path: str) -> bool:
    """Tell whether the spec says to leave a setting as it is once the object exists."""
    prefixes = resource.value(IGNORE_CHANGES)
    return bool(prefixes) and any(covers(prefix, path) for prefix in prefixes)


def entries(live: Live, group: Group) -> Mapping[str, Mapping[str, Any]]:
    """Return the live entries of a group by their `trimmed` names; the first wins where a name stands twice."""
    found: dict[str, Mapping[str, Any]] = {}
    if group.entries:
        listed = dig(live.item, group.entries.live)
        for item in listed if isinstance(listed, list | tuple) else ():
            if isinstance(item, Mapping):
                found.setdefault(trimmed(str(item.get(group.entries.name))), item)
    return found


def entry_value(kind: Kind, live: Live, path: str) -> Any:
    """Return the live value of the entry at a path, such as `tags.team`; None where there is none of that name."""
    row, name = kind.entry(path)
    group = kind.group(str(row.group))
    found = entries(live, group).get(trimmed(name))
    return found.get(group.entries.value) if found is not None and group.entries else None


def has_entries(live: Live, group: Group) -> bool:
    """Return whether the object has a list of such entries, be it empty: an older platform leaves the key out."""
    return group.entries is not None and group.entries.live in live.item


def wanted_entries(
    kind: Kind, group: Group, resource: Resource, project: str, *, creating: bool = False
) -> Mapping[str, str | None]:
    """Return the entries of a group that a resource should carry; None: it should not be there.

    The group of the identity has drplan's own among them: the identity is `project/name`; the guard is there while
    `prevent_destroy` is true, and taken away only when the spec says false.
    """
    wanted: dict[str, str | None] = {}
    if kind.identity and kind.identity.group == group.name:
        wanted[kind.identity.entry] = identity(project, resource.address)
        guarded = resource.value(PREVENT_DESTROY)
        if guarded is not None:
            wanted[kind.identity.guard] = "true" if guarded else None
    for row in kind.rows(group.name):
        for path, desired in resource.desired.items():
            if path.startswith(f"{row.path}.") and (creating or not ignores(resource, path)):
                wanted[path.removeprefix(f"{row.path}.")] = desired.value
    return wanted


def identity(project: str, address: Address) -> str:
    """Return what an object carries on the platform: `project/name`."""
    return f"{project}/{address.name}"


def looked_after(kind: Kind, live: Live, own: str) -> bool:
    """Tell whether drplan has been at an object before: it carries the identity `own`, or can show none."""
    if kind.identity is None:
        return True
    group = kind.group(kind.identity.group)
    shown = entries(live, group).get(kind.identity.entry)
    given = shown.get(group.entries.value) if shown and group.entries else live.item.get(kind.identity.on_create)
    return given == own or not has_entries(live, group)


def live_value(row: Setting, kind: Kind, live: Live, like: Any = None) -> Any:
    """Return a setting's live value in the form it is compared in: an id for a reference, else spec terms.

    Of a value that a spec may say in part, it is the part that `like` has too.
    """
    group = kind.group(row.group) if row.group else None
    document = live.documents[group.name] if group and group.read else live.item
    if row.reference:
        return dig(document, row.live or "")
    return row.comparable(row.read(document), like)


def observed(kind: Kind, resource: Resource, live: Live | None, project: str) -> Observed:
    """Return exactly the live fields that planning this resource reads."""
    if live is None:
        return Observed(resource.address, None)
    fields: dict[str, Any] = {
        row.path: HIDDEN if row.sensitive else live_value(row, kind, live, resource.value(row.path))
        for row in managed(kind, resource)
    }
    fields |= standing(kind, live)
    for group in kind.groups:
        for name in wanted_entries(kind, group, resource, project) if group.entries else ():
            path = kind.entry_path(group.name, name)
            fields[path] = entry_value(kind, live, path)
    for path in fields:
        if sealed(resource.value(path)):  # what is there may be the secret itself, or the one before it
            fields[path] = HIDDEN
    return Observed(resource.address, live.id, freeze(fields))


def standing(kind: Kind, live: Live) -> dict[str, Any]:
    """Return what every plan reads of an object, in its spec or not: its switch, and how critical it is."""
    paths = [part.setting for part in (kind.switch, kind.criticality) if part]
    return {path: live_value(kind.setting(path), kind, live) for path in paths}


def differences(kind: Kind, resource: Resource, live: Live, answers: Answers) -> Iterator[tuple[Setting, Change]]:
    """Yield a change for each managed setting whose live value is not the desired one.

    A reference that needed no lookup is settled. One that leads to an object that does not exist yet always differs.
    """
    for row in managed(kind, resource):
        desired = resource.value(row.path)
        before = live_value(row, kind, live, desired)
        if row.reference is None:
            if not row.compare(row.comparable(desired, desired), before):
                hidden = before is not None and (row.sensitive or sealed(desired))
                yield row, Change(row.path, HIDDEN if hidden else before, desired)
            continue
        answer = answers.get((resource.address, row.path))
        if answer is None or (isinstance(answer, Found) and answer.id == before):
            continue
        after = answer.id if isinstance(answer, Found) else None
        name = getattr(answer, "name", None)
        before_name = dig(live.item, row.reference.name) if row.reference.name else None
        yield row, Change(row.path, before, after, before_name, name)


def entry_changes(
    kind: Kind, group: Group, resource: Resource, live: Live | None, project: str
) -> Iterator[tuple[str, Change]]:
    """Yield name and change of each entry of a group that is not as wanted; of a new object, of each that is wanted."""
    for name, after in sorted(wanted_entries(kind, group, resource, project, creating=live is None).items()):
        path = kind.entry_path(group.name, name)
        before = entry_value(kind, live, path) if live else None
        if not equal(after, before):
            hidden = before is not None and sealed(after)
            yield name, Change(path, HIDDEN if hidden else before, after)


def leaves(change: Change) -> tuple[Change, ...]:
    """Return a change between two mappings as the changes of single values in them; any other change as it is.
    a: {x: 1, y: 2} → {x: 1, y: 3, z: 4}        a.y: 2 → 3        a.z: none → 4
    """
    mappings = isinstance(change.before, Mapping) and isinstance(change.after, Mapping)
    if not mappings or sealed(change.before) or sealed(change.after):
        return (change,)
    from deepdiff import DeepDiff

    found: list[Change] = []
    tree = DeepDiff(
        thaw(change.before),
        thaw(change.after),
        view="tree",
        ignore_numeric_type_changes=True,
        threshold_to_diff_deeper=0,  # containers that share nothing are compared leaf by leaf too
    )
    for nodes in tree.values():
        for node in nodes:
            steps = ".".join(str(step) for step in node.path(output_format="list"))
            before = None if node.t1.__class__.__name__ == "NotPresent" else node.t1
            after = None if node.t2.__class__.__name__ == "NotPresent" else node.t2
            found.append(Change(f"{change.setting}.{steps}", before, after))
    return tuple(sorted(found, key=lambda leaf: leaf.setting)) or (change,)
