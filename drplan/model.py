"""The central types: frozen records that every layer reads and none changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self

EMPTY: Mapping[str, Any] = MappingProxyType({})
_SCALARS = frozenset((str, int, float, bool))
SECRET = "(secret)"  # noqa: S105  not one, but what stands for a secret wherever people or files would see it


class Secret(str):
    """A text from the process's environment: it compares and is sent as it is, and shows itself as a marker.

    `template` is what the spec says instead, `${env.X}`; plans keep that.
    """

    __slots__ = ("template",)
    template: str

    def __new__(cls, value: str, template: str) -> Self:
        secret = super().__new__(cls, value)
        secret.template = template
        return secret

    def __str__(self) -> str:
        return SECRET

    def __repr__(self) -> str:
        return SECRET

    def __format__(self, form: str) -> str:
        return format(SECRET, form)


def freeze(value: Any) -> Any:
    """Return `value` (JSON) with its lists as tuples and its objects as read-only mappings, all the way down."""
    if value is None or type(value) in _SCALARS:  # most values are, and asking for a Mapping is slow
        return value
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Any) -> Any:
    """Return `value` as plain lists and dicts, which json, yaml and httpx take."""
    if value is None or type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [thaw(item) for item in value]
    return value


def seal(value: Any) -> Any:
    """Return `value`, frozen, with every secret replaced by `{"$secret": TEMPLATE}`, which plans may hold."""
    if isinstance(value, Secret):
        return MappingProxyType({"$secret": value.template})
    if isinstance(value, Mapping):
        return MappingProxyType({key: seal(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(seal(item) for item in value)
    return value


def sealed(value: Any) -> bool:
    """Tell whether a value is, or holds, a secret or what stands for one."""
    if isinstance(value, Mapping):
        return set(value) == {"$secret"} or any(map(sealed, value.values()))
    if isinstance(value, list | tuple):
        return any(map(sealed, value))
    return isinstance(value, Secret)


def dig(document: Any, path: str) -> Any:
    """Return what `document` holds at a dotted path, or None where a step is missing or null."""
    for step in path.split("."):
        if type(document) is not dict and not isinstance(document, Mapping):
            return None
        document = document.get(step)
    return document


def bury(document: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at a dotted path of `document`, making the objects on the way."""
    *steps, last = path.split(".")
    for step in steps:
        document = document.setdefault(step, {})
    document[last] = value


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """`kind.name`: the only identity a resource has inside drplan."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"


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
        """What diagnostics are sorted by: where it stands (first what stands nowhere), then what it is about."""
        return self.where or Where("", 0, 0), self.path

    def __str__(self) -> str:
        place = [str(self.where)] if self.where else []
        place += [self.path] if self.path else []
        return ": ".join([*place, self.summary]) + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Desired:
    """One value a person wrote, and where: in the spec (`origin` is empty) or in a layer around it.

    `hides` is the value of the next weaker layer that says something too.
    """

    value: Any
    where: Where | None = None
    origin: str = ""
    hides: "Desired | None" = None


@dataclass(frozen=True, slots=True)
class Resource:
    """What the specs want of one address: setting path -> value. A path that is absent is not managed."""

    address: Address
    desired: Mapping[str, Desired]
    where: Where | None = None

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


@dataclass(frozen=True, slots=True)
class Change:
    """One setting's value before and after, in spec terms; names stand beside ids where the platform has them."""

    setting: str
    before: Any
    after: Any
    before_name: str | None = None
    after_name: str | None = None


class Verb(StrEnum):
    """What an action does; the sign is the one the plan's text shows."""

    VALIDATE = "validate"
    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    ACTIVATE = "activate"
    DEACTIVATE = "deactivate"
    REPLACE = "replace"
    REASSERT = "reassert"
    DELETE = "delete"
    REQUEST = "request"

    @property
    def sign(self) -> str:
        """Its one character in plans for people: one of `+ ~ ? ± ! ● ○ @ - …`."""
        return _SIGNS[self]


_SIGNS = {
    Verb.VALIDATE: "?",
    Verb.CREATE: "+",
    Verb.ADOPT: "@",
    Verb.UPDATE: "~",
    Verb.ACTIVATE: "●",
    Verb.DEACTIVATE: "○",
    Verb.REPLACE: "±",
    Verb.REASSERT: "!",
    Verb.DELETE: "-",
    Verb.REQUEST: "…",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One HTTP effect.

    `path` and `body` may hold `{"$ref": KEY}`: the id that action KEY returns. `{id}` in `path` is `id`, or what the
    address's own create returns when `id` is None. `needs` are the keys of the actions that must be done before.
    `after` are those that must be over, whatever became of them. `policy` is, for a validation, what its warning means:
    `block` or `allow`. A request for approval `asks` for a change instead of making it.
    """

    key: str
    address: Address
    verb: Verb
    group: str
    method: str
    path: str
    body: Any = None
    id: str | None = None
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    why: str = ""
    policy: str = ""
    asks: Verb | None = None

    @property
    def aim(self) -> Verb:
        """What comes of it in the end: its own verb, or that of the change it asks for. Rules judge by this one."""
        return self.asks or self.verb


class Verdict(StrEnum):
    """A check's status, as the platform spells it; the order is from good to bad."""

    PASSING = "passing"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check of a replacement validation."""

    name: str
    status: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Validation:
    """The platform's answer to a `validate` action, and whether the spec's policy lets the replacement go on."""

    key: str
    status: str
    message: str
    checks: tuple[Check, ...]
    on_warning: str

    @property
    def blocks(self) -> bool:
        """True unless the status is `passing`, or `warning` where the policy allows warnings."""
        return not (self.status == Verdict.PASSING or (self.status == Verdict.WARNING and self.on_warning == "allow"))


@dataclass(frozen=True, slots=True)
class Observed:
    """The live fields a plan has read of one address: id (None: it does not exist) and setting path -> value."""

    address: Address
    id: str | None
    fields: Mapping[str, Any] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the specs stood in git: the commit, its author's mail address, and whether files differed from it."""

    commit: str
    author: str
    dirty: bool


class Demand(StrEnum):
    """What a policy rule asks for when it applies; the order is from lenient to strict."""

    WARN = "warn"
    REQUIRE_APPROVAL = "require_approval"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Finding:
    """A policy rule that applies to a plan: to one action (`about` is its key) or to the whole (`about` is empty).

    `count` approvals by members of `group` (empty: anybody allowed to sign) are what `require_approval` asks for.
    """

    rule: str
    demand: Demand
    message: str
    about: str = ""
    count: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What apply will do, as data: equal input gives equal bytes.

    Nothing in it comes from a clock unless the project limits the age of its plans: then `made_at` (RFC 3339) is part
    of the input.
    """

    target: str
    project: str
    spec_digest: str
    observed: tuple[Observed, ...]
    actions: tuple[Action, ...]
    validations: tuple[Validation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    environment: str = ""
    source: Source | None = None
    made_at: str = ""
    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Action]:
        return iter(self.actions)

    @property
    def writes(self) -> tuple[Action, ...]:
        """The actions that change something: all but the validations."""
        return tuple(action for action in self.actions if action.verb is not Verb.VALIDATE)

    @property
    def blocking(self) -> tuple[Validation, ...]:
        """The validations that forbid applying this plan."""
        return tuple(validation for validation in self.validations if validation.blocks)


class Result(StrEnum):
    """What became of an action.

    `pending`: it was asked for and awaits approval on the platform, or waits for what does. `unknown`: it was sent and
    no answer says whether it took effect.
    """

    DONE = "done"
    PENDING = "pending"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one action: the error or remark as text, the id it returned, seconds it took."""

    key: str
    result: Result
    message: str = ""
    id: str | None = None
    seconds: float = field(default=0.0, compare=False)
