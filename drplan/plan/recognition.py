"""What stands against making or deleting an object, as far as it can be told whose it is."""

from drplan.plan.diff import entry_value, has_entries
from drplan.plan.observation import Observation
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.registry.kinds import Kind
from drplan.registry.rows import ID


def not_made_twice(kind: Kind, resource: Resource, seen: Observation) -> Diagnostic | None:
    """Return what there is to say before an object is made that may be there already, or would not be found again.

    no object has a place for an identity                         error: every apply would make one more
    one of the same name has none, and no seal of ours is seen    error: drplan itself may have made it
    one of the same name has none, and seals are seen to be kept  warning: it may be the one that was meant
    """
    if kind.identity is None:
        return None
    what, named = kind.words, resource.value(kind.named_by)
    twins = seen.unclaimed.get((kind.name, named), ())
    exists = f"a {what} with the {kind.named_by} '{named}' exists already: {', '.join(twins)}"
    if kind.name in seen.blind:
        way = (
            f"{exists}; write its id if it is the one"
            if twins
            else "create it by other means, and write its id; or where there are "
            f"{kind.identity.group} after all, give any {what} one, and plan again"
        )
        return Diagnostic(
            Severity.ERROR,
            f"this platform does not show whose a {what} is: drplan would not find again what it creates, and create "
            "another at every apply",
            way,
            resource.place(ID),
            f"{resource.address}.{ID}",
        )
    if not twins:
        return None
    if kind.name in seen.unproven:
        return Diagnostic(
            Severity.ERROR,
            f"{exists}, and nothing here shows yet whether drplan made it",
            f"add `id: {twins[0]}` to adopt it, or give this one another {kind.named_by}",
            resource.place(kind.named_by),
            f"{resource.address}.{kind.named_by}",
        )
    way = f"add `id: {twins[0]}` to adopt it instead of creating another"
    return Diagnostic(Severity.WARNING, exists, way, resource.where, str(resource.address))


def not_ours(kind: Kind, address: Address, live: Live, project: str, resource: Resource | None) -> Diagnostic | None:
    """Return why a live object may not be deleted that does not bear a seal of `project`; None: it bears one.

    On a platform without a place for the seal, the `id:` of a spec stands in for it; a birth mark never does.
    """
    form = kind.identity
    if form is None:
        return None
    entry = kind.entry_path(form.group, form.entry)
    if str(entry_value(kind, live, entry)).partition("/")[0] == project:
        return None
    way = "apply its spec first, which adopts it; or delete it by other means"
    if not has_entries(live, kind.group(form.group)):
        if resource and ID in resource.desired:
            return None
        way = f"write `id: {live.id}` into its spec; {form.on_create} alone deletes nothing"
    summary = f"it does not bear this project's seal (tag '{form.entry}'), and would be deleted ({live.id})"
    return Diagnostic(Severity.ERROR, summary, way, resource.where if resource else None, str(address))
