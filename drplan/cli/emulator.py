"""`drplan emulator`: serving it, and making traffic on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from drplan.cli.defaultgroup import DefaultGroup
from drplan.cli.globals import Globals
from drplan.cli.options import variable_options
from drplan.cli.repository import site
from drplan.cli.terminal import note, say
from drplan.errors import Rejected, UsageError

if TYPE_CHECKING:
    from drplan.platform.api import Api

_CONTROL = "../../emulator"  # where the emulator's control routes are, seen from /api/v2/


@click.command("serve")
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
def serve_(host: str, port: int, seed: Path | None, state: Path | None, latency_ms: float, job_seconds: float) -> None:
    """Serve the emulator of the platform's API over HTTP, for drplan, the vendor's SDK and every other client.

    Its first line on stdout is the endpoint's URL. A world without users has one, whose token is `emulator`.

    \b
    Examples:
      drplan emulator --port 8080
      drplan emulator --port 0 --seed world.yaml --state world.sqlite
      DATAROBOT_API_TOKEN=emulator drplan --endpoint http://127.0.0.1:8080/api/v2 plan
    """
    from drplan.emulator import Emulator, SeedError, StateError, serve

    try:
        world = Emulator.open(seed=seed, state=state, latency=latency_ms / 1000, job_seconds=job_seconds)
    except SeedError as error:
        from drplan.project.connect import wrong_seed  # with the HTTP client behind it, which serving does not need

        raise wrong_seed("the seed file is wrong", error) from None
    except (StateError, OSError) as error:
        raise UsageError(str(error)) from None
    try:
        serve(world, host, port, on_ready=say)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror or error}") from None
    finally:
        world.close()
        note("The emulator has stopped.")


@click.command("traffic")
@click.argument("wanted", metavar="ADDR")
@click.option("--rows", type=click.IntRange(min=1), default=1000, show_default=True, help="Rows to predict, in all.")
@click.option(
    "--days", type=click.FloatRange(1 / 24, 366), default=7, show_default=True, help="Days over which they come."
)
@click.option(
    "--drift",
    type=click.FloatRange(0, 10),
    default=0.0,
    show_default=True,
    help="How far the features move from the training data by the last day: 0 not at all, 1 a lot.",
)
@click.option(
    "--error-rate",
    type=click.FloatRange(0, 0.95),
    default=0.0,
    show_default=True,
    help="The share of requests that end in an error.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Equal seeds make equal traffic.")
@variable_options
@click.pass_obj
def traffic(given: Globals, wanted: str, rows: int, days: float, drift: float, error_rate: float, seed: int) -> None:
    """Make plausible prediction requests and actuals for a deployment, over the days up to now.

    It works on the project's emulator, embedded or served, so that there is something to monitor.

    \b
    Example:
      drplan emulator traffic deployment.churn-prod --rows 20000 --days 14 --drift 0.3 --error-rate 0.01 --seed 7
    """
    from drplan.monitor.subject import find_subjects
    from drplan.project.specs import load_specs

    where = site(given)
    resources = load_specs(where.project)
    wish = {"rows": rows, "days": days, "drift": drift, "errorRate": error_rate, "seed": seed}

    async def work(api: "Api") -> Any:
        try:
            await api.get(f"{_CONTROL}/health/")
        except Rejected:
            raise UsageError(f"{where.target.endpoint} is no emulator: traffic is made up only there") from None
        (subject,) = await find_subjects(api, [wanted], resources, where.project.name)
        answer = await api.send("POST", f"{_CONTROL}/traffic/", {"deploymentId": subject.id, **wish}, once=True)
        return answer.body

    made = where.run(work)
    requests, errors, scored, actuals = (int(made.get(key) or 0) for key in ("requests", "errors", "rows", "actuals"))
    say(
        f"{wanted} has answered {requests:,} requests over {days:g} days ({errors:,} failed): {scored:,} rows, "
        f"{actuals:,} actuals."
    )


@click.group("emulator", cls=DefaultGroup, default="serve")
def emulator() -> None:
    """Serve the emulator of the platform's API over HTTP, for drplan, the vendor's SDK and every other client.

    \b
    Examples:
      drplan emulator --port 8080
      drplan emulator --port 0 --seed world.yaml --state world.sqlite
      drplan emulator traffic deployment.churn-prod --rows 20000 --days 14 --drift 0.3 --seed 7
    """


emulator.add_command(serve_)
emulator.add_command(traffic)
