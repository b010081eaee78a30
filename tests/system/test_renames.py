"""Another name for the same deployment: `moved_from` says so, and a plan that looks like a rename asks."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from harness import WORLD, World, deployment

from drplan.errors import Refused, SpecError
from drplan.records.plans import Plan
from drplan.records.values import thaw

OLD, OTHER = "5f00000000000000000c0001", "5f00000000000000000c0002"


def live(id_: str, name: str, label: str = "A", *, version: int = 1, mark: str = "", tags: str = "") -> str:
    """Return a live deployment that bears the seal `shop/name` (none where the name is empty), as a seed has it."""
    sealed = f'drplan: "shop/{name}"' if name else ""
    own = ", ".join(filter(None, [sealed, tags]))
    born = f', user_provided_id: "{mark}"' if mark else ""
    model = f"model: {{registered_model: churn, version: {version}}}, prediction_server: default"
    return f"  - {{id: {id_}, label: {label}, {model}, tags: {{{own}}}{born}}}"


def seeded(*deployments: str, features: str = "{}") -> str:
    """Return a seed with these deployments."""
    return "\n".join([WORLD, f"features: {features}", "deployments:", *deployments])


def written(plan: Plan) -> list[tuple[str, str, Any]]:
    """Return verb, key and values of each write."""
    return [(action.verb.value, action.key, thaw(action.sets)) for action in plan.writes]


def warnings(plan: Plan) -> list[str]:
    """Return what the plan warns of."""
    return [f"{each.path}: {each.summary} ({each.detail})" for each in plan.diagnostics]


@pytest.mark.parametrize("said", ["old", "deployment.old"])
def test_moved_from(open_world: Callable[..., World], said: str) -> None:
    """The seal is rewritten, nothing is deleted or created, and what else differs is changed as ever."""
    world = open_world(seeded(live(OLD, "old", mark="shop/old")))
    world.specs({"fresh": deployment("B", moved_from=said)})
    plan = world.plan(allow_deletions=False)
    assert written(plan) == [
        ("update", "deployment.fresh/details", {"label": "B"}),
        ("update", "deployment.fresh/tags/drplan", {"tags.drplan": "shop/fresh"}),
    ]
    (seal,) = (action for action in plan.writes if action.group == "tags")
    assert seal.why == "it was deployment.old, says moved_from"
    assert [(change.before, change.after) for change in seal.changes] == [("shop/old", "shop/fresh")]
    assert world.apply().exit_code == 0
    assert world.one("fresh")["id"] == OLD
    assert world.one("fresh")["tags"] == {"drplan": "shop/fresh"}
    assert world.plan().writes == ()
    world.specs({"fresh": deployment("B")})
    assert world.plan().writes == ()


def test_it_is_shown(shop: World, drplan: Callable[..., Any]) -> None:
    """The plan's text shows the rename where the object's other changes are."""
    shop.specs({"old": deployment("A")})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({"fresh": deployment("A", moved_from="old")})
    assert (
        "  # deployment.fresh will be updated in-place\n"
        '  ~ tags.drplan: "shop/old" → "shop/fresh"\n'
        "      because it was deployment.old, says moved_from\n"
    ) in drplan(shop, "plan").out


def test_what_is_protected_can_be_renamed(open_world: Callable[..., World]) -> None:
    """Nothing is deleted, so that prevent_destroy has nothing against it, and stays."""
    world = open_world(seeded(live(OLD, "old", tags='drplan-protected: "true"')))
    world.specs({"fresh": deployment("A")})
    with pytest.raises(Refused) as error:
        world.plan()
    (problem,) = error.value.diagnostics
    assert str(problem) == (
        f"deployment.old: it is protected by prevent_destroy and would be deleted ({OLD}) (if it is deployment.fresh "
        f"now, write `moved_from: old` (or `id: {OLD}`) there; else write lifecycle.prevent_destroy: false in its spec "
        "and apply, before you delete it)"
    )
    world.specs({"fresh": deployment("A", moved_from="old", lifecycle={"prevent_destroy": True})})
    assert world.apply().exit_code == 0
    assert world.one("fresh")["tags"] == {"drplan": "shop/fresh", "drplan-protected": "true"}
    assert world.plan().writes == ()


def test_by_its_birth_mark(open_world: Callable[..., World]) -> None:
    """What was made under the old name and was not sealed yet is found too, and adopted."""
    world = open_world(seeded(live(OLD, "", mark="shop/old")))
    world.specs({"fresh": deployment("A", moved_from="old")})
    assert written(world.plan()) == [("adopt", "deployment.fresh/tags/drplan", {"tags.drplan": "shop/fresh"})]


def test_where_there_are_no_tags(open_world: Callable[..., World]) -> None:
    """A birth mark cannot be rewritten; as long as `moved_from` stays, it finds the deployment."""
    world = open_world(seeded(live(OLD, "", mark="shop/old"), features="{tags: nowhere}"))
    world.specs({"fresh": deployment("B", moved_from="old")})
    assert world.apply().exit_code == 0
    assert {id_: each["label"] for id_, each in world.stored().items()} == {OLD: "B"}
    assert world.plan().writes == ()


def test_where_there_is_nothing_to_move(world: World) -> None:
    """A name that nothing has had makes no difference: the deployment is created."""
    world.specs({"fresh": deployment("A", moved_from="old")})
    assert world.apply().exit_code == 0
    assert world.names() == ["shop/fresh"]


def test_both_are_there(open_world: Callable[..., World]) -> None:
    """Where the new name exists beside the old one, drplan does not choose, and touches neither."""
    world = open_world(seeded(live(OLD, "old"), live(OTHER, "fresh")))
    world.specs({"fresh": deployment("A", moved_from="old")})
    applied = world.apply()
    assert (applied.exit_code, world.sent) == (4, [])
    (problem,) = applied.error.diagnostics  # type: ignore[union-attr]  # exit 4
    assert (problem.summary, problem.detail) == (
        f"2 objects are this spec's, one of them by its moved_from: {OLD}, {OTHER}",
        "take moved_from out, and `drplan forget` or destroy what is not meant",
    )


@pytest.mark.parametrize(
    ("specs", "problems"),
    [
        (
            {"a": {"moved_from": "b"}, "b": {}},
            {"a": "deployment.b is a spec, and cannot have moved"},
        ),
        ({"a": {"moved_from": "deployment.a"}}, {"a": "deployment.a cannot have moved from itself"}),
        (
            {"a": {"moved_from": "old"}, "b": {"moved_from": "deployment.old"}, "c": {"moved_from": "older"}},
            {"b": "deployment.a says it was deployment.old too"},
        ),
        ({"a": {"moved_from": "no name"}}, {"a": "'no name' is not a name"}),
        ({"a": {"moved_from": "${env.OLD}"}}, {"a": "a value from ${env.…} is kept secret, and this one is shown"}),
    ],
)
def test_moves_that_cannot_be(
    world: World, monkeypatch: pytest.MonkeyPatch, specs: Mapping[str, Any], problems: Mapping[str, str]
) -> None:
    """`moved_from` names what no spec describes any more, and one spec only."""
    monkeypatch.setenv("OLD", "old")
    world.specs({name: deployment(name, **more) for name, more in specs.items()})
    with pytest.raises(SpecError) as error:
        world.plan()
    found = {each.path.split(".")[1]: each.summary for each in error.value.diagnostics}
    assert found == problems
    assert {each.path for each in error.value.diagnostics} == {f"deployments.{name}.moved_from" for name in problems}


def test_no_default(world: World) -> None:
    """Only one object can have had a name."""
    world.project(defaults={"moved_from": "old"})
    with pytest.raises(SpecError) as error:
        world.plan()
    assert [each.summary for each in error.value.diagnostics] == ["unknown key 'moved_from'"]


# ----------------------------------------------------------------------------------------------------- what looks alike


def asked(old: str, new: str, alike: str, id_: str = OLD) -> str:
    """Return the question whether one is the other under a new name."""
    return (
        f"deployment.{new}: deployment.{old} ({id_}) would be deleted, with its history, and this be created with the "
        f"same {alike}: is it a rename? (write `moved_from: {old}` (or `id: {id_}`) here, and nothing is deleted or "
        "created)"
    )


def test_the_same_label(open_world: Callable[..., World]) -> None:
    """A deletion beside a creation of the same label is asked about, each once, whatever else differs."""
    world = open_world(seeded(live(OLD, "a", "A"), live(OTHER, "b", "B")))
    world.specs({"x": deployment("B", 2), "y": deployment(" A "), "z": deployment("A")})
    assert warnings(world.plan()) == [asked("a", "y", "label"), asked("b", "x", "label", OTHER)]


def test_the_same_model(open_world: Callable[..., World]) -> None:
    """Where one goes and one comes that serve the same model, the label may have changed as well."""
    world = open_world(seeded(live(OLD, "a", "A", version=2)))
    world.specs({"x": deployment("X", 2)})
    assert warnings(world.plan()) == [asked("a", "x", "model")]
    world.specs({"x": deployment("X", 1)})
    assert warnings(world.plan()) == []
    world.specs({"x": deployment("X", 2), "y": deployment("Y", 2)})
    assert warnings(world.plan()) == []
    world.specs({})
    assert warnings(world.plan()) == []


def test_what_exists_is_no_rename(open_world: Callable[..., World]) -> None:
    """A spec whose deployment is there already is no new name of another."""
    world = open_world(seeded(live(OLD, "a", "A"), live(OTHER, "b", "A")))
    world.specs({"b": deployment("A")})
    assert warnings(world.plan()) == []
