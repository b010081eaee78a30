"""Environments, defaults, variables and secrets: what is effective, where it comes from, what is wrong."""

import json

import pytest

from drplan.cli import run
from drplan.errors import UsageError
from drplan.spec.document import parse
from drplan.spec.overlays import Scope, overlays_of

PROJECT = """project: shop
endpoint: emulator
emulator: {seed: world.yaml, job_seconds: 0}
vars: {team: retention, upper: 10, on: true, both: "${var.team}/${var.upper}"}
defaults:
  importance: LOW
  tags: {team: "${var.team}", both: "${var.both}"}
  prediction_server: default
  settings: {drift_tracking: {target_drift_enabled: "${var.on}"}}
environments:
  prod:
    vars: {upper: 20}
    defaults: {importance: HIGH}
    protected: true
    deployments:
      churn: {description: "secret is ${env.WHO}", settings: {drift_tracking: {feature_drift_enabled: false}}}
  staging: {project: shop-staging}
"""
SPEC = """deployments:
  churn:
    label: Churn $${not} ${var.team}
    model: {registered_model: churn, version: 1}
"""


@pytest.fixture
def shop(repository):
    """A project with two environments and one deployment."""
    repository.write("drplan.yaml", PROJECT)
    repository.write("deployments/churn.yaml", SPEC)
    return repository


def values(ran):
    """Return path -> (value, origin, file:line) of an `explain --format json`."""
    rows = json.loads(ran.out)["explanation"]["values"]
    return {row["path"]: (row["value"], row["origin"], f"{row['file']}:{row['line']}") for row in rows}


def test_each_value_knows_its_layer(shop, monkeypatch):
    """Defaults lie under the spec, the environment's defaults over the project's, its override over the spec."""
    monkeypatch.setenv("WHO", "alice")
    found = values(shop.drplan("-e", "prod", "explain", "deployment.churn", "--offline", "--format", "json"))
    assert found == {
        "importance": ("HIGH", "defaults of environment prod", "drplan.yaml:13"),
        "tags.team": ("retention", "defaults", "drplan.yaml:7"),
        "tags.both": ("retention/20", "defaults", "drplan.yaml:7"),
        "prediction_server": ("default", "defaults", "drplan.yaml:8"),
        "settings.drift_tracking.target_drift_enabled": (True, "defaults", "drplan.yaml:9"),
        "label": ("Churn ${not} retention", "spec", "deployments/churn.yaml:3"),
        "model": ({"registered_model": "churn", "version": 1}, "spec", "deployments/churn.yaml:4"),
        "description": ({"$secret": "secret is ${env.WHO}"}, "environment prod", "drplan.yaml:16"),
        "settings.drift_tracking.feature_drift_enabled": (False, "environment prod", "drplan.yaml:16"),
    }


def test_without_an_environment_only_the_projects_layers_count(shop):
    """No -e: the project's own variables and defaults, and no override."""
    found = values(shop.drplan("explain", "deployment.churn", "--offline", "--format", "json"))
    assert found["importance"] == ("LOW", "defaults", "drplan.yaml:6")
    assert found["tags.both"] == ("retention/10", "defaults", "drplan.yaml:7")
    assert "description" not in found


def test_explain_says_what_is_hidden_and_why_it_is_planned(shop, monkeypatch):
    """The text names the place, the hidden value and its place, and the reason for each action."""
    monkeypatch.setenv("WHO", "alice")
    ran = shop.drplan("-e", "prod", "explain", "deployment.churn", "importance")
    assert ran.out == (
        "deployment.churn (deployments/churn.yaml:2:3)\n"
        '  importance: "HIGH"\n'
        "      from drplan.yaml:13:28 (defaults of environment prod)\n"
        '      hides "LOW" from drplan.yaml:6:15 (defaults)\n'
        "\n"
        "Planned:\n"
        "  + deployment.churn: create: because it is in the specs and not on the platform\n"
    )


def test_explain_names_near_misses(shop):
    """A field that nobody mentions is a usage error with the nearest path."""
    ran = shop.drplan("explain", "deployment.churn", "importence", "--offline")
    assert (ran.code, ran.err) == (
        64,
        "Error: deployment.churn says nothing of 'importence'; did you mean 'importance'?\n",
    )


def test_secrets_are_sent_and_never_shown(shop, monkeypatch):
    """A value from the process's environment reaches the platform, and no plan, file, screen or message."""
    monkeypatch.setenv("WHO", "Zaphod-7431")
    planned = shop.drplan("-e", "prod", "-v", "plan", "--out", "plan.json")
    shown = shop.drplan("show", "plan.json", "--format", "json")
    applied = shop.drplan("-e", "prod", "-v", "apply", "plan.json")
    again = shop.drplan("-e", "prod", "plan", "--detailed-exitcode")
    live = shop.drplan("-e", "prod", "show", "deployment.churn")
    listed = shop.drplan("-e", "prod", "list", "--format", "json")
    assert [planned.code, shown.code, applied.code, again.code, live.code, listed.code] == [0] * 6
    assert "+ description: (secret) secret is ${env.WHO}\n" in planned.out
    everything = [planned, shown, applied, again, live, listed]
    texts = [text for ran in everything for text in (ran.out, ran.err)] + [(shop.root / "plan.json").read_text()]
    assert [text for text in texts if "Zaphod" in text] == []
    monkeypatch.setenv("WHO", "Trillian-1")
    moved = shop.drplan("-e", "prod", "plan", "--detailed-exitcode")
    assert moved.code == 2
    assert "~ description: (secret) → (secret) secret is ${env.WHO}\n" in moved.out
    assert "Zaphod" not in moved.out + moved.err


def test_a_secret_that_went_missing_is_said_before_anything_is_sent(shop, monkeypatch):
    """A saved plan whose secret is not set when it is applied: exit code 3, at the place that wants it."""
    monkeypatch.setenv("WHO", "Zaphod-7431")
    shop.drplan("-e", "prod", "plan", "--out", "plan.json")
    monkeypatch.delenv("WHO")
    ran = shop.drplan("-e", "prod", "apply", "plan.json")
    assert (ran.code, ran.err.splitlines()[0]) == (
        3,
        (
            "Error: drplan.yaml:16:28: environments.prod.deployments.churn.description: the environment variable "
            "WHO is not set"
        ),
    )


def test_environments_are_apart(shop, monkeypatch):
    """Each environment has its own state and identity, and a plan of one is refused in another."""
    monkeypatch.setenv("WHO", "alice")
    shop.drplan("-e", "prod", "apply", "--auto-approve")
    assert shop.drplan("-e", "prod", "plan", "--detailed-exitcode").code == 0
    staging = shop.drplan("-e", "staging", "plan", "--out", "plan.json")
    assert 'tags.drplan: "shop-staging/churn"' in staging.out
    ran = shop.drplan("-e", "prod", "apply", "plan.json")
    assert (ran.code, ran.err) == (
        4,
        "Error: plan.json was made for the project shop-staging, and this is shop; plan again\n",
    )


@pytest.mark.parametrize(
    ("project", "spec", "complaint"),
    [
        (
            PROJECT.replace("${var.both}", "${var.nope}"),
            SPEC,
            "drplan.yaml:7:37: defaults.tags.both: the variable 'nope' is not defined",
        ),
        (
            PROJECT.replace("team: retention,", 'team: "${var.both}",'),
            SPEC,
            "drplan.yaml:4:56: vars.both: the variable 'team' needs itself: team → both → team",
        ),
        (
            PROJECT,
            SPEC.replace("$${not}", "${nonsense}"),
            "deployments/churn.yaml:3:12: deployments.churn.label: '${nonsense}' is no reference",
        ),
        (
            PROJECT.replace("LOW", "LOUD"),
            SPEC,
            "drplan.yaml:6:15: defaults.importance: 'LOUD' is not one of LOW, MODERATE, HIGH, CRITICAL",
        ),
        (
            PROJECT,
            SPEC.replace("churn, version: 1", '"${env.WHO}", version: 1'),
            (
                "deployments/churn.yaml:4:12: deployments.churn.model: a value from ${env.…} is kept secret, "
                "and this one is shown"
            ),
        ),
        (
            PROJECT.replace("endpoint: emulator", 'endpoint: "${env.WHO}"'),
            SPEC,
            "drplan.yaml:2:11: endpoint: a value from ${env.…} is kept secret, and this one is shown",
        ),
    ],
)
def test_bad_layers(shop, monkeypatch, project, spec, complaint):
    """What is wrong with variables, defaults and references is said at its place, with exit code 3."""
    monkeypatch.setenv("WHO", "Zaphod-7431")
    shop.write("drplan.yaml", project)
    shop.write("deployments/churn.yaml", spec)
    ran = shop.drplan("validate")
    assert (ran.code, ran.err.splitlines()[0]) == (3, f"Error: {complaint}")
    assert "Zaphod" not in ran.err


def test_an_override_needs_its_deployment(shop, monkeypatch):
    """An override for a deployment that does not exist is an error with the nearest name."""
    monkeypatch.setenv("WHO", "alice")
    shop.write("drplan.yaml", PROJECT.replace("      churn: {", "      chrun: {"))
    ran = shop.drplan("-e", "prod", "validate")
    assert (ran.code, ran.err) == (
        3,
        (
            "Error: drplan.yaml:16:7: environments.prod.deployments.chrun: there is no deployment 'chrun' to override\n"
            "  did you mean 'churn'?\n"
            "Error: 1 problem\n"
        ),
    )


def test_an_unknown_environment(shop):
    """An unknown environment is a usage error that names the near one."""
    ran = shop.drplan("-e", "pord", "plan")
    assert (ran.code, ran.err) == (64, "Error: there is no environment 'pord'; did you mean 'prod'?\n")


def test_no_endpoint_names_the_environments(shop):
    """Without an endpoint at the top, the error says to choose an environment."""
    shop.write("drplan.yaml", PROJECT.replace("endpoint: emulator\n", ""))
    ran = shop.drplan("plan")
    assert (ran.code, ran.err) == (64, "Error: no endpoint: choose an environment with -e, one of prod, staging\n")


def test_a_variable_keeps_its_type():
    """A value that is one reference takes the variable's type; inside a text it becomes text."""
    document = parse(
        'vars: {n: 3, f: 0.5, b: false}\ndefaults: {a: "${var.n}", b: "${var.f}", c: "${var.b}", d: "x${var.b}"}', "p"
    )
    overlays_of(document, None, {})
    assert document.value["defaults"] == {"a": 3, "b": 0.5, "c": False, "d": "xfalse"}
    assert document.problems == []


@pytest.mark.usefixtures("shop")
def test_completion_offers_addresses(monkeypatch, capfd):
    """The completion of an address offers those in the specs."""
    monkeypatch.setenv("_DRPLAN_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "drplan show deployment.c")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert run(["show"]) == 0
    assert capfd.readouterr().out == "plain,deployment.churn\n"


def test_filling_where_nothing_is():
    """A path that leads nowhere is left alone."""
    document = parse("project: shop\n", "p")
    for path in (("vars",), ("environments", "prod", "vars"), ("project", "x")):
        Scope().fill(document, path)
    assert (document.value, document.problems) == ({"project": "shop"}, [])


def test_a_secret_that_is_not_set_when_it_is_to_be_sent():
    """Revealing needs the process's environment as it is now."""
    assert Scope({"WHO": "alice"}).reveal("by ${env.WHO}") == "by alice"
    with pytest.raises(UsageError, match="the environment variable WHO is not set"):
        Scope({}).reveal("by ${env.WHO}")
