"""The tables and pictures of the guides that are drawn from the code; `python tests/drawn.py` writes them.

They stand between `<!-- drawn: NAME -->` and `<!-- /drawn -->`, and are never edited by hand.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from drplan.doctor.checks import CHECKS
from drplan.doctor.checkup import name_of, question_of
from drplan.emulator.resources.deployments import validation
from drplan.kinds import KINDS
from drplan.plan.order import groups_in_order
from drplan.registry import shapes
from drplan.registry.kinds import Kind
from drplan.registry.rows import Group
from drplan.render.reference import settings_markdown

ROOT = Path(__file__).parent.parent
GUIDES = ROOT / "examples" / "guides"
DRAWN = re.compile(r"(?<=<!-- drawn: )(?P<name>\w+) -->\n(?P<text>.*?)(?=<!-- /drawn -->)", re.DOTALL)


def drawn(page: str) -> str:
    """Return the text of a page with every drawing made anew."""
    return DRAWN.sub(lambda found: f"{found['name']} -->\n{DRAWINGS[found['name']]().strip()}\n", page)


def layers() -> str:
    """Return the table of layers, from the top floor down, as the test of the layers has it."""
    tree = ast.parse((ROOT / "tests" / "unit" / "test_layers.py").read_text(encoding="utf-8"))
    (found,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "LAYERS"
    )
    floors = {name: floor for name, floor in ast.literal_eval(found).items() if name and not name.startswith("_")}
    rooms = sorted((-floor, name) for name, floor in floors.items() if "." not in name)
    lines = ["| floor | room | what it is |", "|---|---|---|"]
    lines += [f"| {-floor} | `{_shown(name)}` | {_about(name)} |" for floor, name in rooms]
    return "\n".join([*lines, f"| E | `emulator/` | {_about('emulator')} |"])


def _shown(name: str) -> str:
    return f"{name}/" if (ROOT / "drplan" / name).is_dir() else f"{name}.py"


def _about(name: str) -> str:
    path = ROOT / "drplan" / name
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def order() -> str:
    """Return each kind's requests in the order in which they are sent, and what each waits for."""
    return "\n\n".join(_order(kind) for kind in KINDS.values())


def _order(kind: Kind) -> str:
    lines = [f"**{kind.name}**", "", "| group | request | settings | why |", "|---|---|---|---|"]
    lines.append(f"| (creation) | `POST {kind.create_path}` | {sum(bool(row.on_create) for row in kind.settings)} | |")
    for group in groups_in_order(kind):
        request = f"{group.path} (one each)" if group.entries else f"{group.method} {group.path}"
        lines.append(f"| {group.name} | `{request}` | {len(kind.rows(group.name))} | {group.why} |")
    edges = [f"  {before} --> {group.name}" for group in groups_in_order(kind) for before in _nearest(kind, group)]
    resets = [f"  {cause} -. may reset .-> {group.name}" for group in groups_in_order(kind) for cause in group.reset_by]
    picture = ["", "```mermaid", "flowchart LR", *edges, *resets, "```"] if edges else []
    return "\n".join(lines + picture)


def _nearest(kind: Kind, group: Group) -> list[str]:
    """Return the groups that come right before a group: those with nothing else in between."""
    near = _before(kind, group.name)
    further = {earlier for name in near for earlier in _before(kind, name)}
    return [name for name in near if name not in further]


def _before(kind: Kind, name: str) -> list[str]:
    """Return the groups that a group has to wait for, whoever of the two says so."""
    return [*kind.group(name).after, *(other.name for other in kind.groups if name in other.before)]


def _row(name: str, callee: str = "") -> str:
    """Return the source of the row in `drplan/kinds/` that begins with a name, as a block of Python."""
    for path in sorted((ROOT / "drplan" / "kinds").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in _calls(ast.parse(text)):
            first = node.args[0] if node.args else None
            called = isinstance(node.func, ast.Name) and callee in ("", node.func.id)
            if called and isinstance(first, ast.Constant) and first.value == name:
                begin, *rest = (ast.get_source_segment(text, node) or "").split("\n")
                line = text.split("\n")[node.lineno - 1]
                indent = len(line) - len(line.lstrip())
                return "\n".join(["```python", begin, *(each[indent:] for each in rest), "```"])
    raise LookupError(name)


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _example(docstring: str) -> str:
    """Return the indented lines of a docstring as a block of Python."""
    lines = [line.removeprefix("    ") for line in docstring.splitlines() if line.startswith("    ")]
    return "\n".join(["```python", *lines, "```"])


def checks() -> str:
    """Return what the emulator validates of a replacement, as the module that does it says."""
    lines = (validation.__doc__ or "").splitlines()
    return "\n".join(line for line in lines if line.startswith("|"))


def doctor() -> str:
    """Return what each check of `drplan doctor` asks, in order."""
    lines = ["| check | what it asks |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{name_of(check)}` | {question_of(check)} |" for check in CHECKS)])


DRAWINGS = {
    "doctor": doctor,
    "settings": lambda: settings_markdown(KINDS),
    "layers": layers,
    "order": order,
    "checks": checks,
    "nested": lambda: _row("settings.challenger_replay.schedule"),
    "shape": lambda: _example(shapes.__doc__ or ""),
    "boolean": lambda: _row("settings.drift_tracking.target_drift_enabled"),
    "group": lambda: _row("status", "Group"),
}

if __name__ == "__main__":
    for path in sorted(GUIDES.glob("*.md")):
        before = path.read_text(encoding="utf-8")
        if drawn(before) != before:
            path.write_text(drawn(before), encoding="utf-8")
            print(f"Wrote {path.relative_to(ROOT)}")
