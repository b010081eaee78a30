"""What lies under and over the specs: variables, defaults, and one environment's overrides, each with its place.

The overlays of a deployment, from the weakest: the project's `defaults`, the environment's `defaults`, the spec, the
environment's override for this deployment. For objects of another kind, `kind_defaults` with its section stand in the
place of `defaults`. A later overlay wins setting by setting; what it hides is remembered:

    defaults                              importance: LOW, tags: {team: a, tier: 1}
    defaults of the environment prod      importance: HIGH
    the spec                              label: Churn
    prod's override for it                tags: {team: b}
    ->                                    label: Churn, importance: HIGH (hides LOW), tags: {team: b (hides a), tier: 1}
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from drplan.errors import UsageError
from drplan.kinds import KINDS, PRIMARY
from drplan.records.specs import Address
from drplan.records.values import EMPTY, Secret
from drplan.registry.kinds import Kind
from drplan.spec.document import Document, Path
from drplan.suggest import did_you_mean

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
VARIABLE = "[A-Za-z_][A-Za-z0-9_-]*"  # a name of a variable, as a pattern
_NAME = re.compile(rf"(var|env)\.({VARIABLE})")


@dataclass(frozen=True, slots=True)
class Overlay:
    """A mapping at `path` in a document; `origin` is what people are told a value from it comes from."""

    origin: str
    document: Document
    path: Path

    def get(self, path: Path) -> tuple[bool, Any]:
        """Return whether this overlay has a value at `path` below it, null included, and the value."""
        value: Any = self.document.value
        for step in (*self.path, *path):
            if not isinstance(value, Mapping) or step not in value:
                return False, None
            value = value[step]
        return True, value

    def below(self, *steps: str) -> "Overlay":
        """Return the part of this overlay at a path below it, with the same origin; nothing need be there."""
        return Overlay(self.origin, self.document, (*self.path, *steps))


@dataclass(frozen=True, slots=True)
class Overlays:
    """What one environment (or none) puts around every object.

    `under` are the defaults of the primary kind, `by_kind` those of the others by section, and `over` is the
    environment with its overrides by section and name.
    """

    scope: "Scope"
    under: tuple[Overlay, ...] = ()
    by_kind: tuple[Overlay, ...] = ()
    over: Overlay | None = None

    def around(self, overlay: Overlay, kind: Kind, name: str) -> tuple[Overlay, ...]:
        """Return all overlays of the object `name` of a kind, the weakest first; `overlay` is its spec."""
        above = (self.over.below(kind.section, name),) if self.over else ()
        return (*self.defaults(kind), overlay, *above)

    def defaults(self, kind: Kind) -> tuple[Overlay, ...]:
        """Return what lies under every object of a kind, the weakest first."""
        return self.under if kind is PRIMARY else tuple(each.below(kind.section) for each in self.by_kind)

    def strangers(self, kind: Kind, names: set[str]) -> Iterator[tuple[Overlay, str, str]]:
        """Yield the overlay, name and hint of each override for an object of a kind that is not in `names`."""
        if self.over:
            overlay = self.over.below(kind.section)
            _, overrides = overlay.get(())
            for name in overrides or ():
                if name not in names:
                    yield overlay, name, did_you_mean(name, sorted(names))


@dataclass(slots=True)
class Scope:
    """The variables that `${var.x}` names, and the process's environment, which `${env.X}` names.

    `given` are values that somebody gave for this run, instead of those in `variables`; they hold no references.

    A value from the process's environment is a secret: it is sent, and never shown. `revealed` holds every such value
    that was used so far, for whoever must keep them out of a message.
        vars: {n: 3, who: "${env.USER}"}          and USER is ada
        "${var.n}"                                3, the number
        "v${var.n}, $${x}"                        "v3, ${x}"
        "by ${var.who}"                           a Secret: "by ada", shown as its template "by ${var.who}"
    """

    environ: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    variables: Mapping[str, tuple[Any, Document, Path]] = field(default_factory=lambda: EMPTY)
    given: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    revealed: set[str] = field(default_factory=set)
    _resolved: dict[str, Any] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def fill(self, document: Document, path: Path = ()) -> None:
        """Replace every reference in the values at and below `path` of a document, in place.

        A reference that is none, or leads nowhere, becomes a problem of the document and an empty text.
        """
        holder: Any = document.value
        for step in path[:-1]:
            holder = holder.get(step) if isinstance(holder, Mapping) else None
        if not path:
            document.value = self._filled(document.value, document, ())
        elif isinstance(holder, dict) and path[-1] in holder:
            holder[path[-1]] = self._filled(holder[path[-1]], document, path)

    def reveal(self, template: str) -> str:
        """Return a secret's text from its template (`by ${env.X}`); raise UsageError where the environment lacks X."""
        document = Document("")
        text = self._text(template, document, ())
        if document.problems:
            raise UsageError(document.problems[0].summary)
        return str.__str__(text)

    def _filled(self, value: Any, document: Document, path: Path) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(item, document, (*path, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item, document, (*path, index)) for index, item in enumerate(value)]
        if isinstance(value, str) and "${" in value:
            return self._text(value, document, path)
        return value

    def _text(self, text: str, document: Document, path: Path) -> Any:
        """Return a text with its references replaced; a text that is one reference becomes its value, type and all."""
        whole = _REFERENCE.fullmatch(text)
        if whole and whole.group(1) is not None:
            return self._value(whole.group(1), document, path)
        parts: list[str] = []
        secret = False
        end = 0
        for found in _REFERENCE.finditer(text):
            value = "${" if found.group(1) is None else self._value(found.group(1), document, path)
            secret = secret or isinstance(value, Secret)
            parts += [text[end : found.start()], _written(value)]
            end = found.end()
        joined = "".join([*parts, text[end:]])
        return Secret(joined, text) if secret else joined

    def _value(self, reference: str, document: Document, path: Path) -> Any:
        named = _NAME.fullmatch(reference.strip())
        if not named:
            document.complain(
                path, f"'${{{reference}}}' is no reference", "write ${var.NAME}, ${env.NAME}, or $${ for ${"
            )
            return ""
        kind, name = named.groups()
        if kind == "var":
            return self._variable(name, document, path)
        if name not in self.environ:
            document.complain(path, f"the environment variable {name} is not set", "export it, or use ${var.…}")
            return ""
        self.revealed.add(self.environ[name])
        return Secret(self.environ[name], f"${{env.{name}}}")

    def _variable(self, name: str, document: Document, path: Path) -> Any:
        """Return a variable's value, its own references replaced; what has none is a problem, and an empty text."""
        if name in self.given:
            return self.given[name]
        if name in self._resolved:
            return self._resolved[name]
        if name not in self.variables:
            hint = did_you_mean(name, list(self.variables)) or "define it under `vars:` in the project file"
            document.complain(path, f"the variable '{name}' is not defined", hint)
            return ""
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            document.complain(path, f"the variable '{name}' needs itself: {circle}", "break the circle")
            return ""
        value, home, place = self.variables[name]
        if value is None:
            document.complain(path, f"the variable '{name}' has no value", f"give it one: --var {name}=VALUE")
            return ""
        self._open.append(name)
        self._resolved[name] = self._filled(value, home, place)
        self._open.pop()
        return self._resolved[name]


def overlays_of(
    project: Document, environment: str | None, environ: Mapping[str, str], given: Mapping[str, Any] = EMPTY
) -> Overlays:
    """Replace the references in a project file, as one environment (or none) sees it, and return its overlays.

    What is wrong with the references joins the problems of `project`. `environ` is the process's environment; `given`
    are values of variables for this run, and UsageError is raised for one that is not defined.
    """
    content = project.value if isinstance(project.value, Mapping) else {}
    chosen: Path = ("environments", environment) if environment else ()
    variables: dict[str, tuple[Any, Document, Path]] = {}
    for path in (("vars",), (*chosen, "vars")) if chosen else (("vars",),):
        _, found = Overlay("", project, ()).get(path)
        for name, value in found.items() if isinstance(found, Mapping) else ():
            variables[name] = (value, project, (*path, name))
    for name in given:
        if name not in variables:
            hint = (
                did_you_mean(name, list(variables)) or "define it under `vars:` in the project file, with its default"
            )
            raise UsageError(f"the variable '{name}' is not defined; {hint}")
    scope = Scope(environ, MappingProxyType(variables), given)
    for key in content:
        if key not in ("vars", "environments"):
            scope.fill(project, (key,))
    if chosen:
        scope.fill(project, chosen)
    sides: list[tuple[str, Path]] = [("", ())]
    if chosen:
        sides.append((f" of environment {environment}", chosen))
    under, by_kind = (
        tuple(
            overlay
            for suffix, path in sides
            if (overlay := Overlay(f"defaults{suffix}", project, (*path, key))).get(())[0]
        )
        for key in ("defaults", "kind_defaults")
    )
    over = Overlay(f"environment {environment}", project, chosen) if chosen else None
    return Overlays(scope, under, by_kind, over)


def without_references(content: Any, about: Collection[Address]) -> set[tuple[str, str]]:
    """Take every key that refers to a variable out of the objects that are not in `about`, in place.

    `content` has them by section and name. Returns section and name of each object that has lost a key. About `a`:
        a: {label: "${var.x}"}                              as it is
        b: {label: B, tags: {team: "${env.TEAM}"}}          b: {label: B}
    """
    poorer: set[tuple[str, str]] = set()
    for kind in KINDS.values():
        section = content.get(kind.section) if isinstance(content, Mapping) and not kind.parent else None
        if not isinstance(section, dict):
            continue
        for name, item in section.items():
            if isinstance(item, Mapping) and Address(kind.name, name) not in about:
                section[name] = {key: value for key, value in item.items() if not _refers(value)}
                poorer |= {(kind.section, name)} if len(section[name]) < len(item) else set()
    return poorer


def _refers(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return any(map(_refers, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, str) and "${" in value


def _written(value: Any) -> str:
    """Return a value as YAML writes it inside a text: `true`, not `True`; of a secret the text itself."""
    if isinstance(value, bool):
        return str(value).lower()
    return str.__str__(value) if isinstance(value, str) else str(value)
