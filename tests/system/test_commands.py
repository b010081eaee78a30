"""Every command over a served platform: what it prints where, what it leaves behind, and its exit code."""

import json
import socket
import stat
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from harness import TOKEN, WORLD, World, deployment

from drplan.plan.file import dumps, loads
from drplan.records.plans import Origin
from drplan.version import __version__

Run = Callable[..., Any]


def test_plan_says_what_and_where_first(shop: World, drplan: Run, server: Any) -> None:
    """The first line names project and target, the last sums up; nothing is written to the platform."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    lines = ended.out.splitlines()
    assert (ended.code, lines[0]) == (0, f"Project shop on {server.url}")
    assert lines[-1] == "Plan: 1 to add, 0 to change, 0 to destroy."
    assert shop.sent == []


def test_detailed_exit_codes(shop: World, drplan: Run) -> None:
    """`--detailed-exitcode` is 2 with changes and 0 without; without it both are 0."""
    shop.specs({"a": deployment("A")})
    assert drplan(shop, "plan").code == 0
    assert drplan(shop, "plan", "--detailed-exitcode").code == 2
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert drplan(shop, "plan", "--detailed-exitcode").code == 0
    assert drplan(shop, "plan").out.splitlines()[-1] == "No changes. The platform is as the specs say."


def test_a_saved_plan(shop: World, drplan: Run) -> None:
    """`--out` keeps a file for its owner alone; `show` shows it and `apply` does it, once."""
    shop.specs({"a": deployment("A")})
    path = shop.root / "plan.json"
    planned = drplan(shop, "plan", "--out", str(path))
    assert planned.code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(shop.root.glob(".plan*")) == []
    assert drplan(shop, "show", str(path)).out == planned.out
    assert drplan(shop, "show", str(path), "--format", "json").json == json.loads(path.read_text())
    applied = drplan(shop, "apply", str(path))
    assert applied.code == 0
    assert applied.out.splitlines()[-1] == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert shop.names() == ["shop/a"]
    shop.forget()
    again = drplan(shop, "apply", str(path))
    assert (again.code, shop.sent) == (4, [])


@pytest.mark.parametrize("arguments", [["--target", "deployment.a"], ["--exclude", "deployment.a"]])
def test_a_saved_plan_is_applied_whole(shop: World, drplan: Run, arguments: list[str]) -> None:
    """`--target` and `--exclude` belong to plan: with a saved plan they are a usage error."""
    shop.specs({"a": deployment("A")})
    path = str(shop.root / "plan.json")
    drplan(shop, "plan", "--out", path)
    assert drplan(shop, "apply", path, *arguments).code == 64


def test_a_saved_plan_for_another_place(shop: World, drplan: Run, server: Any) -> None:
    """A plan of another target, project, or made by hand is refused, and nothing is sent, not even a question."""
    shop.specs({"a": deployment("A")})
    path = shop.root / "plan.json"
    drplan(shop, "plan", "--out", str(path))
    shop.forget()
    for change, words in (
        ({"endpoint": server.url.replace("127.0.0.1", "localhost")}, "was made for the target"),
        ({"endpoint": "emulator"}, "was made for the target"),
        ({"endpoint": server.url, "name": "other"}, "was made for the project shop, and this is other"),
    ):
        shop.project(**change)
        ended = drplan(shop, "apply", str(path), "--auto-approve")
        assert (ended.code, ended.out) == (4, "")
        assert words in ended.err
    shop.project(endpoint=server.url)
    path.write_text(path.read_text().replace("shop/a", "shop/b"))
    ended = drplan(shop, "apply", str(path), "--auto-approve")
    assert (ended.code, ended.out, shop.counts) == (4, "", {})


def test_a_plan_of_another_drplan(shop: World, drplan: Run) -> None:
    """It is shown, and refused with exit 4 before anything is read or sent, whatever it says of the platform."""
    shop.specs({"a": deployment("A")})
    path = shop.root / "plan.json"
    drplan(shop, "plan", "--out", str(path))
    path.write_text(dumps(replace(loads(path.read_text(), "plan.json"), origin=Origin("0.0.9", "0" * 64))))
    shop.forget()
    assert drplan(shop, "show", str(path)).code == 0
    ended = drplan(shop, "apply", str(path), "--auto-approve")
    assert (ended.code, ended.out, shop.counts) == (4, "", {})
    assert f"{path} was made with drplan 0.0.9, and this is drplan {__version__}; " in ended.err


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("deployments: {}", 4, "the specs have changed since "),
        ("deployments: [", 3, "deployments/all.yaml:"),
    ],
)
def test_a_saved_plan_after_its_specs_changed(shop: World, drplan: Run, text: str, code: int, words: str) -> None:
    """The plan is refused: what is applied is what the specs at hand ask for, and a file's word alone is not enough."""
    shop.specs({"a": deployment("A")})
    path = str(shop.root / "plan.json")
    drplan(shop, "plan", "--out", path)
    (shop.root / "deployments" / "all.yaml").write_text(text)
    ended = drplan(shop, "apply", path)
    assert (ended.code, ended.err.removeprefix("Error: ").startswith(words)) == (code, True)
    assert shop.names() == []


def test_a_blocked_plan_is_shown_and_not_kept(shop: World, drplan: Run) -> None:
    """A failing validation: the checks are shown, no file is left, exit 4."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    shop.specs({"a": deployment("A", 5)})
    path = shop.root / "plan.json"
    ended = drplan(shop, "plan", "--out", str(path))
    assert (ended.code, path.exists()) == (4, False)
    assert "Target is not compatible: upgraded in place of churned." in " ".join(ended.out.split())


def test_without_a_terminal_nothing_is_done(shop: World, drplan: Run) -> None:
    """`apply` and `destroy` without a terminal and without `--auto-approve` refuse, and send nothing."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "apply")
    assert (ended.code, shop.sent) == (4, [])
    assert ended.err.endswith(
        "Error: there is no terminal to ask for approval; review the plan and pass --auto-approve\n"
    )
    drplan(shop, "apply", "--auto-approve")
    shop.forget()
    assert (drplan(shop, "destroy").code, shop.sent) == (4, [])


def test_nothing_to_do_needs_nobody(shop: World, drplan: Run) -> None:
    """An apply without changes asks nobody, sends nothing, and is a success."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    shop.forget()
    ended = drplan(shop, "apply")
    assert (ended.code, shop.sent) == (0, [])


def test_progress_goes_to_stderr(shop: World, drplan: Run) -> None:
    """Without a terminal each finished action is one plain line on stderr."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "apply", "--auto-approve")
    lines = [line.rpartition(" in ")[0] for line in ended.err.splitlines()]
    assert lines == ["[1/2] + deployment.a: create: done", "[2/2] ~ deployment.a: update tags/drplan: done"]
    assert "done" not in ended.out


def test_verbose_names_every_request(shop: World, drplan: Run) -> None:
    """`--verbose` says method, path and code of every request on stderr, and never the token."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "--verbose", "plan")
    requests = [line.split()[:3] for line in ended.err.splitlines()]
    assert requests[0] == ["GET", "deployments/", "200"]
    assert len(requests) == shop.emulator.requests.total


def test_json_is_one_object(shop: World, drplan: Run) -> None:
    """With `--format json` stdout is one object with a format_version and the one thing that was asked for."""
    shop.specs({"a": deployment("A")}, prediction_environments={"env": {"platform": "aws"}})
    assert sorted(drplan(shop, "validate", "--format", "json").json) == [
        "diagnostics",
        "error_count",
        "format_version",
        "valid",
        "warning_count",
    ]
    assert sorted(drplan(shop, "plan", "--format", "json").json) == ["format_version", "plan"]
    applied = drplan(shop, "apply", "--auto-approve", "--format", "json").events[-1]
    assert (applied["type"], applied["format_version"]) == ("report", "1.0")
    assert applied["report"]["counts"] == {"done": 3, "pending": 0, "failed": 0, "skipped": 0, "unknown": 0}
    assert applied["report"]["converged"] is True
    assert sorted(drplan(shop, "list", "--format", "json").json) == ["deployments", "format_version"]
    assert sorted(drplan(shop, "show", "deployment.a", "--format", "json").json) == ["deployment", "format_version"]
    path = str(shop.root / "plan.json")
    drplan(shop, "plan", "--out", path)
    assert sorted(drplan(shop, "show", path, "--format", "json").json) == ["format_version", "plan"]
    destroyed = drplan(shop, "destroy", "--auto-approve", "--format", "json").events[-1]
    assert [row["result"] for row in destroyed["report"]["outcomes"]] == ["done"]


def test_a_list_shows_labels_as_they_are(shop: World, drplan: Run) -> None:
    """A label that looks like markup is text, a hidden character is spelled out, and no line of a pipe is folded."""
    label = f"[red]A[/red] :smile: \u202e{'x' * 300}"
    shop.specs({"a": deployment(label)})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    header, row = drplan(shop, "list").out.splitlines()
    assert header.split() == ["ADDRESS", "ID", "LABEL", "STATUS", "IMPORTANCE"]
    assert row.split("  ")[2] == label.replace("\u202e", "\\u202e")


def test_json_of_an_apply_that_fails(shop: World, drplan: Run) -> None:
    """A failed apply ends with its report; a refused or unread one is a version and what is wrong."""
    shop.specs({"a": deployment("A"), "b": deployment("B", importance="LOW")})
    shop.fault("POST deployments/{id}/tags/", status=422)
    ended = drplan(shop, "apply", "--auto-approve", "--format", "json")
    assert ended.code == 6
    report = ended.events[-1]["report"]
    assert (report["counts"], report["converged"]) == (
        {"done": 3, "pending": 0, "failed": 1, "skipped": 0, "unknown": 0},
        None,
    )
    ended = drplan(shop, "apply", "--format", "json")
    assert (ended.code, [each["type"] for each in ended.events]) == (4, ["version", "diagnostic"])
    shop.fault("GET deployments/", status=500, count=None)
    ended = drplan(shop, "apply", "--auto-approve", "--format", "json")
    assert (ended.code, [each["type"] for each in ended.events]) == (5, ["version", "diagnostic"])


def test_targets_and_excludes(shop: World, drplan: Run) -> None:
    """A target brings what it refers to; an excluded address is left out; an unknown one is a usage error."""
    a = {**deployment("A"), "prediction_environment": "env"}
    del a["prediction_server"]
    shop.specs({"a": a, "b": deployment("B")}, prediction_environments={"env": {"platform": "aws"}})

    def planned(*arguments: str) -> list[str]:
        plan = drplan(shop, "plan", "--format", "json", *arguments).json["plan"]
        return sorted({action["address"] for action in plan["actions"]})

    assert planned("--target", "deployment.b") == ["deployment.b"]
    assert planned("--target", "deployment.a") == ["deployment.a", "prediction_environment.env"]
    assert planned("--exclude", "deployment.a") == ["deployment.b", "prediction_environment.env"]
    assert planned("--target", "deployment.a", "--target", "deployment.b", "--exclude", "deployment.b") == [
        "deployment.a",
        "prediction_environment.env",
    ]
    for wrong in ("deployment.c", "deploiment.a", "a"):
        ended = drplan(shop, "plan", "--target", wrong)
        assert (ended.code, ended.out) == (64, "")
        assert wrong in ended.err


def test_destroy(shop: World, drplan: Run) -> None:
    """It deletes what is named, or all that carries the identity; an environment only when it is named."""
    shop.specs({name: deployment(name) for name in "abc"}, prediction_environments={"env": {"platform": "aws"}})
    drplan(shop, "apply", "--auto-approve")
    ended = drplan(shop, "destroy", "deployment.a", "--auto-approve")
    assert (ended.code, shop.names()) == (0, ["shop/b", "shop/c"])
    assert ended.out.splitlines()[-1] == "Apply complete! Resources: 0 added, 0 changed, 1 destroyed."
    ended = drplan(shop, "destroy", "--auto-approve")
    assert (ended.code, shop.names()) == (0, [])
    assert "env" in {each["name"] for each in shop.request("GET", "predictionEnvironments/")["data"]}
    assert drplan(shop, "destroy", "prediction_environment.env", "--auto-approve").code == 0
    assert "env" not in {each["name"] for each in shop.request("GET", "predictionEnvironments/")["data"]}
    assert drplan(shop, "destroy", "deployment.none", "--auto-approve").code == 64


def test_destroy_keeps_what_is_protected(shop: World, drplan: Run) -> None:
    """One protected deployment among those to be destroyed, and nothing is deleted."""
    shop.specs({"a": deployment("A", lifecycle={"prevent_destroy": True}), "b": deployment("B")})
    drplan(shop, "apply", "--auto-approve")
    shop.forget()
    assert (drplan(shop, "destroy", "--auto-approve").code, shop.sent) == (4, [])


def test_a_deletion_that_is_not_done(shop: World, drplan: Run) -> None:
    """A deletion that the platform refuses is exit 6, and what is left is named."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    shop.fault("DELETE deployments/{id}/", status=422)
    ended = drplan(shop, "destroy", "--auto-approve")
    assert (ended.code, shop.names()) == (6, ["shop/a"])
    assert "422 Unprocessable Entity" in ended.out


def test_show(shop: World, drplan: Run) -> None:
    """One object in the terms of a spec, which is a spec that changes nothing."""
    wanted = deployment(
        "A",
        description="About A.",
        importance="HIGH",
        tags={"team": "x"},
        settings={
            "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 2}}
        },
    )
    shop.specs({"a": wanted})
    drplan(shop, "apply", "--auto-approve")
    shown = drplan(shop, "show", "deployment.a", "--format", "json").json["deployment"]
    assert shown["address"] == "deployment.a"
    assert {key: shown[key] for key in ("label", "description", "importance", "status", "tags")} == {
        "label": "A",
        "description": "About A.",
        "importance": "HIGH",
        "status": "active",
        "tags": {"team": "x"},
    }
    assert shown["settings"]["prediction_warning"] == wanted["settings"]["prediction_warning"]
    text = drplan(shop, "show", "deployment.a").out
    (shop.root / "deployments" / "all.yaml").write_text(text)
    assert drplan(shop, "plan", "--detailed-exitcode").code == 0


def test_show_of_what_is_not_there(shop: World, drplan: Run) -> None:
    """An address that is only in the specs, one that is nowhere, one that is none, and a file that is not there."""
    shop.specs({"a": deployment("A")})
    for what, words in (
        ("deployment.a", "is in the specs and not on the platform yet"),
        ("deployment.ab", "nothing has the address 'deployment.ab'"),
        ("nothing", "'nothing' is no address"),
        ("missing.json", "missing.json cannot be read: No such file or directory"),
    ):
        ended = drplan(shop, "show", what)
        assert (ended.code, ended.out) == (64, "")
        assert words in ended.err


def test_validate(shop: World, drplan: Run) -> None:
    """Offline: no request is sent; the text counts, and JSON lists every problem with its place."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "validate")
    assert (ended.code, ended.out, shop.counts) == (0, "Valid: 1 resource.\n", {})
    (shop.root / "deployments" / "more.yaml").write_text("deployments:\n  b: {labell: x}\n")
    ended = drplan(shop, "validate", "--format", "json")
    assert (ended.code, ended.json["valid"], shop.counts) == (3, False, {})
    places = [(each["path"], each["line"], each["column"]) for each in ended.json["diagnostics"]]
    assert ("deployments.b.labell", 2, 7) in places
    assert "more.yaml:2:7: deployments.b.labell" in drplan(shop, "validate").err


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["apply", "--auto-approve"], ["list"], ["destroy"]])
def test_wrong_specs_stop_every_command(shop: World, drplan: Run, command: list[str]) -> None:
    """A wrong spec is exit 3 before anything is sent."""
    shop.specs({"a": {"label": 3}})
    ended = drplan(shop, *command)
    assert (ended.code, ended.out, shop.counts) == (3, "", {})
    assert TOKEN not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["plan", "--nonsense"],
        ["plan", "--format", "xml"],
        ["list", "--tag", "no-value"],
        ["list", "--role", "KING"],
        ["apply", "--job-timeout", "0"],
        ["apply", "missing.json"],
        ["show"],
        ["plan", "--target", "deployment.none"],
        ["plan", "--out", "/nowhere/plan.json"],
    ],
)
def test_usage_errors(shop: World, drplan: Run, arguments: list[str]) -> None:
    """A wrong command line is 64, which CI cannot take for the 2 of a plan with changes."""
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, *arguments)
    assert (ended.code, shop.sent) == (64, [])
    assert ended.err


def test_no_project(shop: World, drplan: Run) -> None:
    """A directory without a project file, or without specs, is exit 3 and says what to do."""
    (shop.root / "drplan.yaml").unlink()
    ended = drplan(shop, "plan")
    assert ended.code == 3
    assert "there is no drplan.yaml in" in ended.err
    shop.project()
    (shop.root / "deployments").rmdir()
    ended = drplan(shop, "plan")
    assert ended.code == 3
    assert "`drplan destroy` deletes what is live" in ended.err


def test_unreachable(shop: World, drplan: Run) -> None:
    """Nobody listens there: exit 5, after retries that are named on stderr."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shop.project(endpoint=f"http://127.0.0.1:{port}/api/v2")
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err.count("retrying in") == 5
    assert f"Error: http://127.0.0.1:{port}/api/v2 cannot be reached: " in ended.err


def test_a_wrong_token(shop: World, drplan: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform does not know the token: exit 5, and the message names the variable, never the value."""
    monkeypatch.setenv("DATAROBOT_API_TOKEN", "SECRET-wrong-0000000000")
    shop.specs({"a": deployment("A")})
    ended = drplan(shop, "plan")
    assert ended.code == 5
    assert "the token is not valid for this endpoint; check DATAROBOT_API_TOKEN" in ended.err
    assert "SECRET" not in ended.err + ended.out


def test_a_dropped_connection_of_a_served_platform(shop: World, drplan: Run) -> None:
    """Over a real socket: a POST whose connection is cut after its effect makes one deployment."""
    shop.specs({"a": deployment("A")})
    shop.fault("POST deployments/fromModelPackage/", "drop", when="after")
    assert drplan(shop, "apply", "--auto-approve").code == 0
    assert (shop.names(), shop.counts["POST deployments/fromModelPackage/"]) == (["shop/a"], 1)


def test_applied_and_not_read_back(shop: World, drplan: Run) -> None:
    """When all is applied and the platform cannot be read again, apply ends with 6 and says just that."""
    shop.specs({"a": deployment("A")})
    drplan(shop, "apply", "--auto-approve")
    shop.specs({"a": deployment("B")})
    shop.fault("GET deployments/", status=500, count=None, skip=1)
    ended = drplan(shop, "apply", "--auto-approve")
    assert (ended.code, shop.one("a")["label"]) == (6, "B")
    assert "everything was applied, but it could not be planned again: GET deployments/: 500" in ended.err


LISTED = (
    WORLD
    + """
deployments:
  - {label: Alpha, importance: LOW, model: {registered_model: churn, version: 1}, prediction_server: default,
     health: {service: failing, model: passing, accuracy: warning}, tags: {team: red, tier: "1"}}
  - {label: Beta, importance: CRITICAL, model: {registered_model: churn, version: 1}, description: Alphabet,
     prediction_environment: elsewhere, health: {service: warning, model: failing, accuracy: passing},
     tags: {team: blue}}
  - {label: Gamma, importance: HIGH, model: {registered_model: churn, version: 1}, prediction_server: default,
     owner: bob@example.com, roles: {ada@example.com: USER}, tags: {tier: "2", drplan: shop/gamma}}
"""
)
LISTED = LISTED.replace(
    "  - {name: serverless, platform: datarobotServerless}",
    "  - {name: serverless, platform: datarobotServerless}\n  - {name: elsewhere, platform: aws}",
)
FILTERS: list[tuple[list[str], list[str]]] = [
    ([], ["Alpha", "Beta", "Gamma"]),
    (["--role", "OWNER"], ["Alpha", "Beta"]),
    (["--role", "USER"], ["Gamma"]),
    (["--service-health", "failing"], ["Alpha"]),
    (["--service-health", "failing", "--service-health", "warning"], ["Alpha", "Beta"]),
    (["--model-health", "passing"], ["Alpha"]),
    (["--accuracy-health", "unavailable"], ["Gamma"]),
    (["--execution-environment-type", "external"], ["Beta"]),
    (["--importance", "HIGH", "--importance", "CRITICAL"], ["Beta", "Gamma"]),
    (["--tag", "team=red"], ["Alpha"]),
    (["--tag-key", "tier"], ["Alpha", "Gamma"]),
    (["--tag-value", "blue"], ["Beta"]),
    (["--tag-key", "team", "--tag-key", "tier"], ["Alpha", "Beta", "Gamma"]),
    (["--search", "alpha"], ["Alpha", "Beta"]),
    (["--a2a-agent"], []),
    (["--no-a2a-agent"], ["Alpha", "Beta", "Gamma"]),
    (["--managed"], ["Gamma"]),
    (["--unmanaged"], ["Alpha", "Beta"]),
    (["--order-by", "-label"], ["Gamma", "Beta", "Alpha"]),
    (["--order-by", "serviceHealth"], ["Alpha", "Beta", "Gamma"]),
]


@pytest.mark.parametrize(("arguments", "labels"), FILTERS)
def test_list(serve: Callable[..., World], drplan: Run, arguments: list[str], labels: list[str]) -> None:
    """Each filter of the vendor's SDK, against the platform's own answer."""
    shop = serve(LISTED)
    shop.specs({})
    rows = drplan(shop, "list", "--format", "json", *arguments).json["deployments"]
    found = [row["label"] for row in rows]
    assert (found if "--order-by" in arguments else sorted(found)) == labels
    addresses = {row["label"]: row["address"] for row in rows}
    assert addresses == {label: "deployment.gamma" if label == "Gamma" else None for label in labels}


def test_list_as_a_table(serve: Callable[..., World], drplan: Run) -> None:
    """A table for people: a heading, one line for each, an address where the project manages it."""
    shop = serve(LISTED)
    shop.specs({})
    lines = [line.split() for line in drplan(shop, "list", "--order-by", "label").out.splitlines()]
    assert lines[0] == ["ADDRESS", "ID", "LABEL", "STATUS", "IMPORTANCE"]
    assert [(line[0], *line[2:]) for line in lines[1:]] == [
        ("-", "Alpha", "active", "LOW"),
        ("-", "Beta", "active", "CRITICAL"),
        ("deployment.gamma", "Gamma", "active", "HIGH"),
    ]
    ended = drplan(shop, "list", "--search", "nothing like it")
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing matches.\n")


@pytest.mark.parametrize("name", ["spec", "project", "world"])
def test_schema(shop: World, drplan: Run, name: str) -> None:
    """Each schema prints as a JSON Schema, and `--write` writes the same."""
    printed = drplan(shop, "schema", name)
    assert (printed.code, printed.json["$schema"]) == (0, "https://json-schema.org/draft/2020-12/schema")
    assert drplan(shop, "schema", "--write").code == 0
    written = json.loads((shop.root / "schemas" / f"{name}.schema.json").read_text())
    assert written == printed.json


def test_a_file_that_cannot_be_written(shop: World, drplan: Run) -> None:
    """A plan that cannot be kept is a usage error, and leaves no draft behind."""
    shop.specs({"a": deployment("A")})
    (shop.root / "taken").mkdir()
    (shop.root / "taken" / "x").touch()
    (shop.root / "schemas").write_text("in the way")
    assert drplan(shop, "schema", "--write").code == 64
    (shop.root / "taken").chmod(0o500)
    assert drplan(shop, "plan", "--out", str(shop.root / "taken" / "sub" / "plan.json")).code == 64
    assert sorted(path.name for path in (shop.root / "taken").iterdir()) == ["x"]
