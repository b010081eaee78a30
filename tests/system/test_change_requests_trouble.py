"""Change requests when something is in the way: other requests, lost answers, late policies, odd platforms."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from harness import WORLD, World, deployment
from reviewing import FILE, LIST, MATCH, approve, guarded, live, requests, writes

from drplan.apply.filing import file
from drplan.errors import DrplanError, Refused
from drplan.records.plans import Action, Result, Verb
from drplan.records.specs import Address

Open = Callable[..., World]


def test_without_a_workflow(open_world: Open) -> None:
    """Where the platform has no approvals, changes are made."""
    world = open_world(WORLD + "features: {approvals: false}\n")
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    assert world.apply().exit_code == 0
    assert (world.one("a")["model"], FILE in world.counts) == ("churn (v2)", False)


@pytest.mark.parametrize("status", [403, 404, 405, 501])
def test_policies_that_cannot_be_read(open_world: Open, status: int) -> None:
    """A platform that does not tell about policies, or does not tell this user, is asked for nothing."""
    world = open_world()
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(MATCH, status=status)
    assert writes(world.plan()) == [("replace", "deployment.a/model")]


class Matching(httpx.AsyncBaseTransport):
    """A platform that answers every question for a policy with the same JSON."""

    def __init__(self, inner: httpx.AsyncBaseTransport, answer: Any) -> None:
        self.inner = inner
        self.answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.path.endswith("/approvalPolicyMatch/"):
            return httpx.Response(200, json=self.answer)
        return await self.inner.handle_async_request(request)


@pytest.mark.parametrize(
    ("answer", "verb"),
    [
        ({"id": "p"}, "request"),
        ({"data": [{"name": "p"}]}, "request"),
        ([{"name": "p"}], "request"),
        ({"approvalPolicy": {"name": "p"}}, "request"),
        (None, "replace"),
        ({}, "replace"),
        ([], "replace"),
        ({"policyId": None}, "replace"),
        ({"data": [], "count": 0}, "replace"),
    ],
)
def test_a_match_in_any_shape(open_world: Open, answer: Any, verb: str) -> None:
    """The reference does not give the shape of a match: whatever names a policy is one, and nothing else."""
    world = open_world()
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.transport = Matching(world.transport, answer)
    assert writes(world.plan()) == [(verb, "deployment.a/model")]


def test_another_request_for_the_same_thing(open_world: Open) -> None:
    """A second request is not filed while another one is open: the plan names that, and after cancelling it is made."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    assert world.apply().exit_code == 0
    (first,) = requests(world)
    world.specs({"a": deployment("a", 3)})
    with pytest.raises(Refused) as caught:
        world.plan()
    (problem,) = caught.value.diagnostics
    assert (problem.path, first["id"] in problem.summary) == ("deployment.a", True)
    assert problem.detail == "cancel that request, or wait until it is through, and plan again"
    world.change("PATCH", f"changeRequests/{first['id']}/status/", {"status": "cancelled"})
    assert world.apply().exit_code == 0
    assert len(requests(world, status="pending")) == 1


def test_a_request_that_appears_between_plan_and_apply(open_world: Open) -> None:
    """An equal one is taken for ours; one for another change fails the action, and nothing is filed."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    plan = world.plan()
    assert world.apply(plan=plan).exit_code == 0
    world.forget()
    assert world.apply(plan=plan).exit_code == 0
    assert (FILE in world.counts, len(requests(world))) == (False, 1)
    world.specs({"a": deployment("a", 3)})
    (first,) = requests(world)
    world.change("PATCH", f"changeRequests/{first['id']}/status/", {"status": "cancelled"})
    other = world.plan()
    world.specs({"a": deployment("a", 2)})
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("a", 3)})
    applied = world.apply(plan=other)
    assert (applied.exit_code, applied.results) == (6, {"deployment.a/model": Result.FAILED})
    assert "another change is asked for already" in applied.messages["deployment.a/model"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", [{"kind": "status", "status": 502}, {"kind": "drop"}])
def test_an_unclear_answer(open_world: Open, kind: dict[str, Any], when: str) -> None:
    """Filed once: found where it was made, reported as unknown where it was not; the next run files it."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(FILE, when=when, **kind)
    applied = world.apply()
    assert world.counts[FILE] == 1
    if when == "after":
        assert (applied.exit_code, len(requests(world))) == (0, 1)
        return
    assert (applied.exit_code, applied.results) == (6, {"deployment.a/model": Result.UNKNOWN})
    assert world.apply().exit_code == 0
    assert len(requests(world)) == 1


def test_a_policy_that_comes_between_plan_and_apply(open_world: Open) -> None:
    """The direct change is refused by the platform: it fails with what to do, and the next run asks."""
    world = open_world()
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    plan = world.plan()
    body = {"name": "p", "trigger": {"entityType": "deploymentModel", "action": "update"}}
    world.request("POST", "approvalPolicies/", body)
    applied = world.apply(plan=plan)
    assert (applied.exit_code, applied.results) == (6, {"deployment.a/model": Result.FAILED})
    assert applied.messages["deployment.a/model"].endswith(
        "a policy of the platform has such changes approved first, since after this plan was made: plan again"
    )
    assert world.apply().exit_code == 0
    assert [each["action"] for each in world.request("GET", "changeRequests/")["data"]] == ["replaceModelPackage"]


def test_validation_still_gates(open_world: Open) -> None:
    """A replacement that the platform would not take is not even asked for."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 5)})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])


def test_changes_requested_is_still_pending(open_world: Open) -> None:
    """A request that a reviewer sent back stays open, and the plan says how it stands."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    assert world.apply().exit_code == 0
    approve(world, status="changesRequested")
    plan = world.plan()
    assert (writes(plan), "(changesRequested)" in str(plan.diagnostics[0])) == ([], True)


def test_a_new_deployment_that_shall_be_inactive(open_world: Open) -> None:
    """What follows a creation is asked for under the id that the creation has answered with."""
    world = open_world(guarded("status"))
    world.specs({"a": deployment("a", status="inactive")})
    assert world.apply().exit_code == 0
    (filed,) = requests(world)
    assert (filed["entityId"], filed["change"]) == (world.one("a")["id"], {"status": "inactive"})
    assert writes(world.plan()) == []
    approve(world)
    assert (world.one("a")["status"], writes(world.plan())) == ("inactive", [])


def test_a_turn_that_has_to_be_approved(open_world: Open) -> None:
    """A replacement that needs an active deployment waits until the activation is approved, and then turns it off."""
    world = open_world(WORLD)
    live(world, "a", status="inactive")
    body = {"name": "p", "trigger": {"entityType": "deploymentStatus", "action": "update"}}
    bobs = next(each["id"] for each in world.emulator.store.find("user") if each["username"] == "bob@example.com")
    world.request("POST", "approvalPolicies/", {**body, "review": {"reviewers": [bobs]}})
    world.specs({"a": deployment("a", 2, status="inactive")})
    assert world.apply().exit_code == 0
    assert [each["change"] for each in requests(world)] == [{"status": "active"}]
    assert writes(world.plan()) == []
    approve(world)
    assert world.apply().exit_code == 0
    assert (world.one("a")["model"], requests(world, status="pending")[0]["change"]) == (
        "churn (v2)",
        {"status": "inactive"},
    )
    approve(world)
    assert (world.one("a")["status"], writes(world.plan())) == ("inactive", [])


def test_failures_and_pending_together(open_world: Open, said: Callable[[], tuple[str, str]]) -> None:
    """A failed action makes the run fail; what awaits approval is told apart from what was not attempted."""
    world = open_world(guarded("model"))
    live(world, "a", "b")
    world.specs({"a": deployment("a", 2), "b": deployment("renamed", tags={"x": "y"})})
    world.fault("PATCH deployments/{id}/", status=422, message="No.")
    said()
    applied = world.apply()
    assert (applied.exit_code, applied.results) == (
        6,
        {
            "deployment.a/model": Result.PENDING,
            "deployment.b/details": Result.FAILED,
            "deployment.b/tags/x": Result.SKIPPED,
        },
    )
    told = said()[0]
    assert str(applied.error) == "2 of 3 actions were not done: 1 failed, 1 not attempted"
    assert told.index("Failed:") < told.index("Not attempted:") < told.index("Awaiting approval:")


def test_a_deletion_waits_for_what_awaits_approval(open_world: Open) -> None:
    """Nothing is deleted while something else awaits approval; that is no failure, and the next run deletes it."""
    world = open_world(guarded("model"))
    live(world, "a", "b")
    world.specs({"a": deployment("a", 2)})
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a", "shop/b"]
    assert writes(world.plan()) == [("delete", "deployment.b/delete")]
    assert world.apply().exit_code == 0
    world.settle()
    assert world.names() == ["shop/a"]


def test_policies_that_fail_to_be_read(open_world: Open) -> None:
    """A platform that breaks over the question cannot be planned for: exit code 5, nothing sent."""
    world = open_world()
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(MATCH, status=500, count=None)
    assert (world.apply().exit_code, world.sent) == (5, [])


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        ({"status": 422}, Result.FAILED),
        ({"status": 502, "when": "before"}, Result.UNKNOWN),
        ({"kind": "drop", "when": "before"}, Result.UNKNOWN),
    ],
)
def test_a_request_that_is_not_made(open_world: Open, fault: dict[str, Any], result: Result) -> None:
    """A refused request fails; one whose answer is lost, and which does not appear, is unknown and not sent again."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(FILE, count=1, **fault)
    applied = world.apply()
    assert (applied.exit_code, applied.results["deployment.a/model"]) == (6, result)
    assert (world.counts[FILE], requests(world)) == (1, [])
    world.forget()
    assert world.apply().exit_code == 0
    assert len(requests(world, status="pending")) == 1


class Refusing(httpx.AsyncBaseTransport):
    """A platform whose connections are refused where change requests are filed."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "POST" and request.url.path.endswith("/changeRequests/"):
            raise httpx.ConnectError("refused")
        return await self.inner.handle_async_request(request)


def test_a_request_that_never_left(open_world: Open) -> None:
    """Where no connection can be had, the request failed: nobody has to look for it."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.transport = Refusing(world.transport)
    applied = world.apply()
    assert (applied.exit_code, applied.results["deployment.a/model"]) == (6, Result.FAILED)


def test_a_look_that_fails_is_repeated(open_world: Open) -> None:
    """After a lost answer, requests that cannot be read at first are looked for again."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.fault(FILE, status=502, when="after", count=1)
    world.fault(LIST, status=500, skip=1, count=1)
    applied = world.apply()
    assert (applied.exit_code, world.counts[FILE]) == (0, 1)
    assert len(requests(world, status="pending")) == 1


def test_what_cannot_be_asked_for(world: World) -> None:
    """An action that no change request can carry is a bug of the plan, and is said to be."""
    action = Action(
        "prediction_environment.x/details", Address("prediction_environment", "x"), Verb.REQUEST, "", "", ""
    )
    with pytest.raises(DrplanError, match=r"prediction_environment\.x/details cannot be asked for"):
        world.run(lambda api: file(api, action, {}))


class Filing(httpx.AsyncBaseTransport):
    """A platform that files what `body` makes of a change request, and answers with `response` instead of its own."""

    def __init__(self, inner: httpx.AsyncBaseTransport, body: dict[str, Any], response: httpx.Response) -> None:
        self.inner = inner
        self.body = body
        self.response = response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method != "POST" or not request.url.path.endswith("/changeRequests/"):
            return await self.inner.handle_async_request(request)
        asked = json.loads(await request.aread())
        asked["change"] |= self.body
        headers = {name: request.headers[name] for name in ("authorization", "content-type")}
        filed = await self.inner.handle_async_request(
            httpx.Request("POST", request.url, headers=headers, content=json.dumps(asked))
        )
        assert filed.status_code < 300, await filed.aread()
        return self.response


def test_a_request_that_is_approved_at_once(open_world: Open) -> None:
    """A platform may answer with a request that is through already: the action is done."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.transport = Filing(world.transport, {}, httpx.Response(201, json={"id": "c", "status": "resolved"}))
    assert world.apply().results == {"deployment.a/model": Result.DONE}


def test_another_request_appears_in_place_of_ours(open_world: Open) -> None:
    """Where a lost answer leaves a request for another change of the same thing, the action fails and names it."""
    world = open_world(guarded("model"))
    live(world, "a")
    world.specs({"a": deployment("a", 2)})
    world.transport = Filing(world.transport, {"replacementReason": "ERRORS"}, httpx.Response(502))
    applied = world.apply()
    (filed,) = requests(world)
    assert (applied.exit_code, applied.results) == (6, {"deployment.a/model": Result.FAILED})
    assert filed["id"] in applied.messages["deployment.a/model"]
