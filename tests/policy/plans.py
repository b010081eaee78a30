"""Plans and project files, made by hand for the rules to judge."""

from datetime import UTC, datetime
from typing import Any

from drplan.gate.policy import Policy, judge, read_policy
from drplan.project.reading import read_project
from drplan.records.plans import Action, Change, Check, Finding, Observed, Plan, Source, Validation, Verb
from drplan.records.specs import Address
from drplan.records.values import freeze

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)  # a Wednesday
TARGET = "https://platform.example/api/v2"
CHURN = Address("deployment", "churn")
VALUE = Address("deployment", "value")
CANARY = Address("prediction_environment", "canary")


def action(verb: str, address: Address = CHURN, step: str = "", **more: Any) -> Action:
    """Return an action; `changes` is a mapping from setting to (before, after), which it sets beside `sets`."""
    changed = more.pop("changes", {})
    changes = tuple(Change(setting, freeze(before), freeze(after)) for setting, (before, after) in changed.items())
    sets = freeze({setting: after for setting, (_, after) in changed.items()} | more.pop("sets", {}))
    key = f"{address}/{step or verb}"
    return Action(key, address, Verb(verb), more.pop("group", ""), "PATCH", "x/", sets=sets, changes=changes, **more)


def seen(address: Address = CHURN, id_: str | None = "5e319d2e422fbd6b58a5edad", **fields: Any) -> Observed:
    """Return what was read of an object; its importance is HIGH and it is active, unless `fields` say otherwise."""
    if id_ is None:
        return Observed(address, None)
    standing = {"importance": "HIGH", "status": "active"} if address.kind == "deployment" else {}
    return Observed(address, id_, freeze({**standing, **fields}))


def replacement(address: Address = CHURN, status: str = "passing", **more: Any) -> tuple[Action, Action, Validation]:
    """Return a validation, the replacement it is for, and what the platform said."""
    validate = action("validate", address, "validate-model", group="model", policy="allow")
    sets = {"replacement.reason": "SCHEDULED_REFRESH"}
    replace = action("replace", address, "replace", group="model", sets=sets, changes={"model": ("a", "b")})
    checks = more.get("checks", (Check("target", "passing"), Check("features", status)))
    return validate, replace, Validation(validate.key, status, "As it is.", checks, "allow")


def plan(*actions: Action, observed: tuple[Observed, ...] | None = None, **more: Any) -> Plan:
    """Return a plan; unless given, every object of an action exists and was read."""
    addresses = sorted({each.address for each in actions})
    return Plan(
        target=more.pop("target", TARGET),
        project="shop",
        spec_digest="0" * 64,
        observed=tuple(map(seen, addresses)) if observed is None else observed,
        actions=actions,
        source=more.pop("source", Source("c" * 40, "ada@example.com", dirty=False)),
        **more,
    )


def policy(text: str) -> Policy:
    """Return the policy of a project file of which this is the end."""
    document, _ = read_project(f"project: shop\n{text}", "drplan.yaml")
    return read_policy(document)


def rule(when: str, outcome: str = "deny", **more: Any) -> str:
    """Return a project file's rule named `r`."""
    lines = ["policies:", "  - name: r", f"    when: {when!r}", f"    outcome: {outcome}", "    message: Not so."]
    return "\n".join([*lines, *(f"    {key}: {value}" for key, value in more.items())]) + "\n"


def found(text: str, plan_: Plan, now: datetime = NOON) -> list[tuple[str, str, str]]:
    """Return rule, outcome and what it is about for each finding of a project file's rules."""
    return [(each.rule, each.demand.value, each.about) for each in judge(policy(text), plan_, now)]


def findings(text: str, plan_: Plan, now: datetime = NOON) -> tuple[Finding, ...]:
    """Return the findings of a project file's rules."""
    return judge(policy(text), plan_, now)
