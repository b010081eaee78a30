"""`drplan init --example`: a copy of a bundled example that works anywhere."""

from pathlib import Path

import pytest

from drplan.spec.document import parse

EXAMPLES = Path(__file__).parents[2] / "examples"
COPIED = [
    ".github/workflows/drplan.yml",
    ".gitignore",
    ".vscode/settings.json",
    "deployments/churn.yaml",
    "deployments/environments.yaml",
    "deployments/value.yaml",
    "drplan.yaml",
    "schemas/plan.schema.json",
    "schemas/project.schema.json",
    "schemas/spec.schema.json",
    "schemas/world.schema.json",
    "world.yaml",
]


def files(root: Path) -> list[str]:
    """Return the files below a directory, named from it."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_copy_works(repository, tmp_path):
    """The copy goes into a directory of the example's name, names its own schemas, plans, applies and converges."""
    made = repository.drplan("init", "--example", "churn")
    root = tmp_path / "churn"
    assert (made.code, files(root)) == (0, COPIED)
    for path in sorted(root.rglob("*.yaml")):
        schema = path.read_text().partition("$schema=")[2].partition("\n")[0]
        assert (path.parent / schema).resolve().parent == root / "schemas", path
        original = EXAMPLES / "churn" / path.relative_to(root)
        assert path.read_text() == original.read_text().replace("../../schemas", "schemas")
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


def test_the_example_of_challengers_works(repository, tmp_path):
    """Challengers inside a deployment: valid, formatted, planned, applied and converging, in production too."""
    assert repository.drplan("init", "--example", "challengers").code == 0
    root = str(tmp_path / "challengers")
    codes = [
        repository.drplan("-C", root, *arguments).code
        for arguments in (
            ["-e", "prod", "validate"],
            ["fmt", "--check"],
            ["apply", "--auto-approve"],
            ["plan", "--detailed-exitcode"],
            ["-e", "prod", "apply", "--auto-approve"],
            ["-e", "prod", "plan", "--detailed-exitcode"],
        )
    ]
    assert codes == [0, 0, 0, 0, 0, 0]


def test_a_copy_has_the_place_and_the_name_that_are_asked_for(repository, tmp_path):
    """A directory may be named, which may be a fresh git repository, and --project names the project."""
    (tmp_path / "there" / ".git").mkdir(parents=True)
    made = repository.drplan("init", "--example", "churn", "there", "--project", "shop")
    assert (made.code, files(tmp_path / "there")) == (0, COPIED)
    assert parse((tmp_path / "there" / "drplan.yaml").read_text(), "p").value["project"] == "shop"


def test_a_directory_with_files_is_refused(repository, tmp_path):
    """An example is not mixed with what is there: exit code 4, and nothing is written."""
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / "notes.txt").write_text("mine")
    ran = repository.drplan("init", "--example", "churn")
    assert (ran.code, ran.out, files(tmp_path / "churn")) == (4, "", ["notes.txt"])
    assert ran.err == "Error: churn is not empty; name another directory: drplan init --example churn DIRECTORY\n"


@pytest.mark.parametrize("name", ["chrun", "", "../examples/churn", "ci"])
def test_an_unknown_example_is_answered_with_those_there_are(repository, tmp_path, name):
    """A name that no example has is a usage error that names the examples; nothing is written."""
    before = files(tmp_path)
    ran = repository.drplan("init", "--example", name, "there")
    assert (ran.code, ran.out, files(tmp_path)) == (64, "", before)
    assert ran.err == f"Error: --example: there is no example '{name}'; there is: challengers, churn\n"


@pytest.mark.parametrize(
    ("arguments", "place"), [([], ""), (["a b"], " -C 'a b'"), (["--example", "churn"], " -C churn")]
)
def test_the_next_command_can_be_pasted(repository, arguments, place):
    """The last line names commands that work from where the person stands."""
    ran = repository.drplan("init", *arguments)
    end = f"Try `drplan{place} plan`, then `drplan{place} apply`: the embedded emulator needs no account.\n"
    assert (ran.code, ran.err) == (0, end)
