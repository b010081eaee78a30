"""`fmt` and `init`: canonical order with every comment, and a repository that works from the first minute."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from drplan.errors import SpecError
from drplan.kinds import KINDS, PRIMARY
from drplan.project.schema import project_schema
from drplan.spec.document import parse
from drplan.spec.format import formatted, schema_order, spec_order

UNTIDY = """# what this file is for
deployments:
    churn:   # the important one
        settings: {predictions_data_collection: {enabled: true}, drift_tracking: {feature_drift_enabled: true}}
        model: {version: 2, registered_model: churn}   # latest that works
        # people see this
        label: "Churn"
        description: >-
            two
            lines
        tags: {b: x, a: y}
"""
TIDY = """# what this file is for
deployments:
  churn:         # the important one
    # people see this
    label: "Churn"
    description: >-
      two
      lines
    model: {registered_model: churn, version: 2}         # latest that works
    tags: {b: x, a: y}
    settings: {drift_tracking: {feature_drift_enabled: true}, predictions_data_collection: {enabled: true}}
"""


def comments(text: str) -> list[str]:
    """Return a text's comments in any order."""
    return sorted(line.partition("#")[2].strip() for line in text.splitlines() if "#" in line)


def test_fmt_orders_keys_and_keeps_comments(repository):
    """Keys come in the registry's order, tags stay as written, values and comments are all there."""
    repository.write("drplan.yaml", "endpoint: emulator\nproject: shop\n")
    repository.write("deployments/churn.yaml", UNTIDY)
    checked = repository.drplan("fmt", "--check")
    assert (checked.code, checked.out) == (3, "drplan.yaml\ndeployments/churn.yaml\n")
    assert (repository.root / "deployments/churn.yaml").read_text() == UNTIDY
    ran = repository.drplan("fmt")
    new = (repository.root / "deployments/churn.yaml").read_text()
    assert (ran.code, ran.out) == (0, "drplan.yaml\ndeployments/churn.yaml\n")
    assert (repository.root / "drplan.yaml").read_text() == "project: shop\nendpoint: emulator\n"
    assert parse(new, "f").value == parse(UNTIDY, "f").value
    assert comments(new) == comments(UNTIDY)
    deployment = parse(new, "f").value["deployments"]["churn"]
    assert list(deployment) == ["label", "description", "model", "tags", "settings"]
    assert list(deployment["model"]) == ["registered_model", "version"]
    assert list(deployment["settings"]) == ["drift_tracking", "predictions_data_collection"]
    assert repository.drplan("fmt", "--check").code == 0


def test_fmt_keeps_anchors_before_their_aliases():
    """`x-` keys come first, and what is merged is neither written out nor moved."""
    text = (
        "x-base: &base {importance: LOW, description: d}\n"
        "deployments:\n"
        "  a: {<<: *base, model: {model_id: m}, label: A}\n"
        "prediction_environments:\n"
        "  x-ray: {platform: aws}\n"
        "  b: {platform: aws}\n"
    )
    tidy = text.replace("model: {model_id: m}, label: A", "label: A, model: {model_id: m}")
    assert formatted(text, "a.yaml", spec_order()) == tidy


def test_fmt_leaves_wrong_files_alone(repository):
    """A file that is not valid YAML is reported at its place with exit code 3, and not touched."""
    repository.write("drplan.yaml", "project: shop\n")
    repository.write("deployments/a.yaml", "deployments: {a: {label: x, label: y}}\n")
    ran = repository.drplan("fmt")
    assert (ran.code, ran.err.splitlines()[0]) == (
        3,
        "Error: deployments/a.yaml:1:29: deployments.a.label: the key 'label' stands twice",
    )
    assert (repository.root / "deployments/a.yaml").read_text() == "deployments: {a: {label: x, label: y}}\n"


def test_empty_and_comment_only_files_stay():
    """There is nothing to order in a file without content."""
    for text in ("", "# nothing yet\n"):
        assert formatted(text, "a.yaml", spec_order()) == text


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-9999, 9999) | words,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(words, below, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["deployments", "prediction_environments", "x"]), trees))
def test_fmt_never_changes_what_a_file_says(content):
    """Whatever a file holds, the formatted text says the same, and formatting again changes nothing more."""
    text = json.dumps(content)
    if parse(text, "f").problems:
        with pytest.raises(SpecError):
            formatted(text, "f", spec_order())
        return
    new = formatted(text, "f", spec_order())
    assert parse(new, "f").value == parse(text, "f").value
    assert formatted(new, "f", spec_order()) == new


def test_init_starts_a_repository_that_works(repository, tmp_path):
    """`init` writes its files once, and what it writes validates, is in style, plans, applies and converges."""
    made = repository.drplan("init", "churn models")
    root = tmp_path / "churn models"
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
    assert made.code == 0
    assert names == [
        ".github/workflows/drplan.yml",
        ".gitignore",
        ".vscode/settings.json",
        "deployments/example.yaml",
        "drplan.yaml",
        "schemas/plan.schema.json",
        "schemas/project.schema.json",
        "schemas/spec.schema.json",
        "schemas/world.schema.json",
    ]
    assert parse((root / "drplan.yaml").read_text(), "p").value["project"] == "churn-models"
    for schema in (root / "schemas").iterdir():
        Draft202012Validator.check_schema(json.loads(schema.read_text()))
    codes = [
        repository.drplan("-C", str(root), *arguments).code
        for arguments in (
            ["validate"],
            ["fmt", "--check"],
            ["plan", "--detailed-exitcode"],
            ["apply", "--auto-approve"],
            ["plan", "--detailed-exitcode"],
        )
    ]
    assert codes == [0, 0, 2, 0, 0]
    (root / "drplan.yaml").write_text("project: mine\n")
    again = repository.drplan("init", "churn models")
    assert (again.code, again.out) == (0, "")
    assert (root / "drplan.yaml").read_text() == "project: mine\n"


def test_init_takes_a_name(repository, tmp_path):
    """--project names the project."""
    repository.drplan("init", "x", "--project", "shop")
    assert parse((tmp_path / "x" / "drplan.yaml").read_text(), "p").value["project"] == "shop"


@pytest.mark.parametrize("name", ["a b/c", "-x", "", "x" * 64, "a: b"])
def test_init_refuses_what_cannot_be_a_name(repository, tmp_path, name):
    """A --project that no project file may have is a usage error, and nothing is written."""
    ran = repository.drplan("init", "x", "--project", name)
    assert (ran.code, ran.out, (tmp_path / "x").exists()) == (64, "", False)
    assert f"--project: '{name}' cannot be a name" in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(repository, shell):
    """Each shell gets a script that asks drplan."""
    ran = repository.drplan("completion", shell)
    assert ran.code == 0
    assert "_DRPLAN_COMPLETE" in ran.out


def test_the_templates_are_in_style():
    """What `init` writes is what `fmt` would."""
    root = Path(__file__).parent.parent.parent / "drplan" / "templates"
    project_order = schema_order(project_schema(KINDS, PRIMARY))
    for name, order in (("drplan.yaml", project_order), ("example.yaml", spec_order())):
        text = (root / name).read_text()
        assert formatted(text, name, order) == text
