"""The readings of one deployment: `drplan monitor service-stats ADDR`, and the others, each a row of a table."""

from typing import TYPE_CHECKING, Any, cast

import click

from drplan.cli.complete import Decorator
from drplan.cli.globals import Globals
from drplan.cli.monitor.options import (
    bucket_option,
    class_option,
    drift_metric_option,
    model_option,
    models_option,
    output_options,
    period_options,
    quantile_option,
    segment_option,
    stacked,
    threshold_option,
)
from drplan.cli.monitor.output import Output
from drplan.cli.repository import site
from drplan.cli.terminal import note

if TYPE_CHECKING:
    from drplan.monitor.subject import Subject
    from drplan.platform.api import Api
    from drplan.readings.base import Reading


def show_reading(
    given: Globals, wanted: str, method: str, query: dict[str, Any], *, form: str, plot: bool, html: Any
) -> None:
    """Find a deployment, call the reader's `method`, print; where there is no data, say why on stderr."""
    from drplan.monitor.reader import Reader
    from drplan.monitor.subject import find_subjects
    from drplan.project.specs import load_specs

    output = Output(given, form, plot, html)
    output.check()
    where = site(given)
    resources = load_specs(where.project)

    async def work(api: "Api") -> "tuple[Subject, Reading, str]":
        (subject,) = await find_subjects(api, [wanted], resources, where.project.name)
        reader = Reader(api, subject, now=where.project.now)
        reading: Reading = await getattr(reader, method)(**query)
        return subject, reading, "" if reading.has_data else await reader.why_empty(reading)

    subject, reading, why = where.run(work)
    output.show(reading, subject, where.project.now(), target=where.target.endpoint)
    if why:
        note(why)


def _command(name: str, method: str, text: str, *options: Decorator) -> click.Command:
    """Return the command that shows what a method of the reader reads; its options are the method's arguments."""

    def run(given: Globals, /, wanted: str, form: str, plot: bool, html: Any, **query: Any) -> None:
        show_reading(given, wanted, method, query, form=form, plot=plot, html=html)

    run.__doc__ = text
    address = click.argument("wanted", metavar="ADDR")
    decorate = stacked(click.command(name), address, *options, output_options, click.pass_obj)
    command: Any = decorate(run)  # the outermost decorator makes a command of it
    return cast("click.Command", command)


COMMANDS = (
    _command(
        "service-stats",
        "service_stats",
        """Show how a deployment answers: predictions, requests, times, errors, load.

        \b
        Examples:
          drplan monitor service-stats deployment.churn-prod
          drplan monitor service-stats deployment.churn-prod --quantile 0.95 --slow-threshold 200
          drplan monitor service-stats deployment.churn-prod --segment DataRobot-Consumer=nightly@example.com
        """,
        period_options,
        model_option,
        segment_option,
        quantile_option,
        threshold_option,
    ),
    _command(
        "over-time",
        "service_stats_over_time",
        """Show service statistics over time, side by side.

        \b
        Examples:
          drplan monitor over-time deployment.churn-prod --metric totalPredictions --bucket P1D
          drplan monitor over-time deployment.churn-prod --metric responseTime --quantile 0.99 --plot
        """,
        click.option(
            "--metric",
            multiple=True,
            default=["totalPredictions"],
            show_default=True,
            metavar="METRIC",
            help="A service statistic, like totalRequests, responseTime or serverErrorRate; may be repeated.",
        ),
        period_options,
        bucket_option,
        model_option,
        segment_option,
        quantile_option,
        threshold_option,
    ),
    _command(
        "target-drift",
        "target_drift",
        """Show how far the predictions have moved from the target at training.

        \b
        Example:
          drplan monitor target-drift deployment.churn-prod --metric hellinger
        """,
        drift_metric_option,
        period_options,
        model_option,
        segment_option,
    ),
    _command(
        "feature-drift",
        "feature_drift",
        """Show how far each feature has moved from its training data.

        \b
        Example:
          drplan monitor feature-drift deployment.churn-prod --metric kl_divergence --plot
        """,
        drift_metric_option,
        period_options,
        model_option,
        segment_option,
    ),
    _command(
        "accuracy",
        "accuracy",
        """Show how right the predictions turned out to be, beside the training data.

        \b
        Examples:
          drplan monitor accuracy deployment.churn-prod
          drplan monitor accuracy deployment.churn-prod --metric AUC --model ID --model ID
        """,
        click.option("--metric", multiple=True, metavar="METRIC", help="Only this metric; may be repeated."),
        period_options,
        models_option,
        class_option,
        segment_option,
    ),
    _command(
        "accuracy-over-time",
        "accuracy_over_time",
        """Show accuracy metrics over time, side by side on one time axis.

        \b
        Example:
          drplan monitor accuracy-over-time deployment.lifetime-value --metric RMSE --metric MAD --bucket P1D --plot
        """,
        click.option(
            "--metric",
            multiple=True,
            metavar="METRIC",
            help="A metric that fits the target; may be repeated. Default: the platform's (LogLoss, Gamma Deviance).",
        ),
        period_options,
        bucket_option,
        models_option,
        class_option,
        segment_option,
    ),
    _command(
        "predictions-over-time",
        "predictions_over_time",
        """Show what was predicted over time.

        \b
        Example:
          drplan monitor predictions-over-time deployment.churn-prod --bucket P1D --plot
        """,
        click.option("--percentiles", is_flag=True, help="With percentiles (of binary and regression predictions)."),
        period_options,
        bucket_option,
        models_option,
        class_option,
        segment_option,
    ),
    _command(
        "predictions-vs-actuals",
        "predictions_vs_actuals",
        """Show what was predicted beside what became true, over time.

        \b
        Example:
          drplan monitor predictions-vs-actuals deployment.churn-prod --bucket P1D
        """,
        period_options,
        bucket_option,
        models_option,
        class_option,
        segment_option,
    ),
    _command(
        "fairness",
        "fairness",
        """Show how the classes of a protected feature fare, over time.

        \b
        Example:
          drplan monitor fairness deployment.churn-prod --feature gender --metric proportionalParity
        """,
        click.option(
            "--metric", metavar="METRIC", help="A fairness metric, like proportionalParity. Default: the platform's."
        ),
        click.option("--feature", metavar="NAME", help="A protected feature. Default: the platform's choice."),
        period_options,
        bucket_option,
        model_option,
    ),
)
