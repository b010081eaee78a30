"""The readings of one deployment, asynchronously: one request each, where nothing else is said."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from drplan.clock import Clock, utc_now
from drplan.errors import Rejected, UsageError
from drplan.monitor import explain
from drplan.monitor.explain import Area
from drplan.monitor.query import Models, Query, check_quantile, check_threshold
from drplan.monitor.subject import Subject
from drplan.platform.api import Api
from drplan.readings import metrics
from drplan.readings.accuracy import Accuracy, parse_accuracy
from drplan.readings.base import Reading
from drplan.readings.drift import FeatureDrift, TargetDrift, parse_feature_drift, parse_target_drift
from drplan.readings.fairness import Fairness, parse_fairness
from drplan.readings.predictions import (
    PredictionsOverTime,
    PredictionsVsActuals,
    parse_predictions_over_time,
    parse_predictions_vs_actuals,
)
from drplan.readings.series import AccuracyOverTime, ServiceStatsOverTime, accuracy_series, service_series
from drplan.readings.service import ServiceStats, parse_service_stats
from drplan.readings.times import Moment, Size

FEATURES_A_PAGE = "100"
_AREAS = {
    ServiceStats: explain.SERVICE,
    ServiceStatsOverTime: explain.SERVICE,
    TargetDrift: explain.TARGET_DRIFT,
    FeatureDrift: explain.FEATURE_DRIFT,
    Accuracy: explain.ACCURACY,
    AccuracyOverTime: explain.ACCURACY,
    PredictionsOverTime: explain.PREDICTIONS,
    PredictionsVsActuals: explain.ACTUALS,
    Fairness: explain.FAIRNESS,
}


class Reader:
    """Reads the monitoring of one deployment.

    What all its methods take:

    start, end     any ISO 8601 time or date, or a datetime, on the top of an hour; without an offset it is UTC. The
                   default is the last seven days, up to the next top of the hour.
    bucket         an ISO 8601 duration (or a timedelta) of whole hours, within the period; the platform chooses one
                   when it is left out
    model          a model's id, a past champion's too; the default is the present champion
    segment        a segment attribute and its value: `("region", "north")`
    target_class   a class of the target, or several

    They raise UsageError for a query that makes no sense, Refused when the deployment does not record what is asked
    for (the diagnostics say which setting is off, and where its spec is), ApiError when the platform cannot be read.
    """

    def __init__(self, api: Api, subject: Subject, *, now: Clock = utc_now) -> None:
        self.api = api
        self.subject = subject
        self.now = now
        self._settings: asyncio.Task[Any] | None = None

    async def service_stats(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        model: str | None = None,
        segment: tuple[str, str] | None = None,
        quantile: float = 0.5,
        slow_threshold: float = 1000,
    ) -> ServiceStats:
        """Return how the model answered; `quantile` is that of the two times, `slow_threshold` in milliseconds."""
        query = self._query(start=start, end=end, model=model, segment=segment)
        params = [
            *query.params(),
            ("executionTimeQuantile", f"{check_quantile(quantile):g}"),
            ("responseTimeQuantile", f"{quantile:g}"),
            ("slowRequestsThreshold", f"{check_threshold(slow_threshold):g}"),
        ]
        answer = await self._get("serviceStats/", params, explain.SERVICE, query)
        return parse_service_stats(answer, query.period, query.segment, quantile, slow_threshold)

    async def service_stats_over_time(
        self,
        metric: str | Sequence[str] = "totalPredictions",
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        bucket: Size | None = None,
        model: str | None = None,
        segment: tuple[str, str] | None = None,
        quantile: float = 0.5,
        slow_threshold: float = 1000,
    ) -> ServiceStatsOverTime:
        """Return one or several service statistics over time: a request each.

        Where the platform gives a zero for a rate or a time, the requests over time are read too, since without any
        there is no such value.
        """
        names = metrics.known_metrics(_several(metric), metrics.SERVICE_BY_WIRE, "service")
        query = self._query(start=start, end=end, bucket=bucket, model=model, segment=segment)
        check_quantile(quantile)
        check_threshold(slow_threshold)

        async def one(name: str) -> Any:
            params = [*query.params(), ("metric", name)]
            if metrics.SERVICE_BY_WIRE[name].unit == "ms":
                params.append(("quantile", f"{quantile:g}"))
            if name == "slowRequests":
                params.append(("threshold", f"{slow_threshold:g}"))
            return await self._get("serviceStatsOverTime/", params, explain.SERVICE, query)

        answers = dict(zip(names, await _all(one, names), strict=True))
        series = {name: service_series(answers[name], name) for name in names}
        doubtful = [
            name
            for name in names
            if metrics.SERVICE_BY_WIRE[name].needs_requests and any(point.value == 0 for point in series[name].points)
        ]
        if doubtful:
            requests = series.get("totalRequests") or service_series(await one("totalRequests"), "totalRequests")
            series |= {name: service_series(answers[name], name, requests) for name in doubtful}
        return ServiceStatsOverTime(query.period, query.bucket, query.models, query.segment, tuple(series.values()))

    async def target_drift(
        self,
        *,
        metric: str = "psi",
        start: Moment | None = None,
        end: Moment | None = None,
        model: str | None = None,
        segment: tuple[str, str] | None = None,
    ) -> TargetDrift:
        """Return how far the predictions have drifted: psi, kl_divergence, dissimilarity, hellinger, js_divergence."""
        (name,) = metrics.known_metrics([metric], metrics.DRIFT, "drift")
        query = self._query(start=start, end=end, model=model, segment=segment)
        params = [*query.params(), ("metric", name)]
        answer = await self._get("targetDrift/", params, explain.TARGET_DRIFT, query)
        return parse_target_drift(answer, query.period, query.segment, name)

    async def feature_drift(
        self,
        *,
        metric: str = "psi",
        start: Moment | None = None,
        end: Moment | None = None,
        model: str | None = None,
        segment: tuple[str, str] | None = None,
    ) -> FeatureDrift:
        """Return how far each tracked feature has drifted: a request per hundred features."""
        (name,) = metrics.known_metrics([metric], metrics.DRIFT, "drift")
        query = self._query(start=start, end=end, model=model, segment=segment)
        params: list[tuple[str, str]] = [*query.params(), ("metric", name), ("limit", FEATURES_A_PAGE)]
        pages = [await self._get("featureDrift/", params, explain.FEATURE_DRIFT, query)]
        while pages[-1].get("next") and pages[-1].get("data"):
            params = parse_qsl(urlsplit(str(pages[-1]["next"])).query)
            pages.append(await self._get("featureDrift/", params, explain.FEATURE_DRIFT, query))
        return parse_feature_drift(pages, query.period, query.segment, name)

    async def accuracy(
        self,
        metric: str | Sequence[str] = (),
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        model: Models = None,
        target_class: Models = None,
        segment: tuple[str, str] | None = None,
    ) -> Accuracy:
        """Return the accuracy metrics that the platform reports, or only those named; of several models, one metric."""
        wanted = metrics.fitting(_several(metric), self.subject.target_type)
        query = self._query(start=start, end=end, model=model, target_class=target_class, segment=segment)
        if len(query.models) > 1 and len(wanted) != 1:
            raise UsageError("the accuracy of several models is compared by one metric; name it with --metric")
        params = query.params() + ([("metric", wanted[0])] if len(wanted) == 1 else [])
        answer = await self._get("accuracy/", params, explain.ACCURACY, query)
        found = parse_accuracy(answer, query.period, query.segment)
        known = dict.fromkeys(score.metric for score in found.metrics)
        missing = [name for name in wanted if name not in known]
        if missing and known:
            reported = ", ".join(known)
            raise UsageError(
                f"the platform does not report {', '.join(missing)} for {self.subject.name}, but {reported}"
            )
        return found.only(wanted) if wanted else found

    async def accuracy_over_time(
        self,
        metric: str | Sequence[str] = (),
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        bucket: Size | None = None,
        model: Models = None,
        target_class: Models = None,
        segment: tuple[str, str] | None = None,
    ) -> AccuracyOverTime:
        """Return accuracy metrics over time, side by side: a request each; without one, the platform's default."""
        names = metrics.fitting(_several(metric), self.subject.target_type)
        query = self._query(
            start=start, end=end, bucket=bucket, model=model, target_class=target_class, segment=segment
        )

        async def one(name: str) -> Any:
            params = query.params() + ([("metric", name)] if name else [])
            return await self._get("accuracyOverTime/", params, explain.ACCURACY, query)

        asked = names or ("",)
        answers = await _all(one, asked)
        series = [accuracy_series(answer, name) for name, answer in zip(asked, answers, strict=True)]
        return AccuracyOverTime(query.period, query.bucket, query.models, query.segment, tuple(series))

    async def predictions_over_time(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        bucket: Size | None = None,
        model: Models = None,
        target_class: Models = None,
        segment: tuple[str, str] | None = None,
        percentiles: bool = False,
    ) -> PredictionsOverTime:
        """Return what was predicted over time; with `percentiles`, those of binary and regression predictions too."""
        query = self._query(
            start=start, end=end, bucket=bucket, model=model, target_class=target_class, segment=segment
        )
        params = [*query.params(), ("includePercentiles", str(percentiles))]
        answer = await self._get("predictionsOverTime/", params, explain.PREDICTIONS, query)
        return parse_predictions_over_time(answer, query.period, query.bucket, query.segment)

    async def predictions_vs_actuals(
        self,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        bucket: Size | None = None,
        model: Models = None,
        target_class: Models = None,
        segment: tuple[str, str] | None = None,
    ) -> PredictionsVsActuals:
        """Return what was predicted beside what became true, over time."""
        query = self._query(
            start=start, end=end, bucket=bucket, model=model, target_class=target_class, segment=segment
        )
        answer = await self._get("predictionsVsActualsOverTime/", query.params(), explain.ACTUALS, query)
        return parse_predictions_vs_actuals(answer, query.period, query.bucket, query.segment)

    async def fairness(
        self,
        *,
        metric: str | None = None,
        feature: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        bucket: Size | None = None,
        model: str | None = None,
    ) -> Fairness:
        """Return the fairness scores of a protected feature; the platform chooses metric and feature when left out."""
        query = self._query(start=start, end=end, bucket=bucket, model=model)
        params = query.params()
        params += [("fairnessMetric", metric)] if metric else []
        params += [("protectedFeature", feature)] if feature else []
        answer = await self._get("fairnessScoresOverTime/", params, explain.FAIRNESS, query)
        return parse_fairness(answer, query.period, query.bucket)

    async def why_empty(self, reading: Reading) -> str:
        """Return one sentence on why a reading has no data; raise Refused when a setting is off.

        It costs one read of the settings for all the questions that one reader is asked.
        """
        period = getattr(reading, "period", None)
        return await explain.no_data(self._read_settings, self.subject, _AREAS[type(reading)], period)

    # ------------------------------------------------------------------------------------------------------ details

    def _query(self, **given: Any) -> Query:
        return Query.of(self.now(), **given)

    async def _get(self, route: str, params: list[tuple[str, str]], area: Area, query: Query) -> Any:
        try:
            return await self.api.get(f"deployments/{self.subject.id}/{route}", params)
        except Rejected as error:
            raise await explain.rejected(
                self.api, self._read_settings, self.subject, area, error, query.models
            ) from None

    async def _read_settings(self) -> Any:
        """Return the settings, read at most once by a reader: many readings may ask why they are empty."""
        if self._settings is None:
            path = explain.SETTINGS.replace("{id}", self.subject.id)
            self._settings = asyncio.ensure_future(self.api.get(path))
        return await self._settings


async def _all(one: Callable[[str], Awaitable[Any]], names: Iterable[str]) -> list[Any]:
    return list(await asyncio.gather(*map(one, names)))


def _several(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)
