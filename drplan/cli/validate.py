"""`drplan validate`."""

import sys
from pathlib import Path
from typing import Any

import click

from drplan.cli.files import located, text_or_none
from drplan.cli.forms import CHECK_FORMS, form_option, show_problems
from drplan.cli.globals import Globals
from drplan.cli.options import variable_options
from drplan.cli.repository import project as load
from drplan.cli.terminal import note_lines, painter, say, say_json
from drplan.records.specs import Diagnostic, Severity


@click.command()
@form_option("text", "json", *CHECK_FORMS)
@variable_options
@click.pass_obj
def validate(given: Globals, form: str) -> None:
    """Check the specs alone, offline: every problem of every file in one run.

    \b
    Examples:
      drplan validate
      drplan -C churn validate --format json
      drplan validate --format sarif        for code scanning, at the line of each problem
      drplan validate --format junit        for a CI's panel of test results
    """
    from drplan.errors import SpecError, counted
    from drplan.project.file import Project
    from drplan.project.specs import load_specs, unread_files
    from drplan.render.text import diagnostic_text

    project: Project | None = None
    try:
        project = load(given)
        resources = load_specs(project)
    except SpecError as error:
        # A file that is not there has no place to point at.
        found = error.diagnostics or (Diagnostic(Severity.ERROR, error.summary),)
        if form == "json":
            say_json(_verdict(found, given.directory))
        show_problems(form, found, error.summary, project, given.directory)
        raise
    unread = tuple(unread_files(project.root))
    if form == "json":
        say_json(_verdict(unread, given.directory))
    elif form == "text":
        for each in unread:
            note_lines(diagnostic_text(each, painter(sys.stderr, no_color=given.no_color)))
        say(f"Valid: {counted(len(resources), 'resource')}.")
    else:
        show_problems(form, unread, "", project, given.directory)


def _verdict(found: tuple[Diagnostic, ...], directory: Path) -> dict[str, Any]:
    """Return the verdict in the shape of Terraform's; each diagnostic also has its place in our own terms."""
    from drplan.plan.file import diagnostic_document
    from drplan.render.events import place_of

    def text(file: str) -> str | None:
        return text_or_none(located(file, directory))

    problems = [
        {**diagnostic_document(each), **({"range": place_of(each, text)} if each.where else {})} for each in found
    ]
    errors = sum(each.severity is Severity.ERROR for each in found)
    return {
        "format_version": "1.0",
        "valid": not errors,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": problems,
    }
