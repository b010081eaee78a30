"""Rules in CEL: what an expression sees, when it is asked, and that whatever goes wrong denies."""

from dataclasses import replace

import pytest
from plans import CANARY, CHURN, NOON, TARGET, VALUE, action, findings, found, plan, policy, replacement, rule, seen

from drplan.gate.policy import demands, judge
from drplan.gate.policy.facts import free, higher
from drplan.kinds import KINDS
from drplan.records.plans import Change, Demand, Finding, Observed, Source, Verb

CHANGE = action("update", changes={"importance": ("HIGH", "LOW")}, group="details")
TAGGED = action("update", step="tags/team", group="tags", changes={"tags.a.b": ("old", "new")})
VALIDATE, REPLACE, ANSWER = replacement(status="warning")
BIG = plan(CHANGE, TAGGED, VALIDATE, REPLACE, action("delete", VALUE), validations=(ANSWER,))

CHURN_UPDATE, CHURN_TAG, CHURN_REPLACE, VALUE_DELETE = (
    "deployment.churn/update",
    "deployment.churn/tags/team",
    "deployment.churn/replace",
    "deployment.value/delete",
)
ALL = [CHURN_UPDATE, CHURN_TAG, CHURN_REPLACE, VALUE_DELETE]


@pytest.mark.parametrize(
    ("when", "about"),
    [
        ('action.verb == "replace"', [CHURN_REPLACE]),
        ('action.verb == "validate"', []),
        ('action.kind == "deployment" && action.name == "value"', [VALUE_DELETE]),
        ('action.key.endsWith("/update") && action.group == "details"', [CHURN_UPDATE]),
        ('action.address.startsWith("deployment.v")', [VALUE_DELETE]),
        (
            'action.changes.exists(c, c.setting == "importance" && c.before == "HIGH" && c.after == "LOW")',
            [CHURN_UPDATE],
        ),
        ("before.importance != after.importance", [CHURN_UPDATE, VALUE_DELETE]),
        ('after.importance == "LOW"', [CHURN_UPDATE]),
        ('"a.b" in after.tags && after.tags["a.b"] == "new" && before.tags["a.b"] == "old"', [CHURN_TAG]),
        ('after.replacement.reason == "SCHEDULED_REFRESH"', [CHURN_REPLACE]),
        ('before.model == "a" && after.model == "b"', [CHURN_REPLACE]),
        ("after.settings.drift_tracking.target_drift_enabled == true", []),
        ("after.settings.prediction_warning.custom_boundaries == null", ALL),
        ('after.platform == "aws"', []),
        ('action.validation.status == "warning" && action.validation.checks["features"] == "warning"', [CHURN_REPLACE]),
        (
            'action.validation.status == "" && action.validation.on_warning == ""',
            [CHURN_UPDATE, CHURN_TAG, VALUE_DELETE],
        ),
        ('deployment.importance == "HIGH"', ALL),
        ('deployment.live.importance == "HIGH" && deployment.desired.importance == "LOW"', ALL[:3]),
        ('deployment.exists && "delete" in deployment.verbs && deployment.desired.importance == null', [VALUE_DELETE]),
        ('deployment.verbs == ["replace", "update"]', ALL[:3]),
        ("prediction_environment.exists", []),
        ('environment == "" && plan.environment == environment', [""]),
        ('plan.project == "shop" && plan.target.startsWith("https://platform.example/")', [""]),
        ('plan.author == "ada@example.com" && plan.commit.size() == 40 && !plan.dirty', [""]),
        ("plan.summary.delete == 1 && plan.summary.replace == 1 && plan.summary.update == 0", [""]),
        ("plan.actions.size() == 4 && plan.actions.all(a, a.kind == 'deployment')", [""]),
        ('plan.validations.exists(v, v.status == "warning" && v.address == "deployment.churn")', [""]),
        ('plan.deployments.filter(d, d.importance == "HIGH").size() == 2 && plan.prediction_environments == []', [""]),
        ("!plan.protected", [""]),
        ('plan["project"] == "shop"', [""]),
        ("plan.actions.exists(a, a.key == action.key && a.verb == 'delete')", [VALUE_DELETE]),
        ("true", [""]),
        ("false", []),
    ],
)
def test_what_an_expression_sees(when: str, about: list[str]) -> None:
    """A rule that names what an action has is asked of every write, another once; each fact is as it is planned."""
    observed = (seen(model="a", **{"tags.a.b": "old"}), seen(VALUE))
    assert found(rule(when), replace(BIG, observed=observed)) == [("r", "deny", each) for each in about]


def test_of_a_new_object() -> None:
    """An object that does not exist has nothing before, and after it what creation sends."""
    create = action("create", changes={"label": (None, "Churn"), "importance": (None, "CRITICAL")})
    new = plan(create, observed=(Observed(CHURN, None),))
    when = 'before.label == null && after.label == "Churn" && !deployment.exists && deployment.importance == "CRITICAL"'
    assert found(rule(when), new) == [("r", "deny", create.key)]


def test_of_another_kind() -> None:
    """A rule about every action is asked of every kind; one that names a kind is about its objects only."""
    create = action("create", CANARY, changes={"platform": (None, "aws")})
    both = plan(create, CHANGE)
    assert found(rule('prediction_environment.desired.platform == "aws"'), both) == [("r", "deny", create.key)]
    assert found(rule('after.platform == "aws" || after.importance == "LOW"'), both) == [
        ("r", "deny", create.key),
        ("r", "deny", CHANGE.key),
    ]


def test_outside_of_git() -> None:
    """Without git nothing is committed: the files count as dirty, and nobody as their author."""
    when = 'plan.dirty && plan.author == "" && plan.commit == ""'
    assert found(rule(when), plan(CHANGE, source=None)) == [("r", "deny", "")]
    assert found(rule("plan.dirty"), plan(CHANGE, source=Source("c", "a", dirty=True))) == [("r", "deny", "")]


@pytest.mark.parametrize(
    ("live", "desired", "weight"),
    [
        ("CRITICAL", "LOW", "CRITICAL"),
        ("LOW", "CRITICAL", "CRITICAL"),
        ("HIGH", None, "HIGH"),
        (None, "MODERATE", "MODERATE"),
    ],
)
def test_importance_is_the_higher_one(live: str | None, desired: str | None, weight: str) -> None:
    """Lowering the importance in the plan that replaces the model does not get round a rule about importance."""
    change = action("update", changes={"importance": (live, desired)} if desired else {})
    judged = plan(change, observed=(seen(importance=live),))
    assert found(rule(f'deployment.importance == "{weight}"'), judged) == [("r", "deny", change.key)]


WRONG = "the rule cannot be evaluated: "


@pytest.mark.parametrize(
    ("when", "about", "reason"),
    [
        ("after.importence == 'LOW'", CHURN_UPDATE, "there is no 'importence'"),
        ("plan.sumary.delete == 1", "", "there is no 'sumary'"),
        ("plan.summary.delete", "", "it is 0, and must be true or false"),
        ("plan.project", "", "it is 'shop', and must be true or false"),
        ("nosuch(plan.project)", "", "Undefined variable or function: 'nosuch'"),
        ("1 / plan.summary.delete > 1", "", "division by zero in CEL expression"),
        (
            "after.importance > 3",
            CHURN_UPDATE,
            "No such overload: the operation is not defined for the given operand types",
        ),
        (
            "plan.summary.update * 9223372036854775807 * 2 > 0",
            "",
            "Arithmetic overflow in 'mul' on 9223372036854775807 and 2",
        ),
    ],
)
@pytest.mark.parametrize("outcome", ["deny", "require_approval", "warn"])
def test_a_rule_that_errs_denies(when: str, about: str, reason: str, outcome: str) -> None:
    """Whatever an expression raises, and whatever is neither true nor false, denies, saying which rule and why."""
    assert findings(rule(when, outcome), plan(CHANGE)) == (Finding("r", Demand.DENY, WRONG + reason, about),)


def test_an_error_after_a_finding() -> None:
    """A rule that applies to one action and errs at the next keeps what it found, and denies."""
    first = action("update", step="a", changes={"importance": (None, "LOW")})
    second = action("update", step="b", changes={"settings.prediction_warning.custom_boundaries": (None, {"lower": 1})})
    when = 'after.importance == "LOW" || after.settings.prediction_warning.custom_boundaries.nosuch == 1'
    assert findings(rule(when, "warn"), plan(first, second, observed=(seen(importance=None),))) == (
        Finding("r", Demand.WARN, "Not so.", first.key),
        Finding("r", Demand.DENY, f"{WRONG}there is no 'nosuch'", second.key),
    )


def test_a_builtin_that_errs_denies() -> None:
    """A rule of drplan's own that meets a plan it cannot judge denies too."""
    strange = replace(CHANGE, address=replace(CHURN, kind="nosuch"), verb=Verb.DELETE)
    text = "builtin_policies: {interruption: {outcome: warn}}"
    assert findings(text, plan(strange, observed=())) == (
        Finding("interruption", Demand.DENY, f"{WRONG}there is no 'nosuch'"),
    )


def test_without_changes_there_is_nothing_to_judge() -> None:
    """A plan without writes has no findings, whatever the rules say."""
    assert found(rule("true"), plan(VALIDATE)) == []


GROUPS = "approvals: {allowed_signers: a, groups: {leads: [cleo]}}\n"


def test_outcomes() -> None:
    """A finding has the rule's outcome and message; only where it asks for approval, the count and the group."""
    asked = "{count: 2, group: leads}"
    text = rule("true", "require_approval", require_approval=asked) + GROUPS
    assert findings(text, plan(CHANGE)) == (Finding("r", Demand.REQUIRE_APPROVAL, "Not so.", "", 2, "leads"),)
    assert findings(rule("true", "require_approval"), plan(CHANGE)) == (
        Finding("r", Demand.REQUIRE_APPROVAL, "Not so.", "", 1, ""),
    )
    assert findings(rule("true", "warn"), plan(CHANGE)) == (Finding("r", Demand.WARN, "Not so.", "", 0, ""),)


PLACES = """
endpoint: https://platform.example/api/v2/
environments:
  prod: {protected: true, endpoint: https://prod.example/api/v2}
  test: {}
"""


@pytest.mark.parametrize(
    ("environment", "target", "applies"),
    [
        ("prod", TARGET, True),
        ("test", TARGET, False),
        ("test", "https://prod.example/api/v2", False),
        ("", "https://prod.example/api/v2", True),
        ("", TARGET, False),
        ("", "https://elsewhere.example/api/v2", False),
    ],
)
def test_rules_of_an_environment(environment: str, target: str, applies: bool) -> None:
    """A limited rule applies in its environments, and to a plan without one that goes to the endpoint of one."""
    text = rule("true", environments="[prod]") + PLACES
    judged = plan(CHANGE, environment=environment, target=target)
    assert found(text, judged) == ([("r", "deny", "")] if applies else [])
    assert found(rule("plan.protected") + PLACES, judged) == ([("r", "deny", "")] if applies else [])


def test_the_environment_by_name() -> None:
    """An expression may ask for the environment itself."""
    assert found(rule('environment == "test"') + PLACES, plan(CHANGE, environment="test")) == [("r", "deny", "")]


def test_several_rules_in_their_order() -> None:
    """Findings come rule by rule, in the order of the file, each rule's in the order of the plan."""
    text = """
policies:
  - {name: b, when: 'action.group != ""', outcome: warn, message: One.}
  - {name: a, when: plan.summary.delete > 0, outcome: deny, message: Two.}
builtin_policies: {validation_warning: {}}
"""
    assert found(text, BIG) == [
        ("b", "warn", CHURN_UPDATE),
        ("b", "warn", CHURN_TAG),
        ("b", "warn", CHURN_REPLACE),
        ("a", "deny", ""),
        ("validation_warning", "require_approval", VALIDATE.key),
    ]


def test_demands() -> None:
    """Of what one rule asks of one group, the largest count is needed; other groups and rules stand by themselves."""

    def asked(rule_: str, count: int, group: str = "", about: str = "") -> Finding:
        return Finding(rule_, Demand.REQUIRE_APPROVAL, "m", about, count, group)

    given = (
        asked("a", 1, about="x"),
        asked("a", 2, about="y"),
        asked("a", 1, about="z"),
        asked("a", 1, "leads"),
        asked("b", 1),
        Finding("c", Demand.DENY, "m"),
    )
    assert list(demands(given)) == [asked("a", 2, about="y"), asked("a", 1, "leads"), asked("b", 1)]


def test_a_thousand_actions() -> None:
    """Facts are made once for each object and only where a rule asks, however many there are."""

    actions = [
        action("update", replace(CHURN, name=f"d{index}"), changes={"label": ("a", "b")}) for index in range(1000)
    ]
    rules = policy(rule('action.verb == "delete" && deployment.importance == "CRITICAL" && plan.summary.delete > 1'))
    large = plan(*actions)
    assert judge(rules, large, NOON) == ()


def test_a_change_without_a_before() -> None:
    """A setting whose live value was never read is unknown before, and as planned after."""
    reassert = replace(CHANGE, verb=Verb.REASSERT, changes=(Change("label", None, "x"),), sets={"label": "x"})
    assert found(rule('before.label == null && after.label == "x"'), plan(reassert)) == [("r", "deny", CHANGE.key)]


def test_an_object_that_is_made_again() -> None:
    """It is deleted, and afterwards it is what its creation makes of it: nothing of before is left."""
    delete = action("delete", changes={"label": ("a", None)})
    create = action("create", changes={"label": (None, "b")})
    remade = replace(plan(delete, create), observed=(seen(label="a", importance="HIGH"),))
    for when, about in (
        ('deployment.desired.label == "b" && deployment.desired.importance == null', [delete.key, create.key]),
        ("deployment.verbs == ['create', 'delete'] && deployment.importance == 'HIGH'", [delete.key, create.key]),
        ('before.label == "a" && after.label == "b" && after.importance == null', [create.key]),
        ("after.label == null", [delete.key]),
        ("plan.summary.create == 1 && plan.summary.delete == 1", [""]),
    ):
        assert found(rule(when), remade) == [("r", "deny", each) for each in about], when


def test_kinds_of_which_nothing_depends() -> None:
    """A kind without a setting for it has no importance."""
    kind = KINDS["prediction_environment"]
    assert kind.criticality is None
    assert higher(kind, {"importance": "HIGH"}, {}) is None


def test_settings_of_kinds_do_not_collide() -> None:
    """A setting of one kind never takes the place of another's, nor stands below a plain value."""
    values = {"a": None, "b": {"c": None}}
    assert [free(values, path) for path in ("a", "a.b", "b", "b.c", "b.d", "c", "c.d")] == [
        False,
        False,
        False,
        False,
        True,
        True,
        True,
    ]
