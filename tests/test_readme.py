"""The README's sessions are replayed, its YAML is planned, and its tables are fresh: what it shows is true."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import clock
import httpx
import pytest

from drplan.kinds import KINDS
from drplan.render.reference import settings_markdown
from drplan.spec.load import read_project, read_specs

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```([\w ]+)\n(.*?)```", re.DOTALL)
ID = re.compile(r"\b[0-9a-f]{24}\b")
SECONDS = re.compile(r"in \d+\.\d s")
PASSING = (  # what else differs from run to run: digests, times, keys and the files named after them
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"SHA256:[A-Za-z0-9+/]{43}"), "KEY"),
    (re.compile(r"\.json\.[A-Za-z0-9]{8,12}\.approval"), ".json.KEY.approval"),
)


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of one language."""
    return [text for name, text in BLOCK.findall(README) if name.split()[0] == language]


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the output shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        yield command, shown


def same_shape(text: str) -> str:
    """Return a line without what differs from run to run: ids, times, and the width of table cells."""
    for pattern, word in PASSING:
        text = pattern.sub(word, text)
    return re.sub(r" {2,}", "  ", SECONDS.sub("in N s", ID.sub("ID", text))).rstrip()


def matches(shown: list[str], real: list[str]) -> bool:
    """Tell whether the real output is as shown, where a line `…` stands for any lines."""
    if not shown:
        return not real
    if shown[0] == "…":
        return any(matches(shown[1:], real[start:]) for start in range(len(real) + 1))
    return bool(real) and same_shape(shown[0]) == same_shape(real[0]) and matches(shown[1:], real[1:])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A directory with the examples, as in a fresh checkout."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".drplan"))
    return tmp_path


def test_sessions_are_real(checkout: Path) -> None:
    """Every console session of the README, replayed in order, prints what the README shows."""
    launcher = checkout / "bin" / "drplan"
    launcher.parent.mkdir()
    kept = checkout / "clock"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{clock.__file__}" "{kept}" "$@"\n')
    launcher.chmod(0o755)
    path = f"{launcher.parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(checkout), "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path)}
    wrong = []
    status = 0
    for block in blocks("console"):
        for command, shown in commands(block):
            text = command.replace("$?", str(status))
            run = subprocess.run(
                ["bash", "-c", text],
                cwd=checkout,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            status = run.returncode
            real = run.stdout.rstrip("\n").split("\n") if run.stdout else []
            if not matches(shown, real):
                wrong.append("\n".join([f"$ {command}", "-- shown", *shown, "-- real", *real]))
    assert wrong == []
    for block in blocks("python"):
        if "monitor.connect" in block:  # of what the sessions have left behind
            script = [sys.executable, "-c", block]
            run = subprocess.run(script, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
            assert (run.returncode, run.stderr) == (0, "")


GOVERNED = """
users: [{name: ada@example.com, token: emulator}, {name: bob@example.com, token: bob}]
prediction_servers: [{name: default, url: "https://predictions.example.com"}]
registered_models: [{name: churn, target: churned, features: {tenure: Numeric}, versions: [{}, {}]}]
deployments: [{id: 5e319d2e422fbd6b58a5edad, label: Churn, model: {registered_model: churn, version: 1},
  prediction_server: default}]
approval_policies: [{name: models, entity_type: deploymentModel, action: update, reviewers: [bob@example.com]}]
"""
REQUEST = {
    "entityType": "deployment",
    "entityId": "5e319d2e422fbd6b58a5edad",
    "action": "replaceModelPackage",
    "autoApply": False,
    "comment": "please",
}


def test_the_sdk_blocks_run(tmp_path: Path) -> None:
    """The blocks that use the vendor's SDK run against a served emulator, as they stand but for the port."""
    world = tmp_path / "world.yaml"
    world.write_text(GOVERNED)
    command = [sys.executable, "-m", "drplan", "emulator", "--port", "0", "--seed", str(world)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served:
        try:
            url = served.stdout.readline().strip() if served.stdout else ""
            headers = {"Authorization": "Bearer emulator"}
            packages = httpx.get(f"{url}/modelPackages/", headers=headers).json()["data"]
            new = max(packages, key=lambda package: package["registeredModelVersion"])["id"]
            wish = {**REQUEST, "change": {"modelPackageId": new, "replacementReason": "OTHER"}}
            assert httpx.post(f"{url}/changeRequests/", headers=headers, json=wish).status_code == 201
            ran = [
                subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", block.replace("http://127.0.0.1:8080/api/v2", url)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                for block in blocks("python")
                if "import datarobot" in block
            ]
            assert [(run.returncode, run.stderr if run.returncode else "") for run in ran] == [(0, "")] * 2
            assert sorted(run.stdout for run in ran) == ["", "[RegisteredModel(churn)]\n"]
            pending = httpx.get(f"{url}/changeRequests/", params={"status": "pending"}, headers=headers).json()
            assert pending["data"] == []
        finally:
            served.terminate()


def test_yaml_is_valid() -> None:
    """Every YAML block of the README is a project file or a spec file without a problem."""
    found = []
    for text in blocks("yaml"):
        if text.startswith("# drplan.yaml"):
            found.append(read_project(text, "README.md")[0].value["project"])
        else:
            found += [str(resource.address) for resource in read_specs([("README.md", text)])]
    assert found[:3] == ["churn", "deployment.churn-prod", "prediction_environment.canary"]


def test_settings_table_is_fresh() -> None:
    """The README's reference of settings is what `drplan schema --markdown` prints."""
    shown = README.partition("keeps it fresh -->\n")[2].partition("<!-- /settings -->")[0]
    assert shown.strip() == settings_markdown(KINDS).strip()


def test_examples_plan_and_apply(checkout: Path) -> None:
    """Every example validates, plans, applies, and then has nothing left to change."""
    for project in sorted(checkout.glob("examples/*/drplan.yaml")):
        for arguments, code in (
            (["validate"], 0),
            (["plan", "--detailed-exitcode"], 2),
            (["apply", "--auto-approve"], 0),
            (["plan", "--detailed-exitcode"], 0),
        ):
            command = [sys.executable, "-m", "drplan", "-C", str(project.parent), *arguments]
            run = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            assert (arguments, run.returncode, run.stderr if run.returncode != code else "") == (arguments, code, "")
