"""Readings as people see them in a terminal: whole texts, plots and CSV."""

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from answers import CHAMPION, Platform, buckets
from hypothesis import given
from hypothesis import strategies as st

from drplan.errors import UsageError
from drplan.readings.health import DeploymentHealth, FleetHealth, Health, parse_health
from drplan.render.monitor.plot import plots
from drplan.render.monitor.text import csv_text, view_text
from drplan.render.monitor.view import Chart, Column, Line, Table, View, displayed
from drplan.render.monitor.views import age, view

NOW = datetime(2026, 7, 20, 10, 25, tzinfo=UTC)
DAYS = tuple(f"2026-07-{day:02}" for day in range(1, 6))


def item(name: str, **more: Any) -> dict[str, Any]:
    """Return a deployment as the list route has it."""
    return {"id": f"5e319d2e422fbd6b58a5ed{name}", "label": name, "status": "active", **more}


FLEET = parse_health(
    [
        (
            "deployment.churn-prod",
            item(
                "aa",
                serviceHealth={"status": "failing", "message": "5 % of the requests failed."},
                modelHealth={"status": "passing"},
                accuracyHealth={"status": "warning", "message": "LogLoss is up by 12 %."},
                fairnessHealth={"status": "unknown", "messages": []},
                predictionsTimelinessHealth={"status": "passing"},
                actualsTimelinessHealth={"status": "failing", "message": "No actuals since Monday."},
                predictionUsage={"dailyRates": [10, 20, 30], "lastTimestamp": "2026-07-20T07:20:00.000000Z"},
                openedChangeRequests=["x", "y"],
            ),
        ),
        ("deployment.quiet", item("bb", predictionUsage=None, governance={"hasOpenedChangeRequests": False})),
        (None, item("cc", serviceHealth="odd", predictionUsage={"dailyRates": [None], "lastTimestamp": "soon"})),
    ]
)


def test_the_health_table() -> None:
    """Statuses, predictions a day, age of the last one, change requests; what is not well is said below."""
    assert view_text(view(FLEET, NOW)) == (
        "Health\n"
        "\n"
        "Address                   Status  Service  Drift    Accuracy  Fairness  Timeliness  Predictions/day"
        "  Last prediction  Change requests\n"
        "deployment.churn-prod     active  failing  passing  warning   unknown   failing                  20"
        "          3 h ago                2\n"
        "deployment.quiet          active  unknown  unknown  unknown   unknown   unknown                   -"
        "            never                0\n"
        "5e319d2e422fbd6b58a5edcc  active  unknown  unknown  unknown   unknown   unknown                   -"
        "            never                -\n"
        "\n"
        "What is not well\n"
        "Address                Area        Status   Why\n"
        "deployment.churn-prod  Service     failing  5 % of the requests failed.\n"
        "deployment.churn-prod  Accuracy    warning  LogLoss is up by 12 %.\n"
        "deployment.churn-prod  Timeliness  failing  No actuals since Monday.\n"
    )


def test_the_health_table_fits_80_columns() -> None:
    """A narrow terminal gets the worst status of each deployment, and where it is."""
    assert view_text(view(FLEET, NOW), width=80).split("\n\n")[1] == (
        "Address                   Health   In                   Per day     Last\n"
        "deployment.churn-prod     failing  service, timeliness       20  3 h ago\n"
        "deployment.quiet          unknown                             -    never\n"
        "5e319d2e422fbd6b58a5edcc  unknown                             -    never"
    )


def test_fairness_has_a_score_a_class(platform: Platform) -> None:
    """A row per bucket and class of the feature, then the whole period; the chart has the threshold in it."""
    (bucket,) = buckets(None)
    scores = [
        {"label": "north", "value": 0.75, "absoluteValue": 0.3, "sampleSize": 9, "isStatisticallySignificant": True}
    ]
    platform.bodies["fairnessScoresOverTime/"] = {
        "protectedFeature": "region",
        "fairnessThreshold": 0.8,
        "summary": {"metricName": "equalParity", "scores": scores},
        "buckets": [{"period": bucket["period"], "scores": [*scores, {"label": "south", "sampleSize": 0, "value": 0}]}],
    }
    found = view(platform.read(lambda reader: reader.fairness(bucket="P1D")), NOW)
    assert view_text(found) == (
        "Fairness\n"
        "Period: 2026-07-13 11:00 to 2026-07-20 11:00 (UTC)\n"
        "Feature: region\n"
        "Metric: equalParity\n"
        "Threshold: 0.8\n"
        "Bucket: P1D\n"
        "\n"
        "From              Class    Score  Absolute  Rows  Significant\n"
        "2026-07-13 11:00  north     0.75       0.3     9  yes\n"
        "2026-07-13 11:00  south  no data         -     0  -\n"
        "Whole period      north     0.75       0.3     9  yes\n"
    )
    (chart,) = found.charts
    assert [(line.name, line.values) for line in chart.lines] == [
        ("north", (0.75,)),
        ("south", (None,)),
        ("threshold", (0.8,)),
    ]


def test_two_models_are_told_apart(platform: Platform) -> None:
    """With several models the tables have a column for them, and the charts a line each."""
    both = [*buckets(0.5, modelId="a", sampleSize=1), *buckets(0.75, modelId="b", sampleSize=2)]
    platform.bodies["accuracyOverTime/"] = {"metric": "AUC", "buckets": both}
    over_time = view(platform.read(lambda reader: reader.accuracy_over_time("AUC", model=["a", "b"])), NOW)
    assert over_time.tables[0].rows == (("2026-07-13 11:00", "a", "0.5", "1"), ("2026-07-13 11:00", "b", "0.75", "2"))
    assert [line.name for line in over_time.charts[0].lines] == ["a", "b"]
    entry = {"metricName": "AUC", "value": 0.5, "sampleSize": 1}
    platform.bodies["accuracy/"] = {"data": [{**entry, "modelId": "a"}, {**entry, "modelId": "b"}]}
    accuracy = view(platform.read(lambda reader: reader.accuracy("AUC", model=["a", "b"])), NOW)
    assert [row[:3] for row in accuracy.tables[0].rows] == [("AUC", "a", "0.5"), ("AUC", "b", "0.5")]
    means = [{**each, "rowCount": 1, "meanPredictedValue": each["value"]} for each in both]
    platform.bodies["predictionsOverTime/"] = {"buckets": means, "baselines": []}
    predicted = view(platform.read(lambda reader: reader.predictions_over_time(model=["a", "b"])), NOW)
    assert [column.title for column in predicted.tables[0].columns] == ["From", "Model", "Rows", "Mean prediction"]
    assert [(line.name, line.values) for line in predicted.charts[0].lines] == [
        ("mean prediction a", (0.5,)),
        ("mean prediction b", (0.75,)),
    ]


def shown(table: Table, **width: int) -> list[str]:
    """Return a table's lines, as a view shows them."""
    return view_text(View("Health", (), (table,)), **width).splitlines()[2:]


def test_a_narrow_terminal_gets_blocks() -> None:
    """A table that is wider than the terminal becomes one block a row, with every value."""
    table = Table(
        "", (Column("Name"), Column("Drift", number=True), Column("Why")), (("a", "0.5", "x" * 30), ("b", "-", ""))
    )
    wide = ["Name  Drift  Why", f"a       0.5  {'x' * 30}", "b         -"]
    assert shown(table) == wide
    assert shown(table, width=43) == wide
    assert shown(table, width=42) == ["a", "  Drift  0.5", f"  Why    {'x' * 30}", "b", "  Drift  -"]
    assert shown(Table("", (Column("Name"),), ())) == ["(nothing)"]


def test_statuses_are_painted() -> None:
    """Each status has its style, and so has no data; other cells have none."""
    painted = view_text(view(FLEET, NOW), lambda text, style: f"<{style} {text}>")
    assert "<error failing>" in painted
    assert "<good passing>" in painted
    assert "<warning warning>" in painted
    assert "<dim never>" in painted


def test_texts_of_the_platform_cannot_act_on_the_terminal() -> None:
    """Control characters in messages and labels are written out, in tables and plots."""
    table = Table("", (Column("Name"),), (("a\x1b[31m\nb",),))
    assert shown(table)[1] == r"a\x1b[31m\nb"
    chart = Chart("drift", "", ("\x1b]0;x\x07",), (Line("psi", (1.0,)),), "bar")
    assert "\x1b" not in plots([chart])


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "just now"), (60, "1 min ago"), (7199, "1 h ago"), (200000, "2 d ago"), (-30, "just now")]
)
def test_ages(seconds: int, text: str) -> None:
    """Ages are in one unit; a clock that is behind makes no future."""
    assert age(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", "-"),
        (0.123456, "", "0.1235"),
        (0.00905, "share", "0.905 %"),
        (12597, "predictions", "12,597"),
        (1234.56, "ms", "1,235"),
        (True, "", "yes"),
        (False, "", "no"),
        (datetime(2026, 7, 1, tzinfo=UTC), "", "2026-07-01"),
        ("text", "", "text"),
    ],
)
def test_values_for_people(value: Any, unit: str, text: str) -> None:
    """Four digits are enough for people, counts are whole, shares are percent."""
    assert displayed(value, unit) == text


def test_service_statistics_have_units(platform: Platform) -> None:
    """Every statistic has its unit, and no data where there is none."""
    platform.bodies["serviceStats/"] = {
        "modelId": CHAMPION,
        "metrics": {"totalPredictions": 1200, "totalRequests": 12, "serverErrorRate": 0.25, "responseTime": 31.25},
    }
    found = platform.read(lambda reader: reader.service_stats(segment=("region", "north")))
    assert view_text(view(found, NOW), subject="deployment.churn") == (
        "Service statistics of deployment.churn\n"
        "Period: 2026-07-13 11:00 to 2026-07-20 11:00 (UTC)\n"
        f"Model: {CHAMPION}\n"
        "Segment: region=north\n"
        "\n"
        "Statistic            Value  Unit\n"
        "Predictions          1,200  predictions\n"
        "Requests                12  requests\n"
        "Slow requests      no data\n"
        "Response time        31.25  ms (quantile 0.5)\n"
        "Execution time     no data\n"
        "User error rate    no data\n"
        "Server error rate     25 %\n"
        "Consumers          no data\n"
        "Cache hit ratio    no data\n"
        "Median load        no data\n"
        "Peak load          no data\n"
    )


def test_metrics_over_time_share_a_table(platform: Platform) -> None:
    """A row a bucket, a column a metric, then the whole period and the training data."""
    answers = {
        "AUC": {
            "buckets": buckets(0.8, 0.75, sampleSize=10),
            "summary": {"value": 0.775},
            "baselines": [{"value": 0.9}],
        },
        "LogLoss": {"buckets": buckets(0.5, sampleSize=10)},
    }
    platform.bodies["accuracyOverTime/"] = lambda params: answers[params["metric"]]
    found = platform.read(lambda reader: reader.accuracy_over_time(["AUC", "LogLoss"], bucket="P1D"))
    assert view_text(view(found, NOW)).partition("\n\n")[2] == (
        "From                AUC  LogLoss  Rows\n"
        "2026-07-13 11:00    0.8      0.5    10\n"
        "2026-07-14 11:00   0.75        -    10\n"
        "Whole period      0.775        -\n"
        "Training            0.9        -\n"
    )


def test_csv_is_for_machines(platform: Platform) -> None:
    """Times are ISO 8601, numbers are whole, no data is empty; without rows there is no text at all."""
    platform.bodies["featureDrift/"] = {
        "data": [{"name": 'a,"b"', "driftScore": 0.125, "sampleSize": 4}, {"name": "c"}],
        "metric": "psi",
    }
    found = platform.read(lambda reader: reader.feature_drift())
    assert csv_text(found, {"address": None, "id": "x"}) == (
        "address,id,start,end,model_id,metric,feature,drift_score,feature_impact,sample_size,baseline_sample_size\n"
        ',x,2026-07-13T11:00:00Z,2026-07-20T11:00:00Z,,psi,"a,""b""",0.125,,4,\n'
        ",x,2026-07-13T11:00:00Z,2026-07-20T11:00:00Z,,psi,c,,,,\n"
    )
    assert csv_text(FleetHealth(()), {}) == ""


# ------------------------------------------------------------------------------------------------------------- plots


def test_bars_are_as_long_as_their_values() -> None:
    """The highest value has the longest bar, half of it half as long; no data is said."""
    chart = Chart("Drift", "", ("tenure", "plan", "region"), (Line("psi", (0.5, 0.25, None)),), "bar")
    assert plots([chart], width=50) == (f"Drift\ntenure  {'█' * 32} 0.5\nplan    {'█' * 16} 0.25\nregion  no data\n")


def test_a_line_has_round_numbers_at_its_side() -> None:
    """The axis starts at zero unless the values lie far above it; rows are round steps."""
    drawn = plots([Chart("Predictions", "predictions", DAYS, (Line("x", (100, 180, 390, 300, 210)),))], width=60)
    lines = drawn.splitlines()
    assert lines[0] == "Predictions"
    assert [line.partition("┤")[0].strip() for line in lines[1:-2]] == [
        "350",
        "300",
        "250",
        "200",
        "150",
        "100",
        "50",
        "0",
    ]
    assert lines[-1].split() == ["2026-07-01", "2026-07-05"]
    high = plots([Chart("Response time", "ms", DAYS, (Line("x", (38, 39, 40, 41, 42)),))], width=60)
    assert [line.partition("┤")[0].strip() for line in high.splitlines()[1:-2]][-1] == "38"


def test_a_gap_stays_a_gap() -> None:
    """Buckets without data are not bridged by a line."""
    whole = plots([Chart("x", "", DAYS, (Line("x", (1.0,) * 5),))], width=60)
    gap = plots([Chart("x", "", DAYS, (Line("x", (1.0, 1.0, None, 1.0, 1.0)),))], width=60)
    dots = [sum("⠀" < char <= "⣿" for char in text) for text in (whole, gap)]
    assert dots[1] < dots[0] * 0.6


def test_several_series_have_a_legend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names stand below the plot, in colour where that is seen; a chart without any value says so."""
    monkeypatch.setenv("FORCE_COLOR", "1")  # plotille colours nothing that is no terminal
    lines = (Line("AUC", (0.8, 0.75, None, 0.7, 0.7)), Line("training", (0.9,) * 5))
    assert plots([Chart("AUC", "", DAYS, lines)], colour=False).splitlines()[-1].strip() == "⠤⠤ AUC   ⠤⠤ training"
    assert "\x1b[" in plots([Chart("AUC", "", DAYS, lines)], colour=True)
    assert plots([Chart("AUC", "", DAYS, (Line("AUC", (None,) * 5),))]) == "AUC: no data\n"
    assert plots([]) == ""


@given(
    st.lists(st.none() | st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=40),
    st.integers(20, 160),
)
def test_any_values_can_be_drawn(values: list[float | None], width: int) -> None:
    """Whatever the values and the width, a plot fits into it."""
    labels = tuple(f"2026-07-01 {n:02}:00" for n in range(len(values)))
    drawn = plots([Chart("x", "", labels, (Line("x", tuple(values)),))], width=width)
    assert max(map(len, drawn.splitlines())) <= max(width, 40)


def test_without_plotille_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing, the message says what to install."""
    monkeypatch.setitem(sys.modules, "plotille", None)
    with pytest.raises(UsageError, match=r"pip install 'drplan\[plot\]'"):
        plots([Chart("x", "", DAYS, (Line("x", (1.0,) * 5),))])


# ------------------------------------------------------------------------------------------------------------ health


def deployment(name: str, **statuses: str) -> DeploymentHealth:
    """Return a deployment with these statuses, and unknown ones elsewhere."""
    areas = {area: Health(statuses.get(area, "unknown")) for area in ("service", "drift", "accuracy", "fairness")}
    return DeploymentHealth(
        f"deployment.{name}",
        name,
        name,
        None,
        Health("unknown"),
        **areas,
        timeliness=Health("unavailable"),
        predictions_per_day=None,
        daily_predictions=(),
        last_prediction=None,
        open_change_requests=None,
    )


@pytest.mark.parametrize(
    ("status", "warning", "failing"),
    [("failing", True, True), ("warning", True, False), ("passing", False, False), ("brandNew", False, False)],
)
def test_the_gate(status: str, warning: bool, failing: bool) -> None:
    """A level is reached by it and by what is worse; what is unknown, or new to drplan, is no alarm."""
    fleet = FleetHealth((deployment("a"), deployment("b", accuracy=status)))
    assert (fleet.reaches("warning"), fleet.reaches("failing")) == (warning, failing)


@pytest.mark.parametrize(("status", "broken"), [("errored", True), ("archived", True), ("inactive", False)])
def test_what_is_broken_is_failing(status: str, broken: bool) -> None:
    """A deployment that serves nothing and was not switched off is failing, whatever its areas say."""
    areas = {wire: {"status": "passing"} for wire in ("serviceHealth", "modelHealth")}
    fleet = parse_health([("deployment.a", {"id": "a", "status": status, **areas})])
    assert (fleet.reaches("failing"), fleet.deployments[0].worst) == (broken, "failing" if broken else "passing")


@pytest.mark.parametrize(
    ("status", "wanted", "standing"),
    [
        ("active", "active", Health("passing")),
        ("active", None, Health("passing")),
        ("inactive", "active", Health("failing", "it is inactive, and its spec says active")),
        ("active", "inactive", Health("failing", "it is active, and its spec says inactive")),
        ("launching", "active", Health("warning", "it is launching, and not active yet")),
        ("errored", "active", Health("failing", "it is errored")),
        (None, "active", Health("unknown")),
    ],
)
def test_a_status_is_measured_by_the_spec(status: str | None, wanted: str | None, standing: Health) -> None:
    """What its spec says of its status is what a deployment stands up to."""
    found = parse_health(
        [("deployment.a", {"id": "a", "status": status})], wanted={"deployment.a": wanted} if wanted else {}
    )
    assert [each.standing for each in found.deployments] == [standing]
    assert found.deployments[0].worst == (standing.status if standing.status in ("failing", "warning") else "unknown")


def test_what_is_not_there_is_failing() -> None:
    """A deployment of the specs that the platform lacks is a row, failing; a fleet of none passes no gate."""
    found = parse_health([], missing=["deployment.gone"])
    assert [(each["address"], each["id"], each["status"], each["standing"]) for each in found.rows()] == [
        ("deployment.gone", "", None, "failing")
    ]
    assert found.reaches("failing")
    assert view_text(view(found, NOW), width=80).split("\n\n")[1].splitlines()[1].split()[:3] == [
        "deployment.gone",
        "failing",
        "status",
    ]
    assert FleetHealth(()).reaches("failing")


@pytest.mark.parametrize(("status", "reached"), [("passing", False), ("unknown", True), ("warning", True)])
def test_the_gate_for_what_is_unknown(status: str, reached: bool) -> None:
    """Who wants it is alarmed by what is not known too."""
    known = deployment("a", service="passing", drift="passing", accuracy="passing", fairness="passing")
    fleet = FleetHealth((replace(known, timeliness=Health(status)),))
    assert fleet.reaches("unknown") is reached


def test_sorting_puts_the_worst_first_and_no_data_last() -> None:
    """Health sorts from failing to unknown; ties are by address."""
    fleet = FleetHealth((deployment("c", drift="warning"), deployment("b"), deployment("a", service="failing")))
    assert [each.id for each in fleet.ordered("health").deployments] == ["a", "c", "b"]
    assert [each.id for each in fleet.ordered("drift").deployments] == ["c", "a", "b"]
    assert [each.id for each in fleet.ordered("-predictions").deployments] == ["a", "b", "c"]
    with pytest.raises(UsageError, match="'label' is nothing to sort by; there are: address, health"):
        fleet.ordered("label")
