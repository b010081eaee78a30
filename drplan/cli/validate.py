"""`drplan validate`."""

import click

from drplan.cli.options import Settings, format_option
from drplan.cli.terminal import say, say_json


@click.command()
@format_option
@click.pass_obj
def validate(settings: Settings, form: str) -> None:
    """Check the specs alone, offline: every problem of every file in one run.

    \b
    Examples:
      drplan validate
      drplan -C examples/churn validate --format json
    """
    from drplan.config import load_project, load_specs
    from drplan.errors import SpecError
    from drplan.planfile import diagnostic_document

    try:
        resources = load_specs(load_project(settings.directory, settings.environment))
    except SpecError as error:
        if form == "json":
            problems = [diagnostic_document(diagnostic) for diagnostic in error.diagnostics]
            say_json(_verdict(problems, error.summary))
        raise
    if form == "json":
        say_json(_verdict([], ""))
    else:
        count = len(resources)
        say(f"Valid: {count} {'resource' if count == 1 else 'resources'}.")


def _verdict(problems: list[dict[str, object]], summary: str) -> dict[str, object]:
    if summary and not problems:  # a file that is not there has no place to point at
        problems = [
            {
                "severity": "error",
                "summary": summary,
                "detail": "",
                "path": "",
                "file": None,
                "line": None,
                "column": None,
            }
        ]
    return {
        "format_version": "1.0",
        "valid": not problems,
        "error_count": len(problems),
        "warning_count": 0,
        "diagnostics": problems,
    }
