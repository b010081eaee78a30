"""Monitoring as a library: frames, notebooks, and what it must not say."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from answers import ID, Platform, buckets
from shop import Shop

from drplan import monitor
from drplan.errors import SpecError, UsageError


def test_frames_of_both_kinds_hold_the_rows(shop: Shop) -> None:
    """pandas and polars get the same columns and values; no data is a missing value; times are times."""
    reading = monitor.connect(shop.root)["deployment.value"].accuracy_over_time(["RMSE", "MAD"], bucket="P1D")
    pandas_frame, polars_frame = reading.to_frame(), reading.to_frame("polars")
    rows = reading.rows()
    assert isinstance(pandas_frame, pd.DataFrame)
    assert isinstance(polars_frame, pl.DataFrame)
    assert list(pandas_frame.columns) == polars_frame.columns == list(rows[0])
    assert polars_frame.to_dicts() == list(rows)
    missing = [row["RMSE"] is None for row in rows]
    assert True in missing
    assert False in missing
    assert list(pandas_frame["RMSE"].isna()) == missing
    assert str(pandas_frame["start"].dtype).endswith("UTC]")


def test_a_frame_without_its_library_says_which_extra(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pandas is missing, the message names drplan's extra."""
    reading = monitor.connect(shop.root)["deployment.quiet"].service_stats()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError) as caught:
        reading.to_frame()
    assert caught.value.summary == "to_frame needs pandas; install it with: pip install 'drplan[pandas]'"


def test_it_works_where_a_loop_runs(shop: Shop) -> None:
    """In a notebook an event loop runs already; the calls work there all the same."""

    async def cell() -> int | None:
        return monitor.connect(shop.root)["deployment.churn"].service_stats().total_predictions

    assert (asyncio.run(cell()) or 0) > 0


def test_health_of_the_fleet(shop: Shop) -> None:
    """The fleet's health has a row per managed deployment, or per one that is named."""
    fleet = monitor.connect(shop.root)
    everything = fleet.health(sort="-predictions")
    assert [each.address for each in everything.deployments] == [
        "deployment.value",
        "deployment.churn",
        "deployment.quiet",
    ]
    (quiet,) = fleet.health("deployment.quiet").deployments
    assert quiet == everything.deployments[2]
    assert quiet.last_prediction is None
    assert everything.reaches("failing")


def test_the_clock_can_be_given(shop: Shop) -> None:
    """The default period ends at the next top of the hour of the given clock."""
    fleet = monitor.connect(shop.root, now=lambda: datetime(2024, 5, 1, 10, 1, tzinfo=UTC))
    stats = fleet["deployment.churn"].service_stats()
    assert (stats.period.start, stats.period.end) == (
        datetime(2024, 4, 24, 11, tzinfo=UTC),
        datetime(2024, 5, 1, 11, tzinfo=UTC),
    )
    assert not stats.has_data


def test_what_it_shows_of_itself_has_no_token(shop: Shop) -> None:
    """Neither the fleet nor a deployment shows how it connects."""
    fleet = monitor.connect(endpoint="http://127.0.0.1:9/api/v2", token="SECRET-abcdef-1234567890")
    assert "SECRET" not in repr(fleet)
    assert repr(monitor.connect(shop.root)["deployment.churn"]) == "Deployment('deployment.churn')"


def test_no_repository_is_a_spec_error(tmp_path: Path) -> None:
    """A directory without a project is refused as by the commands."""
    with pytest.raises(SpecError):
        monitor.connect(tmp_path)


def test_rows_join_on_period_and_model(platform: Platform) -> None:
    """Two models in one bucket are two rows, each with the metrics it has."""
    both = [*buckets(1.0, 2.0, modelId="a", sampleSize=5), *buckets(3.0, modelId="b", sampleSize=6)]
    answers = {"AUC": both, "LogLoss": buckets(0.5, modelId="b", sampleSize=6)}
    platform.bodies["accuracyOverTime/"] = lambda params: {"buckets": answers[params["metric"]]}
    found = platform.read(lambda reader: reader.accuracy_over_time(["AUC", "LogLoss"], model=["a", "b"]))
    names = ("model_id", "AUC", "LogLoss", "sample_size")
    assert [(row["start"].day, *(row[name] for name in names)) for row in found.rows()] == [
        (13, "a", 1.0, None, 5),
        (13, "b", 3.0, 0.5, 6),
        (14, "a", 2.0, None, 5),
    ]
    assert found.document({"id": ID})["accuracy_over_time"]["model_ids"] == ["a", "b"]
