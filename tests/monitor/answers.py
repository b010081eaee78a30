"""A platform that answers monitoring routes with given bodies, and remembers what it was asked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx

from drplan.monitor import Reader, Subject
from drplan.platform.api import Api
from drplan.records.specs import Address, Desired, Resource, Where

NOW = datetime(2026, 7, 20, 10, 25, 7, tzinfo=UTC)
ID = "5e319d2e422fbd6b58a5edad"
CHAMPION = "5f0000000000000000000001"
PAST = "5f0000000000000000000002"
WEEK = {"start": "2026-07-13T11:00:00Z", "end": "2026-07-20T11:00:00Z"}
SETTINGS = {
    "targetDrift": {"enabled": True},
    "featureDrift": {"enabled": True},
    "associationId": {"columnNames": ["customer_id"]},
    "biasAndFairness": {"protectedFeatures": ["region"]},
}

T = TypeVar("T")


class Platform:
    """Answers `GET deployments/<ID>/<route>` with `bodies[route]`: a body, a status with one, or a function of both."""

    def __init__(self) -> None:
        self.bodies: dict[str, Any] = {"settings/": SETTINGS}
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []
        self.target_type = "Binary"
        self.resource: Resource | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        route = request.url.path.partition(f"/deployments/{ID}/")[2]
        self.asked.append((route, request.url.params.multi_items()))
        body = self.bodies.get(route, (404, {"message": "404 Not Found"}))
        if callable(body):
            body = body(request.url.params)
        status, body = body if isinstance(body, tuple) else (200, body)
        return httpx.Response(status, json=body)

    @property
    def routes(self) -> list[str]:
        """Return the routes that were asked, in order."""
        return [route for route, _ in self.asked]

    def read(self, work: Callable[[Reader], Awaitable[T]]) -> T:
        """Do something with a reader of the deployment, at NOW."""

        async def inside() -> T:
            async with Api("http://platform/api/v2", "token-1234567", transport=httpx.MockTransport(self)) as api:
                model = {"id": CHAMPION, "targetType": self.target_type}
                item = {"id": ID, "label": "Churn", "model": model}
                address = self.resource and self.resource.address
                return await work(Reader(api, Subject(ID, item, address, self.resource), now=lambda: NOW))

        return asyncio.run(inside())

    def spec(self, desired: Mapping[str, Any]) -> None:
        """Give the deployment a spec: setting path to value, all in one file, a line each."""
        lines = {
            path: Desired(value, Where("deployments/churn.yaml", line, 9))
            for line, (path, value) in enumerate(desired.items(), 4)
        }
        self.resource = Resource(Address("deployment", "churn"), lines, Where("deployments/churn.yaml", 2, 3))


def buckets(*values: Any, **more: Any) -> list[dict[str, Any]]:
    """Return daily buckets from 2026-07-13 on, with `value`."""
    return [
        {
            "period": {"start": f"2026-07-{13 + n}T11:00:00Z", "end": f"2026-07-{14 + n}T11:00:00Z"},
            "value": value,
            **more,
        }
        for n, value in enumerate(values)
    ]
