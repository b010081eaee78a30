"""Just before an object's first write a saved plan looks at it once more, and leaves alone what has moved."""

from fleet import deployment
from harness import World

from drplan.apply import Run
from drplan.platform.progress import SILENT
from drplan.records.plans import Result
from drplan.records.specs import Address

LEFT = "it has changed since this plan was made, and was left alone: "


def test_what_moved_at_the_last_moment_is_left_alone(world: World) -> None:
    """A deployment that moved after the plan was checked fails without a write; the others are changed."""
    world.specs({name: deployment(name) for name in ("a", "b")})
    assert world.apply().exit_code == 0
    world.specs({name: {**deployment(name, importance="HIGH"), "label": f"New {name}"} for name in ("a", "b")})
    plan = world.plan()
    ids = {seen.address.name: seen.id for seen in plan.observed}
    assert plan.observed[0].address == Address("deployment", "a")
    world.run(lambda api: api.send("PATCH", f"deployments/{ids['a']}/", {"label": "Meddled"}))
    world.forget()
    outcomes = world.run(lambda api: Run(api, plan, SILENT, recheck=True).execute())
    assert [(outcome.key, outcome.result, outcome.message) for outcome in outcomes] == [
        (
            "deployment.a/details",
            Result.FAILED,
            f"{LEFT}deployment.a.label: it was 'a' and is 'Meddled'",
        ),
        ("deployment.b/details", Result.DONE, ""),
    ]
    assert world.sent == [("PATCH", "deployments/{id}/", {"importance": "HIGH", "label": "New b"})]


def test_what_is_gone_at_the_last_moment_fails(world: World) -> None:
    """A deployment that was deleted meanwhile fails, and says so."""
    world.specs({"a": deployment("a")})
    assert world.apply().exit_code == 0
    world.specs({"a": {**deployment("a"), "label": "New"}})
    plan = world.plan()
    world.run(lambda api: api.send("DELETE", f"deployments/{plan.observed[0].id}/"))
    world.emulator.clock.advance(60)
    (outcome,) = world.run(lambda api: Run(api, plan, SILENT, recheck=True).execute())
    assert (outcome.result, outcome.message.endswith(f"it was {plan.observed[0].id} and is gone")) == (
        Result.FAILED,
        True,
    )
