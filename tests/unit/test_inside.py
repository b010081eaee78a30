"""Objects inside other objects, with every kind of group: made, changed and read back in `made_up.PART`."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import goldens
import httpx
import pytest
import yaml
from made_up import GADGET, PART, Gadgets, applied, known, planned

from drplan.apply.run import Run
from drplan.errors import Refused, Rejected
from drplan.plan.file import dumps, loads
from drplan.platform.api import Api
from drplan.platform.observe import observe_whole, reobserve
from drplan.platform.progress import SILENT
from drplan.records.plans import Validation
from drplan.records.specs import Address, Live
from drplan.registry.kinds import ChangeRequestRoutes
from drplan.registry.rows import ChangeRequest
from drplan.render.live import spec_of
from drplan.spec.load import read_specs

HOST = replace(GADGET, settings=tuple(row for row in GADGET.settings if not row.recreate))
"""What has others inside is never made again."""

FULL: Mapping[str, Any] = {
    "size": 1,
    "colour": "red",
    "notes": {"team": "x"},
    "version": "1",
    "options": {"loud": True},
    "engine": {"fuel": "gas"},
}


@pytest.fixture
def platform() -> Iterator[Gadgets]:
    """Give a platform of gadgets with parts in them, and let drplan know both."""
    with known(HOST, PART):
        yield Gadgets()


def specs_of(part: Any, **gadget: Any) -> dict[str, Any]:
    """Return the spec file of the gadget `a` and the part `x` in it."""
    return {"gadgets": {"a": {"label": "A", **gadget, "parts": {"x": part}}}}


def sent(platform: Gadgets) -> list[tuple[str, str, Any]]:
    """Return what was sent: method, route below `gadgets/`, with G and P for the ids of gadget and part, and body."""
    parts = [route.split("/")[3] for route in platform.objects if route.count("/") == 4]
    gadget = platform.gadget.split("/")[1]

    def short(path: str) -> str:
        for part in parts:
            path = path.replace(part, "P")
        return path.replace(gadget, "G").removeprefix("gadgets/")

    return [(method, short(path), body) for method, path, body in platform.sent]


def brought(platform: Gadgets, specs: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """Apply a spec, see that all is done and nothing left to do, and return what was sent."""
    assert {result for _, result, _ in applied(platform, specs)} == {"done"}
    told = sent(platform)
    assert planned(platform, specs).writes == ()
    return told


def test_all_that_a_new_part_of_a_new_object_has(platform: Gadgets) -> None:
    """Each of its requests goes below both ids that only this apply learns, after the object and what it needs."""
    plan = planned(platform, specs_of(FULL, options={"loud": True}))
    needs = {action.key: action.needs for action in plan if action.address.parent}
    assert needs == {
        "part.a/x/create": ("gadget.a/create", "gadget.a/options"),
        "part.a/x/details": ("part.a/x/create",),
        "part.a/x/notes/team": ("part.a/x/details",),
        "part.a/x/options": ("part.a/x/notes/team",),
        "part.a/x/prepare-engine": ("part.a/x/options",),
        "part.a/x/engine": ("part.a/x/prepare-engine",),
    }
    assert brought(platform, specs_of(FULL, options={"loud": True}))[2:] == [
        ("PATCH", "G/options/", {"isLoud": True}),
        ("POST", "G/parts/", {"label": "x", "colour": "red", "version": "1"}),
        ("PATCH", "G/parts/P/", {"size": 1}),
        ("POST", "G/parts/P/notes/", {"name": "team", "value": "x"}),
        ("PATCH", "G/parts/P/options/", {"isLoud": True}),
        ("POST", "G/parts/P/coolDown/", None),
        ("PUT", "G/parts/P/engine/", {"fuel": "gas"}),
    ]


def test_all_that_is_changed_in_a_part(platform: Gadgets) -> None:
    """Each group of a part that is there is read below both ids, and changed there alone; the gadget is left alone."""
    brought(platform, specs_of(FULL))
    team = platform.objects[platform.part]["notes"][0]["id"]
    platform.documents[f"{platform.part}engine/"]["theirs"] = "kept"
    platform.resets = {"options": {"isLoud": False}}
    changed = {**FULL, "size": 2, "notes": {"team": None, "who": "me"}, "version": "2", "engine": {"fuel": "oil"}}
    plan = planned(platform, specs_of(changed))
    assert plan.validations == (Validation("part.a/x/validate-model", "passing", "", (), "block"),)
    assert sent(platform)[-1] == ("POST", "G/parts/P/model/validation/", {"version": "2"})
    assert loads(dumps(plan), "plan.json") == plan
    assert brought(platform, specs_of(changed)) == [
        ("PATCH", "G/parts/P/", {"size": 2}),
        ("DELETE", f"G/parts/P/notes/{team}/", None),
        ("POST", "G/parts/P/notes/", {"name": "who", "value": "me"}),
        ("POST", "G/parts/P/coolDown/", None),
        ("PUT", "G/parts/P/engine/", {"fuel": "oil", "theirs": "kept"}),
        ("PATCH", "G/parts/P/model/", {"version": "2"}),
        ("PATCH", "G/parts/P/options/", {"isLoud": True}),
    ]


@pytest.mark.parametrize(("policy", "blocks"), [("block", True), ("allow", False)])
def test_a_validation_of_a_part_blocks(platform: Gadgets, policy: str, *, blocks: bool) -> None:
    """What a warning means stands in the part's own spec."""
    brought(platform, specs_of(FULL))
    platform.verdict = {"status": "warning", "message": "hm"}
    plan = planned(platform, specs_of({**FULL, "version": "2", "on_warning": policy}))
    assert [each.key for each in plan.blocking] == (["part.a/x/validate-model"] if blocks else [])


def test_a_new_part_of_an_object_that_is_there(platform: Gadgets) -> None:
    """It is made below the id that is known; only what the parent itself is to do before comes first."""
    brought(platform, {"gadgets": {"a": {"label": "A", "parts": {}}}})
    assert brought(platform, specs_of({"size": 1})) == [
        ("POST", "G/parts/", {"label": "x"}),
        ("PATCH", "G/parts/P/", {"size": 1}),
    ]
    assert brought(platform, specs_of({"size": 2}, tags={"t": "u"}, options={"loud": True})) == [
        ("POST", "G/tags/", {"name": "t", "value": "u"}),
        ("PATCH", "G/options/", {"isLoud": True}),
        ("PATCH", "G/parts/P/", {"size": 2}),
    ]


def test_a_part_goes_alone_and_with_its_parent(platform: Gadgets) -> None:
    """Null deletes the part; a gadget whose spec is gone is deleted by one request, with all that is in it."""
    brought(platform, specs_of(FULL))
    part = platform.part.split("/")[3]
    assert brought(platform, specs_of(None)) == [("DELETE", f"G/parts/{part}/", None)]
    brought(platform, specs_of(FULL))
    gadget = platform.gadget
    assert applied(platform, {}) == [("gadget.a/delete", "done", "")]
    assert (platform.sent, platform.objects, platform.documents) == ([("DELETE", gadget, None)], {}, {})


def test_a_part_that_is_made_again(platform: Gadgets) -> None:
    """What only creation sets costs a deletion and a creation of the part, with all that belongs to it."""
    brought(platform, specs_of(FULL))
    first = platform.part.split("/")[3]
    again = {**FULL, "colour": "blue", "version": "2"}
    assert brought(platform, specs_of(again, options={"loud": True})) == [
        ("PATCH", "G/options/", {"isLoud": True}),
        ("DELETE", f"G/parts/{first}/", None),
        ("POST", "G/parts/", {"label": "x", "colour": "blue", "version": "2"}),
        ("PATCH", "G/parts/P/", {"size": 1}),
        ("POST", "G/parts/P/notes/", {"name": "team", "value": "x"}),
        ("PATCH", "G/parts/P/options/", {"isLoud": True}),
        ("POST", "G/parts/P/coolDown/", None),
        ("PUT", "G/parts/P/engine/", {"fuel": "gas"}),
    ]
    with pytest.raises(Refused) as caught:
        planned(platform, specs_of({**FULL, "lifecycle": {"prevent_destroy": True}}))
    assert [(each.path, each.summary.partition(" (")[0]) for each in caught.value.diagnostics] == [
        ("part.a/x", "it is protected by prevent_destroy and would be deleted")
    ]


def test_a_saved_plan_knows_the_documents_of_a_part(platform: Gadgets) -> None:
    """A plan is refused when a document below a part has moved, and when the part has."""

    async def looked_again() -> list[bool]:
        async with platform.api() as api:
            return [was == now for was, now in zip(plan.observed, await reobserve(api, plan), strict=True)]

    brought(platform, specs_of(FULL))
    plan = planned(platform, specs_of({**FULL, "engine": {"fuel": "oil"}}))
    assert [str(each.address) for each in plan.observed] == ["gadget.a", "part.a/x"]
    assert asyncio.run(looked_again()) == [True, True]
    platform.documents[f"{platform.part}engine/"]["fuel"] = "coal"
    assert asyncio.run(looked_again()) == [True, False]
    platform.documents[f"{platform.part}engine/"]["fuel"] = "gas"
    platform.objects[platform.part]["notes"][0]["value"] = "z"
    assert asyncio.run(looked_again()) == [True, False]


def test_one_part_is_read_whole(platform: Gadgets) -> None:
    """What `show` prints: each document of the part, by its parent's id, mentioned in its spec or not."""
    brought(platform, specs_of(FULL))
    resources = read_specs([("a.yaml", yaml.safe_dump(specs_of({"size": 1})))])

    async def looked(address: Address) -> Mapping[Address, Live]:
        async with platform.api() as api:
            return (await observe_whole(api, resources, goldens.PROJECT, address)).live

    live = asyncio.run(looked(Address("part", "x", "a")))[Address("part", "x", "a")]
    assert spec_of(PART, live, documents=["options", "engine"]) == {
        "label": "x",
        "size": 1,
        "colour": "red",
        "notes": {"team": "x"},
        "version": "1",
        "options": {"loud": True},
        "engine": {"fuel": "gas"},
    }
    platform.objects = {}
    assert asyncio.run(looked(Address("part", "x", "a"))) == {}


ASKED = ChangeRequest("part", "update", "changeSize", change={"size": "size"}, apart=True)
GONE = ChangeRequest("part", "delete", "delete")
FUEL = ChangeRequest("part", "refuel", "changeFuel", change={"fuel": "fuel"})
ROUTES = ChangeRequestRoutes("changeRequests/", "approvalPolicyMatch/", "part", ("asked",), "standing", "PENDING", GONE)
APPROVED = replace(
    PART,
    change_requests=ROUTES,
    groups=tuple(
        replace(group, change_request={"details": ASKED, "engine": FUEL}.get(group.name)) for group in PART.groups
    ),
)


def test_a_change_of_a_part_that_is_approved_first() -> None:
    """What is guarded is asked for, by the part's own id; the rest goes its way, and nothing waits that need not."""
    with known(HOST, APPROVED):
        platform = Gadgets()
        brought(platform, specs_of(FULL))
        part = platform.part.split("/")[3]
        platform.documents["approvalPolicyMatch/"] = {"policyId": "p"}
        bigger = specs_of({**FULL, "size": 2, "options": {"loud": False}})
        assert [(key, result) for key, result, _ in applied(platform, bigger)] == [
            ("part.a/x/request-details", "pending"),
            ("part.a/x/options", "done"),
        ]
        (method, path, body), options = sent(platform)
        assert (method, path, options) == (
            "POST",
            "changeRequests/",
            ("PATCH", "G/parts/P/options/", {"isLoud": False}),
        )
        assert {key: body[key] for key in ("entityType", "entityId", "action", "change")} == {
            "entityType": "part",
            "entityId": part,
            "action": "changeSize",
            "change": {"size": 2},
        }
        platform.objects[platform.part]["asked"] = ["r"]
        plan = planned(platform, bigger)
        assert (plan.writes, [(each.path, each.summary.partition(":")[0]) for each in plan.diagnostics]) == (
            (),
            [("part.a/x", "update is asked for and not approved yet")],
        )
        platform.objects[platform.part]["size"] = 2
        assert planned(platform, bigger).writes == ()


def test_a_change_that_is_prepared_and_approved_first() -> None:
    """The preparation is made before the request, and not again while that is open."""
    with known(HOST, APPROVED):
        platform = Gadgets()
        brought(platform, specs_of(FULL))
        platform.documents["approvalPolicyMatch/"] = {"policyId": "p"}
        oil = specs_of({**FULL, "engine": {"fuel": "oil"}})
        assert [(key, result) for key, result, _ in applied(platform, oil)] == [
            ("part.a/x/prepare-engine", "done"),
            ("part.a/x/engine", "pending"),
        ]
        assert [path for _, path, _ in sent(platform)] == ["G/parts/P/coolDown/", "changeRequests/"]
        platform.objects[platform.part]["asked"] = ["r"]
        assert planned(platform, oil).writes == ()


def test_a_part_whose_deletion_is_approved_first_is_made_again_later() -> None:
    """The new one waits for the deletion of the old one, which is asked for."""
    with known(HOST, APPROVED):
        platform = Gadgets()
        brought(platform, specs_of({"colour": "red"}))
        before = platform.part
        platform.documents["approvalPolicyMatch/"] = {"policyId": "p"}
        assert [(key, result) for key, result, _ in applied(platform, specs_of({"colour": "blue"}))] == [
            ("part.a/x/delete", "pending"),
            ("part.a/x/create", "pending"),
        ]
        assert ([path for _, path, _ in platform.sent], platform.part) == (["changeRequests/"], before)


class Lagging(Gadgets):
    """A platform whose lists still show what is deleted, and whose answer to the creation of a part is lost."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        objects = dict(self.objects)
        answer = super().__call__(request)
        if request.method == "DELETE":
            self.gone = [item for route, item in objects.items() if route not in self.objects]
        elif request.method == "POST" and request.url.path.endswith("/parts/"):
            return httpx.Response(500, json={"message": "lost"})
        elif request.url.path.endswith("/parts/"):
            listed = answer.json()
            return httpx.Response(200, json={**listed, "totalCount": 2, "data": [*self.gone, *listed["data"]]})
        return answer


def test_what_was_deleted_is_not_what_was_made_again(platform: Gadgets) -> None:
    """After an unclear creation the new part is found by its name, though a list still shows the old one."""
    brought(platform, specs_of(FULL))
    old = platform.part
    plan = planned(platform, specs_of({**FULL, "colour": "blue"}))
    platform.__class__ = Lagging

    async def carried_out() -> Mapping[str, str | None]:
        async with platform.api() as api:
            return {each.key: each.id for each in await Run(api, plan, SILENT).execute()}

    found = asyncio.run(carried_out())
    assert platform.part != old
    assert found["part.a/x/create"] == platform.part.split("/")[3]


@pytest.mark.parametrize("status", [404, 403])
def test_a_parent_that_is_gone_has_nothing_inside(platform: Gadgets, status: int) -> None:
    """Looking again, a list inside a parent that is not found is empty; any other answer is an error."""
    brought(platform, specs_of(FULL))
    plan = planned(platform, specs_of({**FULL, "engine": {"fuel": "oil"}}))

    def answer(request: httpx.Request) -> httpx.Response:
        gone = request.url.path.endswith("/parts/")
        return httpx.Response(status, json={"message": "no"}) if gone else platform(request)

    async def looked_again() -> list[str | None]:
        async with Api(goldens.TARGET, "not-a-secret", transport=httpx.MockTransport(answer)) as api:
            return [seen.id for seen in await reobserve(api, plan)]

    if status == 404:
        assert asyncio.run(looked_again()) == [plan.observed[0].id, None]
        return
    with pytest.raises(Rejected):
        asyncio.run(looked_again())
