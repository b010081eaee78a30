"""Plans to render: one that shows everything, one without changes, a hostile one, a large one."""

from typing import Any

from drplan.records.plans import (
    Action,
    Change,
    Check,
    Demand,
    Finding,
    Observed,
    Outcome,
    Plan,
    Result,
    Source,
    Validation,
    Verb,
)
from drplan.records.specs import Address, Diagnostic, Severity, Where
from drplan.records.values import freeze

TARGET = "https://platform.example/api/v2"
SPEC = "0" * 64
SECRET_TEMPLATE = {"$secret": "${env.COST_CENTRE}"}


def address(name: str, kind: str = "deployment") -> Address:
    """Return an address."""
    return Address(kind, name)


def write(name: str, verb: Verb, step: str, *changes: Change, kind: str = "deployment", **more: Any) -> Action:
    """Return a write of `kind.name`; routes and bodies are of no account to what is shown."""
    own = address(name, kind)
    more = {"method": "PATCH", "path": "deployments/{id}/", "why": "the spec says so", "group": step, **more}
    more["sets"] = freeze(more.get("sets", {}))
    changed = tuple(
        Change(each.setting, freeze(each.before), freeze(each.after), each.before_name, each.after_name)
        for each in changes
    )
    return Action(key=f"{own}/{step}", address=own, verb=verb, changes=changed, **more)


def observed(name: str, live: str | None, fields: dict[str, Any] | None = None, kind: str = "deployment") -> Observed:
    """Return what was read of an object."""
    return Observed(address(name, kind), live, freeze(fields or {}))


CHURN, OLD, NEW, VALUE = "5a0000000000000000000001", "5a0000000000000000000002", "", "5a0000000000000000000004"
V3, V4 = "5d55d8c7b9a4510945b7c461", "66a8a943f1eca3364ce327d3"


def everything() -> Plan:
    """Return a plan with every verb, a warning that blocks, findings of every demand, a secret and a remark."""
    ask = write(
        "churn-prod",
        Verb.VALIDATE,
        "validate-model",
        group="model",
        id=CHURN,
        policy="block",
        method="POST",
        path="deployments/{id}/model/validation/",
        why="asked before anything is written",
    )
    actions = (
        ask,
        write(
            "serverless",
            Verb.CREATE,
            "create",
            Change("name", None, "serverless"),
            Change("platform", None, "datarobotServerless"),
            kind="prediction_environment",
            group="",
            why="it is in the specs and not on the platform",
        ),
        write(
            "churn-canary",
            Verb.CREATE,
            "register",
            Change("model", None, {"model_id": "5c0a979859b00004ba52e431"}),
            group="",
            makes="model package",
            why="there is no model package of 5c0a979859b00004ba52e431 yet",
        ),
        write(
            "churn-canary",
            Verb.CREATE,
            "create",
            Change("description", None, "The newest version."),
            Change("label", None, "Customer churn (canary)"),
            Change("model", None, None, after_name="model package of 5c0a979859b00004ba52e431"),
            Change("prediction_environment", None, None, after_name="serverless"),
            group="",
            needs=("deployment.churn-canary/register", "prediction_environment.serverless/create"),
            why="it is in the specs and not on the platform",
        ),
        write(
            "churn-canary",
            Verb.UPDATE,
            "tags/cost",
            Change("tags.cost", None, SECRET_TEMPLATE),
            group="tags",
            needs=("deployment.churn-canary/create",),
        ),
        write(
            "churn-prod",
            Verb.UPDATE,
            "details",
            Change("importance", "HIGH", "CRITICAL"),
            id=CHURN,
        ),
        write(
            "churn-prod",
            Verb.UPDATE,
            "settings",
            Change(
                "settings.prediction_warning.custom_boundaries",
                {"lower_boundary": 0, "upper_boundary": 10},
                {"lower_boundary": 0, "upper_boundary": 1337},
            ),
            id=CHURN,
            needs=("deployment.churn-prod/details",),
        ),
        write(
            "churn-prod",
            Verb.ACTIVATE,
            "activate",
            Change("status", "inactive", "active"),
            id=CHURN,
            group="status",
            needs=("deployment.churn-prod/settings",),
            why="it must be active for what follows",
        ),
        write(
            "churn-prod",
            Verb.REPLACE,
            "model",
            Change("model", V3, V4, "churn (v3)", "churn v4"),
            id=CHURN,
            sets={"model": V4, "replacement.reason": "SCHEDULED_REFRESH"},
            needs=("deployment.churn-prod/activate",),
        ),
        write(
            "churn-prod",
            Verb.REASSERT,
            "reassert-settings",
            Change("settings.association_id.column_names", None, ["customer_id"]),
            id=CHURN,
            group="settings",
            needs=("deployment.churn-prod/model",),
            why="a replace may reset some of these",
        ),
        write(
            "churn-prod",
            Verb.DEACTIVATE,
            "deactivate",
            Change("status", "active", "inactive"),
            id=CHURN,
            group="status",
            needs=("deployment.churn-prod/reassert-settings",),
            why="it was so before",
        ),
        write(
            "lifetime-value",
            Verb.ADOPT,
            "tags/drplan",
            Change("tags.drplan", None, "churn/lifetime-value"),
            id=VALUE,
            group="tags",
            why="drplan finds it again by its identity",
        ),
        write(
            "lifetime-value",
            Verb.UPDATE,
            "tags/cost",
            Change("tags.cost", {"$secret": ""}, SECRET_TEMPLATE),
            id=VALUE,
            group="tags",
            needs=("deployment.lifetime-value/tags/drplan",),
        ),
        write(
            "old",
            Verb.DELETE,
            "delete",
            Change("label", "Old churn", None),
            id=OLD,
            group="",
            method="DELETE",
            why="it carries this project's identity and is in no spec",
        ),
    )
    return Plan(
        target=TARGET,
        project="churn",
        environment="prod",
        spec_digest=SPEC,
        source=Source("4f2a91c0d3b5e6f708192a3b4c5d6e7f80910a2b", "ada@example.com", dirty=True),
        made_at="2026-11-22T12:00:00Z",
        observed=(
            observed("churn-canary", None),
            observed(
                "churn-prod",
                CHURN,
                {
                    "importance": "HIGH",
                    "label": "Customer churn",
                    "model": V3,
                    "settings.association_id.column_names": ["customer_id"],
                    "settings.prediction_warning.custom_boundaries": {"lower_boundary": 0, "upper_boundary": 10},
                    "status": "inactive",
                    "tags.drplan": "churn/churn-prod",
                },
            ),
            observed("lifetime-value", VALUE, {"label": "Value", "tags.cost": {"$secret": ""}, "tags.drplan": None}),
            observed("quiet", "5a0000000000000000000005", {"label": "Quiet", "description": None}),
            observed("serverless", None, kind="prediction_environment"),
            observed("old", OLD, {"importance": "LOW", "tags.drplan": "churn/old", "tags.drplan-protected": None}),
        ),
        actions=actions,
        validations=(
            Validation(
                "deployment.churn-prod/validate-model",
                "warning",
                "Model can be used to replace the current model, with warnings.",
                (
                    Check("target", "passing", "The targets are the same."),
                    Check("features", "warning", "Features are needed that the current model does not use: tickets."),
                    Check("permission", "passing"),
                ),
                "block",
            ),
        ),
        diagnostics=(
            Diagnostic(
                Severity.WARNING,
                "a deployment with the label 'Customer churn (canary)' exists already: 5a0000000000000000000009",
                "add `id: 5a0000000000000000000009` to adopt it instead of creating another",
                Where("deployments/churn.yaml", 12, 3),
                "deployment.churn-canary",
            ),
        ),
        findings=(
            Finding("no-deletes", Demand.DENY, "nothing is deleted in prod", "deployment.old/delete"),
            Finding(
                "risky",
                Demand.REQUIRE_APPROVAL,
                "a critical model is replaced",
                "deployment.churn-prod/model",
                2,
                "mlops",
            ),
            Finding("risky", Demand.WARN, "many changes at once"),
        ),
    )


def nothing() -> Plan:
    """Return a plan without changes, of one deployment."""
    return Plan(
        target=TARGET,
        project="churn",
        spec_digest=SPEC,
        observed=(observed("quiet", "5a0000000000000000000005", {"label": "Quiet", "tags.drplan": "churn/quiet"}),),
        actions=(),
    )


HOSTILE = (
    "</script><script>alert(1)</script>\"'`|\n``` <!-- --> @ada #12 \u202eevil\u202c \x00\x1b[31m ${{ x }} %%{init}%%"
)


def hostile(text: str = HOSTILE) -> Plan:
    """Return a plan whose texts try to be markup in every format; `text` is in all of them."""
    action = write("a", Verb.UPDATE, "details", Change("label", "ünïcödé — שלום 数", text), id=CHURN, why=text)
    ask = write("a", Verb.VALIDATE, "validate-model", id=CHURN, group="model")
    return Plan(
        target=TARGET,
        project="churn",
        spec_digest=SPEC,
        observed=(observed("a", CHURN, {"label": "ünïcödé — שלום 数"}),),
        actions=(ask, action),
        validations=(Validation(ask.key, "passing", text, (Check(text, "passing", text),), "block"),),
        diagnostics=(Diagnostic(Severity.WARNING, text, text),),
        findings=(Finding("rule", Demand.WARN, text, action.key), Finding(text, Demand.WARN, text)),
    )


def large(count: int) -> Plan:
    """Return a plan of `count` deployments: a tenth is deleted, a tenth replaced, the rest updated."""
    validations, writes, deletions, seen = [], [], [], []
    for number in range(count):
        name, live = f"d{number:04}", f"5b{number:022}"
        seen.append(observed(name, live, {"label": f"Deployment {number}"}))
        if number % 10 == 0:
            change = Change("label", f"Deployment {number}", None)
            deletions.append(write(name, Verb.DELETE, "delete", change, id=live, group=""))
        elif number % 10 == 1:
            validations.append(write(name, Verb.VALIDATE, "validate-model", id=live, group="model"))
            writes.append(write(name, Verb.REPLACE, "model", Change("model", V3, V4, "v3", "v4"), id=live))
        else:
            writes.append(write(name, Verb.UPDATE, "details", Change("description", "old " * 20, "new " * 20), id=live))
    checks = (Check("target", "passing", "The targets are the same."),)
    return Plan(
        target=TARGET,
        project="churn",
        spec_digest=SPEC,
        observed=tuple(seen),
        actions=(*validations, *writes, *deletions),
        validations=tuple(Validation(each.key, "passing", "", checks, "block") for each in validations),
    )


def outcomes(plan: Plan, **results: Result) -> list[Outcome]:
    """Return outcomes for a plan's writes: done, unless `results` says otherwise of an action by the end of its key."""
    found = []
    for index, action in enumerate(plan.writes):
        step = action.key.rpartition("/")[2]
        result = results.get(step.replace("-", "_"), Result.DONE)
        message = "" if result is Result.DONE else f"{step} went wrong"
        found.append(Outcome(action.key, result, message, seconds=index + 0.25))
    return found
