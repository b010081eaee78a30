"""The rules that come with drplan, each at the edge of what it allows."""

import pytest
from plans import CANARY, CHURN, VALUE, action, findings, found, plan, replacement, seen

from drplan.records.plans import Check, Demand, Finding, Observed, Plan
from drplan.records.specs import Address

GUARDED = "environments: {prod: {protected: true}, test: {}}\n"


def built(name: str, parameters: str = "{}") -> str:
    """Return a project file's line that switches one rule on."""
    return f"builtin_policies: {{{name}: {parameters}}}\n"


@pytest.mark.parametrize(
    ("parameters", "places", "environment", "denied"),
    [
        ("{}", GUARDED, "prod", True),
        ("{}", GUARDED, "test", False),
        ("{}", "", "", True),  # without environments everything is guarded
        ("{}", "environments: {test: {}}\n", "test", False),  # with environments, only the protected ones
        ("{environments: [test]}", GUARDED, "test", True),
        ("{environments: [test]}", GUARDED, "prod", False),
    ],
)
def test_no_deletes(parameters: str, places: str, environment: str, denied: bool) -> None:
    """Deletions are denied where the environment is protected, and each is named."""
    deleting = plan(action("update", VALUE), action("delete"), environment=environment)
    expected = [("no_deletes", "deny", "deployment.churn/delete")] if denied else []
    assert found(built("no_deletes", parameters) + places, deleting) == expected


def test_no_deletes_lets_the_rest_through() -> None:
    """Anything but a deletion is no concern of it."""
    assert found(built("no_deletes"), plan(action("update"), action("deactivate"))) == []


def test_validation_warning() -> None:
    """A validation that does not pass asks for an approval, naming the checks; one that passes asks for none."""
    warned, replace, answer = replacement(
        status="warning", checks=(Check("features", "warning"), Check("target", "passing"))
    )
    fine, other, passing = replacement(VALUE)
    judged = plan(warned, fine, replace, other, validations=(answer, passing))
    message = "the replacement's validation is warning: features"
    assert findings(built("validation_warning"), judged) == (
        Finding("validation_warning", Demand.REQUIRE_APPROVAL, message, warned.key, 1),
    )
    bare = plan(warned, replace, validations=(replacement(status="warning", checks=())[2],))
    assert [each.message for each in findings(built("validation_warning"), bare)] == [
        "the replacement's validation is warning"
    ]


def fleet(total: int, replaced: int, importance: str = "HIGH", verb: str = "replace") -> Plan:
    """Return a plan that touches some of a fleet of one importance."""
    addresses = [Address("deployment", f"d{index:02}") for index in range(total)]
    observed = tuple(seen(address, importance=importance) for address in addresses)
    return plan(*(action(verb, address) for address in addresses[:replaced]), observed=observed)


@pytest.mark.parametrize(
    ("parameters", "judged", "denied"),
    [
        ("{replacements: 2}", fleet(10, 2), []),
        ("{replacements: 2}", fleet(10, 3), ["3 models would be replaced in one plan, and 2 may be"]),
        ("{replacements: 0}", fleet(1, 1, "LOW"), ["1 models would be replaced in one plan, and 0 may be"]),
        ("{replacements: 2}", fleet(10, 3, verb="update"), []),
        ("{percent: 25}", fleet(8, 2), []),
        (
            "{percent: 25}",
            fleet(8, 3),
            ["3 of 8 deployments of importance HIGH or CRITICAL would be replaced, deactivated or deleted in one plan"],
        ),
        ("{percent: 25}", fleet(8, 8, "MODERATE"), []),
        ("{percent: 0}", fleet(8, 8, verb="update"), []),
        ("{percent: 50}", fleet(1, 1, "CRITICAL", "delete"), [""]),
        ("{percent: 50}", fleet(1, 1, "CRITICAL", "deactivate"), [""]),
        ("{replacements: 1, percent: 1}", fleet(2, 2), ["", ""]),
        ("{percent: 99.5}", fleet(1, 0), []),
    ],
)
def test_risk_budget(parameters: str, judged: Plan, denied: list[str]) -> None:
    """Up to the budget a plan passes; one more is denied, with the numbers."""
    got = findings(built("risk_budget", parameters), judged)
    assert [(each.rule, each.demand, each.about) for each in got] == [("risk_budget", Demand.DENY, "")] * len(denied)
    assert all(message in each.message for message, each in zip(denied, got, strict=True))


def test_what_does_not_exist_yet_is_no_risk() -> None:
    """The share is one of what exists: a plan full of creations does not dilute it, and is not counted in it."""
    new = Address("deployment", "new")
    judged = plan(
        action("create", new, changes={"importance": (None, "HIGH")}),
        action("replace"),
        observed=(Observed(new, None), seen()),
    )
    assert len(found(built("risk_budget", "{percent: 99}"), judged)) == 1


@pytest.mark.parametrize(
    ("judged", "about"),
    [
        (plan(action("deactivate")), ["deployment.churn/deactivate"]),
        (plan(action("delete")), ["deployment.churn/delete"]),
        (plan(action("delete"), observed=(seen(status="inactive"),)), []),  # it answers nobody as it is
        (plan(action("delete"), observed=()), ["deployment.churn/delete"]),  # what is not known counts as serving
        (plan(action("delete", CANARY)), []),  # it has no switch: it never answered
        (plan(action("replace"), action("activate"), action("update")), []),
    ],
)
def test_interruption(judged: Plan, about: list[str]) -> None:
    """What stops an active deployment from answering asks for an approval."""
    assert found(built("interruption"), judged) == [("interruption", "require_approval", each) for each in about]


def test_what_a_project_says_of_a_builtin_rule() -> None:
    """Outcome, message, approvals and environments can be set as with any other rule."""
    text = """
approvals: {allowed_signers: x, groups: {leads: [cleo]}}
environments: {prod: {}}
builtin_policies:
  interruption:
    message: Tell the duty officer.
    require_approval: {count: 2, group: leads}
    environments: [prod]
  no_deletes: {outcome: warn, environments: [prod]}
"""
    assert findings(text, plan(action("delete"), environment="prod")) == (
        Finding(
            "interruption", Demand.REQUIRE_APPROVAL, "Tell the duty officer.", "deployment.churn/delete", 2, "leads"
        ),
        Finding("no_deletes", Demand.WARN, "nothing may be deleted here", "deployment.churn/delete"),
    )
    assert findings(text, plan(action("delete"))) == ()


def test_the_importance_of_what_was_read_counts() -> None:
    """A budget counts what was live before the plan: lowering the importance in the same plan does not help."""
    lowered = action("update", CHURN, changes={"importance": ("CRITICAL", "LOW")})
    judged = plan(lowered, action("replace"), observed=(seen(importance="CRITICAL"),))
    assert len(found(built("risk_budget", "{percent: 10}"), judged)) == 1
