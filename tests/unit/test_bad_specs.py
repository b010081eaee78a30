"""Spec and project files that are wrong: every problem of every file, where it stands, in one run."""

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drplan.errors import SpecError
from drplan.project.reading import read_project
from drplan.records.specs import Diagnostic, Where
from drplan.records.values import thaw
from drplan.spec.document import MAX_CHARACTERS, MAX_VALUES, parse
from drplan.spec.load import read_specs, spec_digest

BAD = Path(__file__).parent.parent / "cases" / "bad"
TABLE = [case for path in sorted(BAD.glob("specs_*.yaml")) for case in yaml.safe_load(path.read_text(encoding="utf-8"))]
PROJECTS = yaml.safe_load((BAD / "projects.yaml").read_text(encoding="utf-8"))


def problems(files: dict[str, str]) -> tuple[Diagnostic, ...]:
    """Return what `read_specs` has against files; it must have something."""
    with pytest.raises(SpecError) as raised:
        read_specs(files.items())
    assert raised.value.exit_code == 3
    count = len(raised.value.diagnostics)
    assert raised.value.summary == ("1 problem" if count == 1 else f"{count} problems")
    return raised.value.diagnostics


def files_of(case: dict[str, Any]) -> dict[str, str]:
    """Return a row's files by name."""
    return case["files"] if "files" in case else {"a.yaml": case["text"]}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case["name"])
def test_every_problem_is_reported_at_its_place(case: dict[str, Any]) -> None:
    """A wrong file gives exactly the problems in the table, in the order of files, lines and columns."""
    found = problems(files_of(case))
    assert [str(problem) for problem in found] == case["problems"]


@pytest.mark.parametrize("case", PROJECTS, ids=lambda case: case["name"])
def test_a_wrong_project_file(case: dict[str, Any]) -> None:
    """A wrong project file gives exactly the problems in the table."""
    with pytest.raises(SpecError) as raised:
        read_project(case["text"], "drplan.yaml")
    assert [str(problem) for problem in raised.value.diagnostics] == case["problems"]
    assert raised.value.exit_code == 3


def test_the_order_of_files_does_not_matter() -> None:
    """All wrong files at once, in any order, give one list of problems, the same each time."""
    files = [
        (f"{number:02}-{name}", text) for number, case in enumerate(TABLE) for name, text in files_of(case).items()
    ]
    expected = problems(dict(files))
    assert len(expected) > 100
    for seed in range(5):
        random.Random(seed).shuffle(files)
        assert problems(dict(files)) == expected


def test_a_file_that_is_too_large() -> None:
    """A file larger than the bound is refused unread."""
    text = "deployments: {}\n" + "#" * MAX_CHARACTERS
    assert [str(problem) for problem in problems({"a.yaml": text})] == [
        "a.yaml:1:1: the file is larger than 1,000,000 characters (split it)"
    ]


@pytest.mark.parametrize(
    ("opening", "column"), [("[", 51), ("{a: ", 201), ("- ", 101), ("? ", 101), ("- ? ", 101), ("[{a: ", 126)]
)
def test_nesting_without_end(opening: str, column: int) -> None:
    """Nesting that would exhaust the stack of YAML's composer is refused where it goes too deep."""
    text = opening * (900_000 // len(opening))
    expected = f"a.yaml:1:{column}: too many or too deeply nested values (are there aliases of aliases?)"
    assert [str(problem) for problem in problems({"a.yaml": text})] == [expected]


@pytest.mark.parametrize("length", [1001, 4_999, 5_001])
def test_nesting_beyond_the_bound_of_yaml_itself(length: int) -> None:
    """PyYAML has a bound of 1,000 in some releases; ours comes first in files of any length."""
    assert [str(problem) for problem in problems({"a.yaml": "[" * length})] == [
        "a.yaml:1:51: too many or too deeply nested values (are there aliases of aliases?)"
    ]


def test_a_syntax_error_after_little_nesting_is_what_it_is() -> None:
    """Where nothing nests too deep before a syntax error, the error is reported."""
    (problem,) = problems({"a.yaml": "[" * 50 + "@"})
    assert (problem.summary[:15], problem.where) == ("not valid YAML:", Where("a.yaml", 1, 51))


def test_nesting_in_a_short_file() -> None:
    """A short file may nest no deeper than a long one."""
    text = "deployments: " + "{a: " * 60 + "}" * 60
    assert [str(problem) for problem in problems({"a.yaml": text})] == [
        "a.yaml:1:214: deployments.a.a: too many or too deeply nested values (are there aliases of aliases?)"
    ]


def test_aliases_that_multiply() -> None:
    """Aliases of aliases are refused once they come to more values than a file may hold; nothing else is said."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    found = problems({"a.yaml": "\n".join(lines)})
    assert [problem.summary for problem in found] == ["too many or too deeply nested values"]


def test_more_values_than_a_file_may_hold() -> None:
    """A flat file is bounded too, and its excess is not judged."""
    text = "deployments:\n" + "- a\n" * MAX_VALUES
    found = problems({"a.yaml": text})
    assert [(problem.summary, problem.where) for problem in found] == [
        ("too many or too deeply nested values", Where("a.yaml", MAX_VALUES, 3))
    ]


def test_aliases_within_bounds_are_values_like_others() -> None:
    """An alias is a way to write a value twice, and each copy is complained of where it was written."""
    text = (
        "deployments:\n"
        "  a: {label: A, model: &model {model_id: m}, tags: &tags {team: x}}\n"
        "  b: {label: B, model: *model, tags: *tags}\n"
    )
    first, second = read_specs([("a.yaml", text)])
    assert thaw(first.value("model")) == thaw(second.value("model")) == {"model_id": "m"}
    assert second.value("tags.team") == "x"


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "deployments:\n", "deployments:\n#  a: {}\nprediction_environments:\n"]
)
def test_nothing_at_all(text: str) -> None:
    """A section below which nothing stands, or all is commented out, is as one that is not there."""
    assert read_specs([("a.yaml", text)]) == ()


def test_merges() -> None:
    """Merged keys lie under a mapping's own; of several mappings the first wins, and each value keeps its place."""
    text = (
        "x-base: &base {importance: LOW, tags: {team: a}}\n"
        "x-high: &high\n"
        "  <<: *base\n"
        "  importance: HIGH\n"
        "  description: ${var.nobody}\n"
        "deployments:\n"
        "  a: {label: A, model: {model_id: m}, <<: *base}\n"
        "  b: {<<: [*high, *base], label: B, model: {model_id: m}, description: b, tags: {x: y}}\n"
    )
    first, second = read_specs([("a.yaml", text)])
    assert {path: thaw(wanted.value) for path, wanted in first.desired.items()} == {
        "label": "A",
        "model": {"model_id": "m"},
        "importance": "LOW",
        "tags.team": "a",
    }
    assert {path: thaw(wanted.value) for path, wanted in second.desired.items()} == {
        "label": "B",
        "model": {"model_id": "m"},
        "importance": "HIGH",
        "description": "b",
        "tags.x": "y",
    }
    assert (first.place("importance"), second.place("importance")) == (Where("a.yaml", 1, 28), Where("a.yaml", 4, 15))


MERGES_OF_MERGES = [
    "\n".join(f"x-{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" if n else "x-0: &a0 {}" for n in range(30)),
    "\n".join(f"x-{n}: &a{n} {{<<: *a{n - 1}}}" if n else "x-0: &a0 {}" for n in range(2_000)),
    "x-0: &a {b: {<<: *a}}",
    "x-0: &a {<<: *a}",
]


@pytest.mark.parametrize("text", MERGES_OF_MERGES)
def test_merges_are_bounded(text: str) -> None:
    """Merges that multiply, nest without end, or merge what they stand in are refused like aliases of aliases."""
    assert [each.summary for each in problems({"a.yaml": text})] == ["too many or too deeply nested values"]


def test_wrong_values_are_shown_short() -> None:
    """A message repeats at most the beginning of a wrong value."""
    (problem,) = problems({"a.yaml": f"deployments: {{a: {{label: A, model: {'m' * 5000}}}}}"})
    assert problem.summary == f"expected a mapping, not '{'m' * 99}…"


@pytest.mark.parametrize(
    "digits", ["9" * 5000, "0x" + "f" * 5000, "0b" + "1" * 20000, "1" * 400 + ".0", "5:" * 900 + "9"]
)
def test_numbers_beyond_all_bounds(digits: str) -> None:
    """A number too large to send, in whatever notation, is a problem of the file and not a crash."""
    text = f"deployments: {{a: {{label: A, model: {{registered_model: r, version: {digits}}}}}}}"
    (problem,) = problems({"a.yaml": text})
    assert problem.where == Where("a.yaml", 1, text.index(digits) + 1)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "---\n...\n", "{}", "~", "\ufeff", "deployments: {}\n"])
def test_files_without_resources(text: str) -> None:
    """A file that says nothing is right, and wants nothing."""
    assert read_specs([("a.yaml", text)]) == ()


def test_line_ends_and_byte_order_marks() -> None:
    """Files from other systems say the same at the same places."""
    lines = ["deployments:", "  a:", "    label: Ä", "    model: {model_id: m}", ""]
    unix, other = "\n".join(lines), "\ufeff" + "\r\n".join(lines)
    assert read_specs([("a.yaml", unix)]) == read_specs([("a.yaml", other)])


@given(st.text(alphabet="ab01:{}[]-?!&*#|>'\"%@`,. \n\t~<\\\x00\x85\u2028é", max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    """Any text at all parses or is complained of, at a place that exists in it."""
    document = parse(text, "a.yaml")
    for problem in document.problems:
        assert problem.where is not None
        assert problem.where.line <= len(text.splitlines()) + 1
    assert document.parsed or document.problems


def test_defaults_and_overrides_of_every_kind() -> None:
    """`kind_defaults` lie under the objects of other kinds, overrides over them, inside a deployment as well."""
    project = """
project: shop
kind_defaults: {challengers: {model: {model_package_id: m1}}, prediction_environments: {platform: aws}}
environments:
  prod:
    deployments: {a: {challengers: {x: {name: X}, y: {name: Y}, z: null}}}
    prediction_environments: {zone: {description: D}}
"""
    spec = """
deployments:
  a:
    {label: A, model: {model_package_id: m}, challengers: {x: {}, z: {lifecycle: {prevent_destroy: true}}}}
prediction_environments: {zone: {}}
"""
    _, overlays = read_project(project, "drplan.yaml", environment="prod")
    found = {str(each.address): each for each in read_specs([("a.yaml", spec)], overlays)}
    said = {
        name: (each.absent, {path: (wanted.value, wanted.origin) for path, wanted in each.desired.items()})
        for name, each in found.items()
        if name != "deployment.a"
    }
    model = {"model": ({"model_package_id": "m1"}, "defaults")}
    prod = "environment prod"
    assert said == {
        "challenger.a/x": (False, {**model, "name": ("X", prod)}),
        "challenger.a/y": (False, {**model, "name": ("Y", prod)}),
        "challenger.a/z": (True, {**model, "lifecycle.prevent_destroy": (True, ""), "name": ("z", "")}),
        "prediction_environment.zone": (
            False,
            {"name": ("zone", ""), "platform": ("aws", "defaults"), "description": ("D", prod)},
        ),
    }
    assert spec_digest(found.values()) != spec_digest(
        read_specs([("a.yaml", spec)], read_project(project, "drplan.yaml")[1])
    )


def test_wrong_overrides_of_every_kind() -> None:
    """An override of what is not there is named, and what only an override names must be whole."""
    project = """
project: shop
environments:
  prod:
    deployments: {a: {challengers: {y: {name: Y}}}}
    prediction_environments: {zoen: {description: D}}
"""
    spec = """
deployments: {a: {label: A, model: {model_package_id: m}, settings: {challenger_models: {enabled: true}}}}
prediction_environments: {zone: {platform: aws}}
"""
    _, overlays = read_project(project, "drplan.yaml", environment="prod")
    with pytest.raises(SpecError) as caught:
        read_specs([("a.yaml", spec)], overlays)
    assert [(each.path, each.summary) for each in caught.value.diagnostics] == [
        (
            "deployments.a.settings.challenger_models.enabled",
            "challengers need the predictions that the deployment keeps",
        ),
        ("environments.prod.deployments.a.challengers.y", "'model' is missing"),
        (
            "environments.prod.prediction_environments.zoen",
            "there is no prediction environment 'zoen' to override",
        ),
    ]
