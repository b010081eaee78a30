"""`drplan monitor [ADDR…]`: the health of deployments at a glance, as a gate, and as a page."""

from typing import TYPE_CHECKING, Any

import click

from drplan.cli.globals import Globals
from drplan.cli.monitor.options import bucket_option, end_option, output_options, start_option
from drplan.cli.monitor.output import Output
from drplan.cli.progress import progress
from drplan.cli.repository import site
from drplan.cli.terminal import note
from drplan.errors import EXIT_CHANGES, UsageError

if TYPE_CHECKING:
    from drplan.engine.site import Site
    from drplan.monitor.subject import Subject
    from drplan.platform.api import Api
    from drplan.readings.health import FleetHealth
    from drplan.records.specs import Resource

UNHEALTHY = EXIT_CHANGES  # what a gate in CI looks for: 2, as for `plan --detailed-exitcode`
EVERY = 30.0  # seconds between two readings of --watch


class WatchingCommand(click.Command):
    """A command whose `--watch` may stand alone: what follows it is its value only when it is a number."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Give a lone `--watch` its usual value."""
        given = []
        for place, argument in enumerate(arguments):
            following = arguments[place + 1] if place + 1 < len(arguments) else ""
            alone = argument == "--watch" and not _is_number(following)
            given.append(f"--watch={EVERY:g}" if alone else argument)
        return super().parse_args(context, given)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@click.command("health", cls=WatchingCommand)
@click.argument("addresses", metavar="[ADDR]...", nargs=-1)
@click.option(
    "--sort",
    metavar="KEY",
    default="address",
    show_default=True,
    help="Sort by address, health (the worst), "
    "service, drift, accuracy, fairness, timeliness, predictions, last-prediction or change-requests; with - "
    "in front the other way round.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["unknown", "warning", "failing"]),
    help="Exit with 2 when any deployment is that bad, or worse, in any area; or where there is none at all.",
)
@click.option(
    "--watch",
    type=click.FloatRange(min=1),
    metavar="[SECONDS]",
    help="Show it again and again, every 30 seconds unless said otherwise; with --fail-on until that happens.",
)
@output_options
@start_option
@end_option
@bucket_option
@click.pass_obj
def health(
    given: Globals,
    addresses: tuple[str, ...],
    sort: str,
    fail_on: str | None,
    watch: float | None,
    form: str,
    plot: bool,
    html: Any,
    start: str | None,
    end: str | None,
    bucket: str | None,
) -> int:
    """Show the health of the deployments this project manages, or of those named by address or id.

    The page (--html) shows their service, drift and accuracy too, over the period of --start, --end and --bucket.

    \b
    Examples:
      drplan monitor
      drplan monitor --sort health --fail-on failing
      drplan monitor deployment.churn-prod --watch 60
      drplan monitor --html report.html --start 2026-07-01
    """
    from drplan.project.specs import load_specs
    from drplan.readings.health import FleetHealth

    output = Output(given, form, plot, html)
    output.check()
    if watch and (html or form != "text"):
        raise UsageError("--watch is for people: it goes with --format text, without --html")
    if not html and (start or end or bucket):
        raise UsageError("health is that of now; --start, --end and --bucket are for the page (--html)")
    FleetHealth(()).ordered(sort)  # a wrong key is said before anything is read
    where = site(given)
    resources = load_specs(where.project)

    async def work(api: "Api") -> "FleetHealth":
        if watch:
            return await watch_health(api, where, resources, addresses, output, sort, fail_on, watch)
        subjects, found = await _read(api, where, resources, addresses, sort)
        if html:
            await _page(api, where, output, subjects, found, {"start": start, "end": end, "bucket": bucket})
        return found

    found = where.run(work)
    if not watch and not html:
        _show(found, where, output)
    return UNHEALTHY if fail_on and found.reaches(fail_on) else 0


async def _read(
    api: "Api", where: "Site", resources: "tuple[Resource, ...]", addresses: tuple[str, ...], sort: str
) -> "tuple[tuple[Subject, ...], FleetHealth]":
    from drplan.monitor.subject import find_fleet, fleet_health

    subjects, missing = await find_fleet(api, addresses, resources, where.project.name)
    return subjects, fleet_health(subjects, missing).ordered(sort)


def _show(found: "FleetHealth", where: "Site", output: Output) -> None:

    if not found.deployments and output.form == "text":
        note("This project manages no deployment on the platform yet; `drplan apply` creates those of the specs.")
        return
    output.show(found, None, where.project.now(), target=where.target.endpoint)


async def watch_health(
    api: "Api",
    where: "Site",
    resources: "tuple[Resource, ...]",
    addresses: tuple[str, ...],
    output: Output,
    sort: str,
    fail_on: str | None,
    every: float,
) -> "FleetHealth":
    """Show the health until it is as bad as `fail_on`, or somebody interrupts."""
    import sys

    from drplan.readings.times import iso

    while True:
        _, found = await _read(api, where, resources, addresses, sort)
        if sys.stdout.isatty():
            click.clear()
        _show(found, where, output)
        if fail_on and found.reaches(fail_on):
            note(f"{iso(where.project.now())}: {fail_on}")
            return found
        note(f"{iso(where.project.now())}; again in {every:g} s, Ctrl-C ends it")
        await api.sleep(every)


async def _page(
    api: "Api",
    where: "Site",
    output: Output,
    subjects: "tuple[Subject, ...]",
    found: "FleetHealth",
    when: dict[str, str | None],
) -> None:
    from drplan.monitor.overview import overviews
    from drplan.monitor.reader import Reader
    from drplan.render.monitor.page import Part, Section
    from drplan.render.monitor.views import view

    order = {each.id: place for place, each in enumerate(found.deployments)}
    chosen = sorted(subjects, key=lambda subject: order[subject.id])
    clock = where.project.now
    now = clock()
    with progress(no_color=output.given.no_color) as heard:
        read = await overviews([Reader(api, subject, now=clock) for subject in chosen], **when, progress=heard)
    sections = [
        Section(
            subject.name,
            str(subject.item.get("label") or ""),
            tuple(
                Part(item.title, view(item.reading, now) if item.reading and item.reading.has_data else None, item.note)
                for item in items
            ),
        )
        for subject, items in zip(chosen, read, strict=True)
    ]
    output.write_page(f"Monitoring of {where.project.name}", view(found, now), sections, now, where.target.endpoint)
