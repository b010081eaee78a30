"""The graph of a plan: its arrows, its layers, and how it is folded."""

from collections import Counter
from dataclasses import replace

import pytest
import samples

from drplan.records.plans import Plan, Verb
from drplan.render.graph import Graph, graph
from drplan.render.mermaid import mermaid_text


def arrows(drawn: Graph) -> set[tuple[str, str]]:
    """Return the arrows by the labels of their ends."""
    names = [f"{node.name}: {node.label}".removeprefix("deployment.") for node in drawn.nodes]
    return {(names[first], names[second]) for first, second in drawn.arrows}


def check(drawn: Graph) -> None:
    """Check what every graph promises: arrows lead down, validations are on top, deletions at the bottom."""
    for first, second in drawn.arrows:
        assert drawn.nodes[first].layer < drawn.nodes[second].layer
    layers = {verb: [node.layer for node in drawn.nodes if node.verb is verb] for verb in Verb}
    others = [node.layer for node in drawn.nodes if node.verb not in (Verb.VALIDATE, Verb.DELETE)]
    assert not layers[Verb.VALIDATE] or max(layers[Verb.VALIDATE]) < min(others)
    assert not layers[Verb.DELETE] or min(layers[Verb.DELETE]) > max(others)


def test_every_action_of_a_small_plan() -> None:
    """A small plan shows every action, what it needs, and which validation it waits for."""
    plan = samples.everything()
    drawn = graph(plan)
    check(drawn)
    assert (len(drawn.nodes), drawn.folded) == (len(plan.actions), "")
    assert arrows(drawn) == {
        ("churn-prod: validate", "churn-prod: replace model"),
        ("churn-canary: create model package", "churn-canary: create"),
        ("prediction_environment.serverless: create", "churn-canary: create"),
        ("churn-canary: create", "churn-canary: update tags/cost"),
        ("churn-prod: update details", "churn-prod: update settings"),
        ("churn-prod: update settings", "churn-prod: activate"),
        ("churn-prod: activate", "churn-prod: replace model"),
        ("churn-prod: replace model", "churn-prod: reassert settings"),
        ("churn-prod: reassert settings", "churn-prod: deactivate"),
        ("lifetime-value: adopt tags/drplan", "lifetime-value: update tags/cost"),
    }


def test_a_larger_plan_is_shown_by_its_objects() -> None:
    """Between 60 actions and 40 objects, a node is an object; arrows between objects stay."""
    small = samples.everything()
    more = samples.large(30)
    writes = tuple(replace(action, key=f"{action.key}/{turn}") for action in more.writes for turn in range(3))
    drawn = graph(replace(small, actions=(*small.actions, *writes)))
    check(drawn)
    assert (len(drawn.nodes), drawn.folded) == (35, f"The {14 + 90} actions are shown by their objects.")
    assert arrows(drawn) == {("prediction_environment.serverless: create", "churn-canary: create")}


def test_a_large_plan_is_shown_by_its_kinds_of_change() -> None:
    """A thousand deployments are a handful of nodes with counts, in the order in which they happen."""
    drawn = graph(samples.large(1000))
    check(drawn)
    assert [(node.verb, node.count, node.layer) for node in drawn.nodes] == [
        (Verb.VALIDATE, 100, 0),
        (Verb.UPDATE, 800, 1),
        (Verb.REPLACE, 100, 1),
        (Verb.DELETE, 100, 2),
    ]
    assert drawn.arrows == ((0, 1), (0, 2), (1, 3), (2, 3))
    assert drawn.folded == "The 1100 actions on 1000 objects are shown by their kind."


@pytest.mark.parametrize("verb", [Verb.UPDATE, Verb.DELETE])
def test_a_large_plan_of_one_kind(verb: Verb) -> None:
    """Without validations and deletions there is one layer, and no arrow."""
    plan = samples.large(1000)
    drawn = graph(replace(plan, actions=tuple(action for action in plan if action.verb is verb), validations=()))
    assert [(node.verb, node.layer) for node in drawn.nodes] == [(verb, 0)]
    assert drawn.arrows == ()


def test_mermaid_has_a_node_and_an_arrow_for_each() -> None:
    """The flowchart has as many nodes and arrows as the graph, and every class it uses."""
    text = mermaid_text(samples.everything())
    lines = Counter("arrow" if "-->" in line else "node" if ":::" in line else "other" for line in text.splitlines())
    drawn = graph(samples.everything())
    assert (lines["node"], lines["arrow"]) == (len(drawn.nodes), len(drawn.arrows))
    assert {line.split()[1] for line in text.splitlines() if "classDef" in line} == {
        node.verb.value for node in drawn.nodes
    }


def test_mermaid_of_a_folded_plan_says_what_is_folded() -> None:
    """A comment says what was put together."""
    assert "%% The 1100 actions on 1000 objects" in mermaid_text(samples.large(1000))


def test_no_name_is_mermaid_syntax() -> None:
    """A name full of syntax is letters and numbered entities."""
    plan: Plan = samples.nothing()
    action = samples.write('x"]-->y%%{', Verb.UPDATE, "details")
    (line,) = (line for line in mermaid_text(replace(plan, actions=(action,))).splitlines() if ":::" in line)
    assert line == '  n0["deployment.x#34;#93;--#62;y#37;#37;#123;<br/>~ update details"]:::update'
