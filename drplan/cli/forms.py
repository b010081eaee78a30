"""The forms in which plans and checks are printed, and where a CI reads them."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drplan.cli.complete import Decorator
from drplan.cli.files import located
from drplan.cli.globals import Globals
from drplan.cli.terminal import painter, say_document, say_json, say_lines
from drplan.errors import ApplyError, DrplanError
from drplan.records.plans import Plan
from drplan.records.specs import Address, Diagnostic, Severity, Where

if TYPE_CHECKING:
    from drplan.project.file import Project

PLAN_FORMS = ("text", "json", "markdown", "html", "terraform-json", "mermaid")
CHECK_FORMS = ("sarif", "junit")
_JSON = ("terraform-json", "sarif")


def form_option(*forms: str) -> Decorator:
    """Return the option `--format` with these choices."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default="text",
        show_default=True,
        help="All but text make stdout one document and nothing else.",
    )


def show_plan(plan: Plan, given: Globals, form: str, places: Mapping[Address, Where | None] | None = None) -> None:
    """Print a plan; `places` says where each object's spec stands, for SARIF."""
    if form == "json":
        from drplan.plan.file import document

        say_json(document(plan))
    elif form == "text":
        import sys

        from drplan.render.text import plan_text

        say_lines(plan_text(plan, painter(sys.stdout, no_color=given.no_color), full=given.verbose))
    else:
        print_ = say_json if form in _JSON else say_document
        print_(_rendered(plan, form, places or {}, given.directory))


def _rendered(plan: Plan, form: str, places: Mapping[Address, Where | None], directory: Path) -> str:
    """Return a plan as text; each form's module is loaded only where it is asked for."""
    match form:
        case "markdown":
            from drplan.render.markdown import plan_markdown

            return plan_markdown(plan)
        case "html":
            from drplan.render.html import plan_html

            return plan_html(plan)
        case "terraform-json":
            from drplan.render.terraform import terraform_text

            return terraform_text(plan)
        case "mermaid":
            from drplan.render.mermaid import mermaid_text

            return mermaid_text(plan)
        case "sarif":
            from drplan.render.sarif import plan_sarif

            return plan_sarif(plan, places, uris(directory))
        case _:
            from drplan.render.junit import junit_text, plan_cases

            return junit_text(plan_cases(plan))


def show_problems(
    form: str, diagnostics: Iterable[Diagnostic], summary: str, project: "Project | None", root: Path
) -> None:
    """Print what is wrong with the specs (or that nothing is) as SARIF or JUnit; other forms print nothing.

    `summary` is the error's own; it is all there is where an error points at no place.
    """
    found = tuple(diagnostics) or ((Diagnostic(Severity.ERROR, summary),) if summary else ())
    if form == "sarif":
        from drplan.render.sarif import diagnostics_sarif

        say_json(diagnostics_sarif(found, summary or "The specs are valid.", uris(root)))
    elif form == "junit":
        from drplan.render.junit import file_cases, junit_text

        say_document(junit_text(file_cases(_files(project), found)))


def refused_as_events(command: Callable[..., None]) -> Callable[..., None]:
    """Let an error that ends a command before anything was sent be the whole event stream, with `--format json`."""

    @wraps(command)
    def run(given: Globals, **options: Any) -> None:
        try:
            command(given, **options)
        except ApplyError:  # its stream has been there, and has ended
            raise
        except DrplanError as error:
            if options["form"] == "json":
                from drplan.cli.stream import say_refusal

                say_refusal(error, given.directory, given.now)
            raise

    return run


def uris(directory: Path) -> Callable[[str], str]:
    """Return the function from a file's path, as drplan shows it, to its URI below the git repository's root."""
    from urllib.parse import quote

    top = _top(directory)

    def uri(file: str) -> str:
        path = os.path.relpath(located(file, directory).resolve(), top)
        return quote(Path(file if path.startswith("..") else path).as_posix())

    return uri


def _top(directory: Path) -> str:
    command = ["git", "-C", str(directory), "rev-parse", "--show-toplevel"]
    text: dict[str, Any] = {"encoding": "utf-8", "errors": "surrogateescape"}
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=30, **text)  # noqa: S603  fixed words
        return os.path.realpath(str(done.stdout).strip())
    except (OSError, subprocess.SubprocessError):
        return os.path.realpath(Path.cwd())


def _files(project: "Project | None") -> list[str]:
    if project is None:
        return []
    from drplan.project.file import PROJECT_FILE
    from drplan.project.files import shown_path
    from drplan.project.specs import spec_paths

    return [shown_path(path, project.root) for path in (project.root / PROJECT_FILE, *spec_paths(project.root))]
