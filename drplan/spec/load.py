"""The text of spec files to resources: parsed, checked, cross-checked, with every problem of every file in one run."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from operator import attrgetter
from types import MappingProxyType

from drplan.errors import SpecError, UsageError
from drplan.gate import policy
from drplan.gate.approvals import schema as approvals
from drplan.kinds import KINDS, PRIMARY
from drplan.records.specs import Address, Desired, Diagnostic, Resource, Severity
from drplan.records.values import EMPTY, freeze, seal, sealed, thaw
from drplan.registry.kinds import Kind, Objection
from drplan.registry.rows import ID, IGNORE_CHANGES, covers
from drplan.spec.complaints import Form, check
from drplan.spec.document import Document, Path, dotted, parse
from drplan.spec.overlays import Overlay, Overlays, Scope, overlays_of
from drplan.spec.schema import project_schema, spec_schema
from drplan.suggest import did_you_mean

_NOTHING = Overlay("", Document(""), ())


@cache
def _spec_form() -> Form:
    return Form(spec_schema(KINDS))


@cache
def _project_form() -> Form:
    return Form(project_schema(PRIMARY))


def read_project(
    text: str, file: str, *, environment: str | None = None, environ: Mapping[str, str] = EMPTY
) -> tuple[Document, Overlays]:
    """Return the project file's document and what it puts around deployments; raise SpecError with every problem.

    `environ` is the process's environment, for `${env.X}`.
    """
    document = parse(text, file)
    overlays = Overlays(Scope())
    if document.parsed:
        known = _environments(document)
        if environment is not None and environment not in known:
            hint = did_you_mean(environment, known) or f"the project file has: {', '.join(known) or 'none'}"
            raise UsageError(f"there is no environment '{environment}'; {hint}")
        overlays = overlays_of(document, environment, environ)
        check(document, _project_form(), unfilled=True)
        policy.check(document, text)
        approvals.check(document)
    if document.problems:
        raise SpecError(_count(document.problems), sorted(document.problems, key=attrgetter("place")))
    return document, overlays


def _environments(document: Document) -> list[str]:
    content = document.value if isinstance(document.value, Mapping) else {}
    environments = content.get("environments")
    return sorted(environments) if isinstance(environments, Mapping) else []


def read_specs(files: Iterable[tuple[str, str]], overlays: Overlays | None = None) -> tuple[Resource, ...]:
    """Return the resources of `(name, text)` spec files, ordered by address; raise SpecError with every problem.

    `overlays` lie under and over the deployments. The order of files and of keys does not matter: equal content gives
    equal resources.
    """
    overlays = overlays or Overlays(Scope())
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    named: set[str] = set()
    for name, text in sorted(files):
        document = parse(text, name)
        if document.parsed:
            overlays.scope.fill(document)
            check(document, _spec_form(), lambda path, key: _supplied(overlays, path, key))
            problems += _collect(document, resources, overlays, named)
        problems += document.problems
    problems += _strange_overrides(overlays, named)
    ordered = tuple(resources[address] for address in sorted(resources))
    for resource in ordered:
        problems += _rule_problems(resource)
    problems += _shared_ids(ordered)
    if problems:
        raise SpecError(_count(problems), sorted(problems, key=attrgetter("place")))
    return ordered


def digest(resources: Iterable[Resource]) -> str:
    """Return the SHA-256 of what the specs say, whatever their layout, comments and order."""
    content = {
        str(resource.address): {path: thaw(seal(wanted.value)) for path, wanted in resource.desired.items()}
        for resource in resources
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _count(problems: list[Diagnostic]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _supplied(overlays: Overlays, path: Path, key: str) -> bool:
    """Tell whether an overlay around a deployment has the key that its spec lacks."""
    if len(path) < 2 or path[0] != PRIMARY.section:
        return False
    around = overlays.around(_NOTHING, str(path[1]))
    return any(overlay.get((*path[2:], key))[0] for overlay in around if overlay is not _NOTHING)


def _strange_overrides(overlays: Overlays, named: set[str]) -> Iterable[Diagnostic]:
    for overlay, name, hint in overlays.strangers(named):
        path = (*overlay.path, name)
        where = overlay.document.where(path, key=True)
        summary = f"there is no {PRIMARY.name} '{name}' to override"
        yield Diagnostic(Severity.ERROR, summary, hint, where, dotted(path))


def _collect(
    document: Document, resources: dict[Address, Resource], overlays: Overlays, named: set[str]
) -> Iterable[Diagnostic]:
    """Add the resources that have no problem of their own; the others would only cause further complaints."""
    content = document.value if isinstance(document.value, Mapping) else {}
    for kind in KINDS.values():
        section = content.get(kind.section)
        for name in section if isinstance(section, Mapping) else ():
            address = Address(kind.name, name)
            path: Path = (kind.section, name)
            where = document.where(path, key=True)
            own = Overlay("", document, path)
            around = overlays.around(own, name) if kind is PRIMARY else (own,)
            named |= {name} if kind is PRIMARY else set()
            if address in resources:
                first = resources[address].where
                yield Diagnostic(
                    Severity.ERROR, f"{address} is defined twice", f"first at {first}", where, dotted(path)
                )
            elif not document.broken(path):
                resources[address] = Resource(address, _desired(kind, address, around), where)


def _rule_problems(resource: Resource) -> Iterable[Diagnostic]:
    kind = KINDS[resource.address.kind]
    for rule in (_ignored_paths, _shown_secrets, *kind.rules):
        for objection in rule(resource):
            yield Diagnostic(
                Severity.ERROR,
                objection.summary,
                objection.detail,
                resource.place(objection.path),
                f"{kind.section}.{resource.address.name}.{objection.path}",
            )


def _desired(kind: Kind, address: Address, overlays: Iterable[Overlay]) -> Mapping[str, Desired]:
    """Return what the overlays say of each setting; the last that says something wins."""
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
                desired[row.path] = Desired(freeze(value), where, overlay.origin, desired.get(row.path))
    named_by = kind.setting(kind.named_by)
    if not named_by.required:
        desired.setdefault(named_by.path, Desired(address.name))
    return MappingProxyType(desired)


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
            what = kind.name.replace("_", " ")
            yield Objection(IGNORE_CHANGES, f"'{ignored}' is no setting of a {what}", did_you_mean(ignored, prefixes))


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
                f"{KINDS[resource.address.kind].section}.{resource.address.name}.{ID}",
            )
