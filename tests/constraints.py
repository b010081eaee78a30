"""`python tests/constraints.py` writes with which versions the tests are run.

    constraints.txt   what was tested together: the newest of everything, as of the day this was run
    oldest.txt        the same, but of drplan's own dependencies, extras included, the oldest that pyproject.toml allows

Both name every package that `pip install '.[test]'` brings, so that `pip install -c` finds the same ones on any day. It
needs `uv`, which resolves for other Pythons than its own: `pip install uv`.

`python tests/constraints.py --installed` prints which versions of what drplan needs to run are installed here.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PYPROJECT = HERE.parent / "pyproject.toml"
PYTHON = "3.11"  # the oldest; constraints.txt holds on those after it, too
TOOLS = "check-jsonschema==0.33.0"  # later ones import what click 8.2 does not have, and do not say so
BOUND = re.compile(r"(?P<name>[\w.-]+)(?:\[[^]]*])?>=(?P<oldest>[\d.]+)$")


def runtime() -> Iterator[str]:
    """Yield what drplan needs to run, extras included, as pyproject.toml has it."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    yield from project["dependencies"]
    for extra, needed in project["optional-dependencies"].items():
        if extra != "test":
            yield from needed


def oldest() -> Iterator[str]:
    """Yield the oldest version allowed of what drplan needs to run, as `name==version`; each has a lower bound."""
    for requirement in runtime():
        bound = BOUND.match(requirement)
        if bound is None:
            raise SystemExit(f"{PYPROJECT.name}: '{requirement}' is not NAME>=VERSION")
        yield f"{bound['name']}=={bound['oldest']}"


def write(file: Path, *options: str, constraints: str = "") -> None:
    """Resolve `.[test]` under further constraints and write every version that was found."""
    common = ["--extra", "test", "--python-version", PYTHON, "--no-header", "--no-annotate", "--quiet", "--upgrade"]
    files = [str(PYPROJECT), "--constraints", "-", "--output-file", str(file)]
    subprocess.run(
        ["uv", "pip", "compile", *files, *common, *options],
        input=constraints,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def installed() -> Iterator[str]:
    """Yield what drplan needs to run as it is installed here, as `name==version`."""
    for requirement in runtime():
        name = re.split(r"[^\w.-]", requirement)[0]
        yield f"{name}=={version(name)}"


if __name__ == "__main__":
    if sys.argv[1:] == ["--installed"]:
        print(*installed())
    else:
        write(HERE / "constraints.txt", "--universal")
        write(HERE / "oldest.txt", constraints="\n".join((*oldest(), TOOLS)))
