"""What is wrong with a project file's policies is said when it is loaded, at its place, all of it in one run."""

import pytest

from drplan.errors import SpecError
from drplan.gate.policy.expression import MAX_CHARACTERS, WrongExpression, program
from drplan.project.reading import read_project

RULE = """project: shop
policies:
  - name: r
    when: {when}
    outcome: deny
    message: Not so.
"""


def problems(text: str, **environ: str) -> list[str]:
    """Return every problem of a project file as text."""
    with pytest.raises(SpecError) as raised:
        read_project(text, "drplan.yaml", environ=environ)
    return [str(each) for each in raised.value.diagnostics]


@pytest.mark.parametrize(
    ("when", "place", "summary"),
    [
        ("action.verb == ", "4:25", "mismatched input its end"),
        ("'action.verb =='", "4:26", "mismatched input its end"),
        ('"plan.dirty && (true"', "4:31", "missing ')' at its end"),
        ("true false", "4:16", "extraneous input 'false'"),
        ("|\n      true &&\n      plan.dirty)\n", "6:17", "extraneous input ')'"),
        ("|-\n\n      true &&\n        (plan.dirty\n", "7:20", "missing ')' at its end"),
        (">\n      true &&\n      plan.dirty)\n", "4:11", "extraneous input ')'"),
        ('"true &&\\n  )"', "4:11", "mismatched input ')'"),
    ],
)
def test_syntax_errors_have_their_place(when: str, place: str, summary: str) -> None:
    """A syntax error is reported at its line and column in the file, in plain, quoted and literal texts."""
    (said,) = problems(RULE.format(when=when))
    assert said.startswith(f"drplan.yaml:{place}: policies[0].when: not a CEL expression: {summary}"), said


@pytest.mark.parametrize(
    ("when", "summary"),
    [
        ("acton.verb == 'x'", "the expression names 'acton', which does not exist (did you mean 'action'?)"),
        (
            "deployment.exists && prediction_environment.exists",
            "an action is about one object, never deployment and prediction_environment (write two rules)",
        ),
        (
            "[1, 2].exists(x, x == nobody)",
            "the expression names 'nobody', which does not exist",
        ),
    ],
)
def test_names_are_known(when: str, summary: str) -> None:
    """A name that no fact has is reported while loading, with the nearest one."""
    (said,) = problems(RULE.format(when=f'"{when}"'))
    assert said.startswith(f"drplan.yaml:4:11: policies[0].when: {summary}")


@pytest.mark.parametrize(
    "when",
    [
        "[1].exists(plain, plain == 1)",
        "plan.actions.all(a, a.changes.filter(c, c.setting == 'acton.verb').map(d, d.after) == [])",
        "plan . dirty",
        "'nobody' == environment",
    ],
)
def test_names_that_an_expression_binds_are_its_own(when: str) -> None:
    """What a macro binds, and what stands in a text, is no unknown name."""
    read_project(RULE.format(when=f'"{when}"'), "drplan.yaml")


def test_everything_in_one_run() -> None:
    """Every problem of every rule is reported, each once, in the order of the file."""
    text = """project: shop
environments: {prod: {}}
approvals: {allowed_signers: a, groups: {leads: [x]}, required: {group: leeds}}
policies:
  - {name: a, when: "true", outcome: deny, message: m, require_approval: {count: 2}}
  - {name: a, when: "true", outcome: require_approval, message: m, require_approval: {group: lead}}
  - {name: freeze, when: "true", outcome: never, message: m, environments: [prd]}
  - {name: b, when: 3, outcome: deny, message: m}
  - {name: c, outcome: deny, message: m}
  - no rule
builtin_policies:
  freeze: {windows: [{zone: Europe/Berln, hours: {from: "25:00", to: "24:01"}}, {zone: UTC}]}
  risk_budget: {}
  interruption: {outcome: warn, require_approval: {count: 1}}
  no_deletes: {environments: [test]}
  validation_warning: null
"""
    with pytest.raises(SpecError) as raised:
        read_project(text, "drplan.yaml")
    said = [
        (each.where and (each.where.line, each.where.column), each.path, each.summary)
        for each in raised.value.diagnostics
    ]
    unasked = "this says who must approve, and the outcome is not require_approval"
    window = "builtin_policies.freeze.windows[0]"
    assert said == [
        ((3, 73), "approvals.required.group", "there is no group 'leeds'"),
        ((5, 56), "policies[0].require_approval", unasked),
        ((6, 12), "policies[1].name", "two rules are named 'a'"),
        ((6, 94), "policies[1].require_approval.group", "there is no group 'lead'"),
        ((7, 12), "policies[2].name", "'freeze' is the name of a builtin rule"),
        ((7, 43), "policies[2].outcome", "'never' is not one of warn, require_approval, deny"),
        ((7, 77), "policies[2].environments[0]", "there is no environment 'prd'"),
        ((8, 21), "policies[3].when", "expected text, not 3"),
        ((9, 5), "policies[4]", "'when' is missing"),
        ((10, 5), "policies[5]", "expected a mapping, not 'no rule'"),
        ((12, 29), f"{window}.zone", "'Europe/Berln' is no time zone"),
        ((12, 57), f"{window}.hours.from", "'25:00' is no time of day"),
        ((12, 70), f"{window}.hours.to", "'24:01' is no time of day"),
        ((12, 81), "builtin_policies.freeze.windows[1]", "this window never ends"),
        ((13, 3), "builtin_policies.risk_budget", "this limits nothing"),
        ((14, 33), "builtin_policies.interruption.require_approval", unasked),
        ((15, 31), "builtin_policies.no_deletes.environments[0]", "there is no environment 'test'"),
        ((16, 23), "builtin_policies.validation_warning", "this cannot be cleared with null"),
    ]


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (
            '{from: "2026-12-24", to: "2026-12-23"}',
            ["dates.to: 2026-12-23 is before 2026-12-24 (the last day of a window is inside it)"],
        ),
        ("{from: yule, to: 2026-12-24}", ["dates.from: 'yule' is no date (write it as 2026-12-24)"]),
        (
            "{from: 2026-02-30, to: 2026-13-01}",
            [
                "dates.from: '2026-02-30' is no date (write it as 2026-12-24)",
                "dates.to: '2026-13-01' is no date (write it as 2026-12-24)",
            ],
        ),
    ],
)
def test_dates_of_a_window(dates: str, said: list[str]) -> None:
    """A window between dates that are none, or that are the wrong way round, is refused."""
    text = f"project: shop\nbuiltin_policies: {{freeze: {{windows: [{{zone: UTC, dates: {dates}}}]}}}}\n"
    assert [each.partition("windows[0].")[2] for each in problems(text)] == said


@pytest.mark.parametrize(
    "window",
    [
        "{zone: 3, days: [monday]}",
        "{days: [monday]}",
        "{zone: UTC, hours: 16}",
        "{zone: UTC, hours: {from: 16, to: 17}}",
        "monday",
    ],
)
def test_a_window_of_the_wrong_form_is_the_schemas_to_judge(window: str) -> None:
    """What the schema has against a window is said once, and nothing else is made of it."""
    text = f"project: shop\nbuiltin_policies: {{freeze: {{windows: [{window}]}}}}\n"
    assert all("windows[0]" in each for each in problems(text))


def test_the_process_environment_decides_nothing() -> None:
    """A rule, a signers' file or an age from `${env.X}` is refused: an exported variable must not loosen a policy."""
    text = """project: shop
approvals: {allowed_signers: "${env.X}"}
plans: {max_age: "${env.X}"}
policies:
  - {name: r, when: "${env.X}", outcome: deny, message: m}
builtin_policies: {no_deletes: {message: "${env.X}"}}
"""
    assert problems(text, X="true") == [
        "drplan.yaml:2:12: approvals: the process's environment must not decide about approvals (use ${var.…})",
        "drplan.yaml:3:8: plans: the process's environment must not decide about approvals (use ${var.…})",
        "drplan.yaml:5:3: policies: the process's environment must not decide about policies (use ${var.…})",
        "drplan.yaml:6:19: builtin_policies: the process's environment must not decide about policies (use ${var.…})",
    ]


def test_variables_are_allowed() -> None:
    """`${var.x}` stands in rules as it does everywhere."""
    document, _ = read_project(
        'project: shop\nvars: {most: "1"}\n'
        + RULE.format(when='"plan.summary.delete > ${var.most}"').partition("\n")[2],
        "drplan.yaml",
    )
    assert document.value["policies"][0]["when"] == "plan.summary.delete > 1"


def test_an_expression_has_a_bounded_length() -> None:
    """A text longer than people write is refused before it reaches the parser."""
    long = " || ".join(["plan.dirty"] * (MAX_CHARACTERS // 10))
    (said,) = problems(RULE.format(when=f'"{long}"'))
    assert said.startswith("drplan.yaml:4:11: policies[0].when: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "plans: {max_age: 3 days}",
            "drplan.yaml:2:18: plans.max_age: '3 days' is no duration; write 24h, 90m, 7d, or ISO 8601 such as PT24H",
        ),
        (
            "approvals: {groups: {a: [b]}}",
            "drplan.yaml:2:13: approvals.groups: nobody can sign here (name an allowed_signers file)",
        ),
        (
            "approvals: {required: {group: a}}",
            "drplan.yaml:2:31: approvals.required.group: there is no group 'a' (define it under approvals.groups)",
        ),
        ("approvals: 3", "drplan.yaml:2:12: approvals: expected a mapping, not 3"),
        (
            "approvals: {required: 2, groups: 3, allowed_signers: a}",
            "drplan.yaml:2:23: approvals.required: expected a mapping, not 2",
        ),
        ("plans: {max_age: 24}", "drplan.yaml:2:18: plans.max_age: expected text, not 24 (put quotes around it)"),
        ("plans: daily", "drplan.yaml:2:8: plans: expected a mapping, not 'daily'"),
        (
            'policies: [{name: 3, when: "true", outcome: deny, message: m}]',
            "drplan.yaml:2:19: policies[0].name: expected text, not 3 (put quotes around it)",
        ),
        ("policies: {}", "drplan.yaml:2:11: policies: expected a list, not {}"),
        ("builtin_policies: [freeze]", "drplan.yaml:2:19: builtin_policies: expected a mapping, not ['freeze']"),
        ("- a list", "drplan.yaml:2:1: not valid YAML: "),
    ],
)
def test_forms(text: str, said: str) -> None:
    """Sections of the wrong form are complained of once, at the value."""
    assert problems(f"project: shop\n{text}\n")[0].startswith(said)


def test_an_expression_that_is_no_text() -> None:
    """What the parser cannot even take as text is an error at its beginning."""
    with pytest.raises(WrongExpression) as raised:
        program("'\ud800' == environment")
    assert (str(raised.value), raised.value.line, raised.value.column) == ("it cannot be parsed", 1, 1)
