"""The rules of a project file: read and compiled with it, and judged over plans. Pure: the time is a parameter."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from drplan.gate.policy import expression
from drplan.gate.policy.builtin import BUILTINS, Hits
from drplan.gate.policy.expression import WrongExpression
from drplan.gate.policy.facts import ENVIRONMENT, OF_AN_ACTION, PLAN, VARIABLES, Facts
from drplan.gate.policy.freeze import faults
from drplan.kinds import KINDS
from drplan.records.plans import Demand, Finding, Plan
from drplan.records.specs import Diagnostic, Severity, Where
from drplan.records.values import EMPTY, sealed
from drplan.spec.document import Document, Path, dotted
from drplan.suggest import did_you_mean

RULES = "policies"
BUILTIN = "builtin_policies"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """One rule: `judge` yields what it finds in a plan, and `demand` is what it asks for then.

    `message` is shown where `judge` has no own words; the rule is for `environments` (empty: all). `count` and `group`
    say who must approve, where it asks for approval.
    """

    name: str
    demand: Demand
    message: str
    judge: Callable[[Facts, datetime], Hits]
    environments: tuple[str, ...] = ()
    count: int = 0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """Every rule of a project file, and what it says of its environments: which are protected, and their endpoints."""

    rules: tuple[PolicyRule, ...] = ()
    protected: frozenset[str] = frozenset()
    endpoints: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    def environments(self, plan: Plan) -> frozenset[str]:
        """Return the environments whose rules a plan is under.

        A plan made without `-e` is under those of every environment whose endpoint it goes to.
        """
        if plan.environment:
            return frozenset({plan.environment})
        return frozenset(name for name, endpoint in self.endpoints.items() if endpoint == plan.target)


def judge(policy: Policy, plan: Plan, now: datetime) -> tuple[Finding, ...]:
    """Return what the rules find in a plan at `now`; nothing in a plan without changes.

    A rule that cannot be evaluated denies.
    """
    if not plan.writes:
        return ()
    here = policy.environments(plan)
    facts = Facts(plan, protected=bool(here & policy.protected))
    found: list[Finding] = []
    for rule in policy.rules:
        if rule.environments and not here & set(rule.environments):
            continue
        try:
            for about, message in rule.judge(facts, now):
                count = rule.count if rule.demand is Demand.REQUIRE_APPROVAL else 0
                found.append(Finding(rule.name, rule.demand, rule.message or message, about, count, rule.group))
        except _Unanswered as failure:
            found.append(Finding(rule.name, Demand.DENY, f"the rule cannot be evaluated: {failure}", failure.about))
        except Exception as error:  # noqa: BLE001  whatever goes wrong inside a rule must not let a plan through
            found.append(Finding(rule.name, Demand.DENY, f"the rule cannot be evaluated: {_reason(error)}"))
    return tuple(found)


# --------------------------------------------------------------------------------------------------------- one rule


class _Unanswered(Exception):  # noqa: N818  what happened to the question
    """An expression raised, or gave something else than true or false; `about` is the action's key."""

    def __init__(self, reason: str, about: str) -> None:
        super().__init__(reason)
        self.about = about


def _expressed(source: str, message: str) -> Callable[[Facts, datetime], Hits]:
    """Return the judge that asks a CEL expression: of each action where it names what an action has, else once."""
    names = expression.variables(source)
    plan_fields = expression.fields(source, PLAN) if PLAN in names else ()
    kinds = names & set(KINDS)

    def ask(facts: Facts, _now: datetime) -> Hits:
        common: dict[str, Any] = {ENVIRONMENT: facts.plan.environment}
        if PLAN in names:
            common[PLAN] = facts.of_plan(plan_fields)
        if not names & OF_AN_ACTION:
            if _answer(source, common, ""):
                yield "", message
            return
        for action in facts.plan.writes:
            about_its_kind = kinds <= {action.address.kind}
            if about_its_kind and _answer(source, {**common, **facts.of_action(action, names)}, action.key):
                yield action.key, message

    return ask


def _answer(source: str, facts: dict[str, Any], about: str) -> bool:
    try:
        answer = expression.value(source, facts)
    except Exception as error:  # the library raises half a dozen kinds, and each must deny
        raise _Unanswered(_reason(error), about) from error
    if not isinstance(answer, bool):
        raise _Unanswered(f"it is {answer!r}, and must be true or false", about)
    return answer


def _reason(error: Exception) -> str:
    text = str(error).partition(". ")[0].removesuffix(".") or type(error).__name__
    return f"there is no {text}" if isinstance(error, KeyError) else text


# ---------------------------------------------------------------------------------------------------------- reading


def read_policy(document: Document) -> Policy:
    """Return the policy of a project file in which `check_policies` has found nothing."""
    content: Mapping[str, Any] = document.value
    places: Mapping[str, Any] = content.get("environments") or {}
    protected = frozenset(name for name, place in places.items() if place.get("protected"))
    rules = [_rule(each["name"], each, _expressed(each["when"], each["message"])) for each in content.get(RULES, ())]
    for name, given in (content.get(BUILTIN) or {}).items():
        rules.append(_builtin_rule(name, given, protected, anywhere=not places))
    endpoints = {name: place.get("endpoint", content.get("endpoint")) or "" for name, place in places.items()}
    return Policy(tuple(rules), protected, {name: endpoint.rstrip("/") for name, endpoint in endpoints.items()})


def _builtin_rule(name: str, given: Mapping[str, Any], protected: frozenset[str], *, anywhere: bool) -> PolicyRule:
    builtin = BUILTINS[name]
    content = {"outcome": builtin.demand.value, "message": "", **given}
    if builtin.guards and "environments" not in given and not anywhere:
        # Where no environment is protected the rule applies nowhere: no environment has an empty name.
        content["environments"] = sorted(protected) or [""]
    return _rule(name, content, lambda facts, now: builtin.judge(facts, now, given))


def _rule(name: str, content: Mapping[str, Any], ask: Callable[[Facts, datetime], Hits]) -> PolicyRule:
    approval = content.get("require_approval") or {}
    return PolicyRule(
        name,
        Demand(content["outcome"]),
        content["message"],
        ask,
        tuple(content.get("environments", ())),
        approval.get("count", 1),
        approval.get("group", ""),
    )


# --------------------------------------------------------------------------------------------------------- checking


def check_policies(document: Document, text: str) -> None:
    """Add a problem to the document for each rule that cannot be compiled, or that the schema cannot judge."""
    content = document.value if isinstance(document.value, Mapping) else {}
    names: dict[str, Path] = {}
    rules = content.get(RULES)
    for index, each in enumerate(rules if isinstance(rules, list) else ()):
        path: Path = (RULES, index)
        if isinstance(each, Mapping):
            _check_name(document, each.get("name"), path, names)
            _check_expression(document, each.get("when"), (*path, "when"), text)
            _check_common(document, content, each, path)
    builtin = content.get(BUILTIN)
    for name, each in builtin.items() if isinstance(builtin, Mapping) else ():
        path = (BUILTIN, name)
        if isinstance(each, Mapping) and name in BUILTINS:
            if name in names:
                document.complain(names[name], f"'{name}' is the name of a builtin rule", "choose another")
            _check_common(document, content, each, path)
            _check_parameters(document, name, each, path)
    for key in (RULES, BUILTIN):
        if sealed(content.get(key)):
            document.complain((key,), "the process's environment must not decide about policies", "use ${var.…}")


def _check_name(document: Document, name: Any, path: Path, names: dict[str, Path]) -> None:
    if isinstance(name, str) and name in names:
        document.complain((*path, "name"), f"two rules are named '{name}'", f"the other is {dotted(names[name][:-1])}")
    elif isinstance(name, str):
        names[name] = (*path, "name")


def _check_expression(document: Document, source: Any, path: Path, text: str) -> None:
    if not isinstance(source, str) or not source or len(source) > expression.MAX_CHARACTERS:
        return
    try:
        names = expression.variables(source)
    except WrongExpression as error:
        where = _inside(document, path, text, error)
        document.problems.append(Diagnostic(Severity.ERROR, f"not a CEL expression: {error}", "", where, dotted(path)))
        return
    kinds = sorted(names & set(KINDS))
    if len(kinds) > 1:
        document.complain(path, f"an action is about one object, never {' and '.join(kinds)}", "write two rules")
    for name in sorted(names - VARIABLES):
        hint = did_you_mean(name, sorted(VARIABLES)) or f"known here: {', '.join(sorted(VARIABLES))}"
        document.complain(path, f"the expression names '{name}', which does not exist", hint)


def _inside(document: Document, path: Path, text: str, error: WrongExpression) -> Where:
    """Return where in the file a place in an expression is; its beginning, where YAML has folded its lines."""
    value = document.where(path)
    line = text.split("\n")[value.line - 1]
    sign = line[value.column - 1 : value.column]
    if sign == "|":
        body = text.split("\n")[value.line :]
        first = next((each for each in body if each.strip()), "")
        indent = len(first) - len(first.lstrip(" "))
        return Where(document.file, value.line + error.line, indent + error.column)
    if error.line > 1 or sign == ">":
        return value
    return Where(document.file, value.line, value.column + error.column - 1 + (sign in ("'", '"')))


def _check_common(document: Document, content: Mapping[str, Any], rule: Mapping[str, Any], path: Path) -> None:
    default = BUILTINS[str(path[-1])].demand.value if path[0] == BUILTIN else None
    approval = rule.get("require_approval")
    if isinstance(approval, Mapping):
        if rule.get("outcome", default) != Demand.REQUIRE_APPROVAL:
            summary = "this says who must approve, and the outcome is not require_approval"
            document.complain((*path, "require_approval"), summary, "write outcome: require_approval", key=True)
        check_group(document, (*path, "require_approval"), approval)
    known = _keys(content.get("environments"))
    names = rule.get("environments")
    for index, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str) and name not in known:
            hint = did_you_mean(name, known) or f"the project file has: {', '.join(known) or 'none'}"
            document.complain((*path, "environments", index), f"there is no environment '{name}'", hint)


def check_group(document: Document, path: Path, approval: Mapping[str, Any]) -> None:
    """Add a problem where the `group` of `approval`, which is at `path`, is not in `approvals.groups`."""
    group = approval.get("group")
    groups = _keys(_keys_of(document.value, "approvals").get("groups"))
    if isinstance(group, str) and group not in groups:
        hint = did_you_mean(group, groups) or "define it under approvals.groups"
        document.complain((*path, "group"), f"there is no group '{group}'", hint)


def _check_parameters(document: Document, name: str, given: Mapping[str, Any], path: Path) -> None:
    builtin = BUILTINS[name]
    if builtin.parameters and not builtin.required and not set(given) & set(builtin.parameters):
        document.complain(path, "this limits nothing", f"give {' or '.join(builtin.parameters)}", key=True)
    windows = given.get("windows")
    for index, each in enumerate(windows if isinstance(windows, list) else ()):
        if _is_window(each):
            for below, summary, hint in faults(each):
                document.complain((*path, "windows", index, *below), summary, hint)


def _is_window(content: Any) -> bool:
    """Return whether a window has the form that the schema asks for; else the schema has complained already."""
    parts = [content.get(key, {}) for key in ("hours", "dates")] if isinstance(content, Mapping) else [None]
    texts = [*parts, content["zone"]] if all(isinstance(part, Mapping) for part in parts) and "zone" in content else []
    return bool(texts) and all(
        isinstance(item, str) for part in texts for item in (part.values() if isinstance(part, Mapping) else [part])
    )


def _keys_of(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key)
    return found if isinstance(found, Mapping) else {}


def _keys(content: Any) -> list[str]:
    return sorted(content) if isinstance(content, Mapping) else []


def demands(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield, of the findings that ask for approval, the one with the largest count for each group and rule."""
    largest: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        if finding.demand is Demand.REQUIRE_APPROVAL:
            key = (finding.group, finding.rule)
            if key not in largest or largest[key].count < finding.count:
                largest[key] = finding
    yield from largest.values()
