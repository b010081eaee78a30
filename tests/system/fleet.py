"""A fleet in which one plan holds every kind of action, and what the platform must hold once that plan is through."""

import json
from collections.abc import Callable
from typing import Any

import httpx
from harness import CONFIG, WORLD, World, deployment

from drplan.emulator import ConnectionDropped
from drplan.records.plans import Action, Plan, Result, Verb

IDS = {
    name: f"5f00000000000000000d{number:04}"
    for number, name in enumerate(("upd", "rep", "taken", "on", "off", "swap", "gone", "stranger"))
}

SEED = (
    WORLD
    + f"""
features: {{replacement_resets: [predictionsDataCollection, associationId]}}
deployments:
  - {{id: {IDS["upd"]}, label: Old label, importance: LOW, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/upd, team: growth, stale: "yes"}},
      secondary_dataset_config: older}}
  - {{id: {IDS["rep"]}, label: Replaced, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/rep}},
      settings: {{predictionsDataCollection: {{enabled: true}}}}}}
  - {{id: {IDS["taken"]}, label: Found, model: {{registered_model: churn, version: 1}}, prediction_server: default}}
  - {{id: {IDS["on"]}, label: Turned on, status: inactive, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/on}}}}
  - {{id: {IDS["off"]}, label: Turned off, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/off}}}}
  - {{id: {IDS["swap"]}, label: Swap, status: inactive, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/swap}}}}
  - {{id: {IDS["gone"]}, label: Gone, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: shop/gone}}}}
  - {{id: {IDS["stranger"]}, label: Stranger, model: {{registered_model: churn, version: 1}},
      prediction_server: default, tags: {{drplan: other/rep}}}}
"""
)

DRIFT = {"target_drift_enabled": False, "feature_drift_enabled": True}
SPECS = {
    "new": deployment(
        "New",
        2,
        importance="HIGH",
        prediction_environment="cluster",
        tags={"team": "retention"},
        settings={
            "drift_tracking": DRIFT,
            "prediction_warning": {"enabled": True, "custom_boundaries": {"lower_boundary": 0, "upper_boundary": 0}},
            "secondary_dataset_config": {"id": CONFIG},
        },
    ),
    "upd": deployment(
        "New label",
        importance="CRITICAL",
        tags={"team": "retention", "stale": None},
        settings={"drift_tracking": DRIFT, "secondary_dataset_config": {"id": CONFIG}},
    ),
    "rep": deployment(
        "Replaced",
        2,
        replacement={"reason": "ACCURACY"},
        settings={
            "predictions_data_collection": {"enabled": True},
            "association_id": {"column_names": ["customer_id"], "required_in_prediction_requests": False},
        },
    ),
    "taken": deployment("Found", id=IDS["taken"]),
    "on": deployment("Turned on", status="active"),
    "off": deployment("Turned off", status="inactive"),
    "swap": deployment("Swap", 3, status="inactive"),
}
del SPECS["new"]["prediction_server"]
ENVIRONMENTS = {
    "cluster": {"platform": "aws"},
    "serverless": {"platform": "datarobotServerless", "description": "Ours."},
}

KEYS = (
    "prediction_environment.cluster/create",
    "prediction_environment.serverless/details",
    "deployment.new/create",
    "deployment.new/tags/drplan",
    "deployment.new/tags/team",
    "deployment.new/settings",
    "deployment.new/secondary_dataset_config",
    "deployment.upd/details",
    "deployment.upd/tags/stale",
    "deployment.upd/tags/team",
    "deployment.upd/settings",
    "deployment.upd/secondary_dataset_config",
    "deployment.rep/settings",
    "deployment.rep/model",
    "deployment.rep/reassert-settings",
    "deployment.taken/tags/drplan",
    "deployment.on/activate",
    "deployment.off/deactivate",
    "deployment.swap/activate",
    "deployment.swap/model",
    "deployment.swap/deactivate",
    "deployment.gone/delete",
)

_CHAINS = [
    [key for key in KEYS if key.startswith(f"deployment.{name}/")]
    for name in ("new", "upd", "rep", "taken", "on", "off", "swap")
]
WAVES: dict[str, list[str]] = {
    "environments": [key for key in KEYS if key.startswith("prediction_environment.")],
    **{f"step {step}": [chain[step] for chain in _CHAINS if len(chain) > step] for step in range(5)},
    "deletion": ["deployment.gone/delete"],
}
"""KEYS in groups that hold at most one action of each address, so that a group can be struck in one run."""


def prepare(world: World) -> None:
    """Write the fleet's specs into a world that was opened on SEED."""
    world.specs(SPECS, prediction_environments=ENVIRONMENTS)


def facts(world: World) -> dict[str, Any]:
    """Return what the platform's own database holds of the fleet, by name, in the platform's terms."""
    stored = world.stored()
    by_name = {name: stored.get(id_) for name, id_ in IDS.items()}
    news = [each for id_, each in stored.items() if id_ not in IDS.values()]
    database = world.emulator.store.db
    query = "SELECT name, json_extract(doc, '$.description') FROM objects WHERE kind = ? ORDER BY name"
    environments = database.execute(query, ("predictionEnvironment",))
    return {
        "new": [_seen(each) for each in news],
        **{name: each and _seen(each) for name, each in by_name.items()},
        "environments": environments.fetchall(),
    }


def _seen(each: dict[str, Any]) -> dict[str, Any]:
    settings = each["settings"]
    return {
        **{key: each[key] for key in ("label", "importance", "status", "model", "config", "tags")},
        "drift": (settings["targetDrift"]["enabled"], settings["featureDrift"]["enabled"]),
        "warning": (settings["predictionWarning"]["enabled"], settings["predictionWarning"]["customBoundaries"]),
        "collection": settings["predictionsDataCollection"]["enabled"],
        "association": settings["associationId"]["columnNames"],
    }


def _as(label: str, name: str | None, version: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "label": label,
        "importance": "MODERATE",
        "status": "active",
        "model": f"churn (v{version})",
        "config": None,
        "tags": {"drplan": f"shop/{name}"},
        "drift": (True, True),
        "warning": (False, None),
        "collection": False,
        "association": None,
        **more,
    }


REACHED = {
    "new": [
        _as(
            "New",
            "new",
            2,
            importance="HIGH",
            config=CONFIG,
            tags={"drplan": "shop/new", "team": "retention"},
            drift=(False, True),
            warning=(True, {"lower": 0, "upper": 0}),
        )
    ],
    "upd": _as(
        "New label",
        "upd",
        importance="CRITICAL",
        config=CONFIG,
        tags={"drplan": "shop/upd", "team": "retention"},
        drift=(False, True),
    ),
    "rep": _as("Replaced", "rep", 2, collection=True, association=["customer_id"]),
    "taken": _as("Found", "taken"),
    "on": _as("Turned on", "on"),
    "off": _as("Turned off", "off", status="inactive"),
    "swap": _as("Swap", "swap", 3, status="inactive"),
    "gone": None,
    "stranger": _as("Stranger", "", tags={"drplan": "other/rep"}),
    "environments": [("cluster", ""), ("serverless", "Ours.")],
}
"""What the database must hold once the specs are applied, written down by hand: no diff has a say in it."""


class Striking(httpx.AsyncBaseTransport):
    """The platform's transport, on which the requests of chosen actions meet a fault.

    `times` is how often each is struck; None: always. A fault is one of the names in `FAULTS`.
    """

    def __init__(self, world: World, plan: Plan, faults: dict[str, str], times: int | None = None) -> None:
        self.inner = world.transport
        self.world = world
        self.actions = [action for action in plan.writes if action.key in faults]
        self.faults = faults
        self.left = dict.fromkeys(faults, times)
        self.replaced: set[str] = set()
        self.struck: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, with the fault of its action if it has one."""
        path = request.url.path.removeprefix("/api/v2/")
        key = next((action.key for action in self.actions if self.is_of(action, request, path)), None)
        self.note(request.method, path)
        if key is None or self.left[key] == 0:
            return await self.inner.handle_async_request(request)
        left = self.left[key]
        self.left[key] = None if left is None else left - 1
        self.struck.append(key)
        return await {**FAULTS, "lie": _lie}[self.faults[key]](self.inner, request)

    def note(self, method: str, path: str) -> None:
        """Remember a replacement: what is sent after it belongs to a reassert."""
        if method == "PATCH" and path.endswith("/model/"):
            self.replaced.add(path.split("/")[1])

    def is_of(self, action: Action, request: httpx.Request, path: str) -> bool:
        """Tell whether a request is an action's."""
        if request.method != action.method or path != action.path.replace("{id}", self._id(action)):
            return False
        if action.group == "settings" and action.address.name == "rep":
            return (self._id(action) in self.replaced) == (action.verb is Verb.REASSERT)
        if action.verb in (Verb.ACTIVATE, Verb.DEACTIVATE) or "/tags/" in action.key:
            sent = json.loads(request.content or b"null")
            return bool(sent == (dict(action.body) if action.body else None))
        return True

    def _id(self, action: Action) -> str:
        if action.id or action.verb is Verb.CREATE:
            return action.id or ""
        known = self.world.stored()
        return next((id_ for id_ in known if id_ not in IDS.values()), "none")


class Losing(httpx.AsyncBaseTransport):
    """The platform's transport, on which one action's job (the one that its request starts) can never be read."""

    def __init__(self, world: World, action: Action, fault: str) -> None:
        self.inner = world.transport
        self.fault = fault
        self.asks = Striking(world, Plan("", "", "", (), (action,)), {action.key: ""})
        self.action = action
        self.job = "none"

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request; remember the job that the action starts."""
        path = request.url.path.removeprefix("/api/v2/")
        if path == f"status/{self.job}/":
            return await FAULTS[self.fault](self.inner, request)
        mine = self.asks.is_of(self.action, request, path)
        self.asks.note(request.method, path)
        response = await self.inner.handle_async_request(request)
        if mine and response.status_code == 202:
            self.job = response.headers["location"].split("/")[-2]
        return response


def _answer(status: int, *, after: bool = False, headers: dict[str, str] | None = None) -> Callable[..., Any]:
    async def answer(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
        if after:
            await inner.handle_async_request(request)
        return httpx.Response(status, json={"message": "struck"}, headers=headers)

    return answer


def _drop(*, after: bool) -> Callable[..., Any]:
    async def drop(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
        if after:
            await inner.handle_async_request(request)
        raise ConnectionDropped("struck")

    return drop


async def _page(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    del inner, request
    return httpx.Response(200, html="<html>Please sign in</html>")


async def _refuse(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    del inner
    raise httpx.ConnectError("struck", request=request)


async def _lie(inner: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    del inner, request
    return httpx.Response(204)


FAULTS: dict[str, Callable[..., Any]] = {
    "500": _answer(500),
    "404": _answer(404),
    "409": _answer(409),
    "422": _answer(422),
    "429": _answer(429),
    "503": _answer(503, headers={"Retry-After": "2"}),
    "502 after": _answer(502, after=True),
    "drop before": _drop(after=False),
    "drop after": _drop(after=True),
    "refused": _refuse,
    "html": _page,
}


def expected(plan: Plan, hit: dict[str, Result]) -> dict[str, Result]:
    """Return every write's result when the actions in `hit` end so: dependents and deletions are skipped, no others."""
    results: dict[str, Result] = {}
    for action in plan.writes:
        needed = list(action.needs)
        if action.verb is Verb.DELETE:
            needed += [other.key for other in plan.writes if other.verb is not Verb.DELETE]
        if any(results[key] is not Result.DONE for key in needed):
            results[action.key] = Result.SKIPPED
        else:
            results[action.key] = hit.get(action.key, Result.DONE)
    return results
