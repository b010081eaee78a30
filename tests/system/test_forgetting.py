"""`drplan forget`: a deployment is handed over as it is, by taking drplan's tags off it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from harness import WORLD, World, deployment

import drplan as library
from drplan.engine.admission import UnsavedPlanGate
from drplan.engine.apply import apply_plan
from drplan.engine.pipeline import left_to_forget, make_forgetting
from drplan.errors import Refused
from drplan.platform.api import Api
from drplan.project.specs import load_specs
from drplan.records.plans import Report, Result

OLD = "5f00000000000000000c0001"


@pytest.fixture
def fleet(shop: World, drplan: Callable[..., Any]) -> World:
    """Give two deployments, of which `a` is protected and has a tag of its own."""
    shop.specs(
        {"a": deployment("A", tags={"team": "x"}, lifecycle={"prevent_destroy": True}), "b": deployment("B")},
        prediction_environments={"pe": {"platform": "aws"}},
    )
    assert drplan(shop, "apply", "--auto-approve").code == 0
    return shop


def without_tags(world: World) -> dict[str, Any]:
    """Return what is stored, but for drplan's own tags."""
    return {
        id_: {**each, "tags": {name: value for name, value in each["tags"].items() if not name.startswith("drplan")}}
        for id_, each in world.stored().items()
    }


def test_forgetting(fleet: World, drplan: Callable[..., Any]) -> None:
    """The seal and the memory of prevent_destroy go, and nothing else; afterwards nothing deletes it."""
    before = without_tags(fleet)
    fleet.specs({"b": deployment("B")})
    fleet.forget()
    ended = drplan(fleet, "forget", "deployment.a", "--auto-approve")
    assert (ended.code, ended.err.count("Warning")) == (0, 0)
    assert (
        "  # deployment.a will be updated in-place\n"
        '  - tags.drplan-protected: "true" → null\n'
        "      because you asked drplan to forget it\n"
        '  - tags.drplan: "shop/a" → null\n'
        "      because you asked drplan to forget it\n"
    ) in ended.out
    assert "Apply complete! Resources: 0 added, 1 changed, 0 destroyed." in ended.out
    assert [(method, route) for method, route, _ in fleet.sent] == [("DELETE", "deployments/{id}/tags/{tag_id}/")] * 2
    assert without_tags(fleet) == before
    assert {each["label"]: each["tags"] for each in fleet.stored().values()} == {
        "A": {"team": "x"},
        "B": {"drplan": "shop/b"},
    }
    plan = drplan(fleet, "plan", "--format", "json").json["plan"]
    assert plan["actions"] == []
    assert drplan(fleet, "destroy", "--auto-approve").code == 0
    fleet.settle()
    assert [each["label"] for each in fleet.stored().values()] == ["A"]


def test_the_seal_goes_last(fleet: World, drplan: Callable[..., Any]) -> None:
    """What ends in between is this project's still, so that it can be forgotten by the next try."""
    fleet.fault("DELETE deployments/{}/tags/{}/", status=409, skip=1)
    ended = drplan(fleet, "forget", "deployment.a", "--auto-approve")
    assert (ended.code, [each["tags"] for each in fleet.stored().values() if each["label"] == "A"]) == (
        6,
        [{"team": "x", "drplan": "shop/a"}],
    )
    assert drplan(fleet, "forget", "deployment.a", "--auto-approve").code == 0
    assert [each["tags"] for each in fleet.stored().values() if each["label"] == "A"] == [{"team": "x"}]


def test_what_is_in_the_specs(fleet: World, drplan: Callable[..., Any]) -> None:
    """A spec that is still there is warned of, as it would adopt the deployment again."""
    ended = drplan(fleet, "forget", "deployment.b", "--auto-approve")
    assert ended.code == 0
    assert (
        "deployment.b: it is in the specs, and the next apply would adopt it again, or create another\n"
        "  take it out of the specs as well\n"
    ) in ended.out
    assert "  # deployment.b will be imported" in drplan(fleet, "plan").out


@pytest.mark.parametrize(
    ("address", "code", "heard"),
    [
        ("deployment.c", 4, "deployment.c: it is not on the platform\n  there is nothing to forget"),
        ("deployment.nobody", 64, "nothing has the address 'deployment.nobody'"),
        ("prediction_environment.pe", 4, "prediction_environment.pe: it bears no seal of this project"),
        ("a", 64, "'a' is no address"),
    ],
)
def test_what_cannot_be_forgotten(
    fleet: World, drplan: Callable[..., Any], address: str, code: int, heard: str
) -> None:
    """What bears no seal has nothing that could be taken off, and nothing at all is done."""
    fleet.specs({"b": deployment("B"), "c": deployment("C")}, prediction_environments={"pe": {"platform": "aws"}})
    fleet.forget()
    ended = drplan(fleet, "forget", "deployment.b", address, "--auto-approve")
    assert (ended.code, heard in ended.err, fleet.sent) == (code, True, [])


def test_it_asks(fleet: World, drplan: Callable[..., Any]) -> None:
    """Without a terminal there is nobody to ask."""
    ended = drplan(fleet, "forget", "deployment.a")
    assert (ended.code, "there is no terminal to ask for approval" in ended.err) == (4, True)
    assert drplan(fleet, "forget").code == 64


def test_a_seal_of_nobody_or_somebody_else(serve: Callable[..., World], drplan: Callable[..., Any]) -> None:
    """What a spec names by its id and has not adopted yet bears nothing that is this project's."""
    model = "model: {registered_model: churn, version: 1}, prediction_server: default"
    world = serve(f"{WORLD}\ndeployments:\n  - {{id: {OLD}, label: A, {model}}}\n")
    world.specs({"a": deployment("A", id=OLD)})
    ended = drplan(world, "forget", "deployment.a", "--auto-approve")
    assert (ended.code, world.sent) == (4, [])
    assert "deployment.a: it bears no seal of this project\n  there is nothing to forget" in ended.err


def test_only_its_own_problems_count(fleet: World, drplan: Callable[..., Any]) -> None:
    """Two deployments of one identity are no hindrance to forgetting another, and neither is forgotten."""
    (b,) = (id_ for id_, each in fleet.stored().items() if each["label"] == "B")
    (tag,) = (each["id"] for each in fleet.request("GET", f"deployments/{b}/")["tags"])
    fleet.change("PATCH", f"deployments/{b}/tags/{tag}/", {"name": "drplan", "value": "shop/a"})
    fleet.specs({"b": deployment("B")})
    ended = drplan(fleet, "forget", "deployment.a", "--auto-approve")
    assert (ended.code, "2 objects carry the identity shop/a" in ended.err) == (64, False)
    fleet.specs({"a": deployment("A"), "c": deployment("C")})
    ended = drplan(fleet, "forget", "deployment.a", "--auto-approve")
    assert (ended.code, "2 objects carry the identity shop/a" in ended.err) == (4, True)
    fleet.change("PATCH", f"deployments/{b}/tags/{tag}/", {"name": "drplan", "value": "shop/b"})
    assert drplan(fleet, "forget", "deployment.b", "--auto-approve").code == 0


def test_a_list_that_lags(open_world: Callable[..., World]) -> None:
    """A list that still shows the tags is not believed over the deployment itself."""
    world = open_world(f"{WORLD}\nfeatures: {{list_lag_seconds: 5}}")
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    world.settle()
    where, specs = world.site, load_specs(world.site.project)

    async def work(api: Api) -> Report:
        plan = await make_forgetting(api, where, specs, ["deployment.a"])
        left = partial(left_to_forget, api, plan)
        return await apply_plan(api, plan, UnsavedPlanGate(where.project), left=left, again=None)

    report = world.run(work)
    assert (report.converged, report.remark) == (True, "")
    assert world.names() == ["shop/a"]  # its birth mark


def test_from_python(fleet: World) -> None:
    """The library forgets as the command does, and reports each tag."""
    here = library.open(fleet.root)
    report = here.forget("deployment.a")
    assert [(each.key, each.result) for each in report.outcomes] == [
        ("deployment.a/tags/drplan-protected", Result.DONE),
        ("deployment.a/tags/drplan", Result.DONE),
    ]
    assert report.converged
    with pytest.raises(Refused):
        here.forget("deployment.a")
