"""What the specs want and what the platform has: addresses, places in files, problems, resources."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NAME: Mapping[str, Any] = MappingProxyType({"pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "maxLength": 63})
"""What a name of a project, an environment, an object or a rule is, as a fragment of JSON Schema."""

NAME_IN_WORDS = f"up to {NAME['maxLength']} letters, digits, . _ and -, not at either end"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`kind.name`, or `kind.parent/name` of what lives inside another object: the only identity inside drplan."""

    kind: str
    name: str
    parent: str = ""

    @classmethod
    def of(cls, text: str) -> "Address":
        """Return the address in the text that `str` gives of one."""
        kind, _, place = text.partition(".")
        parent, _, name = place.rpartition("/")
        return cls(kind, name, parent)

    def __str__(self) -> str:
        return f"{self.kind}.{self.parent}/{self.name}" if self.parent else f"{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Where:
    """A place in a file: path as given, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Severity(StrEnum):
    """An error stops the run; a warning is shown and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem: what is wrong (`summary`), what to do (`detail`), and where."""

    severity: Severity
    summary: str
    detail: str = ""
    where: Where | None = None
    path: str = ""

    @property
    def place(self) -> tuple[Where, str]:
        """What diagnostics are sorted by: their place in a file (those without one first), then their path."""
        return self.where or Where("", 0, 0), self.path

    def __str__(self) -> str:
        place = [str(self.where)] if self.where else []
        place += [self.path] if self.path else []
        return ": ".join([*place, self.summary]) + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Desired:
    """One value that a person wrote, and where: in the spec (`origin` is empty) or in an overlay, which `origin` names.

    `hides` is the value of the next weaker overlay, or of the spec, that has one too.
    """

    value: Any
    where: Where | None = None
    origin: str = ""
    hides: "Desired | None" = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What the specs want of one address: setting path -> value. A path that is absent is not managed.

    With `absent` the object itself should not be there: somebody wrote null for it.
    """

    address: Address
    desired: Mapping[str, Desired]
    where: Where | None = None
    absent: bool = False

    def value(self, path: str, default: Any = None) -> Any:
        """Return the desired value at a setting's path, or `default` where the spec is silent."""
        wanted = self.desired.get(path)
        return default if wanted is None else wanted.value

    def place(self, path: str) -> Where | None:
        """Return where a path was written, or else where the resource begins."""
        wanted = self.desired.get(path)
        return (wanted and wanted.where) or self.where


@dataclass(frozen=True, slots=True)
class Live:
    """What the API says now: the object's own document under `""`, one more per group that has its own read."""

    id: str
    documents: Mapping[str, Mapping[str, Any]]
    status: str | None = None

    @property
    def item(self) -> Mapping[str, Any]:
        """The object's own document, as the list route gives it."""
        return self.documents[""]
