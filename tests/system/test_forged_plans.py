"""Plan files that somebody has rewritten, with a digest that fits: what is sent is what the specs ask for."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from harness import World, deployment

from drplan.plan.file import dumps, loads
from drplan.plan.origin import origin_of
from drplan.records.plans import Action, Change, Plan, Verb
from drplan.records.values import freeze

Run = Callable[..., Any]


def action_of(plan: Plan, step: str) -> Action:
    """Return an action by the end of its key."""
    return next(action for action in plan.actions if action.key.endswith(f"/{step}"))


def with_action(plan: Plan, step: str, **said: Any) -> Plan:
    """Return the plan with something else said by one action."""
    old = action_of(plan, step)
    return replace(plan, actions=tuple(replace(each, **said) if each is old else each for each in plan.actions))


def with_more(plan: Plan, action: Action) -> Plan:
    """Return the plan with one more action."""
    return replace(plan, actions=(*plan.actions, action))


def deletion(plan: Plan) -> Action:
    """Return an action that deletes what the plan updates."""
    details = action_of(plan, "details")
    return replace(details, key="deployment.a/delete", verb=Verb.DELETE, group="", method="DELETE", body=None, sets={})


FORGERIES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "another body": (
        lambda plan: with_action(plan, "details", body=freeze({"label": "B", "importance": "LOW"})),
        "deployment.a/details: it is planned with another body",
    ),
    "another request": (
        lambda plan: with_action(plan, "tags/team", method="DELETE", path="deployments/{id}/", body=None),
        "deployment.a/tags/team: it is planned with another method, path, body",
    ),
    "another path of the host": (
        lambda plan: with_action(plan, "details", path="predictionEnvironments/"),
        "deployment.a/details: it is planned with another path",
    ),
    "another object": (
        lambda plan: with_action(plan, "details", id="5a0000000000000000000099"),
        "deployment.a/details: it is planned with another id",
    ),
    "another model after its validation": (
        lambda plan: with_action(plan, "model", body=freeze({"modelPackageId": "5f0000000000000000000203"})),
        "deployment.a/model: it is planned with another body",
    ),
    "a secret of anybody": (
        lambda plan: with_action(plan, "tags/team", body=freeze({"name": "team", "value": {"$secret": "${env.HOME}"}})),
        "deployment.a/tags/team: it is planned with another body",
    ),
    "words that hide": (
        lambda plan: with_action(plan, "details", changes=(Change("description", None, "fine"),)),
        "deployment.a/details: it is planned with another changes",
    ),
    "one more": (lambda plan: with_more(plan, deletion(plan)), "deployment.a/delete: nothing asks for it"),
    "one less": (
        lambda plan: replace(plan, actions=tuple(each for each in plan.actions if each.verb is not Verb.VALIDATE)),
        "deployment.a/validate-model: it is asked for, and the plan lacks it",
    ),
    "another order": (
        lambda plan: replace(plan, actions=tuple(reversed(plan.actions))),
        "what it was made from, or the order of its actions, is another",
    ),
    "nothing to compare with": (
        lambda plan: replace(plan, observed=(), origin=origin_of(())),
        "the specs have changed since",
    ),
    "two that need each other": (
        lambda plan: with_action(
            with_action(plan, "details", needs=("deployment.a/model",)), "model", needs=("deployment.a/details",)
        ),
        "deployment.a/details: it is planned with another needs",
    ),
    "one that needs nobody": (
        lambda plan: with_action(plan, "details", needs=("deployment.z/create",)),
        "deployment.a/details: it is planned with another needs",
    ),
}


@pytest.fixture
def plan(shop: World, drplan: Run) -> Plan:
    """Make a deployment, and the plan that changes its label, a tag and the model."""
    shop.specs({"a": deployment("A", 2, tags={"team": "x"})})
    assert drplan(shop, "apply", "--auto-approve").code == 0
    shop.specs({"a": deployment("B", 3, tags={"team": "y"})})
    return shop.plan()


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_plan_is_refused(shop: World, drplan: Run, plan: Plan, forgery: str) -> None:
    """Shown as it is, and refused before anything is written, by what is wrong with it."""
    forge, words = FORGERIES[forgery]
    path = shop.root / "plan.json"
    forged = forge(plan)
    path.write_text(dumps(forged))
    assert loads(path.read_text(), "plan.json") == forged
    shop.forget()
    assert drplan(shop, "show", str(path)).code in (0, 4)
    ended = drplan(shop, "apply", str(path), "--auto-approve")
    assert (ended.code, shop.sent) == (4, [])
    assert words in ended.err


def test_the_plan_itself_is_applied(shop: World, drplan: Run, plan: Plan) -> None:
    """What nobody has touched passes."""
    path = shop.root / "plan.json"
    path.write_text(dumps(plan))
    assert drplan(shop, "apply", str(path), "--auto-approve").code == 0
    assert shop.plan().writes == ()


def test_a_plan_that_cannot_be_made_again(shop: World, drplan: Run, plan: Plan) -> None:
    """What stands in the way of the plan by now is said, where nothing that it has read has moved."""
    path = shop.root / "plan.json"
    path.write_text(dumps(plan))
    (model,) = (each for each in shop.request("GET", "registeredModels/")["data"] if each["name"] == "churn")
    shop.change("PATCH", f"registeredModels/{model['id']}/", {"name": "renamed"})
    ended = drplan(shop, "apply", str(path), "--auto-approve")
    assert (ended.code, shop.names()) == (3, ["shop/a"])
    assert "there is no registered model 'churn'" in ended.err
