"""The options that the monitoring commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from drplan.cli.complete import Decorator
from drplan.cli.options import variable_options
from drplan.readings.metrics import DRIFT


def _segment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> tuple[str, str] | None:
    from drplan.monitor.query import parse_segment

    return parse_segment(text) if text is not None else None


form_option: Decorator = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="json prints one object with a format_version on stdout, csv a header and rows; nothing else goes there.",
)
plot_option: Decorator = click.option("--plot", is_flag=True, help="Draw charts in the terminal as well.")
html_option: Decorator = click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page that needs no network, instead of text.",
)
start_option: Decorator = click.option(
    "--start",
    metavar="TIME",
    help="Where the period begins: ISO 8601, on the top of an hour, UTC unless it says otherwise. "
    "Default: 7 days before its end.",
)
end_option: Decorator = click.option(
    "--end", metavar="TIME", help="Where the period ends, likewise. Default: the next top of the hour."
)
bucket_option: Decorator = click.option(
    "--bucket",
    metavar="DURATION",
    help="The size of a bucket: PT1H, PT6H, P1D, P7D, P1M, …. Default: the platform's choice for the period.",
)
model_option: Decorator = click.option(
    "--model", metavar="ID", help="A model that serves or has served. Default: the present champion."
)
models_option: Decorator = click.option(
    "--model", metavar="ID", multiple=True, help="A model that serves or has served; may be repeated."
)
class_option: Decorator = click.option(
    "--target-class", metavar="CLASS", multiple=True, help="Only this class of the target; may be repeated."
)
segment_option: Decorator = click.option(
    "--segment",
    metavar="KEY=VALUE",
    callback=_segment,
    help="Only the traffic with this value of a segment attribute.",
)
quantile_option: Decorator = click.option(
    "--quantile", type=float, default=0.5, show_default=True, help="The quantile of response and execution times."
)
threshold_option: Decorator = click.option(
    "--slow-threshold",
    type=float,
    default=1000,
    show_default=True,
    metavar="MS",
    help="From how many milliseconds on a request counts as slow.",
)
drift_metric_option: Decorator = click.option(
    "--metric", default="psi", show_default=True, metavar="METRIC", help=f"One of: {', '.join(DRIFT)}."
)


def stacked(*decorators: Decorator) -> Decorator:
    """Return several options as one decorator, in the order of the help text."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


output_options = stacked(form_option, plot_option, html_option, variable_options)
period_options = stacked(start_option, end_option)
