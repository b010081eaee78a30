"""The corners of the renderers: what has no place, what is about something else, what awaits nothing."""

from drplan.kinds import KINDS
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address, Diagnostic, Live, Resource, Severity
from drplan.render.events import place_of
from drplan.render.explain import actions_text
from drplan.render.live import awaited


def action(name: str, verb: Verb = Verb.UPDATE) -> Action:
    """Return an action of a deployment."""
    return Action(f"deployment.{name}/details", Address("deployment", name), verb, "details", "PATCH", "x/", why="so")


def test_a_diagnostic_without_a_place() -> None:
    """What stands in no file has no range, and no file is asked for."""
    assert place_of(Diagnostic(Severity.ERROR, "no"), lambda _file: None) is None


def test_only_its_own_actions_are_explained() -> None:
    """The actions of another address, and questions to the platform, are no answer to why this one changes."""
    plan = Plan("emulator", "shop", "", (), (action("a", Verb.VALIDATE), action("b"), action("a")))
    text = actions_text(plan, Resource(Address("deployment", "a"), {}))
    assert text == "Planned:\n  ~ deployment.a: update details: because so\n"


def test_a_kind_that_nobody_approves() -> None:
    """Objects of a kind without approvals await nothing, whatever their documents say."""
    live = Live("5a0000000000000000000001", {"": {"id": "5a0000000000000000000001", "openedChangeRequests": ["x"]}})
    assert awaited(KINDS["prediction_environment"], live) == {}
