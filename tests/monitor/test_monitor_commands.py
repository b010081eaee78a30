"""`drplan monitor` against the emulator: what is shown, what is counted, how it exits."""

import asyncio
import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from shop import Shop

from drplan.cli import run
from drplan.cli.globals import Globals
from drplan.cli.monitor.health import watch_health
from drplan.cli.monitor.output import Output
from drplan.engine.site import Site
from drplan.platform.api import Api
from drplan.project.file import Project
from drplan.project.target import Target
from drplan.readings.metrics import SERVICE_BY_WIRE

READINGS = {
    "service-stats": "service_stats",
    "over-time": "service_stats_over_time",
    "target-drift": "target_drift",
    "feature-drift": "feature_drift",
    "accuracy": "accuracy",
    "accuracy-over-time": "accuracy_over_time",
    "predictions-over-time": "predictions_over_time",
    "predictions-vs-actuals": "predictions_vs_actuals",
}


def test_the_health_table_shows_every_managed_deployment(shop: Shop) -> None:
    """Without a command the fleet is shown, one line a deployment; the one without traffic never predicted."""
    code, out = shop.drplan("monitor")
    assert code == 0
    lines = out.split("\n\n")[1].splitlines()
    columns = (
        "Address Status Service Drift Accuracy Fairness Timeliness Predictions/day Last prediction Change requests"
    )
    assert lines[0].split() == columns.split()
    assert [line.split()[0] for line in lines[1:]] == ["deployment.churn", "deployment.quiet", "deployment.value"]
    assert lines[2].split() == [
        "deployment.quiet",
        "active",
        "unknown",
        "unknown",
        "unavailable",
        "unknown",
        "unknown",
        "0",
        "never",
        "0",
    ]


def test_health_costs_one_request(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A fleet of up to a hundred is one page of the list, whatever is shown of it."""
    assert shop.drplan("-v", "monitor", "deployment.value", "deployment.churn")[0] == 0
    requests = [line.split()[:3] for line in capsys.readouterr().err.splitlines()]
    assert requests == [["GET", "deployments/", "200"]]


@pytest.mark.parametrize("command", READINGS)
def test_a_reading_costs_a_list_and_one_read(shop: Shop, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Finding the deployment is one list, reading is one request."""
    assert shop.drplan("-v", "monitor", command, "deployment.value")[0] == 0
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_an_id_is_as_good_as_an_address(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A deployment can be named by its id; it is read by it, not looked for."""
    name = shop.id_of("churn")
    code, out = shop.drplan("-v", "monitor", name, "--format", "csv")
    assert code == 0
    assert out.splitlines()[1].split(",")[1] == name
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == [f"deployments/{name}/"]


def test_health_is_a_gate(shop: Shop) -> None:
    """--fail-on exits with 2 when anything is that bad or worse; what is unknown is not bad."""
    rows = {each["address"]: each for each in shop.json()["health"]["deployments"]}
    assert rows["deployment.value"]["service"]["status"] == "failing"

    def gate(name: str, level: str) -> int:
        return shop.drplan("monitor", f"deployment.{name}", "--fail-on", level)[0]

    assert {name: (gate(name, "warning"), gate(name, "failing")) for name in ("value", "quiet")} == {
        "value": (2, 2),
        "quiet": (0, 0),
    }
    assert shop.drplan("monitor", "--fail-on", "failing")[0] == 2


def test_health_sorts(shop: Shop) -> None:
    """The table is sorted by what --sort says, reversed with - in front; what has no value stands last."""

    def order(key: str) -> list[str]:
        return [each["address"].split(".")[1] for each in shop.json("--sort", key)["health"]["deployments"]]

    assert order("address") == ["churn", "quiet", "value"]
    assert order("-address") == ["value", "quiet", "churn"]
    assert order("health")[-1] == "quiet"
    assert order("predictions")[0] == "quiet"
    assert order("-predictions")[:2] == ["value", "churn"]
    assert order("last-prediction")[-1] == order("-last-prediction")[-1] == "quiet"


@pytest.mark.parametrize(("command", "key"), READINGS.items())
def test_json_and_csv_say_the_same(shop: Shop, command: str, key: str) -> None:
    """JSON is one object with a format_version and the reading; CSV has its rows, with the deployment in front."""
    found = shop.json(command, "deployment.churn", "--start", "2020-01-01", "--end", "2099-01-01")
    assert set(found) == {"format_version", key}
    assert found["format_version"] == "1.0"
    assert found[key]["address"] == "deployment.churn"
    assert found[key]["period"] == {"start": "2020-01-01T00:00:00Z", "end": "2099-01-01T00:00:00Z"}
    code, out = shop.drplan("monitor", command, "deployment.churn", "--format", "csv")
    rows = list(csv.DictReader(StringIO(out)))
    assert code == 0
    assert {row["address"] for row in rows} == {"deployment.churn"}
    if key == "accuracy":
        assert {row["metric"] for row in rows} == {each["metric"] for each in found[key]["metrics"]}


def test_several_metrics_stand_side_by_side(shop: Shop) -> None:
    """Metrics over time share one time axis, one column each."""
    code, out = shop.drplan(
        *("monitor", "accuracy-over-time", "deployment.value", "--metric", "RMSE", "--metric", "MAD"),
        *("--bucket", "P1D", "--format", "csv"),
    )
    rows = list(csv.DictReader(StringIO(out)))
    assert code == 0
    assert list(rows[0]) == ["address", "id", "start", "end", "model_id", "RMSE", "MAD", "sample_size"]
    assert len(rows) == 7
    with_actuals = [row for row in rows if row["sample_size"] not in ("", "0")]
    assert with_actuals
    assert all(float(row["RMSE"]) >= float(row["MAD"]) > 0 for row in with_actuals)
    assert all(row["RMSE"] == row["MAD"] == "" for row in rows if row not in with_actuals)


@pytest.mark.parametrize("metric", SERVICE_BY_WIRE)
def test_every_service_statistic_can_be_read_over_time(shop: Shop, metric: str) -> None:
    """The buckets of each statistic cover the period, and some have a value."""
    found = shop.json("over-time", "deployment.churn", "--metric", metric, "--bucket", "P1D")["service_stats_over_time"]
    (series,) = found["series"]
    assert series["metric"] == metric
    assert len(series["points"]) == 7
    assert any(point["value"] is not None for point in series["points"])


def test_a_past_champion_can_be_read(shop: Shop) -> None:
    """After a replacement the new champion starts from zero, and the one before keeps what it did."""
    now = shop.json("service-stats", "deployment.churn")["service_stats"]
    code, out = shop.drplan("monitor", "service-stats", "deployment.churn", "--model", "5f" + "0" * 22)
    assert (code, out) == (64, "")
    before = next(model for model in models(shop) if model != now["model_id"])
    past = shop.json("service-stats", "deployment.churn", "--model", before)["service_stats"]
    assert (past["model_id"], now["model_id"]) == (before, models(shop)[0])
    assert past["total_predictions"] > 0
    assert now["total_predictions"] > 0


def models(shop: Shop) -> list[str]:
    """Return the models that have served as churn, the champion first, as the message for a wrong one names them."""
    from drplan import monitor
    from drplan.errors import UsageError

    churn = monitor.connect(shop.root)["deployment.churn"]
    with pytest.raises(UsageError) as caught:
        churn.service_stats(model="5f" + "0" * 22)
    return caught.value.summary.rpartition(": ")[2].split(", ")


# --------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["accuracy", "deployment.churn", "--start", "2026-07-01T10:30"],
            64,
            "2026-07-01T10:00:00Z and 2026-07-01T11",
        ),
        (["over-time", "deployment.churn", "--bucket", "PT30M"], 64, "the smallest is PT1H"),
        (["over-time", "deployment.churn", "--bucket", "P8D"], 64, "write at most P7D"),
        (["target-drift", "deployment.churn", "--start", "2099-01-01"], 64, "lies in the future"),
        (["over-time", "deployment.churn", "--metric", "requests"], 64, "is no service metric"),
        (
            ["accuracy-over-time", "deployment.churn", "--metric", "RMSE"],
            64,
            "does not fit a model with a binary",
        ),
        (["accuracy-over-time", "deployment.value", "--metric", "AUC"], 64, "these do: RMSE, MAE"),
        (["accuracy", "deployment.chrun"], 64, "did you mean 'deployment.churn'?"),
        (["accuracy", "churn"], 64, "'churn' is no address"),
        (["accuracy", "prediction_environment.x"], 64, "only deployments are monitored"),
        (["accuracy", "challenger.churn/x"], 64, "only deployments are monitored: deployment.churn, say"),
        (["accuracy", "5f" + "0" * 22], 64, "there is no deployment with the id"),
        (["service-stats", "deployment.churn", "--segment", "region"], 64, "is not KEY=VALUE"),
        (["service-stats", "deployment.churn", "--quantile", "50"], 64, "0.5 is the median"),
        (["accuracyy", "deployment.churn"], 64, "did you mean 'accuracy'?"),
        (["--sort", "name"], 64, "'name' is nothing to sort by"),
        (["--start", "2026-07-01"], 64, "are for the page"),
        (["--watch", "5", "--format", "json"], 64, "--watch is for people"),
        (["accuracy", "deployment.churn", "--format", "csv", "--plot"], 64, "they are for people"),
        (["accuracy", "deployment.churn", "--html", "x.html", "--plot"], 64, "take one of them"),
        (["feature-drift", "deployment.quiet"], 4, "settings.drift_tracking.feature_drift_enabled is off"),
        (["accuracy", "deployment.quiet"], 4, "settings.association_id.column_names is not set"),
        (["fairness", "deployment.churn"], 4, "what it needs is switched off"),
    ],
)
def test_bad_input_gets_a_sentence_and_its_exit_code(
    shop: Shop, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read says why and what to do, exits as documented, and prints nothing on stdout."""
    assert shop.drplan("monitor", *arguments) == (code, "")
    assert message in capsys.readouterr().err


def test_a_setting_that_is_off_is_named_with_its_file_and_line(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """The diagnostic stands where the spec says false."""
    shop.drplan("monitor", "feature-drift", "deployment.quiet")
    lines = (shop.root / "deployments/all.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "enabled: false" in text)
    assert f"all.yaml:{line}:" in capsys.readouterr().err


def test_no_data_is_no_error_and_no_zero(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """A deployment that nobody asked has no rates and no times; why is said on stderr, and the exit code is 0."""
    code, out = shop.drplan("monitor", "service-stats", "deployment.quiet", "--format", "json")
    stats = json.loads(out)["service_stats"]
    assert code == 0
    assert stats["total_predictions"] == 0
    assert [stats[name] for name in ("response_time", "user_error_rate", "cache_hit_ratio")] == [None, None, None]
    assert "There is no data on service statistics of deployment.quiet" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------------------ output


@pytest.mark.parametrize("command", ["over-time", "feature-drift", "accuracy-over-time", "predictions-vs-actuals"])
def test_plots_follow_the_table(shop: Shop, command: str) -> None:
    """--plot draws below the text, within 80 columns where there is no terminal."""
    code, out = shop.drplan("monitor", command, "deployment.churn", "--plot")
    assert code == 0
    drawn = out.partition("\n\n\n")[2] or out
    assert "┤" in out or "█" in out
    assert max(map(len, drawn.splitlines())) <= 140


def test_a_page_of_the_fleet_and_of_one_reading(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--html writes a page and says where; stdout stays empty."""
    fleet, one = tmp_path / "fleet.html", tmp_path / "pages" / "one.html"
    assert shop.drplan("monitor", "--html", str(fleet)) == (0, "")
    assert shop.drplan("monitor", "accuracy", "deployment.churn", "--html", str(one)) == (0, "")
    assert capsys.readouterr().err.splitlines()[-2:] == [f"Wrote {fleet}.", f"Wrote {one}."]
    text = fleet.read_text()
    assert [name for name in ("churn", "quiet", "value") if f">deployment.{name} <small>" in text] == [
        "churn",
        "quiet",
        "value",
    ]
    assert "feature_drift_enabled is off" in text
    assert "LogLoss" in one.read_text()


def test_a_page_costs_ten_requests_a_deployment(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One list, then seven readings (service over time has four metrics) and the settings where a reading is empty."""
    assert shop.drplan("-v", "monitor", "deployment.quiet", "--html", str(tmp_path / "page.html"))[0] == 0
    requests = [line.split()[1] for line in capsys.readouterr().err.splitlines() if line.startswith("GET ")]
    routes = Counter(path.rpartition("deployments/")[2].partition("/")[2] for path in requests)
    assert routes == {
        "": 1,
        "serviceStats/": 1,
        "serviceStatsOverTime/": 4,
        "targetDrift/": 1,
        "featureDrift/": 1,
        "predictionsOverTime/": 1,
        "accuracy/": 1,
        "accuracyOverTime/": 1,
        "settings/": 1,
    }


def test_nothing_managed_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first apply no deployment of the specs is there: it is said, and no gate lets that pass."""
    fresh = Shop(tmp_path / "fresh")
    code, out = fresh.drplan("monitor")
    lines = out.split("\n\n")[1].splitlines()
    assert (code, {" ".join(line.split()[1:3]) for line in lines[1:]}) == (0, {"not there"})
    assert "it is in the specs and not on the platform; `drplan apply` creates it" in out
    assert fresh.drplan("monitor", "--fail-on", "failing")[0] == 2
    assert fresh.drplan("monitor", "deployment.churn") == (64, "")
    assert "is in the specs and not on the platform yet" in capsys.readouterr().err
    for spec in (fresh.root / "deployments").iterdir():
        spec.unlink()
    capsys.readouterr()
    assert fresh.drplan("monitor", "--fail-on", "failing") == (2, "")
    assert "This project manages no deployment on the platform yet" in capsys.readouterr().err
    assert fresh.drplan("monitor") == (0, "")


def test_watching_ends_when_the_gate_closes(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """--watch with --fail-on stops with 2 at once where it is that bad already; a lone --watch takes no address."""
    code, out = shop.drplan("monitor", "--watch", "deployment.churn", "deployment.value", "--fail-on", "warning")
    assert code == 2
    assert "deployment.churn" in out
    assert capsys.readouterr().err.rstrip().endswith(": warning")


def test_watching_shows_again_until_the_gate_closes(capsys: pytest.CaptureFixture[str]) -> None:
    """The fleet is read and shown again after each pause, until it is as bad as --fail-on."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        assert len(pauses) < 9, "it goes on for ever"

    def answer(_request: httpx.Request) -> httpx.Response:
        status = "failing" if len(pauses) == 2 else "passing"
        item = {
            "id": "a" * 24,
            "tags": [{"id": "t", "name": "drplan", "value": "shop/churn"}],
            "serviceHealth": {"status": status},
        }
        return httpx.Response(200, json={"data": [item], "next": None, "totalCount": 1})

    async def watched() -> bool:
        project = Project(Path(), "shop")
        place = Site(project, Target("http://platform/api/v2", "--endpoint"))
        output = Output(Globals(Path(), None), "text", plot=False, html=None)
        transport = httpx.MockTransport(answer)
        async with Api(place.target.endpoint, "token-1234567", transport=transport, sleep=pause) as api:
            found = await watch_health(api, place, (), (), output, "address", "failing", 30.0)
        return found.reaches("failing")

    assert asyncio.run(watched())
    assert pauses == [30.0, 30.0]
    out, err = capsys.readouterr()
    assert [line.split()[2] for line in out.splitlines() if line.startswith("deployment.churn ")][:3] == [
        "passing",
        "passing",
        "failing",
    ]
    assert err.count("again in 30 s, Ctrl-C ends it") == 2


def test_help_shows_the_default_commands_options(capsys: pytest.CaptureFixture[str]) -> None:
    """The group's help has the options of the command that runs when none is named, and the commands."""
    for group, option, command in (
        ("monitor", "--fail-on", "accuracy-over-time"),
        ("emulator", "--latency-ms", "traffic"),
    ):
        assert run([group, "--help"]) == 0
        out = capsys.readouterr().out
        assert option in out
        assert command in out


def test_where_there_is_no_chart_it_is_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """--plot on a reading without a time axis shows the text and says that there is nothing to draw."""
    code, out = shop.drplan("monitor", "service-stats", "deployment.churn", "--plot")
    assert code == 0
    assert out.startswith("Service statistics of deployment.churn")
    assert "There is nothing to plot here" in capsys.readouterr().err


def test_traffic_is_for_emulators(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """On a served emulator traffic can be made too; anything else is refused, and gets no such request."""
    fresh = Shop(tmp_path / "fresh")
    assert fresh.drplan("apply", "--auto-approve")[0] == 0
    monkeypatch.setenv("DATAROBOT_API_TOKEN", "emulator")
    with fresh.served() as (url, _):
        wish = ("emulator", "traffic", "deployment.churn", "--rows", "50", "--seed", "1")
        assert fresh.drplan("--endpoint", url, *wish)[0] == 0
        code, out = fresh.drplan("--endpoint", url, "monitor", "service-stats", "deployment.churn", "--format", "json")
        assert (code, json.loads(out)["service_stats"]["total_predictions"]) == (0, 50)
        capsys.readouterr()
        elsewhere = url.replace("/api/v2", "/elsewhere/api/v2")
        assert fresh.drplan("--endpoint", elsewhere, *wish)[0] != 0
