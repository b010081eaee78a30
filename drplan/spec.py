"""The text of spec files to resources: parsed, checked, cross-checked, with every problem of every file in one run."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator

from drplan.document import Document, Path, check, dotted, near, parse
from drplan.errors import SpecError
from drplan.kinds import KINDS
from drplan.model import Address, Desired, Diagnostic, Resource, Severity, Where, freeze, thaw
from drplan.registry import ID, IGNORE_CHANGES, Kind, Objection, covers
from drplan.schema import project_schema, spec_schema

_MISSING: Any = object()


@cache
def _spec_validator() -> Draft202012Validator:
    return Draft202012Validator(spec_schema(KINDS))


@cache
def _project_validator() -> Draft202012Validator:
    return Draft202012Validator(project_schema())


def read_project(text: str, file: str) -> Document:
    """Return the project file's document; raise SpecError with every problem in it."""
    document = parse(text, file)
    if document.parsed:
        check(document, _project_validator())
    if document.problems:
        raise SpecError(_count(document.problems), document.problems)
    return document


def read_specs(files: Iterable[tuple[str, str]]) -> tuple[Resource, ...]:
    """Return the resources of `(name, text)` spec files, ordered by address; raise SpecError with every problem.

    The order of files and of keys does not matter: equal content gives equal resources.
    """
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    for name, text in sorted(files):
        document = parse(text, name)
        if document.parsed:
            check(document, _spec_validator())
            problems += _collect(document, resources)
        problems += document.problems
    ordered = tuple(resources[address] for address in sorted(resources))
    for resource in ordered:
        problems += _judge(resource)
    problems += _shared_ids(ordered)
    if problems:
        problems.sort(key=lambda problem: (problem.where or Where("", 0, 0), problem.path))
        raise SpecError(_count(problems), problems)
    return ordered


def digest(resources: Iterable[Resource]) -> str:
    """Return the SHA-256 of what the specs say, whatever their layout, comments and order."""
    content = {
        str(resource.address): {path: thaw(wanted.value) for path, wanted in resource.desired.items()}
        for resource in resources
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _count(problems: list[Diagnostic]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _collect(document: Document, resources: dict[Address, Resource]) -> Iterable[Diagnostic]:
    """Add the resources that have no problem of their own; the others would only cause further complaints."""
    content = document.value if isinstance(document.value, Mapping) else {}
    for kind in KINDS.values():
        section = content.get(kind.section)
        for name, values in section.items() if isinstance(section, Mapping) else ():
            address = Address(kind.name, name)
            path: Path = (kind.section, name)
            where = document.where(path, key=True)
            if address in resources:
                first = resources[address].where
                yield Diagnostic(
                    Severity.ERROR, f"{address} is defined twice", f"first at {first}", where, dotted(path)
                )
            elif not document.broken(path):
                resources[address] = Resource(address, _desired(kind, address, values, document, path), where)


def _judge(resource: Resource) -> Iterable[Diagnostic]:
    kind = KINDS[resource.address.kind]
    for judge in (_ignored_paths, *kind.judges):
        for objection in judge(resource):
            yield Diagnostic(
                Severity.ERROR,
                objection.summary,
                objection.detail,
                resource.place(objection.path),
                f"{kind.section}.{resource.address.name}.{objection.path}",
            )


def _desired(
    kind: Kind, address: Address, values: Mapping[str, Any], document: Document, path: Path
) -> Mapping[str, Desired]:
    desired: dict[str, Desired] = {}
    for row in kind.settings:
        steps = row.path.split(".")
        value: Any = values
        for step in steps:
            value = value.get(step, _MISSING) if isinstance(value, Mapping) else _MISSING
        below = (*path, *steps)
        if value is _MISSING:
            if row.path == kind.named_by and not row.required:
                desired[row.path] = Desired(address.name, document.where(path, key=True))
        elif row.group and kind.group(row.group).entries:
            for entry, item in value.items():
                desired[f"{row.path}.{entry}"] = Desired(item, document.where((*below, entry), key=True))
        else:
            desired[row.path] = Desired(freeze(value), document.where(below))
    return MappingProxyType(desired)


def _ignored_paths(resource: Resource) -> Iterable[Objection]:
    kind = KINDS[resource.address.kind]
    known = [row.path for row in kind.settings if not (row.policy or row.rides)]
    entries = [row.path for row in kind.settings if row.group and kind.group(row.group).entries]
    prefixes = sorted({".".join(path.split(".")[:depth]) for path in known for depth in range(1, path.count(".") + 2)})
    for ignored in resource.value(IGNORE_CHANGES, ()):
        if ignored not in prefixes and not any(covers(path, ignored) for path in entries):
            what = kind.name.replace("_", " ")
            yield Objection(IGNORE_CHANGES, f"'{ignored}' is no setting of a {what}", near(ignored, prefixes))


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
