"""Whose a deployment is: found by its identity, adopted by id, never touched without one."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from harness import WORLD, World, deployment
from hypothesis import given, settings
from hypothesis import strategies as st

from drplan.errors import Refused, SpecError
from drplan.kinds import KINDS
from drplan.platform.observe import carried
from drplan.records.plans import Verb

ID = "5f00000000000000000c0001"
TWIN = "5f00000000000000000c0002"


def seeded(*deployments: str, features: str = "{}") -> str:
    """Return a seed with deployments given as the inside of a YAML mapping."""
    common = "model: {registered_model: churn, version: 1}, prediction_server: default"
    lines = [f"  - {{{common}, {each}}}" for each in deployments]
    return "\n".join([WORLD, f"features: {features}", "deployments:", *lines])


def test_adoption_by_id(open_world: Callable[..., World]) -> None:
    """An existing deployment is adopted, not made again, and known by its identity once the spec has no id any more."""
    world = open_world(seeded(f"id: {ID}, label: Theirs"))
    world.specs({"a": deployment("Ours", id=ID)})
    plan = world.plan()
    assert [(action.verb, action.key) for action in plan] == [
        (Verb.UPDATE, "deployment.a/details"),
        (Verb.ADOPT, "deployment.a/tags/drplan"),
    ]
    assert world.apply().exit_code == 0
    world.specs({"a": deployment("Ours")})
    assert world.plan().writes == ()
    assert world.one("a")["id"] == ID
    world.specs({})
    assert [(action.verb, action.id) for action in world.plan()] == [(Verb.DELETE, ID)]


def test_renaming_by_id(open_world: Callable[..., World]) -> None:
    """A spec of another name with the deployment's id takes it over: nothing is deleted, nothing is made."""
    world = open_world(seeded(f"id: {ID}, label: A, tags: {{drplan: shop/old}}"))
    world.specs({"fresh": deployment("A", id=ID)})
    assert [action.key for action in world.plan()] == ["deployment.fresh/tags/drplan"]
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/fresh"]
    assert world.one("fresh")["id"] == ID


def test_renaming_without_id(open_world: Callable[..., World]) -> None:
    """Without the id a new name is a new deployment, and the old one is deleted after it is made."""
    world = open_world(seeded(f"id: {ID}, label: A, tags: {{drplan: shop/old}}"))
    world.specs({"fresh": deployment("A")})
    assert [action.verb for action in world.plan()] == [Verb.CREATE, Verb.UPDATE, Verb.DELETE]
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/fresh"]


@pytest.mark.parametrize("owner", ["other/a", "shop/b"])
def test_somebody_elses_is_not_adopted(open_world: Callable[..., World], owner: str) -> None:
    """A deployment that another project, or another spec, has claimed is refused."""
    world = open_world(seeded(f'id: {ID}, label: A, tags: {{drplan: "{owner}"}}'))
    world.specs({"a": deployment("A", id=ID), "b": deployment("B")})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert f"{ID} carries the identity {owner} already" in str(applied.error.diagnostics[0])  # type: ignore[union-attr]  # exit 4


def test_an_id_that_does_not_exist(world: World) -> None:
    """A spec that adopts nothing is a wrong spec, said with its place."""
    world.specs({"a": deployment("A", id=ID)})
    with pytest.raises(SpecError) as error:
        world.plan()
    assert [each.summary for each in error.value.diagnostics] == [f"there is no deployment with the id {ID}"]
    assert str(error.value.diagnostics[0].where).rpartition("/")[2].startswith("all.yaml:1:")


def test_two_deployments_with_one_identity(open_world: Callable[..., World]) -> None:
    """When two bear one seal drplan names both and touches neither."""
    by = "label: A, tags: {drplan: shop/a}"
    world = open_world(seeded(f"id: {ID}, {by}", f"id: {TWIN}, {by}"))
    for specs in ({"a": deployment("new label")}, {}):
        world.specs(specs)
        with pytest.raises(Refused) as error:
            world.plan()
        assert [each.summary for each in error.value.diagnostics] == [
            f"2 objects carry the identity shop/a: {ID}, {TWIN}"
        ]
    assert world.sent == []


def test_a_lost_tag_is_put_back(world: World) -> None:
    """What creation gave as userProvidedId finds it again when somebody removes the tag; the plan shows `adopt`."""
    world.specs({"a": deployment("A")})
    assert world.apply().exit_code == 0
    item = world.request("GET", "deployments/")["data"][0]
    world.change("DELETE", f"deployments/{item['id']}/tags/{item['tags'][0]['id']}/")
    assert [(action.verb, action.key) for action in world.plan()] == [(Verb.ADOPT, "deployment.a/tags/drplan")]
    assert world.apply().exit_code == 0
    assert world.one("a")["tags"] == {"drplan": "shop/a"}


def test_what_was_set_free_is_left_alone(world: World) -> None:
    """A deployment whose tag was taken off is not deleted when its spec is gone; what it was made for is said."""
    world.specs({"a": deployment("A"), "b": deployment("B")})
    assert world.apply().exit_code == 0
    item = world.request("GET", "deployments/")["data"][0]
    world.change("DELETE", f"deployments/{item['id']}/tags/{item['tags'][0]['id']}/")
    world.specs({"b": deployment("B")})
    plan = world.plan()
    summary = f"made for shop/a, and without its tag 'drplan': {item['id']}"
    assert ([each.summary for each in plan.diagnostics], plan.writes) == ([summary], ())


def test_prevent_destroy_outlives_its_spec(world: World) -> None:
    """Deleting the spec does not delete the guard; a spec that says false lifts it, and only then it can be deleted."""
    world.specs({"a": deployment("A", lifecycle={"prevent_destroy": True})})
    assert world.apply().exit_code == 0
    assert world.one("a")["tags"] == {"drplan": "shop/a", "drplan-protected": "true"}
    world.forget()
    world.specs({})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert "protected by prevent_destroy" in applied.error.diagnostics[0].summary  # type: ignore[union-attr]  # exit 4
    world.specs({"a": deployment("A")})
    assert world.plan().writes == ()  # silence does not lift it
    world.specs({"a": deployment("A", lifecycle={"prevent_destroy": False})})
    assert world.apply().exit_code == 0
    assert world.one("a")["tags"] == {"drplan": "shop/a"}
    world.specs({})
    assert world.apply().exit_code == 0
    assert world.stored() == {}


def test_a_platform_without_tags(open_world: Callable[..., World]) -> None:
    """It is said once; creation's userProvidedId and explicit ids carry the identity, and plan and apply converge."""
    world = open_world(seeded(f"id: {ID}, label: Theirs", features="{tags: false}"))
    specs = {
        "a": deployment("A", tags={"team": "x"}, lifecycle={"prevent_destroy": True}),
        "b": deployment("B"),
        "theirs": deployment("Theirs", id=ID),
    }
    world.specs(specs)
    plan = world.plan()
    assert [each.summary for each in plan.diagnostics] == ["this platform has no tags"]
    assert world.apply().exit_code == 0
    again = world.plan()
    assert ([each.summary for each in again.diagnostics], again.writes) == (["this platform has no tags"], ())
    world.specs({"b": deployment("renamed"), "theirs": specs["theirs"]})
    plan = world.plan()
    assert [action.key for action in plan] == ["deployment.b/details"]  # a birth mark alone deletes nothing
    (freed,) = (id_ for id_, each in world.stored().items() if each["label"] == "A")
    assert [each.summary for each in plan.diagnostics] == [
        f"made for shop/a, and without its tag 'drplan': {freed}",
        "this platform has no tags",
    ]
    assert world.apply().exit_code == 0
    assert sorted(each["label"] for each in world.stored().values()) == ["A", "Theirs", "renamed"]


def test_a_platform_that_takes_no_user_provided_id(open_world: Callable[..., World]) -> None:
    """Creation is sent once more without it, the tag carries the identity, and plan and apply converge."""
    world = open_world(WORLD + "\nfeatures: {user_provided_id: false}\n")
    world.specs({name: deployment(name) for name in ("a", "b")})
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/a", "shop/b"]
    assert world.plan().writes == ()
    assert sum("userProvidedId" in (body or {}) for _, _, body in world.sent) <= 2


def test_a_platform_that_carries_no_identity(open_world: Callable[..., World]) -> None:
    """Where neither can be had, apply says what it has made and to write its id, and the next plan names it too."""
    world = open_world(WORLD + "\nfeatures: {user_provided_id: false, tags: false}\n")
    world.specs({"a": deployment("A")})
    applied = world.apply()
    (id_,) = world.stored()
    assert applied.exit_code == 6
    assert str(applied.error) == (
        "everything was applied, but it could not be planned again: deployment.a: it was made, and this platform does "
        f"not show whose it is ({id_}) (write `id: {id_}` into its spec; without it drplan does not find it again)"
    )
    world.forget()
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    assert [each.detail for each in applied.error.diagnostics] == [  # type: ignore[union-attr]  # exit 4
        f"a deployment with the label 'A' exists already: {id_}; write its id if it is the one"
    ]
    world.specs({"a": deployment("A", id=id_)})
    assert world.plan().writes == ()


def test_self_managed_and_cloud(open_world: Callable[..., World]) -> None:
    """In the cloud a server is needed and found; self-managed it is refused by the platform, and left out it works."""
    cloud = open_world(WORLD)
    cloud.specs({"a": {**deployment("A"), "prediction_server": "default"}})
    assert cloud.apply().exit_code == 0
    bare = deployment("B")
    del bare["prediction_server"]
    cloud.specs({"a": {**deployment("A"), "prediction_server": "https://predictions.example.com"}, "b": bare})
    applied = cloud.apply()
    assert applied.exit_code == 6
    assert "defaultPredictionServerId: required in DataRobot Cloud" in applied.messages["deployment.b/create"]

    own = open_world(WORLD + "\nfeatures: {installation: self_managed}\n")
    own.specs({"a": deployment("A")})
    applied = own.apply()
    assert applied.exit_code == 6
    assert "not supported in current DataRobot installation" in applied.messages["deployment.a/create"]
    own.specs({"a": bare})
    assert own.apply().exit_code == 0


CARRIED = st.sampled_from(
    [
        "",
        "tags: {drplan: other/a}",
        "tags: {team: shop}",
        "user_provided_id: other/b",
        "tags: {drplan: shop}",
        "tags: {drplan: shop2/a}",
        "user_provided_id: sho/p",
        "tags: {drplan: /a}",
    ]
)


@settings(max_examples=20)
@given(st.lists(CARRIED, min_size=1, max_size=6), st.sets(st.sampled_from("abc")))
def test_what_carries_no_identity_of_ours_is_never_touched(others: list[str], names: set[str]) -> None:
    """Whatever else is on the platform, creating, changing and destroying a project's fleet leaves it as it was."""
    strangers = [f"label: L{number}" + (f", {each}" if each else "") for number, each in enumerate(others)]
    with TemporaryDirectory() as place:
        world = World(Path(place), seeded(*strangers), job_seconds=0.0)
        before = world.stored()
        for specs in (
            {name: deployment(name) for name in names},
            {name: deployment("other", importance="LOW") for name in names},
            {},
        ):
            world.specs(specs)
            assert world.apply().exit_code == 0
            assert {id_: each for id_, each in world.stored().items() if id_ in before} == before
            assert len(world.stored()) == len(before) + len(specs)
        touched: set[Any] = {
            each["path"].split("/")[4] for each in world.emulator.requests.log if each["method"] != "GET"
        }
        assert not touched & set(before)
        world.close()


def test_what_cannot_carry_an_identity_carries_none() -> None:
    """A kind without an identity has no owner to be read from its objects."""
    assert carried(KINDS["prediction_environment"], {"id": "5a0000000000000000000001", "tags": []}) is None
