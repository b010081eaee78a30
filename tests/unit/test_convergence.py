"""Carrying out a plan's requests makes the platform as the specs say, and leaves the rest alone."""

from copy import deepcopy
from typing import Any

import fleets
from fleets import PROJECT, WIRE, Deployment
from hypothesis import given
from hypothesis import strategies as st

from drplan.plan.build import build
from drplan.records.plans import Verb
from drplan.records.specs import Address, Resource
from drplan.records.values import thaw
from drplan.registry.rows import covers

TARGET = "https://platform.example/api/v2"
NAMES = ("d1", "d2", "d3")


@st.composite
def worlds(draw: st.DrawFn) -> tuple[tuple[Resource, ...], dict[Address, Deployment]]:
    """Draw specs for some names, and live deployments for some, which need not be the same."""
    resources = fleets.resources_of({name: draw(fleets.specs) for name in NAMES if draw(st.booleans())})
    fleet = {}
    for number, name in enumerate(NAMES, 1):
        if draw(st.booleans()):
            item = draw(fleets.items)
            described = any(resource.address.name == name for resource in resources)
            if not described:
                item |= {"identified": True, "guarded": False}
            fleet[Address("deployment", name)] = fleets.deployment(
                number, item, draw(fleets.setting_documents), draw(fleets.secondary_documents)
            )
    return resources, fleet


def plan_for(resources: tuple[Resource, ...], fleet: dict[Address, Deployment]) -> Any:
    """Plan these resources against this fleet."""
    return build(resources, fleets.observation(resources, fleet), target=TARGET, project=PROJECT)


def ignored(resource: Resource, path: str) -> bool:
    """Tell whether a spec leaves a path alone."""
    return any(covers(prefix, path) for prefix in resource.value("lifecycle.ignore_changes", ()))


def wanted(path: str, value: Any) -> Any:
    """Return a value as it counts: blank and none are one description, credentials have no order, and a status on its
    way is where it goes."""
    if path == "status":
        return {"launching": "active", "stopping": "inactive"}.get(value, value)
    if path == "description":
        return value or None
    return sorted(value or ()) if path.endswith("credential_ids") else value


@given(worlds(), fleets.setting_documents)
def test_a_plan_carried_out_is_what_was_desired(
    world: tuple[tuple[Resource, ...], dict[Address, Deployment]], resets: Any
) -> None:
    """After the requests the platform holds every desired value, falsy ones included, and the next plan is empty."""
    resources, fleet = world
    before = deepcopy(fleet)
    fleets.carry_out(plan_for(resources, fleet), fleet, resets)
    assert set(fleet) == {resource.address for resource in resources}
    for resource in resources:
        own, old = fleet[resource.address], before.get(resource.address)
        for path, desired in resource.desired.items():
            if path not in WIRE or (old and ignored(resource, path)):
                continue
            held = own.value(path)
            if old is None and desired.value is None:
                continue  # what is new has nothing to clear
            assert wanted(path, held) == wanted(path, fleets.on_the_wire(path, thaw(desired.value))), path
            assert type(held) is type(thaw(desired.value)) or not isinstance(held, bool), path
        if not (old and ignored(resource, "model")):
            package = {"id": resource.value("model")["model_package_id"]}
            assert own.documents[""]["modelPackage"] == package
        assert own.tags() == tags_wanted(resource, old)
    again = plan_for(resources, fleet)
    assert again.actions == ()


def tags_wanted(resource: Resource, old: Deployment | None) -> dict[str, str]:
    """Return the tags that a deployment should carry: what it had, what the spec says, and drplan's own."""
    tags = dict(old.tags()) if old else {}
    tags["drplan"] = f"{PROJECT}/{resource.address.name}"
    guard = resource.value("lifecycle.prevent_destroy")
    if guard is not None:
        tags.pop("drplan-protected", None)
        tags |= {"drplan-protected": "true"} if guard else {}
    for path, desired in resource.desired.items():
        kind, _, name = path.partition(".")
        if kind == "tags" and not (old and ignored(resource, path)):
            tags.pop(name, None)
            tags |= {name: desired.value} if desired.value is not None else {}
    return tags


@given(worlds(), fleets.setting_documents)
def test_what_nobody_mentions_stays(world: tuple[tuple[Resource, ...], dict[Address, Deployment]], resets: Any) -> None:
    """A setting that the spec does not mention, or ignores, is after the requests what it was before."""
    resources, fleet = world
    before = deepcopy(fleet)
    plan = plan_for(resources, fleet)
    replaced = {action.address for action in plan if action.verb is Verb.REPLACE}
    fleets.carry_out(plan, fleet, resets)
    for resource in resources:
        old = before.get(resource.address)
        if old is None:
            continue
        for path, (document, _) in WIRE.items():
            free = path not in resource.desired or ignored(resource, path)
            if free and not (document == "settings" and resource.address in replaced):
                assert wanted(path, fleet[resource.address].value(path)) == wanted(path, old.value(path)), path
