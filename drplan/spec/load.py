"""The text of spec files to resources: parsed, checked, cross-checked, with every problem of every file in one run."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from drplan.errors import SpecError
from drplan.kinds import KINDS, inside
from drplan.records.specs import Address, Desired, Diagnostic, Resource, Severity
from drplan.records.values import Secret, freeze, seal, sealed, thaw, trimmed
from drplan.registry.kinds import Kind, Objection
from drplan.registry.rows import ID, IGNORE_CHANGES, MOVED_FROM, covers, former_address
from drplan.spec.complaints import Form, check_form
from drplan.spec.document import Document, Path, dotted, parse, without_extensions
from drplan.spec.overlays import Overlay, Overlays, Scope, without_references
from drplan.spec.schema import spec_schema
from drplan.suggest import did_you_mean

_NOTHING = Overlay("", Document(""), ())


@cache
def _spec_form() -> Form:
    return Form(spec_schema(KINDS))


def read_specs(
    files: Iterable[tuple[str, str]], overlays: Overlays | None = None, about: Collection[Address] | None = None
) -> tuple[Resource, ...]:
    """Return the resources of `(name, text)` spec files, ordered by address; raise SpecError with every problem.

    `overlays` lie under and over the deployments. The order of files and of keys does not matter: equal content gives
    equal resources. `about` are the addresses that have to be read whole, None for all: from the others, what refers to
    variables is left out.
    """
    overlays = overlays or Overlays(Scope())
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    named: set[tuple[str, str]] = set()
    for name, text in sorted(files):
        document = parse(text, name)
        if document.parsed:
            document.value = without_extensions(document.value)
            _leave_out_empty_sections(document)
            spared = set() if about is None else without_references(document.value, about)
            overlays.scope.fill(document)
            check_form(document, _spec_form(), partial(_supplied, overlays, spared))
            problems += _collect(document, resources, overlays, named)
        problems += document.problems
    problems += _strange_overrides(overlays, named)
    ordered = tuple(resources[address] for address in sorted(resources))
    for resource in ordered:
        problems += _rule_problems(resource)
    problems += _shared_ids(ordered)
    problems += _impossible_moves(resources)
    if problems:
        raise SpecError.listing(problems)
    return ordered


def _leave_out_empty_sections(document: Document) -> None:
    """Take out the sections below which nothing stands: the file is as one that does not mention them."""
    for kind in KINDS.values():
        if not kind.parent and document.texts.get((kind.section,)) == "":
            del document.value[kind.section]


def spec_digest(resources: Iterable[Resource]) -> str:
    """Return the SHA-256 of what the specs say, whatever their layout, comments and order."""
    content = {
        str(resource.address): None
        if resource.absent
        else {path: thaw(seal(wanted.value)) for path, wanted in resource.desired.items()}
        for resource in resources
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _supplied(overlays: Overlays, spared: set[tuple[str, str]], path: Path, key: str) -> bool:
    """Return whether a layer around an object has the required key that its spec lacks, or nobody needs it."""
    if path[:2] in spared:
        return True
    kind = next(kind for kind in KINDS.values() if kind.section == path[0] and not kind.parent)
    around = [overlay for overlay in overlays.around(_NOTHING, kind, str(path[1])) if overlay is not _NOTHING]
    under = [default for child in inside(kind) if child.section in path[2:3] for default in overlays.defaults(child)]
    return any(overlay.get((*path[2:], key))[0] for overlay in around) or any(
        default.get((*path[4:], key))[0] for default in under
    )


def _strange_overrides(overlays: Overlays, named: set[tuple[str, str]]) -> Iterable[Diagnostic]:
    for kind in KINDS.values():
        known = {name for owner, name in named if owner == kind.name}
        for overlay, name, hint in () if kind.parent else overlays.strangers(kind, known):
            path = (*overlay.path, name)
            where = overlay.document.where(path, key=True)
            summary = f"there is no {kind.words} '{name}' to override"
            yield Diagnostic(Severity.ERROR, summary, hint, where, dotted(path))


def _collect(
    document: Document, resources: dict[Address, Resource], overlays: Overlays, named: set[tuple[str, str]]
) -> Iterable[Diagnostic]:
    """Add a document's resources to `resources`; yield an error for each that is defined twice.

    One with a problem of its own is left out, as it would only cause further complaints.
    """
    content = document.value if isinstance(document.value, Mapping) else {}
    for kind in KINDS.values():
        section = None if kind.parent else content.get(kind.section)
        for name in section if isinstance(section, Mapping) else ():
            address = Address(kind.name, name)
            path: Path = (kind.section, name)
            where = document.where(path, key=True)
            around = overlays.around(Overlay("", document, path), kind, name)
            named.add((kind.name, name))
            if address in resources:
                first = resources[address].where
                yield Diagnostic(
                    Severity.ERROR, f"{address} is defined twice", f"first at {first}", where, dotted(path)
                )
            elif not document.broken(path):
                resources[address] = Resource(address, _desired(kind, address, around), where)
                for child in inside(kind):
                    yield from _collect_inside(child, address, around, overlays, resources)


def _collect_inside(
    kind: Kind,
    parent: Address,
    around: Iterable[Overlay],
    overlays: Overlays,
    resources: dict[Address, Resource],
) -> Iterable[Diagnostic]:
    """Add the objects of a kind that the overlays `around` their parent name; null in the strongest means none."""
    sections = [overlay.below(kind.section) for overlay in around]
    for name in sorted({name for section in sections for name in section.get(())[1] or ()}):
        address = Address(kind.name, name, parent.name)
        named = [section.below(name) for section in sections if section.get((name,))[0]]
        last = next((overlay for overlay in named if not overlay.origin), named[-1])
        where = last.document.where(last.path, key=True)
        desired = _desired(kind, address, (*overlays.defaults(kind), *named))
        absent = named[-1].get(())[1] is None
        resources[address] = Resource(address, desired, where, absent)
        for row in () if absent else kind.settings:
            if row.required and row.path not in desired:
                yield Diagnostic(Severity.ERROR, f"'{row.path}' is missing", "", where, dotted(last.path))


def _rule_problems(resource: Resource) -> Iterable[Diagnostic]:
    kind = KINDS[resource.address.kind]
    for rule in (_ignored_paths, _shown_secrets, _plain_secrets, *kind.rules):
        for objection in rule(resource):
            yield Diagnostic(
                Severity.ERROR,
                objection.summary,
                objection.detail,
                resource.place(objection.path),
                f"{_spot(resource.address)}.{objection.path}",
            )


def _spot(address: Address) -> str:
    """Return where an address stands in a spec, dotted."""
    kind = KINDS[address.kind]
    around = f"{KINDS[kind.parent.kind].section}.{address.parent}." if kind.parent else ""
    return f"{around}{kind.section}.{address.name}"


def _desired(kind: Kind, address: Address, overlays: Iterable[Overlay]) -> Mapping[str, Desired]:
    """Return setting path -> what the overlays say of it, the strongest last; it hides the one before."""
    desired: dict[str, Desired] = {}
    for overlay in overlays:
        for row in kind.settings:
            steps = tuple(row.path.split("."))
            said, value = overlay.get(steps)
            if not said:
                continue
            place = (*overlay.path, *steps)
            if row.group and kind.group(row.group).entries:
                for entry, item in value.items():
                    where = overlay.document.where((*place, entry), key=True)
                    path = f"{row.path}.{entry}"
                    desired[path] = Desired(item, where, overlay.origin, desired.get(path))
            else:
                where = overlay.document.where(place)
                before = desired.get(row.path)
                whole = _over(before.value if before and row.form.partial else None, value)
                value = row.normal(whole) if row.policy else whole
                if row.path == kind.named_by and not sealed(value):
                    value = trimmed(value)  # what an object is known by is found again, whatever a platform cuts off
                desired[row.path] = Desired(freeze(value), where, overlay.origin, before)
    named_by = kind.setting(kind.named_by)
    if not named_by.required:
        desired.setdefault(named_by.path, Desired(address.name))
    return MappingProxyType(desired)


def _over(under: Any, value: Any) -> Any:
    """Return a value over that of a weaker layer: objects key by key, all else as it is."""
    if not (isinstance(under, Mapping) and isinstance(value, Mapping)):
        return value
    return {**under, **{key: _over(under.get(key), item) for key, item in value.items()}}


def _plain_secrets(resource: Resource) -> Iterable[Objection]:
    """Object to values that nobody may see where they stand in the spec as they are."""
    for row in KINDS[resource.address.kind].settings:
        if row.sensitive and not all(isinstance(text, Secret) for text in _texts(resource.value(row.path))):
            summary = "it is a secret, and specs are kept where others read them"
            yield Objection(row.path, summary, "write ${env.NAME}, and set NAME where drplan runs")


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value, not its keys."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else ():
        yield from _texts(item)


def _shown_secrets(resource: Resource) -> Iterable[Objection]:
    """Object to secrets where plans, messages or requests' paths show the value."""
    kind = KINDS[resource.address.kind]
    for row in kind.settings:
        shown = row.reference or row.policy or row.path == kind.named_by
        if shown and sealed(resource.value(row.path)):
            yield Objection(row.path, "a value from ${env.…} is kept secret, and this one is shown", "use ${var.…}")


def _ignored_paths(resource: Resource) -> Iterable[Objection]:
    kind = KINDS[resource.address.kind]
    known = [row.path for row in kind.settings if not (row.policy or row.in_request)]
    entries = [row.path for row in kind.settings if row.group and kind.group(row.group).entries]
    prefixes = sorted({".".join(path.split(".")[:depth]) for path in known for depth in range(1, path.count(".") + 2)})
    for ignored in resource.value(IGNORE_CHANGES, ()):
        if ignored not in prefixes and not any(covers(path, ignored) for path in entries):
            yield Objection(
                IGNORE_CHANGES, f"'{ignored}' is no setting of a {kind.words}", did_you_mean(ignored, prefixes)
            )


def _shared_ids(resources: Iterable[Resource]) -> Iterable[Diagnostic]:
    first: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        wanted = resource.value(ID)
        if wanted is None:
            continue
        other = first.setdefault((resource.address.kind, wanted), resource)
        if other is not resource:
            yield Diagnostic(
                Severity.ERROR,
                f"{resource.address} and {other.address} both adopt {wanted}",
                f"the other is at {other.place(ID)}; one object has one spec",
                resource.place(ID),
                f"{_spot(resource.address)}.{ID}",
            )


def _impossible_moves(resources: Mapping[Address, Resource]) -> Iterable[Diagnostic]:
    """Yield an error for each `moved_from` that names a spec, or what another spec has moved from as well."""
    first: dict[Address, Resource] = {}
    for _, resource in sorted(resources.items()):
        before = former_address(resource)
        if before is None:
            continue
        other = resources.get(before) or first.setdefault(before, resource)
        if other is resource and before != resource.address:
            continue
        at = f"{other.address} is at {other.where}"
        summary, detail = f"{other.address} says it was {before} too", f"{at}; one object has one spec"
        if before == resource.address:
            summary, detail = f"{before} cannot have moved from itself", "write the name that it had before"
        elif before in resources:
            summary, detail = f"{before} is a spec, and cannot have moved", f"{at}; remove it, or this line"
        place = resource.place(MOVED_FROM)
        yield Diagnostic(Severity.ERROR, summary, detail, place, f"{_spot(resource.address)}.{MOVED_FROM}")
