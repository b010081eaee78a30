"""A config repository and a platform to try it on: the real client, planner and executor over an emulator in memory.

Time is the emulator's clock, and the event loop runs by it: where drplan waits, the clock jumps. Nothing sleeps.
"""

import asyncio
import json
import selectors
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import stamina.instrumentation

from drplan.cli.globals import Globals
from drplan.cli.hearing import hearing
from drplan.emulator import Clock, Emulator
from drplan.engine.admission import UnsavedPlanGate
from drplan.engine.apply import apply_plan
from drplan.engine.pipeline import left_to_do, make_plan, plan_again
from drplan.engine.site import Site
from drplan.errors import ApplyError, DrplanError
from drplan.platform.api import Api
from drplan.platform.progress import Progress
from drplan.project.file import load_project
from drplan.project.specs import load_specs
from drplan.project.target import Target
from drplan.records.plans import Plan, Report, Result
from drplan.records.specs import Resource

TOKEN = "SECRET-abcdef-1234567890"
ENDPOINT = "http://emulator.localhost/api/v2"
SERVER = "5f0000000000000000000a01"
CONFIG = "5f48cb94408673683eca0fab"
OLD_CONFIG = "5f48cb94408673683eca0fac"

WORLD = f"""
users:
  - {{name: ada@example.com, token: {TOKEN}}}
  - {{name: bob@example.com, token: SECRET-other-0987654321}}
prediction_servers:
  - {{id: {SERVER}, name: default, url: "https://predictions.example.com"}}
prediction_environments:
  - {{name: serverless, platform: datarobotServerless}}
registered_models:
  - name: churn
    target: churned
    target_type: Binary
    class_names: ["no", "yes"]
    secondary_datasets: optional
    features: {{tenure: Numeric, plan: Categorical}}
    versions:
      - {{number: 1}}
      - {{number: 2}}
      - {{number: 3}}
      - {{number: 4, extra_features: {{tickets: Numeric}}}}   # a replacement by it warns
      - {{number: 5, target: upgraded}}                       # a replacement by it fails
secondary_dataset_configs:
  - {{id: {CONFIG}, name: latest}}
  - {{id: {OLD_CONFIG}, name: older}}
"""

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """A selector that, where a loop would wait for a timer, moves the clock instead."""

    clock: Clock

    def select(self, timeout: float | None = None) -> Any:
        """Return what is ready; with nothing ready, let the time pass that the loop would have waited."""
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout:
            self.clock.advance(timeout + 1e-6)  # a timer is due when its time is over, not when it is reached
        return ready


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that lives in the emulator's time."""

    def __init__(self, clock: Clock) -> None:
        selector = _Jumping()
        selector.clock = clock
        self.clock = clock
        self.start = clock.seconds()  # small numbers: a float of seconds since 1970 is too coarse for a loop's timers
        super().__init__(selector)

    def time(self) -> float:
        """Return the emulator's time in seconds, from this loop's beginning."""
        return self.clock.seconds() - self.start


class Each(httpx.AsyncBaseTransport):
    """A transport that is one function."""

    def __init__(self, respond: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> None:
        self.respond = respond

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        return await self.respond(request)


@dataclass(frozen=True, slots=True)
class Applied:
    """How an apply ended: the exit code the command would have, the plan, and each write's result and message."""

    exit_code: int
    plan: Plan | None
    error: DrplanError | None
    results: Mapping[str, Result]
    messages: Mapping[str, str]


class World:
    """A config repository below `root`, and the platform that its plans are made for."""

    def __init__(self, root: Path, seed: str = WORLD, *, job_seconds: float = 4.0, **options: Any) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        seed_file = root / "world.yaml"
        seed_file.write_text(seed)
        clock = Clock()
        clock.freeze()
        self.emulator = Emulator.open(seed_file, clock=clock, job_seconds=job_seconds, **options)
        self.transport: httpx.AsyncBaseTransport = httpx.ASGITransport(self.emulator.app)
        self.parallelism = 10
        self.waits: list[float] = []
        (root / "deployments").mkdir(exist_ok=True)
        self.project()

    def close(self) -> None:
        """Let go of the platform."""
        self.emulator.close()

    # ------------------------------------------------------------------------------------------------- the repository

    def project(self, name: str = "shop", **content: Any) -> None:
        """Write the project file."""
        (self.root / "drplan.yaml").write_text(json.dumps({"project": name, "endpoint": ENDPOINT, **content}))

    def specs(self, deployments: Mapping[str, Any], **sections: Any) -> None:
        """Make `deployments` (and other sections) the only specs."""
        content = {"deployments": dict(deployments), **sections} if deployments else sections
        text = json.dumps({key: value for key, value in content.items() if value})
        (self.root / "deployments" / "all.yaml").write_text(text if len(text) > 2 else "")

    @property
    def site(self) -> Site:
        """Return the place that commands would work in."""
        project = load_project(self.root)
        return Site(project, Target(str(project.endpoint), "drplan.yaml"))

    # --------------------------------------------------------------------------------------------------- the commands

    def run(self, work: Callable[[Api], Awaitable[T]], **options: Any) -> T:
        """Do some work with a client of the platform, in the emulator's time."""

        def heard(details: Any) -> None:
            self.waits.append(details.wait_for)

        async def inside() -> T:
            settings = {"transport": self.transport, "parallelism": self.parallelism, **options}
            async with Api(ENDPOINT, TOKEN, **settings) as api:
                return await work(api)

        stamina.instrumentation.set_on_retry_hooks([heard])
        try:
            with asyncio.Runner(loop_factory=lambda: _Loop(self.emulator.clock)) as runner:
                return runner.run(inside())
        finally:
            stamina.instrumentation.set_on_retry_hooks([])

    def plan(self, **chosen: Any) -> Plan:
        """Return the plan that `drplan plan --allow-deletions` makes; raise what it raises."""
        where = self.site
        specs = load_specs(where.project)
        return self.run(lambda api: make_plan(api, where, specs, **{"allow_deletions": True, **chosen}))

    def apply(self, *, plan: Plan | None = None, reread: bool = False, **options: Any) -> Applied:
        """Do what `drplan apply --auto-approve --allow-deletions` does (or applying a saved plan, with `reread`)."""
        where = self.site
        specs = load_specs(where.project)
        made = plan

        async def work(api: Api) -> None:
            nonlocal made
            made = made or await make_plan(api, where, specs, allow_deletions=True)
            await self.carry_out(api, made, specs, progress, reread=reread)

        try:
            with hearing(Globals(self.root, None, no_color=True), "text", "apply") as progress:
                self.run(work, **options)
        except DrplanError as error:
            outcomes = error.outcomes if isinstance(error, ApplyError) else ()
            return Applied(
                error.exit_code,
                made,
                error,
                {outcome.key: outcome.result for outcome in outcomes},
                {outcome.key: outcome.message for outcome in outcomes},
            )
        return Applied(0, made, None, {action.key: Result.DONE for action in made.writes} if made else {}, {})

    async def carry_out(
        self, api: Api, plan: Plan, specs: tuple[Resource, ...], progress: Progress, *, reread: bool = False
    ) -> Report:
        """Apply a plan that was made of these specs, as the engine does."""
        project = self.site.project
        left = partial(left_to_do, api, specs, plan)
        reveal = project.overlays.scope.reveal
        gate = UnsavedPlanGate(project)
        again = partial(plan_again, api, specs, plan) if reread else None
        return await apply_plan(api, plan, gate, left=left, again=again, reveal=reveal, progress=progress)

    # --------------------------------------------------------------------------------------------------- the platform

    def fault(self, route: str, kind: str = "status", **more: Any) -> None:
        """Arm a fault."""
        self.emulator.faults.add({"route": route, "kind": kind, **more})

    def forget(self) -> None:
        """Disarm every fault and start the counters anew."""
        self.emulator.faults.clear()
        self.emulator.requests.clear()

    @property
    def counts(self) -> dict[str, int]:
        """Return how often each route was called since `forget`."""
        return dict(self.emulator.requests.counts)

    @property
    def sent(self) -> list[tuple[str, str, Any]]:
        """Return the requests that may change something, in order: method, route and body. Validations are none."""
        return [
            (each["method"], each["route"], each["body"])
            for each in self.emulator.requests.log
            if each["method"] != "GET" and not each["route"].endswith("validation/")
        ]

    def settle(self) -> None:
        """Let every job and lingering deletion end."""
        self.emulator.clock.advance(60)
        self.request("GET", "version/")

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request as somebody else would, and return its JSON."""

        async def send() -> Any:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            transport = httpx.ASGITransport(self.emulator.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"{ENDPOINT}/", headers=headers) as client:
                response = await client.request(method, path, json=body)
                assert response.status_code < 400, response.text
                return response.json() if response.content else None

        return asyncio.run(send())

    def change(self, method: str, path: str, body: Any = None) -> None:
        """Change something behind drplan's back, through to the end of its job."""
        self.request(method, path, body)
        self.settle()

    def stored(self) -> dict[str, dict[str, Any]]:
        """Return every deployment straight from the emulator's database, by id, with its settings and tags."""
        database = self.emulator.store.db
        names = dict(
            database.execute("SELECT id, json_extract(doc, '$.name') FROM objects WHERE kind = 'modelPackage'")
        )
        found = {}
        for id_, document, settings in database.execute("SELECT id, doc, settings FROM deployments ORDER BY seq"):
            doc = json.loads(document)
            tags = database.execute("SELECT name, value FROM tags WHERE subject = ?", (id_,))
            found[id_] = {
                **{key: doc[key] for key in ("label", "description", "importance", "status", "userProvidedId")},
                "model": names[doc["packageId"]],
                "config": doc["secondaryDatasetConfigId"],
                "tags": dict(tags.fetchall()),
                "settings": json.loads(settings),
            }
        return found

    def one(self, name: str) -> dict[str, Any]:
        """Return the only stored deployment that carries the identity `shop/name`."""
        own = f"shop/{name}"
        found = [
            {"id": id_, **each}
            for id_, each in self.stored().items()
            if own in (each["tags"].get("drplan"), each["userProvidedId"])
        ]
        assert len(found) == 1, f"{len(found)} deployments are {own}"
        return found[0]

    def names(self) -> list[str]:
        """Return the identities that deployments carry, one for each deployment that has one."""
        return sorted(each["tags"].get("drplan") or each["userProvidedId"] or "" for each in self.stored().values())


def deployment(label: str, version: int = 1, **more: Any) -> dict[str, Any]:
    """Return a spec of a deployment of the registered model `churn`."""
    return {
        "label": label,
        "model": {"registered_model": "churn", "version": version},
        "prediction_server": SERVER,
        **more,
    }
