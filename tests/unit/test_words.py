"""One word means one thing: no public name of a function or a class stands for two."""

import ast
from collections import defaultdict
from pathlib import Path

import drplan

ROOT = Path(drplan.__file__).parent
ALLOWED: dict[str, str] = {}
"""Names that two modules may share, each with the reason. None does."""


def public(path: Path) -> set[str]:
    """Return a module's public functions, classes and type aliases; a command is called what its user types."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            ways = [ast.unparse(each).partition("(")[0].rpartition(".")[2] for each in node.decorator_list]
            if not {"command", "group"} & set(ways):
                names.add(node.name)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            names |= {name} if name.istitle() and len(name) > 1 else set()  # a type variable has one letter
    return {name for name in names if not name.startswith("_")}


def test_no_word_has_two_meanings() -> None:
    """A name that a reader has learnt in one module means the same everywhere: there is only one of it.

    The emulator is apart: it shares nothing with the rest, and speaks the platform's words.
    """
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith("emulator/"):
            for word in public(path):
                homes[word].append(name)
    assert {word: where for word, where in homes.items() if len(where) > 1 and word not in ALLOWED} == {}
    assert {word for word in ALLOWED if len(homes[word]) < 2} == set()
