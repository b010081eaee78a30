"""The fenced blocks of the README and the guides, and a terminal in which their console sessions are replayed.

`drplan` runs inside this process, so that a session costs milliseconds; anything else (git, sed, a pipe behind drplan)
runs in bash. `python tests/sessions.py FILE` prints what each command of a file prints today.
"""

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from clock import START, Ticking

from drplan.cli import run

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "examples").rglob("*.md"))]
FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
ELISION = "…"
MINUTE = timedelta(minutes=1)
VARYING = (  # what differs from run to run: random ids and keys, what is made of them, and the time within a minute
    (re.compile(r"\b[0-9a-f]{64}\b"), "DIGEST"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b[0-9a-f]{24}\b"), "ID"),
    (re.compile(r"SHA256:[A-Za-z0-9+/]{43}"), "KEY"),
    (re.compile(r"\.json\.[A-Za-z0-9]{8,12}\.approval"), ".json.KEY.approval"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"in \d+\.\d s"), "in N s"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the page it stands on, the line of its fence, its language, and the text between the fences."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each command of a console session with the lines shown below it."""
        for part in re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]:
            command, *shown = part.rstrip("\n").split("\n")
            yield command, shown


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["language"], found["text"])
        for found in FENCE.finditer(text)
    ]


def invariant(line: str) -> str:
    """Return a line without what differs from run to run; whoever runs this is at home in /home/ada."""
    line = line.replace(str(Path.home()), "/home/ada")
    for pattern, word in VARYING:
        line = pattern.sub(word, line)
    return line.rstrip()


def matches(shown: list[str], real: list[str]) -> bool:
    """Tell whether the real lines are as shown, where a shown line `…` stands for any number of lines."""
    if not shown:
        return not real
    if shown[0] == ELISION:
        return any(matches(shown[1:], real[start:]) for start in range(len(real) + 1))
    return bool(real) and invariant(shown[0]) == invariant(real[0]) and matches(shown[1:], real[1:])


class Terminal:
    """Runs the commands of sessions, one after the other, in this process's working directory and by a fixed clock."""

    def __init__(self) -> None:
        self.status = 0
        self.clock = Ticking()

    def run(self, command: str) -> list[str]:
        """Run one command and return the lines it prints, stdout and stderr as they come; `status` is its exit code."""
        if command == "echo $?":
            return [str(self.status)]
        if command.startswith("cd "):
            os.chdir(command.removeprefix("cd "))
            return []
        self.clock.at += MINUTE - (self.clock.at - START) % MINUTE  # however often the last command has read the clock
        if not command.startswith("drplan "):
            return self._bash(command)
        own, quiet, rest = _split(command)
        with _captured(apart=bool(rest) or quiet) as captured:
            self.status = run(_words(own)[1:], now=self.clock)
        out, err = captured()
        said = [] if quiet else _lines(err)
        return said + (self._bash(f"cat {rest}", out) if rest else _lines(out))

    def _bash(self, command: str, text: str = "") -> list[str]:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.status = done.returncode
        return _lines(done.stdout)


def _split(command: str) -> tuple[str, bool, str]:
    """Split `drplan … 2>/dev/null | rest` into drplan's words, whether stderr is hidden, and `| rest` or `> rest`."""
    found = re.fullmatch(r"(drplan [^|>]*?)( 2>/dev/null)?( [|>] .*)?", command)
    assert found, f"too much of a shell for this terminal: {command}"
    return found[1], bool(found[2]), found[3] or ""


def _words(command: str) -> list[str]:
    """Return a command's words: bash's own reading of them where they hold a `$` or a `*`."""
    if not re.search(r"[$*]", command):
        return shlex.split(command)
    read = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], stdout=subprocess.PIPE, text=True, check=True)
    return read.stdout.split("\0")[:-1]


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n") if text else []


@contextmanager
def _captured(*, apart: bool) -> Iterator[Callable[[], tuple[str, str]]]:
    """Catch all that this process and its children print; give it, once the block is over, as stdout and stderr.

    Unless they are wanted `apart`, what goes to stderr stands in stdout, in the order in which it came.
    """
    kept: list[str] = ["", ""]
    streams, descriptors = (sys.stdout, sys.stderr), (os.dup(1), os.dup(2))
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as err:
        for stream in streams:
            stream.flush()
        files = (out, err if apart else out)
        for number, file in enumerate(files, 1):
            os.dup2(file.fileno(), number)
        caught = [os.fdopen(os.dup(number), "w", encoding="utf-8", buffering=1) for number in (1, 2)]
        sys.stdout, sys.stderr = caught
        try:
            yield lambda: (kept[0], kept[1])
        finally:
            sys.stdout, sys.stderr = streams
            for stream in caught:
                stream.close()
            for number, descriptor in enumerate(descriptors, 1):
                os.dup2(descriptor, number)
                os.close(descriptor)
            for number, file in enumerate((out, err)):
                file.seek(0)
                kept[number] = file.read()


def _print_page(page: Path) -> None:
    """Print every session of a page as it is today."""
    terminal = Terminal()
    for block in blocks(page):
        if block.language == "console":
            print("```console")
            for command, _ in block.commands():
                print("\n".join([f"$ {command}", *terminal.run(command)]), flush=True)
            print("```\n")


if __name__ == "__main__":
    path = Path(sys.argv[1]).absolute()
    with tempfile.TemporaryDirectory() as home:
        os.chdir(home)
        os.environ["HOME"] = home
        _print_page(path)
