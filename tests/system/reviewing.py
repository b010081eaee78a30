"""A platform on which bob approves changes, what ada's drplan asks of it, and bob's part."""

import asyncio
from typing import Any

import httpx
from harness import ENDPOINT, WORLD, World, deployment

from drplan.records.plans import Plan

MATCH = "GET approvalPolicyMatch/"
LIST = "GET changeRequests/"
FILE = "POST changeRequests/"
POLICIES = {
    "model": ("deploymentModel", "update"),
    "status": ("deploymentStatus", "update"),
    "importance": ("deployment", "update"),
    "delete": ("deployment", "delete"),
    "config": ("deploymentConfig", "update"),
    "create": ("deployment", "create"),
}


def guarded(*names: str) -> str:
    """Return a world in which bob reviews these kinds of changes."""
    rows = [
        f"  - {{name: {name}, entity_type: {entity}, action: {action}, reviewers: [bob@example.com]}}"
        for name, (entity, action) in POLICIES.items()
        if name in names
    ]
    return "\n".join([WORLD, "approval_policies:", *rows]) + "\n"


def live(world: World, *names: str, **more: Any) -> None:
    """Create these deployments, and forget how."""
    world.specs({name: deployment(name, **more) for name in names})
    assert world.apply().exit_code == 0
    world.settle()
    world.forget()


def bob(world: World, method: str, path: str, body: Any = None) -> Any:
    """Return the JSON of bob's request."""

    async def send() -> Any:
        headers = {"Authorization": "Bearer SECRET-other-0987654321"}
        transport = httpx.ASGITransport(world.emulator.app)
        async with httpx.AsyncClient(transport=transport, base_url=f"{ENDPOINT}/", headers=headers) as client:
            response = await client.request(method, path, json=body)
            assert response.status_code < 400, response.text
            return response.json()

    return asyncio.run(send())


def requests(world: World, **wanted: str) -> list[dict[str, Any]]:
    """Return the change requests on the platform, as bob sees them."""
    found = bob(world, "GET", "changeRequests/")["data"]
    return [each for each in found if all(each[key] == value for key, value in wanted.items())]


def approve(world: World, *, status: str = "approved") -> None:
    """Have bob review every open request, and let what follows from it happen."""
    for each in requests(world):
        if each["userOperations"]["canReview"]:
            body = {"changeVersionId": each["changeVersionId"], "status": status}
            bob(world, "POST", f"changeRequests/{each['id']}/reviews/", body)
    world.settle()


def writes(plan: Plan) -> list[tuple[str, str]]:
    """Return what a plan does: verb and key of each write."""
    return [(action.verb.value, action.key) for action in plan.writes]


def warnings(plan: Plan) -> list[str]:
    """Return what a plan warns of, without ids."""
    return [str(each).partition(": change request")[0] for each in plan.diagnostics]
