"""Who may import whom, who may print, who may speak HTTP, and who may know a setting's name."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import drplan
from drplan.cli import group
from drplan.cli.lazy import LazyCommand
from drplan.kinds import KINDS
from drplan.registry.rows import ID, IGNORE_CHANGES, MOVED_FROM, PREVENT_DESTROY

FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
ROOT = Path(drplan.__file__).parent

LAYERS = {
    # 0: the standard library only
    "": 0,
    "clock": 0,
    "errors": 0,
    "suggest": 0,
    "version": 0,
    "records": 0,
    "registry": 0,
    # 1: rows
    "kinds": 1,
    # 2: pure: text in, text out
    "spec": 2,
    "plan": 2,
    "gate": 2,
    "readings": 2,
    "render": 2,
    # 3: the only HTTP
    "platform": 3,
    # 4: asyncio
    "apply": 4,
    "doctor": 4,
    "monitor": 4,
    # 5: files, the environment; plans and applies without a terminal; monitoring's own front door
    "project": 5,
    "engine": 5,
    "monitor.fleet": 5,
    "monitor.__init__": 5,
    "__init__": 5,
    # 6: the terminal
    "cli": 6,
    "__main__": 6,
}
"""The layer of each module, by the longest of its prefixes; a module imports from its own layer and those below."""

IMPURE = {
    *("ctypes", "glob", "io.open", "multiprocessing", "os", "pathlib", "shutil", "subprocess", "sys", "tempfile"),
    *("aiohttp", "anyio", "asyncio", "http", "httpx", "requests", "select", "selectors", "socket", "ssl", "starlette"),
    *("threading", "urllib.request", "uvicorn", "sqlite3", "importlib.resources", "logging", "signal"),
    *("platform", "random", "secrets", "time", "uuid", "click"),
}
"""Modules with which a pure one could reach a file, the network, a clock, chance or the terminal."""


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package by its name below `drplan`; a package's own is `NAME.__init__`."""
    return {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", "."): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(ROOT.rglob("*.py"))
    }


def layer(name: str) -> int:
    """Return a module's layer: the row of the longest prefix of its name."""
    steps = name.split(".")
    for end in range(len(steps), 0, -1):
        if ".".join(steps[:end]) in LAYERS:
            return LAYERS[".".join(steps[:end])]
    return LAYERS[""]


def emulated(name: str) -> bool:
    """Tell whether a module belongs to the emulator."""
    return name.startswith("emulator.")


def imported(name: str) -> Iterator[str]:
    """Yield the full name of everything a module imports, anywhere in it."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(target: str) -> str | None:
    """Return the module of this package that an import reaches, or None where it leaves the package."""
    steps = target.split(".")
    if steps[0] != "drplan":
        return None
    for end in range(len(steps), 0, -1):
        name = ".".join(steps[1:end])
        for candidate in (name, f"{name}.__init__" if name else "__init__"):
            if candidate in modules():
                return candidate
    raise AssertionError(target)


PURE = [name for name in modules() if not emulated(name) and layer(name) <= 2]
OTHERS = [name for name in modules() if not emulated(name)]


@pytest.mark.parametrize("name", OTHERS)
def test_every_module_has_a_layer(name: str) -> None:
    """A new module is given a row in the table."""
    assert name.partition(".")[0] in LAYERS


@pytest.mark.parametrize("name", OTHERS)
def test_imports_go_down(name: str) -> None:
    """A module imports from its own layer or a lower one; the emulator is for project.connect and the commands."""
    for target in imported(name):
        reached = own(target)
        if reached is None:
            continue
        if emulated(reached):
            assert name == "project.connect" or name.startswith("cli."), f"{name} imports the emulator"
        else:
            assert layer(reached) <= layer(name), f"{name} imports {reached}"


def test_rooms_have_no_circle() -> None:
    """No two rooms of drplan need each other, straight or through others, whatever their layers are."""
    needs: dict[str, set[str]] = {}
    for name in OTHERS:
        room = name.partition(".")[0]
        reached = {(own(target) or room).partition(".")[0] for target in imported(name)}
        needs.setdefault(room, set()).update(reached - {room, "emulator"})
    assert list(TopologicalSorter(needs).static_order())


def test_the_emulator_is_a_witness() -> None:
    """The emulator imports nothing of drplan but itself: were both made from one registry, errors would agree."""
    reached = {(name, target) for name in modules() if emulated(name) for target in imported(name)}
    strangers = {pair for pair in reached if pair[1].startswith("drplan") and not pair[1].startswith("drplan.emulator")}
    assert strangers == set()
    assert any(target.startswith("drplan.emulator") for _, target in reached)


WINGS = {
    "core": 0,  # what it runs on: time, ids, memory, jobs
    "http": 1,  # requests, answers, refusals, faults; the application and its server, without a route of their own
    "resources": 2,  # the platform's objects and their routes
    "world": 3,  # what fills and uses them: seeds, predictions, traffic, monitoring
    "emulator": 4,  # one of each, put together
    "__init__": 5,
}
"""The wings of the emulator, from the ground up; a module imports from its own wing and those below."""


def wing(name: str) -> int:
    """Return the wing of a module of the emulator."""
    return WINGS[name.split(".")[1]]


@pytest.mark.parametrize("name", [name for name in modules() if emulated(name)])
def test_wings_import_downwards(name: str) -> None:
    """A module of the emulator imports from its own wing or a lower one, for types too; what it needs of a higher one,
    such as who works health out, it is given."""
    for target in imported(name):
        reached = own(target)
        if reached is not None and reached != name:
            assert wing(reached) <= wing(name), f"{name} imports {reached}"


def test_no_module_comes_back_to_itself() -> None:
    """There is no circle of imports among the files, also none that is only there for types, or within a function."""
    below = {
        name: {reached for target in imported(name) if (reached := own(target)) is not None and reached != name}
        for name in modules()
    }
    assert list(TopologicalSorter(below).static_order())


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_do_no_input_or_output(name: str) -> None:
    """What plans and renders imports nothing with which it could reach a file, a network, a clock or chance."""
    for target in imported(name):
        steps = target.split(".")
        prefixes = {".".join(steps[:end]) for end in range(1, len(steps) + 1)}
        assert not prefixes & IMPURE, f"{name} imports {target}"


@pytest.mark.parametrize("name", [name for name in PURE if layer(name) == 0])
def test_the_lowest_layer_needs_only_the_standard_library(name: str) -> None:
    """Errors, records and row types import the standard library and each other."""
    roots = {target.partition(".")[0] for target in imported(name)} - {"drplan"}
    assert roots <= sys.stdlib_module_names


def calls(name: str) -> Iterator[str]:
    """Yield what a module calls, as written, and where."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_read_no_clock_and_no_file(name: str) -> None:
    """Dates are given to pure modules, never taken; nor do they open anything, or run text as code.

    `clock` alone holds the machine's clock, as the default of what readers are given.
    """
    for call in calls(name):
        if (name, call) == ("clock", "datetime.now"):
            continue
        assert call.rpartition(".")[2] not in ("now", "utcnow", "today", "open", "input"), call
        assert call not in ("eval", "exec", "compile", "__import__"), call


@pytest.mark.parametrize("name", [name for name in OTHERS if not name.startswith("cli.")])
def test_only_the_commands_print(name: str) -> None:
    """Nothing outside the commands writes to a terminal."""
    for call in calls(name):
        assert call not in ("print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write"), call


def test_only_the_client_speaks_http() -> None:
    """httpx is imported by the API client, by project.connect inside a function, and by the emulator."""
    users = {name for name in OTHERS for target in imported(name) if target.partition(".")[0] == "httpx"}
    assert users == {"platform.api", "project.connect"}
    top = {
        alias.name for node in modules()["project.connect"].body if isinstance(node, ast.Import) for alias in node.names
    }
    assert "httpx" not in top


# ------------------------------------------------------------------------------------------------- names of settings

ALLOWED = {
    ("project.specs", "deployments"),  # the directory that specs live in
}


def knows_names(name: str) -> bool:
    """Tell whether a module may name kinds and settings: the rows, monitoring, and the emulator."""
    return emulated(name) or bool({"kinds", "monitor", "readings"} & set(name.split(".")))


def names() -> tuple[set[str], set[str]]:
    """Return the distinctive words of kinds and settings, and the words that only count as a whole text."""
    common = {ID, MOVED_FROM, PREVENT_DESTROY, IGNORE_CHANGES}
    words, whole = set(), set()
    for kind in KINDS.values():
        whole |= {kind.name, kind.section}
        for row in kind.settings:
            if row.path not in common:
                whole |= {path for path in (row.path, row.wire, row.live, row.on_create) if path and "." in path}
                for path in (row.path, row.wire, row.live, row.on_create):
                    words |= set(path.split(".")) if path else set()
    words |= whole
    distinctive = {word for word in words if re.search(r"[a-z0-9](_|[A-Z])", word) and "." not in word}
    return distinctive - {"on_warning"}, whole


def texts(tree: ast.Module) -> Iterator[str]:
    """Yield the text constants of a module that are no docstrings."""
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | FUNCTION))
    docstrings = {id(node.value) for block in blocks for node in block.body if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def identifiers(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module defines, takes, passes or reads."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


@pytest.mark.parametrize("name", [name for name in OTHERS if not knows_names(name)])
def test_only_the_rows_know_names(name: str) -> None:
    """No module outside kinds, monitoring and the emulator names a kind or a setting, in a text or an identifier.

    The rule: a word that only a kind or a setting is called (it has an underscore or an inner capital, such as
    `drift_tracking` or `targetDrift`) must not occur in a text constant or as an identifier; a dotted path and a kind's
    own name must not be a text constant, whole. Ordinary words (`label`, `status`, `model`, `reason`) are not looked
    for, as they mean other things too; nor is `on_warning`, which is also a field of a plan's validations. Docstrings
    may give examples.
    """
    distinctive, whole = names()
    for text in texts(modules()[name]):
        found = set(re.findall(r"[A-Za-z0-9_]+", text)) & distinctive
        assert not found, f"{text!r} names {found}"
        dotted = set(re.findall(r"[A-Za-z0-9_.]+", text)) & {path for path in whole if "." in path}
        assert not dotted, f"{text!r} names {dotted}"
        assert text not in whole or (name, text) in ALLOWED, f"{text!r} is a kind's name"
    assert not set(identifiers(modules()[name])) & distinctive


def test_the_rule_of_names_finds_names() -> None:
    """The rule above would find what it looks for: it does in the rows themselves."""
    distinctive, whole = names()
    assert {"drift_tracking", "targetDrift", "secondary_dataset_config", "prediction_environment"} <= distinctive
    assert {"deployment", "deployments", "settings.drift_tracking.target_drift_enabled"} <= whole
    found = {
        word for text in texts(modules()["kinds.deployment.settings"]) for word in re.findall(r"[A-Za-z0-9_]+", text)
    }
    assert {"drift_tracking", "targetDrift", "secondary_dataset_config"} <= found


# ---------------------------------------------------------------------------------------------------------- start-up

HEAVY = (
    "aiohttp",
    "cel",
    "deepdiff",
    "httpx",
    "jsonschema",
    "rfc8785",
    "rich",
    "ruamel",
    "starlette",
    "uvicorn",
    "yaml",
)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["plan", "--help"], ["list", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Asking for help imports none of the libraries that only work needs."""
    script = (
        "import sys\n"
        "from drplan.cli import run\n"
        f"code = run({arguments!r})\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print(code, loaded, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent, timeout=60
    )
    assert done.stderr == "0 []\n"
    assert "drplan" in done.stdout


def test_the_package_is_light() -> None:
    """`import drplan` loads nothing but its version; the rest comes with the first use."""
    script = "import sys, drplan; print(sorted(name for name in sys.modules if name.partition('.')[0] == 'drplan'))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent, timeout=60
    )
    assert done.stdout == "['drplan', 'drplan.version']\n"


def test_the_list_of_commands_loads_no_command() -> None:
    """`drplan --help` loads what a command line needs to be read, and no module of a command."""
    script = (
        "import sys\n"
        "from drplan.cli import run\n"
        "run(['--help'])\n"
        "print([name for name in sorted(sys.modules) if name.startswith('drplan.')], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent, timeout=60
    )
    light = ["cli", "cli.globals", "cli.lazy", "cli.terminal", "clock", "errors", "records", "render", "version"]
    light += ["records.plans", "records.specs", "records.values", "render.harmless"]
    assert ast.literal_eval(done.stderr) == sorted(f"drplan.{name}" for name in light)


@pytest.mark.parametrize("command", [each for each in group.commands.values() if isinstance(each, LazyCommand)])
def test_the_list_of_commands_says_what_they_say(command: LazyCommand) -> None:
    """What the list says of a command that is not loaded is the first paragraph of its own help, and its own name."""
    help_ = inspect.cleandoc(command.loaded.help or "")
    assert (command.name, command.help) == (command.loaded.name, help_.partition("\n\n")[0].replace("\n", " "))
