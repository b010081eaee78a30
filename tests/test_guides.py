"""The README and the guides are true: sessions are replayed, Python is run, YAML is read, drawings are fresh."""

import re
import subprocess
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from drawn import DRAWINGS, DRAWN, drawn
from pre_commit.clientlib import load_config
from serving import served
from sessions import PAGES, ROOT, Block, Terminal, blocks, matches

import drplan
from drplan import errors, monitor
from drplan.cli import group
from drplan.cli.lazy import LazyCommand
from drplan.emulator import Clock, Emulator
from drplan.gate import policy
from drplan.gate.policy import cases
from drplan.project.reading import read_project
from drplan.spec.load import read_specs

README = ROOT / "README.md"
GUIDES = ROOT / "examples" / "guides"
RUN = ("console", "python")
SERVED = "http://127.0.0.1:8080"
EVERY = [block for page in PAGES for block in blocks(page)]


def name_of(page: Path) -> str:
    """Return a page's name in the list of tests."""
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start in an empty directory, which is the home of a person without any settings."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LANG", "C.UTF-8")


# -------------------------------------------------------------------------------------------------- what can be run


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_is_what_happens(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session prints what the page shows, and every Python block runs, in the order in which they stand there."""
    terminal = Terminal()
    monkeypatch.setattr(monitor, "connect", partial(monitor.connect, now=terminal.clock))
    monkeypatch.setattr(drplan, "open", partial(drplan.open, now=terminal.clock))
    names: dict[str, Any] = {}
    wrong = []
    for block in by_hand(page):
        if block.language == "python":
            run_python(block, names, terminal)
        elif block.language == "console":
            for command, shown in block.commands():
                real = terminal.run(command)
                if not matches(shown, real):
                    wrong.append("\n".join([f"{block}: $ {command}", "-- shown", *shown, "-- real", *real]))
    assert not wrong, "\n\n".join(wrong)


def by_hand(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page that are not drawn from the code."""
    drawings = "".join(found["text"] for found in DRAWN.finditer(page.read_text(encoding="utf-8")))
    yield from (block for block in blocks(page) if block.text not in drawings)


def run_python(block: Block, names: dict[str, Any], terminal: Terminal) -> None:
    """Run a Python block; where it names the served emulator, one is served from the world of this directory."""
    if SERVED not in block.text:
        exec(compile(block.text, str(block), "exec"), names)
        return
    state = Path(".drplan") / "emulator.sqlite"
    state.parent.mkdir(exist_ok=True)
    clock = Clock(lambda: terminal.clock().timestamp())
    with served(Path("world.yaml"), state, clock=clock) as (url, _), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the vendor's SDK is warned of
        text = block.text.replace(SERVED, url.removesuffix("/api/v2"))
        exec(compile(text, str(block), "exec"), names)
        if "dr" in names:
            names["dr"].client.get_client().close()


def test_examples_plan_and_apply() -> None:
    """Every config repository below examples/ validates, plans, applies, and then has nothing left to change."""
    projects = sorted((ROOT / "examples").glob("*/drplan.yaml"))
    assert projects
    for project in projects:
        name = project.parent.name
        terminal = Terminal()
        for command, status in (
            (f"drplan init --example {name}", 0),
            (f"drplan -C {name} validate", 0),
            (f"drplan -C {name} plan --detailed-exitcode", 2),
            (f"drplan -C {name} apply --auto-approve", 0),
            (f"drplan -C {name} plan --detailed-exitcode", 0),
        ):
            printed = terminal.run(command)
            assert (command, terminal.status) == (command, status), printed


# --------------------------------------------------------------------------------------------- what can only be read


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_yaml_is_valid(page: Path) -> None:
    """Every YAML block says in its first line which file it is, and is one without a problem."""
    rules = policy.Policy()
    for block in blocks(page):
        if block.language != "yaml":
            continue
        file = block.text.partition("\n")[0].removeprefix("# ").partition(",")[0]
        Path(Path(file).name).write_text(block.text)
        if file == "drplan.yaml":
            rules = policy.read_policy(read_project(block.text, str(block))[0])
        elif file.startswith("deployments/"):
            assert read_specs([(str(block), block.text)])
        elif file == "world.yaml":
            Emulator.open(Path(file)).close()
        elif file == "policy-cases.yaml":
            assert cases.read_cases(block.text, str(block), rules)
        elif file == ".pre-commit-config.yaml":
            assert load_config(file)
        else:
            raise AssertionError(f"{block}: nobody reads {file}")


@pytest.mark.parametrize("block", [block for block in EVERY if block.language == "sh"], ids=str)
def test_shell_commands_exist(block: Block) -> None:
    """bash can read every shell block, and each drplan command in it has the options that it is given."""
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for words in re.findall(r"(?:^|[ /])drplan( [^#&|\n]*)?", block.text, re.MULTILINE):
        parse(group, words.split())


def parse(command: click.Command, words: list[str]) -> None:
    """Parse a command line as click would, without running anything or looking for files."""
    command = command.loaded if isinstance(command, LazyCommand) else command
    context = click.Context(command, info_name=command.name, resilient_parsing=True)
    _, rest, _ = command.make_parser(context).parse_args(list(words))
    if isinstance(command, click.Group) and rest:
        name, found, rest = command.resolve_command(context, rest)
        assert found, name
        parse(found, rest)


def test_every_block_is_tested() -> None:
    """A fenced block is of a language that a test above runs or reads; the others are drawn from the code."""
    tested = {*RUN, "yaml", "sh"}
    drawings = "".join(found["text"] for page in PAGES for found in DRAWN.finditer(page.read_text(encoding="utf-8")))
    assert [str(block) for block in EVERY if block.language not in tested and block.text not in drawings] == []
    fences = sum(len(re.findall(r"^ *(?:```|~~~)", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES)
    assert fences == 2 * len(EVERY)


# ------------------------------------------------------------------------------------------------- what is kept fresh


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_drawings_are_fresh(page: Path) -> None:
    """What is drawn from the code is as `python tests/drawn.py` would draw it."""
    text = page.read_text(encoding="utf-8")
    assert drawn(text) == text, "run: python tests/drawn.py"


def test_every_drawing_is_shown() -> None:
    """Each drawing that can be made stands in one guide."""
    shown = [found["name"] for page in PAGES for found in DRAWN.finditer(page.read_text(encoding="utf-8"))]
    assert sorted(shown) == sorted(DRAWINGS)


def anchors(page: Path) -> set[str]:
    """Return the names of a page's headings, as code hosts link to them."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository finds the file, and the heading where it names one."""
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, heading = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not heading or heading in anchors(target), link


def test_the_readme_is_an_entrance() -> None:
    """The README has at most 200 lines, and leads to every guide."""
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    assert [guide.name for guide in GUIDES.glob("*.md") if f"](examples/guides/{guide.name})" not in text] == []


def test_ci_runs_the_readmes_test_command() -> None:
    """`.ci/run` has the line with which the README passes the tests; the README's walk does not dirty a checkout."""
    (install, test, *_) = (block.text.strip() for block in blocks(README) if block.language == "sh")
    assert test in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    (copy,) = re.findall(r"init --example (\w+)", install)
    assert {f"/{copy}/", ".venv/"} <= set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())


def test_every_exit_code_has_its_section() -> None:
    """The page of errors has a section for each exit code that drplan can end with, and for no other."""
    raised = {
        found.exit_code
        for found in vars(errors).values()
        if isinstance(found, type) and issubclass(found, errors.DrplanError)
    }
    named = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    page = (GUIDES / "errors.md").read_text(encoding="utf-8")
    sections = [int(code) for code in re.findall(r"^## Exit code (\d+)$", page, re.MULTILINE)]
    assert sections == sorted({0, *raised, *named})
    assert [int(code) for code in re.findall(r"^\| \[(\d+)\]\(#exit-code-\1\) \|", page, re.MULTILINE)] == sections


def test_every_rule_of_sarif_is_explained() -> None:
    """The page of errors names each rule that SARIF files may hold: whole, or the part before its `/`."""
    page = (GUIDES / "errors.md").read_text(encoding="utf-8")
    named = {name.partition("/")[0] for name in re.findall(r"`([a-z/A-Z]+)`", page.partition("## Rules in SARIF")[2])}
    source = "".join((ROOT / "drplan" / "render" / f"{name}.py").read_text() for name in ("sarif", "verdicts"))
    rules = set(re.findall(r"SarifRule\(\s*f?\"(\w+)", source))
    assert rules == {"spec", "plan", "validation", "policy", "case"}
    assert rules <= named
