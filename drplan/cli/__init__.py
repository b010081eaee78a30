"""The command line: click on the outside, exit codes as `drplan.errors` documents them."""

import gc
import signal
import sys
from io import StringIO
from pathlib import Path

import click

from drplan.cli.globals import Globals
from drplan.cli.lazy import LazyCommand
from drplan.cli.terminal import note_lines, open_streams, say_error
from drplan.clock import Clock, utc_now
from drplan.errors import EXIT_BROKEN_PIPE, EXIT_INTERRUPTED, DrplanError, UsageError
from drplan.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "-C",
    "directory",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    help="The config repository to work in, instead of here.",
)
@click.option(
    "--endpoint",
    metavar="URL",
    help="The platform's API (https://HOST/api/v2), or `emulator`; wins over drplan.yaml.",
)
@click.option("-e", "--environment", metavar="NAME", help="The environment of drplan.yaml to work in.")
@click.option("--no-color", is_flag=True, help="Plain text, as with NO_COLOR.")
@click.option("-v", "--verbose", is_flag=True, help="Fold nothing, and name every request on stderr.")
@click.version_option(__version__, prog_name="drplan")
@click.pass_context
def group(
    context: click.Context,
    directory: Path,
    endpoint: str | None,
    environment: str | None,
    no_color: bool,
    verbose: bool,
) -> None:
    """Plan and apply DataRobot deployments from YAML, with validated model replacement.

    \b
    Examples:
      drplan init --example churn           a repository to try it on
      drplan validate                       check the specs, offline
      drplan plan                           what would change, and why
      drplan plan --out plan.json           the same, kept for review
      drplan apply plan.json                exactly that, if nothing moved since
      drplan -C churn apply --auto-approve  in a repository that is elsewhere
      drplan -e prod plan                   in an environment of drplan.yaml
      drplan --endpoint emulator plan       against the embedded emulator

    \b
    Exit codes: 0 done, 2 changes (plan --detailed-exitcode), a level reached (monitor --fail-on) or warnings (doctor),
    3 wrong specs, 4 refused, 5 the platform cannot be read, 6 not everything was applied, 64 usage,
    130 interrupted, 1 a bug.
    """
    context.obj = Globals(directory, endpoint, no_color, verbose, environment, now=context.obj or utc_now)


COMMANDS = (  # the name, where the command is, and the first line of its help
    ("validate", "validate.validate", "Check the specs alone, offline: every problem of every file in one run."),
    (
        "plan",
        "plan.plan",
        "Read the platform, let it validate every replacement, and show what would change. Nothing is written.",
    ),
    ("approve", "approve.approve", "Approve a saved plan: sign its digest with an SSH key, through ssh-keygen."),
    (
        "verify",
        "verify.verify",
        "Tell whether a saved plan may be applied now: its age, today's policies, and its signed approvals. Offline.",
    ),
    ("apply", "apply.apply", "Carry out a plan: a saved one, or one made, shown and approved now."),
    (
        "destroy",
        "destroy.destroy",
        "Delete what is live: the addresses named, or everything that carries this project's identity.",
    ),
    (
        "forget",
        "forget.forget",
        "Take drplan's tags off what is live at the addresses, and touch nothing else: it is nobody's afterwards.",
    ),
    ("policy", "policy.policy", "The rules of the project file that judge plans."),
    ("show", "show.show", "Show one object's live state in the terms of a spec, or a saved plan."),
    ("list", "listing.list_", "List what is on the platform, with every filter that the vendor's SDK has."),
    ("monitor", "monitor.monitor", "Show whether deployments serve, drift and stay accurate."),
    (
        "doctor",
        "doctor.doctor",
        "Say what this platform is like, and what that means for drplan. Only reads are sent.",
    ),
    (
        "schema",
        "schema.schema",
        "Print a JSON Schema (spec files, when none is named), or write all of them to schemas/.",
    ),
    (
        "emulator",
        "emulator.emulator",
        "Serve the emulator of the platform's API over HTTP, for drplan, the vendor's SDK and every other client.",
    ),
    (
        "explain",
        "explain.explain",
        "Say where each effective value comes from (file, line, default, environment), and why each action is planned.",
    ),
    (
        "init",
        "init.init",
        "Start a config repository: a project file, an example, editor settings, a CI workflow, .gitignore.",
    ),
    ("fmt", "fmt.fmt", "Bring the project file and the specs into canonical order and style; comments are kept."),
    ("completion", "complete.completion", "Print the completion script of a shell, addresses included."),
)

for _name, _home, _line in COMMANDS:
    group.add_command(LazyCommand(_name, f"drplan.cli.{_home}", _line))


def main() -> None:
    """Run the command line and exit with the documented code."""
    open_streams()
    signal.signal(signal.SIGTERM, _interrupt)
    gc.set_threshold(50_000, 20, 100)  # a plan makes many objects and few cycles
    code = run(sys.argv[1:])
    gc.freeze()  # nothing is worth collecting on the way out
    sys.exit(code)


def _interrupt(*_: object) -> None:
    """Take SIGTERM, which CI systems send to a job that is cancelled, for Ctrl-C: the report says what was done."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background of a shell script
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)


def run(arguments: list[str], now: Clock = utc_now) -> int:
    """Run one command line by a clock and return its exit code."""
    code: int | None
    try:
        code = group.main(args=arguments, prog_name="drplan", standalone_mode=False, obj=now)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as error:
        told = StringIO()
        error.show(told)
        note_lines(told.getvalue().rstrip("\n"))
        code = UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        say_error("interrupted")
        code = EXIT_INTERRUPTED
    except DrplanError as error:
        say_error(error.summary, error.diagnostics)
        code = error.exit_code
        if code == DrplanError.exit_code:
            _say_bug(error.__cause__ or error)
    except SystemExit as stop:  # the end of a completion; else click's and rich's answer to a pipe that nobody reads
        code = EXIT_BROKEN_PIPE if stop.code else 0
    except Exception as error:  # noqa: BLE001  whatever is left is a bug, and is reported as one
        _say_bug(error)
        code = 1
    return int(code or 0)


def _say_bug(error: BaseException) -> None:
    """Say where an exception came from and what caused it: types and places, never texts, which may hold a secret."""
    import traceback

    say_error("this is a bug in drplan; please report it with the lines below")
    cause: BaseException | None = error
    while cause is not None:
        places = "".join(traceback.format_tb(cause.__traceback__))
        note_lines(f"{places}{type(cause).__name__}")
        cause = cause.__cause__ or cause.__context__
