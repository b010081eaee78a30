"""A plan and what became of it: frozen records that every layer reads and none changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from drplan.records.specs import Address, Diagnostic
from drplan.records.values import EMPTY, thaw


@dataclass(frozen=True, slots=True)
class Change:
    """One setting's value before and after, in spec terms; names stand beside ids where the platform has them."""

    setting: str
    before: Any
    after: Any
    before_name: str | None = None
    after_name: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as plan files and policies have it: its fields by their names, in plain lists and dicts."""
        return {
            "setting": self.setting,
            "before": thaw(self.before),
            "after": thaw(self.after),
            "before_name": self.before_name,
            "after_name": self.after_name,
        }


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
    `block` or `allow`. A request for approval `asks` for a change instead of making it. `undoes` is the key of the
    action that this one takes back (an activation after the deactivation that a change needed), empty for all others.

    `only_for` is, for a turn, the key of the reassert that it is needed for: where that finds nothing to send, neither
    the turn nor what undoes it is made.

    `sets` is each setting that it brings to a value, what travels along included (a replacement's reason): path ->
    value in spec terms, a reference's as an id or `{"$ref": KEY}`. `makes` says in words what a creation makes for the
    object to refer to (`model package`); empty: the object itself.
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
    undoes: str = ""
    only_for: str = ""
    sets: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    makes: str = ""

    @property
    def aim(self) -> Verb:
        """The verb of its effect: its own, or that of the change that it asks for. Rules look at this one."""
        return self.asks or self.verb


class CheckStatus(StrEnum):
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
        return not (
            self.status == CheckStatus.PASSING or (self.status == CheckStatus.WARNING and self.on_warning == "allow")
        )


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


@dataclass(frozen=True, slots=True)
class Origin:
    """Which drplan made a plan: its version, and the digest of the registry rows that the plan rests on."""

    drplan: str
    registry: str


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
    of the input. `variables` are the values that were given for it (`--var`), by name. `signed` and `required` are what
    the project file demanded of approvals when it was made: whether they are signatures, and how many every plan needs.
    """

    target: str
    project: str
    spec_digest: str
    observed: tuple[Observed, ...]
    actions: tuple[Action, ...]
    validations: tuple[Validation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    environment: str = ""
    variables: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    source: Source | None = None
    made_at: str = ""
    signed: bool = False
    required: int = 0
    findings: tuple[Finding, ...] = ()
    origin: Origin = field(default_factory=lambda: Origin("", ""))

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


@dataclass(frozen=True, slots=True)
class Remainder:
    """What is left to do after an apply: the keys of the writes, each with what is not as wanted, in words.

    `warnings` are about what was applied and counts as done: what the platform keeps in another form, or not at all.
    """

    keys: Mapping[str, str]
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a plan: one outcome for each of its writes, in the plan's order.

    `converged` is whether the platform, read once more, has nothing left to change; None when it was not read again,
    because something was not done, there was nothing to do, or it could not be read. `remark` says in a sentence why
    not everything is as it should be, and is empty where all is well. `warnings` are those of the last reading.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    converged: bool | None = None
    remark: str = ""
    interrupted: bool = False
    warnings: tuple[Diagnostic, ...] = ()
