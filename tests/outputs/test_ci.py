"""The CI examples: valid for their systems, pinned to what they name, and their commands run on the emulator."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tree_sitter
import tree_sitter_groovy
import yaml
from jsonschema.validators import validator_for

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
VENDORED = files("check_jsonschema") / "builtin_schemas" / "vendor"
GITHUB = ("plan", "apply", "drift")


def load(path: Path) -> Any:
    """Return a pipeline as its system reads it: `on` is a word, not a truth value."""

    class Loader(yaml.SafeLoader):
        """YAML 1.2's idea of truth."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
    return yaml.load(path.read_text(), Loader)


def problems(schema: Mapping[str, Any], document: Any) -> list[str]:
    """Return what a schema has against a document."""
    return [error.message for error in validator_for(schema)(schema).iter_errors(document)]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        *((CI / "github" / f"{name}.yml", "github-workflows") for name in GITHUB),
        (CI / "gitlab-ci.yml", "gitlab-ci"),
        (CI / "azure-pipelines.yml", "azure-pipelines"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_the_systems_own_schema(path: Path, schema: str) -> None:
    """Each pipeline fits its system's schema, which refuses a broken one."""
    rules = json.loads((VENDORED / f"{schema}.json").read_text())
    document = load(path)
    if schema == "azure-pipelines":  # its parser hands every scalar on as text, and so its schema wants it
        document = yaml.load(path.read_text(), yaml.BaseLoader)
    assert problems(rules, document) == []
    broken = {**document, "jobs": [7], "stages": 7}
    assert problems(rules, broken)


ATLANTIS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version"],
    "properties": {
        "version": {"const": 3},
        "projects": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["dir"],
                "properties": {
                    "name": {"type": "string"},
                    "dir": {"type": "string"},
                    "workflow": {"type": "string"},
                    "autoplan": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "enabled": {"type": "boolean"},
                            "when_modified": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                    **{
                        f"{command}_requirements": {
                            "type": "array",
                            "items": {"enum": ["approved", "mergeable", "undiverged"]},
                        }
                        for command in ("plan", "apply", "import")
                    },
                },
            },
        },
        "workflows": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    stage: {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["steps"],
                        "properties": {
                            "steps": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "minProperties": 1,
                                    "maxProperties": 1,
                                    "propertyNames": {"enum": ["run", "env", "multienv"]},
                                },
                            }
                        },
                    }
                    for stage in ("plan", "apply")
                },
            },
        },
    },
}
"""The part of Atlantis's repository configuration that the example uses, from its documentation."""


def test_atlantis() -> None:
    """The Atlantis file fits the documented format, and every project's workflow is there."""
    document = load(CI / "atlantis.yaml")
    assert problems(ATLANTIS, document) == []
    assert {project["workflow"] for project in document["projects"]} == set(document["workflows"])


def groovy() -> tree_sitter.Node:
    """Return the syntax tree of the Jenkinsfile."""
    language = tree_sitter.Language(tree_sitter_groovy.language())
    return tree_sitter.Parser(language).parse((CI / "Jenkinsfile").read_bytes()).root_node


def nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """Yield a node and everything below it."""
    yield node
    for child in node.children:
        yield from nodes(child)


def test_the_jenkinsfile_parses() -> None:
    """A Groovy parser takes the Jenkinsfile, and it is one declarative pipeline of the stages that the others have."""
    tree = groovy()
    assert not tree.has_error
    text = (CI / "Jenkinsfile").read_text()
    assert re.findall(r"stage\('(\w+)'\)", text) == ["Check", "Plan", "Apply", "Drift"]
    assert [child.type for child in tree.children if child.type != "comment"]


# ---------------------------------------------------------------------------------------------------------- commands


def github_steps(name: str, job: str) -> list[dict[str, Any]]:
    """Return the steps of a job of a workflow."""
    return list(load(CI / "github" / f"{name}.yml")["jobs"][job]["steps"])


def azure_scripts(stage: str) -> list[str]:
    """Return the scripts of a stage, deployments included."""
    (found,) = (each for each in load(CI / "azure-pipelines.yml")["stages"] if each["stage"] == stage)
    (job,) = found["jobs"]
    steps = job["steps"] if "steps" in job else job["strategy"]["runOnce"]["deploy"]["steps"]
    return [step["script"] for step in steps if "script" in step]


def jenkins_scripts() -> dict[str, list[str]]:
    """Return the shell lines of each stage of the Jenkinsfile."""
    found: dict[str, list[str]] = {}
    stage = ""
    for line in (CI / "Jenkinsfile").read_text().splitlines():
        named = re.search(r"stage\('(\w+)'\)", line)
        stage = named.group(1) if named else stage
        shell = re.search(r"\bsh '(.*)'$", line)
        if shell:
            found.setdefault(stage, []).append(shell.group(1))
    return found


def scripts(system: str) -> dict[str, list[str]]:
    """Return the shell scripts of a system's pipeline by stage: check and plan, apply, drift."""
    if system == "github":
        return {
            "plan": [step["run"] for step in github_steps("plan", "plan") if "run" in step],
            "keep": [step["run"] for step in github_steps("apply", "plan") if "run" in step],
            "apply": [step["run"] for step in github_steps("apply", "apply") if "run" in step],
            "drift": [step["run"] for step in github_steps("drift", "drift") if "run" in step],
        }
    if system == "gitlab":
        jobs = load(CI / "gitlab-ci.yml")
        return {
            "plan": [*jobs["default"]["before_script"], *jobs["check"]["script"], *jobs["plan"]["script"]],
            "apply": jobs["apply"]["script"],
            "drift": jobs["drift"]["script"],
        }
    if system == "azure":
        return {"plan": azure_scripts("Plan"), "apply": azure_scripts("Apply"), "drift": azure_scripts("Drift")}
    if system == "jenkins":
        stages = jenkins_scripts()
        return {"plan": [*stages["Check"], *stages["Plan"]], "apply": stages["Apply"], "drift": stages["Drift"]}
    workflow = load(CI / "atlantis.yaml")["workflows"]["drplan"]
    return {stage: [step["run"] for step in workflow[stage]["steps"]] for stage in ("plan", "apply")}


class Runner:
    """A machine of a CI: a checkout of a config repository, a shell, drplan, and a pip that has nothing to install."""

    def __init__(self, root: Path) -> None:
        self.checkout = root / "checkout"
        shutil.copytree(ROOT / "examples" / "churn", self.checkout, ignore=shutil.ignore_patterns(".drplan"))
        tools = root / "bin"
        tools.mkdir()
        for name, text in (("drplan", f'exec "{sys.executable}" -m drplan "$@"'), ("pip", "exit 0")):
            tool = tools / name
            tool.write_text(f"#!/bin/sh\n{text}\n")
            tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        # Somewhere else than in the checkout, as on a runner: what is not committed must not look like a change.
        self.output, self.summary = root / "output", root / "summary"
        self.environment = {
            **{name: os.environ[name] for name in ("LANG", "HOME") if name in os.environ},
            "PATH": f"{tools}:{Path(sys.executable).parent}:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "PLANFILE": "plan.json",
            "PLAN": "plan.json",
        }

    def run(self, lines: list[str]) -> tuple[int, str]:
        """Run scripts, each in a shell of its own, until one fails; return its code and everything printed."""
        said = ""
        for line in lines:
            done = subprocess.run(
                ["sh", "-e", "-c", line],
                cwd=self.checkout,
                env=self.environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            said += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, said
        return 0, said

    def digest(self) -> str:
        """Return the digest of the plan that was kept."""
        return str(json.loads((self.checkout / "plan.json").read_text())["plan"]["digest"])


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("gitlab", "azure", "jenkins", "atlantis")]


@pytest.mark.parametrize("system", ["github", *SLOW])
def test_the_commands(system: str, tmp_path: Path) -> None:
    """Plan, apply and look for drift as the pipeline does: done, nothing left, and a change of the specs is drift."""
    runner = Runner(tmp_path)
    stages = scripts(system)
    assert runner.run(stages["plan"])[0] == 0
    if "keep" in stages:
        assert runner.run(stages["keep"])[0] == 0
    runner.environment["DIGEST"] = handed_on(system, runner)
    code, said = runner.run(stages["apply"])
    assert (code, "Apply complete! Resources: 4 added, 0 changed, 0 destroyed." in said) == (0, True)
    if "drift" in stages:
        assert runner.run(stages["drift"])[0] == 0
        specs = runner.checkout / "deployments" / "churn.yaml"
        specs.write_text(specs.read_text().replace("importance: HIGH", "importance: CRITICAL"))
        assert runner.run(stages["drift"])[0] == 2
    assert runner.run(stages["apply"])[0] == 4, "a plan is applied once"


def handed_on(system: str, runner: Runner) -> str:
    """Return the digest that the system hands on from the plan's job; it must be the plan's."""
    if system == "github":
        found = re.findall(r"^digest<<(\w+)\n(\w+)\n\1$", runner.output.read_text(), re.MULTILINE)
        digest = found[-1][1]
        assert runner.summary.read_text().startswith("<!-- drplan:churn -->")
        assert (runner.checkout / "plan.md").read_text().startswith("<!-- drplan:churn -->\n### Plan")
    elif system == "gitlab":
        digest = (runner.checkout / "plan.env").read_text().strip().removeprefix("DIGEST=")
    elif system == "azure":
        _, said = runner.run(scripts("azure")["plan"][-1:])
        (digest,) = re.findall(r"##vso\[task\.setvariable variable=digest;isOutput=true\](\w+)", said)
    else:  # Jenkins reads the file by a step of its own, Atlantis keeps the file by itself
        digest = runner.digest()
    assert digest == runner.digest()
    return str(digest)


@pytest.mark.parametrize("system", ["github", *SLOW[:3]])
def test_another_plan_than_the_approved_one_is_refused(system: str, tmp_path: Path) -> None:
    """With the digest of another plan the apply's job exits with 4, and nothing is created."""
    runner = Runner(tmp_path)
    assert runner.run(["drplan plan --out plan.json"])[0] == 0
    runner.environment["DIGEST"] = "0" * 64
    code, said = runner.run(scripts(system)["apply"])
    assert (code, "the digest that was approved is 000" in said) == (4, True)


def test_a_refused_plan_still_makes_a_comment(tmp_path: Path) -> None:
    """On a pull request whose replacement is refused the job fails, and the comment shows why."""
    runner = Runner(tmp_path)
    assert runner.run(["drplan apply --auto-approve"])[0] == 0
    specs = runner.checkout / "deployments" / "churn.yaml"
    specs.write_text(specs.read_text().replace("version: 3}", "version: 2}"))
    assert runner.run(scripts("github")["plan"])[0] == 4
    comment = (runner.checkout / "plan.md").read_text()
    assert "> [!CAUTION]" in comment
    assert "| ❌ | `target` | `failing` |" in comment


# ----------------------------------------------------------------------------------------------------------- safety


@pytest.mark.parametrize("name", GITHUB)
def test_workflows_are_careful(name: str) -> None:
    """Tokens stand only in the steps that need them; nothing from a pull request is put into a script's text."""
    document = load(CI / "github" / f"{name}.yml")
    assert document["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in document["on"]
    for job in document["jobs"].values():
        assert set(job.get("permissions", {})) <= {"pull-requests"}
        for step in job["steps"]:
            assert "${{" not in step.get("run", "") + step.get("with", {}).get("script", "")
            if "secrets." in json.dumps(step):
                assert "drplan" in step["run"]
    writing = [job for job in document["jobs"].values() if "secrets.DATAROBOT_API_TOKEN" in json.dumps(job)]
    assert all(job["environment"] == "production" for job in writing)


def test_every_example_is_in_the_table() -> None:
    """The guide names each file."""
    text = (CI.parent / "guides" / "ci.md").read_text()
    for path in CI.rglob("*"):
        if path.is_file():
            assert f"](../ci/{path.relative_to(CI)})" in text


def test_pre_commit_takes_the_hooks() -> None:
    """pre-commit itself finds nothing wrong with the manifest."""
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_hooks_see_the_right_files() -> None:
    """The hooks run on the project file and on specs, and on nothing else."""
    for hook in load(ROOT / ".pre-commit-hooks.yaml"):
        wanted = ["drplan.yaml", "team/drplan.yaml", "deployments/a.yaml", "deployments/b/c.yml"]
        others = ["drplan.yaml.bak", "my-drplan.yaml", "world.yaml", "deployments/readme.md"]
        assert [name for name in (*wanted, *others) if re.search(hook["files"], name)] == wanted


@pytest.mark.slow
def test_the_hooks_run(tmp_path: Path) -> None:
    """pre-commit installs drplan from this repository and runs both hooks: one reports, one mends."""
    hooks, work = tmp_path / "hooks", tmp_path / "work"
    git = ["git", "-c", "user.email=a@example.com", "-c", "user.name=A"]
    shutil.copytree(
        ROOT, hooks, ignore=shutil.ignore_patterns(".git", ".venv", ".drplan", ".*_cache", "__pycache__", ".hypothesis")
    )
    shutil.copytree(ROOT / "examples" / "churn", work, ignore=shutil.ignore_patterns(".drplan"))
    (work / "deployments" / "odd.yaml").write_text("deployments:\n      a: {labell: x}\n")
    for directory in (hooks, work):
        for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run([*git, "-C", str(directory), *arguments], check=True, capture_output=True)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "--all-files", "--verbose"]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "unknown key 'labell'" in done.stdout
    assert re.search(r"drplan fmt\.+Failed", done.stdout)
    assert (work / "deployments" / "odd.yaml").read_text() == "deployments:\n  a: {labell: x}\n"
