"""The test command installs versions that were tested together, and the oldest that are allowed are really tested."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

TESTS = Path(__file__).parents[1]
PROJECT = tomllib.loads((TESTS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
AGAIN = "run: python tests/constraints.py"


def required(*extras: str) -> Iterator[Requirement]:
    """Yield what pyproject.toml names, the given extras included; drplan itself left out."""
    texts = [*PROJECT["dependencies"], *(text for extra in extras for text in PROJECT["optional-dependencies"][extra])]
    yield from (each for each in map(Requirement, texts) if each.name != "drplan")


def pinned(file: str) -> dict[str, list[str]]:
    """Return the versions in a file of constraints by package; there is more than one where Pythons differ."""
    found: dict[str, list[str]] = {}
    for line in (TESTS / file).read_text(encoding="utf-8").splitlines():
        pin = Requirement(line)
        (only,) = pin.specifier
        assert only.operator == "=="
        found.setdefault(canonicalize_name(pin.name), []).append(only.version)
    return found


@pytest.mark.parametrize("file", ["constraints.txt", "oldest.txt"])
def test_every_dependency_has_its_version(file: str) -> None:
    """Each dependency of pyproject.toml, of every extra, has a version in both files, and one that it allows."""
    pins = pinned(file)
    wrong = [
        str(each)
        for each in required(*PROJECT["optional-dependencies"])
        if not all(map(each.specifier.contains, pins.get(canonicalize_name(each.name), ["none"])))
    ]
    assert wrong == [], AGAIN


def test_the_oldest_are_the_lower_bounds() -> None:
    """What drplan needs to run, extras included, is tested at the lower bounds of pyproject.toml."""
    pins = pinned("oldest.txt")
    runtime = list(required(*(extra for extra in PROJECT["optional-dependencies"] if extra != "test")))
    bounds = [(each.name, [(bound.operator, Version(bound.version)) for bound in each.specifier]) for each in runtime]
    assert bounds == [(each.name, [(">=", Version(pins[canonicalize_name(each.name)][0]))]) for each in runtime], AGAIN
