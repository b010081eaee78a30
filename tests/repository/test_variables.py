"""Values from a pipeline: `--var` and `--var-file`, typed as YAML 1.2 reads them, and recorded in the plan."""

import json
from pathlib import Path
from typing import Any

import pytest
from config_repository import Repository

import drplan
from drplan.errors import UsageError
from drplan.project.variables import variables_of_words
from drplan.records.plans import Verb


@pytest.fixture
def shop(repository: Repository) -> Repository:
    """Give a project with two variables, and one deployment that uses them."""
    repository.project(vars={"version": 1, "team": "retention"})
    repository.specs(
        churn={
            "model": {"registered_model": "churn", "version": "${var.version}"},
            "tags": {"team": "${var.team}"},
        }
    )
    return repository


def model(shop: Repository, *arguments: str) -> str:
    """Return the model that `drplan plan` with these arguments wants."""
    ran = shop.drplan("plan", "--format", "json", *arguments)
    assert ran.code == 0, ran.err
    (create,) = (each for each in json.loads(ran.out)["plan"]["actions"] if each["verb"] == Verb.CREATE)
    (change,) = (each for each in create["changes"] if each["setting"] == "model")
    return change["after_name"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("4", 4),
        ("010", 10),
        ("1.5", 1.5),
        ("true", True),
        ("latest", "latest"),
        ("no", "no"),
        ("1:30", "1:30"),
        ('"4"', "4"),
        ("'it''s'", "it's"),
        ('"', '"'),
        ("'a' and 'b'", "'a' and 'b'"),
        ("", ""),
        ("a: b", "a: b"),
        ("x #y", "x #y"),
        ("[a]", "[a]"),
        ("*a", "*a"),
        ("${env.HOME}", "${env.HOME}"),
        ("a=b", "a=b"),
        ("two\nlines", "two\nlines"),
    ],
)
def test_what_a_word_stands_for(text: str, value: Any) -> None:
    """A value is what YAML reads in one plain or quoted word, and else the text as it is."""
    assert repr(variables_of_words([f"x={text}"])) == repr({"x": value})


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("x", "--var: 'x' is no NAME=VALUE"),
        ("x=null", "--var x: 'null': null is no value; put quotes around a text"),
        ("x=~", "--var x: '~': null is no value; put quotes around a text"),
        ("x=9007199254740993", "--var x: '9007199254740993': it is not a number that can be sent; put quotes"),
        ("x=.inf", "--var x: '.inf': it is not a number that can be sent; put quotes around a text"),
        ("x=" + "1" * 5000, "--var x: "),
    ],
)
def test_words_that_are_none(word: str, message: str) -> None:
    """What is no value says how to write one."""
    with pytest.raises(UsageError) as error:
        variables_of_words([word])
    assert error.value.summary.startswith(message)


def test_what_wins(shop: Repository) -> None:
    """`--var` wins over files, a later one over an earlier one, and all over the project file, whatever the order."""
    shop.write("two.yaml", "version: 2\n")
    shop.write("three.yaml", "version: 3\nteam: pricing\n")
    two, three = shop.path("two.yaml"), shop.path("three.yaml")
    assert model(shop) == "churn v1"
    assert model(shop, "--var", "version=1", "--var", "version=2") == "churn v2"
    assert model(shop, "--var-file", three, "--var-file", two) == "churn v2"
    assert model(shop, "--var", "version=3", "--var-file", two) == "churn v3"
    assert model(shop, "--var", "team=nobody") == "churn v1"


def test_an_environments_variables(shop: Repository) -> None:
    """An environment may define a variable of its own, which has to be given there only."""
    shop.project(vars={"version": 1, "team": "x"}, environments={"prod": {"vars": {"version": 2, "only": "here"}}})
    assert shop.drplan("-e", "prod", "validate", "--var", "only=x", "--var", "version=3").code == 0
    ran = shop.drplan("validate", "--var", "only=x")
    assert (ran.code, ran.err) == (
        64,
        "Error: the variable 'only' is not defined; define it under `vars:` in the project file, with its default\n",
    )
    ran = shop.drplan("validate", "--var", "versoin=x")
    assert (ran.code, ran.err) == (64, "Error: the variable 'versoin' is not defined; did you mean 'version'?\n")


def test_a_value_that_has_to_be_given(shop: Repository) -> None:
    """A variable that is null in the project file is one that whoever uses it has to give a value."""
    shop.project(vars={"version": None, "team": "x", "unused": None})
    ran = shop.drplan("validate")
    assert ran.code == 3
    assert (
        "deployments.churn.model.version: the variable 'version' has no value\n  give it one: --var version=" in ran.err
    )
    assert ran.err.endswith("Error: 1 problem\n")
    assert model(shop, "--var", "version=2") == "churn v2"


def test_values_are_no_references(shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """A value from a pipeline is sent as it is: it names no variable, and no secret."""
    monkeypatch.setenv("SECRET", "hunter2")
    ran = shop.drplan("plan", "--var", "team=${env.SECRET} ${var.version}")
    assert (ran.code, "hunter2" in ran.out) == (0, False)
    assert '+ tags.team: "${env.SECRET} ${var.version}"' in ran.out


def test_a_value_that_does_not_fit(shop: Repository) -> None:
    """What a value is used for decides whether it fits, and the complaint is at that place."""
    ran = shop.drplan("validate", "--var", "version=soon")
    assert ran.code == 3
    assert "deployments.churn.model.version: expected a whole number from 1 or latest, not 'soon'" in ran.err


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", 0, ""),
        ("version: 2", 0, ""),
        ("- version", 3, "v.yaml:1:1: expected a mapping of NAME: VALUE"),
        ("version: [2]", 3, "v.yaml:1:10: version: expected text, a number, true or false, not [2]"),
        ("version:", 3, "v.yaml:1:9: version: expected text, a number, true or false, not null"),
        ("version: !x 2", 3, "v.yaml:1:10: version: the tag !x is not allowed"),
        ("version: 2\nversion: 3", 3, "v.yaml:2:1: version: the key 'version' stands twice"),
        ("version: {", 3, "v.yaml:2:1: not valid YAML"),
        ("versions: 2", 64, "the variable 'versions' is not defined; did you mean 'version'?"),
    ],
)
def test_files_of_values(shop: Repository, text: str, code: int, message: str) -> None:
    """A file of values is a mapping of words; what is wrong in it is said with its place."""
    shop.write("v.yaml", text)
    ran = shop.drplan("validate", "--var-file", "v.yaml")
    assert (ran.code, message in ran.err) == (code, True), ran.err


def test_a_file_that_is_not_there(shop: Repository) -> None:
    """A file that was named has to be there."""
    ran = shop.drplan("validate", "--var-file", "none.yaml")
    assert (ran.code, ran.err) == (64, "Error: none.yaml cannot be read: No such file or directory\n")


@pytest.mark.parametrize(
    "command",
    [
        ["validate"],
        ["plan"],
        ["apply", "--auto-approve"],
        ["list"],
        ["show", "deployment.churn"],
        ["explain", "deployment.churn"],
        ["monitor"],
        ["monitor", "service-stats", "deployment.churn"],
        ["emulator", "traffic", "deployment.churn", "--rows", "1", "--days", "1"],
        ["destroy", "deployment.churn", "--auto-approve"],
    ],
    ids=" ".join,
)
def test_every_command_that_reads_specs(shop: Repository, command: list[str]) -> None:
    """Each command that reads specs takes values, and reads the specs with them."""
    assert shop.drplan("apply", "--auto-approve").code == 0
    assert shop.drplan(*command, "--var", "version=1").code == 0
    if command[0] != "destroy":  # which needs no variable
        assert shop.drplan(*command, "--var", "version=[2]").code == 3
    assert shop.drplan(*command, "--var", "nobody=1").code == 64


def test_a_saved_plan_has_its_values(shop: Repository) -> None:
    """A plan records the values that it was made with, is applied with them, and with no others."""
    assert shop.drplan("plan", "--var", "version=2", "--out", shop.path("plan.json")).code == 0
    content = json.loads(Path(shop.path("plan.json")).read_text())
    assert content["plan"]["variables"] == {"version": 2}
    ran = shop.drplan("apply", shop.path("plan.json"), "--var", "version=1")
    assert (ran.code, "was made with other variables (version=2); plan again" in ran.err) == (4, True)
    assert shop.drplan("apply", shop.path("plan.json")).code == 0
    assert shop.drplan("plan", "--out", shop.path("next.json")).code == 0
    ran = shop.drplan("apply", shop.path("next.json"), "--var", "version=2")
    assert (ran.code, "was made with other variables (none); plan again" in ran.err) == (4, True)
    ran = shop.drplan("plan", "--var", "version=2", "--out", shop.path("same.json"))
    assert "No changes." in ran.out
    assert shop.drplan("apply", shop.path("same.json"), "--var", "version=2").code == 0


def test_a_saved_plan_whose_variable_is_gone(shop: Repository) -> None:
    """Where the project does not define the variable any more, the specs are not those that the plan was made from."""
    assert shop.drplan("plan", "--var", "version=2", "--out", shop.path("plan.json")).code == 0
    shop.project(vars={"team": "retention"})
    ran = shop.drplan("apply", shop.path("plan.json"))
    assert (ran.code, "the specs have changed since" in ran.err) == (4, True)


def test_from_python(shop: Repository) -> None:
    """The library takes the values as they are."""
    plan = drplan.open(shop.root, variables={"version": 2}).plan()
    assert plan.variables == {"version": 2}
    with pytest.raises(UsageError, match="the variable 'nobody' is not defined"):
        drplan.open(shop.root, variables={"nobody": 2})


# ------------------------------------------------------------------------------------------------------------ destroy


def test_destroy_needs_no_variables_of_others(shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one address is deleted by needs no value of a variable that only other addresses name."""
    monkeypatch.setenv("WHO", "ada")
    other = {
        "label": "${var.nobody}",
        "model": {"registered_model": "churn", "version": 1},
        "tags": {"a": "${var.nobody}", "b": "c"},
        "settings": {"association_id": {"column_names": ["${env.WHO}"]}},
    }
    shop.project(vars={"nobody": "x"}, environments={"prod": {"deployments": {"other": {"description": "${env.WHO}"}}}})
    shop.specs(churn={}, other=other)
    assert shop.drplan("-e", "prod", "apply", "--auto-approve").code == 0
    monkeypatch.delenv("WHO")
    shop.project(environments={"prod": {"deployments": {"other": {"description": "${env.WHO}"}}}})
    ran = shop.drplan("-e", "prod", "destroy", "deployment.other", "--auto-approve")
    assert (ran.code, "the environment variable WHO is not set" in ran.err) == (3, True)
    assert shop.drplan("-e", "prod", "destroy", "--auto-approve").code == 3
    assert shop.drplan("-e", "prod", "destroy", "deployment.churn", "--auto-approve").code == 0


def test_destroy_needs_the_specs_all_the_same(shop: Repository) -> None:
    """What is wrong in another way is still said, and so is a reference in what is to be deleted."""
    shop.specs(churn={"importance": "${var.nobody}"}, other={"importance": "high", "description": "${env.NOBODY}"})
    shop.write("deployments/odd.yaml", "deployments: [x]\n")
    ran = shop.drplan("destroy", "deployment.churn", "--auto-approve")
    assert ran.code == 3
    assert [line.partition(": ")[2] for line in ran.err.splitlines() if line.startswith("Error: deployments")] == [
        "deployments/all.yaml:1:146: deployments.churn.importance: the variable 'nobody' is not defined",
        "deployments/all.yaml:1:292: deployments.other.importance: 'high' is not one of LOW, MODERATE, HIGH, CRITICAL",
        "deployments/odd.yaml:1:14: deployments: expected a mapping, not ['x']",
    ]
