"""Random specs and random platforms, and a platform's own idea of what a plan's requests do to it.

`WIRE` says by hand where the platform keeps what a spec calls by another name: it is read from the API reference, not
from the registry, so that a wrong row cannot agree with itself.
"""

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from drplan.plan.build import Observation
from drplan.records.plans import Action, Plan, Verb
from drplan.records.specs import Address, Live, Resource
from drplan.records.values import thaw
from drplan.registry.lookups import Found
from drplan.spec.load import read_specs

PROJECT = "shop"
ITEM, SETTINGS, SECONDARY = "", "settings", "secondary_dataset_config"

WIRE: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "label": (ITEM, ("label",)),
    "description": (ITEM, ("description",)),
    "importance": (ITEM, ("importance",)),
    "status": (ITEM, ("status",)),
    "settings.drift_tracking.target_drift_enabled": (SETTINGS, ("targetDrift", "enabled")),
    "settings.drift_tracking.feature_drift_enabled": (SETTINGS, ("featureDrift", "enabled")),
    "settings.association_id.column_names": (SETTINGS, ("associationId", "columnNames")),
    "settings.association_id.required_in_prediction_requests": (
        SETTINGS,
        ("associationId", "requiredInPredictionRequests"),
    ),
    "settings.association_id.auto_generate_id": (SETTINGS, ("associationId", "autoGenerateId")),
    "settings.predictions_data_collection.enabled": (SETTINGS, ("predictionsDataCollection", "enabled")),
    "settings.prediction_warning.enabled": (SETTINGS, ("predictionWarning", "enabled")),
    "settings.prediction_warning.custom_boundaries": (SETTINGS, ("predictionWarning", "customBoundaries")),
    "settings.secondary_dataset_config.id": (SECONDARY, ("secondaryDatasetConfigId",)),
    "settings.secondary_dataset_config.credential_ids": (SECONDARY, ("credentialIds",)),
}

PACKAGES = tuple(f"5f00000000000000000002{number:02}" for number in range(3))
CONFIGS = tuple(f"5f00000000000000000003{number:02}" for number in range(3))

texts = st.sampled_from(["", "a", "b", "true", "null", "0"])
numbers = st.one_of(st.integers(-3, 3), st.sampled_from([0.0, -0.5, 1.5]))
boundaries = st.tuples(numbers, numbers).map(sorted)
entries = st.dictionaries(st.sampled_from(["team", "tier", "cost.centre"]), st.sampled_from([None, "a", "b", "0"]))


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with any of these keys."""
    return st.fixed_dictionaries({}, optional=fields)


ignorable = st.sampled_from(
    [*WIRE, "tags", "tags.team", "model", "settings", "settings.association_id", "settings.prediction_warning"]
)

specs = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["A", "B"]),
        "model": st.sampled_from(PACKAGES).map(lambda package: {"model_package_id": package}),
    },
    optional={
        "description": st.none() | texts,
        "importance": st.sampled_from(["LOW", "HIGH"]),
        "status": st.sampled_from(["active", "inactive"]),
        "tags": entries,
        "replacement": some(reason=st.just("ACCURACY")),
        "lifecycle": some(prevent_destroy=st.booleans(), ignore_changes=st.lists(ignorable, max_size=3, unique=True)),
        "settings": some(
            drift_tracking=some(target_drift_enabled=st.booleans(), feature_drift_enabled=st.booleans()),
            association_id=some(
                column_names=st.sampled_from([["a"], ["b"]]),
                required_in_prediction_requests=st.booleans(),
                auto_generate_id=st.booleans(),
            ),
            predictions_data_collection=st.fixed_dictionaries({"enabled": st.booleans()}),
            prediction_warning=st.fixed_dictionaries(
                {"enabled": st.booleans()},
                optional={
                    "custom_boundaries": st.none()
                    | boundaries.map(lambda pair: {"lower_boundary": pair[0], "upper_boundary": pair[1]})
                },
            ),
            secondary_dataset_config=st.fixed_dictionaries(
                {"id": st.sampled_from(CONFIGS)},
                optional={"credential_ids": st.lists(st.sampled_from(["c1", "c2"]), unique=True)},
            ),
        ),
    },
)

switches = st.none() | st.fixed_dictionaries({"enabled": st.booleans()})
setting_documents = some(
    targetDrift=switches,
    featureDrift=switches,
    associationId=st.fixed_dictionaries(
        {
            "columnNames": st.sampled_from([None, ["a"], ["b"]]),
            "requiredInPredictionRequests": st.booleans(),
            "autoGenerateId": st.none() | st.booleans(),
        }
    ),
    predictionsDataCollection=switches,
    predictionWarning=st.fixed_dictionaries(
        {
            "enabled": st.booleans(),
            "customBoundaries": st.none() | boundaries.map(lambda pair: {"lower": pair[0], "upper": pair[1]}),
        }
    ),
)
secondary_documents = st.just({}) | st.fixed_dictionaries(
    {"secondaryDatasetConfigId": st.sampled_from(CONFIGS), "credentialIds": st.lists(st.sampled_from(["c1", "c2"]))}
)
items = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["A", "B"]),
        "description": st.none() | texts,
        "importance": st.sampled_from([None, "LOW", "HIGH"]),
        "status": st.sampled_from(["active", "inactive", "launching", "stopping"]),
        "model_package": st.sampled_from(PACKAGES),
        "tags": entries,
        "identified": st.booleans(),
        "guarded": st.booleans(),
    }
)


@dataclass
class Deployment:
    """One live deployment: its documents by group, as the platform keeps them."""

    documents: dict[str, Any]

    @property
    def live(self) -> Live:
        """What drplan would read of it."""
        item = self.documents[ITEM]
        return Live(item["id"], deepcopy(self.documents), item["status"])

    def tags(self) -> dict[str, str]:
        """The tags by name."""
        return {tag["name"]: tag["value"] for tag in self.documents[ITEM]["tags"]}

    def value(self, path: str) -> Any:
        """What the platform holds for a setting, in its own form."""
        document, steps = WIRE[path]
        value = self.documents[document]
        for step in steps:
            value = (value or {}).get(step)
        return value


def deployment(number: int, item: Mapping[str, Any], settings: Any, secondary: Any) -> Deployment:
    """Return a deployment from drawn parts; `identified` ones carry the identity of `shop/d<number>`."""
    tags = {name: value for name, value in item["tags"].items() if value is not None}
    tags |= {"drplan": f"{PROJECT}/d{number}"} if item["identified"] else {}
    tags |= {"drplan-protected": "true"} if item["guarded"] else {}
    own = {key: value for key, value in item.items() if key not in ("tags", "identified", "guarded", "model_package")}
    documents = {
        ITEM: {
            **own,
            "id": f"5a00000000000000000000{number:02}",
            "modelPackage": {"id": item["model_package"]},
            "tags": [
                {"id": f"t{index}", "name": name, "value": value} for index, (name, value) in enumerate(tags.items())
            ],
        },
        SETTINGS: settings,
        SECONDARY: secondary,
    }
    return Deployment(deepcopy(documents))


def resources_of(fleet: Mapping[str, Any]) -> tuple[Resource, ...]:
    """Return the resources of drawn specs by name."""
    return read_specs([("a.yaml", json.dumps({"deployments": dict(fleet)}))])


def observation(resources: tuple[Resource, ...], fleet: Mapping[Address, Deployment]) -> Observation:
    """Return what observing this fleet gives; every model package exists."""
    return Observation(
        live={address: fleet[address].live for address in (r.address for r in resources) if address in fleet},
        orphans={
            address: live.live for address, live in fleet.items() if address not in {r.address for r in resources}
        },
        answers={
            (resource.address, "model"): Found(resource.value("model")["model_package_id"]) for resource in resources
        },
    )


def carry_out(plan: Plan, fleet: dict[Address, Deployment], resets: Any) -> None:
    """Do to the fleet what the platform does when it is sent a plan's writes; `resets` is what a replacement leaves."""
    for action in plan.writes:
        _carry_out(action, fleet, resets)


def _carry_out(action: Action, fleet: dict[Address, Deployment], resets: Any) -> None:
    body = thaw(action.body)
    if action.verb is Verb.DELETE:
        del fleet[action.address]
    elif action.verb is Verb.CREATE:
        number = 50 + len(fleet)
        item = {"description": None, "importance": None, "status": "active", "tags": [], "id": f"5b{number:022}"}
        package = {"id": body.pop("modelPackageId")}
        fleet[action.address] = Deployment({ITEM: item | body | {"modelPackage": package}, SETTINGS: {}, SECONDARY: {}})
    elif action.verb is Verb.REASSERT:
        for change in action.changes:
            _set(fleet[action.address], change.setting, thaw(change.after))
    elif action.verb is Verb.REPLACE:
        own = fleet[action.address].documents
        assert own[ITEM]["status"] in ("active", "launching"), "the platform replaces only what is active"
        own[ITEM]["modelPackage"] = {"id": body["modelPackageId"]}
        own[SETTINGS].update(deepcopy(resets))
    elif action.group == "tags":
        _tag(fleet[action.address].documents[ITEM]["tags"], action, body)
    elif action.path.endswith("/secondaryDatasetConfiguration/"):
        own = fleet[action.address].documents[SECONDARY]
        own["secondaryDatasetConfigId"] = body["secondaryDatasetConfigId"]
        own |= {"credentialIds": body["credentialsIds"]} if "credentialsIds" in body else {}
    elif action.path.endswith("/settings/"):
        own = fleet[action.address].documents[SETTINGS]
        for key, part in body.items():
            own[key] = (own.get(key) or {}) | part
    else:
        fleet[action.address].documents[ITEM].update(body)


def _tag(tags: list[dict[str, str]], action: Action, body: Any) -> None:
    if action.method == "POST":
        tags.append({"id": f"n{len(tags)}-{body['name']}", **body})
        return
    (tag,) = (tag for tag in tags if action.path.endswith(f"/tags/{tag['id']}/"))
    if action.method == "DELETE":
        tags.remove(tag)
    else:
        tag.update(body)


def _set(own: Deployment, path: str, value: Any) -> None:
    document, (*steps, last) = WIRE[path]
    node = own.documents[document]
    for step in steps:
        node[step] = node.get(step) or {}
        node = node[step]
    node[last] = on_the_wire(path, value)


def on_the_wire(path: str, value: Any) -> Any:
    """Return a desired value in the platform's form."""
    if path == "settings.prediction_warning.custom_boundaries" and value is not None:
        return {"lower": value["lower_boundary"], "upper": value["upper_boundary"]}
    return value
