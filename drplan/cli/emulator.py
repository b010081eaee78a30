"""`drplan emulator`."""

from pathlib import Path

import click

from drplan.cli.terminal import note, say
from drplan.errors import SpecError, UsageError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, help="The port; 0 picks a free one.")
@click.option(
    "--seed",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="The file that describes its world; a small one is built in.",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the state in this file, so that it outlives the process; else it is in memory.",
)
@click.option("--latency-ms", type=click.FloatRange(min=0), default=0, help="Wait this long before every answer.")
@click.option("--job-seconds", type=click.FloatRange(min=0), default=0.2, show_default=True, help="How long jobs take.")
def emulator(
    host: str, port: int, seed: Path | None, state: Path | None, latency_ms: float, job_seconds: float
) -> None:
    """Serve the emulator of the platform's API over HTTP, for drplan, the vendor's SDK and every other client.

    Its first line on stdout is the endpoint's URL. A world without users has one, whose token is `emulator`.

    \b
    Examples:
      drplan emulator --port 8080
      drplan emulator --port 0 --seed world.yaml --state world.sqlite
      DATAROBOT_API_TOKEN=emulator drplan --endpoint http://127.0.0.1:8080/api/v2 plan
    """
    from drplan.emulator import Emulator, SeedError, StateError, serve
    from drplan.model import Diagnostic, Severity, Where

    try:
        world = Emulator.open(seed=seed, state=state, latency=latency_ms / 1000, job_seconds=job_seconds)
    except SeedError as error:
        raise SpecError(
            "the seed file is wrong",
            [
                Diagnostic(Severity.ERROR, item.message, "", Where(error.file, item.line, item.column), item.path)
                for item in error.diagnostics
            ],
        ) from None
    except (StateError, OSError) as error:
        raise UsageError(str(error)) from None
    try:
        serve(world, host, port, on_ready=say)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    finally:
        world.close()
        note("The emulator has stopped.")
