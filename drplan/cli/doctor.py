"""`drplan doctor`."""

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from drplan.cli.files import write_public
from drplan.cli.globals import Globals
from drplan.cli.options import format_option, variable_options
from drplan.cli.progress import progress
from drplan.cli.repository import trace_of
from drplan.cli.terminal import note, painter, say_json, say_lines
from drplan.errors import EXIT_CHANGES, ApiError
from drplan.platform.progress import SILENT


@click.command()
@variable_options
@format_option
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write what was found as JSON, to attach to a report; no token, label or e-mail address is in it.",
)
@click.pass_context
def doctor(context: click.Context, form: str, report: Path | None) -> None:
    """Say what this platform is like, and what that means for drplan. Only reads are sent.

    \b
    Examples:
      drplan doctor
      drplan --endpoint https://app.datarobot.com/api/v2 doctor
      drplan doctor --report doctor.json

    It needs no specs, and with --endpoint no project file. What it finds decides nothing: a plan looks for itself.
    Exits with 0 when nothing stands in the way, 2 with warnings, 5 where the platform cannot be read.
    """
    from drplan.engine.doctor import examine_target
    from drplan.records.checkups import Level
    from drplan.render.checkup import checkup_document, checkup_text

    given: Globals = context.obj
    with progress(no_color=given.no_color) if sys.stderr.isatty() else nullcontext(SILENT) as heard:
        found = examine_target(
            given.directory,
            given.environment,
            given.endpoint,
            variables=given.variables,
            now=given.now,
            trace=trace_of(given),
            progress=heard,
        )
    document = checkup_document(found)
    if form == "json":
        say_json(document)
    else:
        say_lines(checkup_text(found, painter(sys.stdout, no_color=given.no_color)))
    if report:
        import json

        write_public(report, json.dumps(document, indent=1, sort_keys=True) + "\n")
        note(f"Wrote {report}; read it before you pass it on.")
    codes: dict[Level, int] = {Level.WARNING: EXIT_CHANGES, Level.ERROR: ApiError.exit_code}
    context.exit(codes.get(found.result, 0))
