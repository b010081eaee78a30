"""Whether a model can replace another: one check a name of the API reference 2.6, computed from what is stored.

| check | passing | warning | failing |
|---|---|---|---|
| permission | the user owns the deployment | its importance is one of `reviewed_importance` | a lesser role |
| supported | run by the platform | its environment is managed by an agent | a transition is under way |
| notCurrentModel | another model | another package of the same model | the same package |
| modelStatus | built | built, deprecated | building, or the build failed |
| modelCanBeDeployed | deployable | a custom model whose last test failed | not deployable, archived, external |
| predictionReady | ready | needs a secondary dataset configuration that the deployment lacks | not ready |
| target | same name, or both without | names differ in letter case only | another |
| targetType | same | Binary and Multiclass with the same two classes | another |
| targetClasses | same, or no classes | other order, or more classes | a class is gone |
| features | needs no new ones | needs features that requests did not need before | nothing in common |
| featureDataTypes | same | another kind of number, or another kind of text | another |
| seriesType | same | multi in place of single | single in place of multi |
| timeSeriesCompatibility | both not, or same time axis | other forecast window | only one is, or other time column |
| driftTracking | baseline known, or of neither, or drift off | a feature tracked by hand is gone | no training data |
| humilityRules | supported, or off | on, without training data | on and not supported |
| predictionIntervals | supported, or off | on without percentiles, not supported | on with percentiles, not supported |
| combinedModelSegments | same segments, or none | more segments, or the first ones | a segment is gone |
| containsTrackedSegmentAttributes | all there | one is there but not categorical | one is gone |
| validChallenger | none, or a sound one | it ran in another environment | its build is not complete |
"""

from collections.abc import Callable
from dataclasses import dataclass

from drplan.emulator.core.store import Json, Store

CheckResult = tuple[str, str | None]  # a status and its message

_ORDER = ("passing", "warning", "failing")
_OVERALL = {
    "passing": "Model can be used to replace the current model of the deployment.",
    "warning": "Model can be used to replace the current model of the deployment, with warnings.",
    "failing": "Model cannot be used to replace the current model of the deployment.",
}
_NUMBERS = frozenset({"Numeric", "Currency", "Length", "Percentage"})
_TEXTS = frozenset({"Categorical", "Text", "Boolean"})


@dataclass(frozen=True, slots=True)
class Replacement:
    """One replacement to be validated: the deployment, its settings, its model package and the one it is to get."""

    store: Store
    switches: Json
    role: str
    doc: Json
    settings: Json
    old: Json
    new: Json

    @property
    def before(self) -> Json:
        """Give the facts of the present model."""
        facts: Json = self.old["_facts"]
        return facts

    @property
    def after(self) -> Json:
        """Give the facts of the new model."""
        facts: Json = self.new["_facts"]
        return facts


def validate(replacement: Replacement, forced: dict[str, CheckResult] | None = None) -> Json:
    """Give `status`, `message` and `checks`; the status is the worst of the checks, `forced` ones override theirs."""
    results = {name: check(replacement) for name, check in CHECKS.items()} | (forced or {})
    worst = max((status for status, _ in results.values()), key=_ORDER.index)
    return {
        "status": worst,
        "message": _OVERALL[worst],
        "checks": {name: {"status": status, "message": message} for name, (status, message) in results.items()},
    }


def _permission(replacement: Replacement) -> CheckResult:
    if replacement.role != "OWNER":
        return "failing", "User does not have permission to replace model."
    if replacement.doc["importance"] in replacement.switches["reviewed_importance"]:
        return (
            "warning",
            f"Model replacement on a deployment of importance {replacement.doc['importance']} has to be reviewed.",
        )
    return "passing", "User has permission to replace model."


def _supported(replacement: Replacement) -> CheckResult:
    # An inactive one may be asked about: whoever replaces activates it first (API reference 2.6, gotcha 15).
    if replacement.doc["status"] not in {"active", "inactive"}:
        return "failing", f"Model replacement is not supported while the deployment is {replacement.doc['status']}."
    environment = replacement.store.get("predictionEnvironment", replacement.doc["predictionEnvironmentId"] or "")
    if environment is not None and environment["isManagedByManagementAgent"]:
        return "warning", "The management agent of the prediction environment has to replace the model as well."
    return "passing", "Model replacement is supported on this deployment."


def _not_current(replacement: Replacement) -> CheckResult:
    if replacement.new["id"] == replacement.old["id"]:
        return "failing", "Model is already used as current model of the deployment."
    if replacement.new["modelId"] == replacement.old["modelId"]:
        return "warning", "Another package of the same model is used by the deployment."
    return "passing", None


def _status(replacement: Replacement) -> CheckResult:
    if replacement.after["buildStatus"] == "failed":
        return "failing", "Model building failed."
    if replacement.after["buildStatus"] != "complete":
        return "failing", "Model building is not finished."
    if replacement.after["deprecated"]:
        return "warning", "Model is deprecated."
    return "passing", "Model building finished."


def _deployable(replacement: Replacement) -> CheckResult:
    if not replacement.after["deployable"]:
        return "failing", "Model cannot be deployed."
    if replacement.new["isArchived"]:
        return "failing", "Model cannot be deployed: its registered model is archived."
    external = replacement.new["modelExecutionType"] == "external"
    if external and replacement.old["modelExecutionType"] != "external":
        return "failing", "An external model cannot be deployed where the platform runs the model."
    if replacement.after["tested"] is False:
        return "warning", "Model can be deployed, but its tests have not passed."
    return "passing", "Model can be deployed."


def _ready(replacement: Replacement) -> CheckResult:
    if not replacement.after["predictionReady"]:
        return "failing", "Model is not ready to make predictions."
    if replacement.after["secondaryDatasets"] == "required" and not replacement.doc["secondaryDatasetConfigId"]:
        return "warning", "Model needs a secondary dataset configuration, which the deployment does not have."
    return "passing", "Model is ready to make predictions."


def _target(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["targetName"], replacement.after["targetName"]
    if old == new:
        return "passing", "Target is compatible."
    if old and new and old.lower() == new.lower():
        return "warning", f"Target {new} differs from {old} in letter case."
    return "failing", f"Target is not compatible: {_named(new)} in place of {_named(old)}."


def _target_type(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["targetType"], replacement.after["targetType"]
    if old == new:
        return "passing", "Target type is compatible."
    classes = set(replacement.before["classNames"] or ())
    if (
        {old, new} == {"Binary", "Multiclass"}
        and len(classes) == 2
        and classes == set(replacement.after["classNames"] or ())
    ):
        return "warning", f"Target type {new} has the same two classes as {old}."
    return "failing", f"Target type is not compatible: {new} in place of {old}."


def _classes(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["classNames"] or [], replacement.after["classNames"] or []
    gone = [name for name in old if name not in new]
    if gone:
        return "failing", f"Target classes are not compatible: {', '.join(gone)} missing."
    more = [name for name in new if name not in old]
    if old and more:
        return "warning", f"Target classes are new: {', '.join(more)}."
    if old and old != new:
        return "warning", "Target classes are in another order."
    return "passing", "Target classes are compatible."


def _types(facts: Json) -> dict[str, str]:
    return {feature["name"]: feature["featureType"] for feature in facts["features"]}


def _features(replacement: Replacement) -> CheckResult:
    old, new = _types(replacement.before), _types(replacement.after)
    if old and new and not old.keys() & new.keys():
        return "failing", "Features are not compatible: the models have none in common."
    more = [name for name in new if name not in old]
    if old and more:
        return "warning", f"Features are needed that the current model does not use: {', '.join(more)}."
    return "passing", "Features are compatible."


def _feature_types(replacement: Replacement) -> CheckResult:
    old, new = _types(replacement.before), _types(replacement.after)
    changed = [name for name in old if name in new and old[name] != new[name]]
    strong = [name for name in changed if not any({old[name], new[name]} <= family for family in (_NUMBERS, _TEXTS))]
    if not changed:
        return "passing", "Feature data types are compatible."
    listed = ", ".join(f"{name} ({old[name]} to {new[name]})" for name in strong or changed)
    if strong:
        return "failing", f"Feature data types are not compatible: {listed}."
    return "warning", f"Feature data types differ: {listed}."


def _series(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["seriesType"], replacement.after["seriesType"]
    if old == new or old is None or new is None:  # whether both are time series is a check of its own
        return "passing", "Series type is compatible."
    if new == "multi":
        return "warning", "A model of several series replaces one of a single series."
    return "failing", "Series type is not compatible: a single series in place of several."


def _time_series(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["timeSeries"], replacement.after["timeSeries"]
    if (old is None) != (new is None):
        return "failing", f"Only the {'new' if old is None else 'current'} model is a time series model."
    if old is None or new is None or old == new:
        return "passing", "Time series settings are compatible."
    for key in ("datetimeColumn", "timeUnit"):
        if old.get(key) != new.get(key):
            return "failing", f"Time series are not compatible: {key} {new.get(key)} in place of {old.get(key)}."
    return "warning", "The forecast window differs."


def _drift(replacement: Replacement) -> CheckResult:
    features = replacement.settings["featureDrift"]
    if not (features["enabled"] or replacement.settings["targetDrift"]["enabled"]):
        return "passing", "Drift is not tracked."
    if not (replacement.after["driftBaseline"] or replacement.before["driftBaseline"]):
        return "passing", "Drift is tracked for neither model: their training data is not known."
    if not replacement.after["driftBaseline"]:
        return "failing", "Drift cannot be tracked: the model's training data is not known."
    new = _types(replacement.after)
    gone = [name for name in features["trackedFeatures"] if name not in new]
    if features["enabled"] and features["featureSelection"] == "manual" and gone:
        return "warning", f"Tracked features are not features of the model: {', '.join(gone)}."
    return "passing", "Drift can be tracked."


def _humility(replacement: Replacement) -> CheckResult:
    if not (replacement.settings["humility"]["enabled"] or replacement.settings["predictionWarning"]["enabled"]):
        return "passing", "Humility rules are off."
    if not replacement.after["humility"]:
        return "failing", "Humility rules are not supported by the model."
    if not replacement.after["driftBaseline"]:
        return "warning", "Humility rules have no defaults: the model's training data is not known."
    return "passing", "Humility rules are supported."


def _intervals(replacement: Replacement) -> CheckResult:
    intervals = replacement.settings["predictionIntervals"]
    if not intervals["enabled"] or replacement.after["predictionIntervals"]:
        return "passing", "Prediction intervals are compatible."
    if intervals["percentiles"]:
        return "failing", "Prediction intervals are not supported by the model."
    return "warning", "Prediction intervals are on, but not supported by the model."


def _combined(replacement: Replacement) -> CheckResult:
    old, new = replacement.before["segments"] or [], replacement.after["segments"] or []
    gone = [name for name in old if name not in new]
    if gone:
        return "failing", f"Segments are missing: {', '.join(gone)}."
    if len(new) > len(old):
        return "warning", f"Segments are new: {', '.join(name for name in new if name not in old)}."
    return "passing", "Segments are compatible."


def _segment_attributes(replacement: Replacement) -> CheckResult:
    tracked = replacement.settings["segmentAnalysis"]
    attributes = tracked["attributes"] if tracked["enabled"] else []
    types = _types(replacement.after)
    gone = [name for name in attributes if name not in types]
    if gone:
        return "failing", f"Tracked segment attributes are not features of the model: {', '.join(gone)}."
    odd = [name for name in attributes if types[name] not in {"Categorical", "Boolean"}]
    if odd:
        return "warning", f"Tracked segment attributes are not categorical: {', '.join(odd)}."
    return "passing", "Tracked segment attributes are there."


def _challenger(replacement: Replacement) -> CheckResult:
    for challenger in replacement.store.find("challenger", parent=replacement.doc["id"], ref=replacement.new["id"]):
        if replacement.after["buildStatus"] != "complete":
            return "failing", f"Challenger {challenger['name']} is not built."
        environment = challenger["predictionEnvironmentId"]
        if environment and environment != replacement.doc["predictionEnvironmentId"]:
            return "warning", f"Challenger {challenger['name']} ran in another prediction environment."
        return "passing", f"Model is challenger {challenger['name']}."
    return "passing", None


def _named(name: str | None) -> str:
    return name or "no target"


CHECKS: dict[str, Callable[[Replacement], CheckResult]] = {
    "permission": _permission,
    "supported": _supported,
    "notCurrentModel": _not_current,
    "modelStatus": _status,
    "modelCanBeDeployed": _deployable,
    "predictionReady": _ready,
    "target": _target,
    "targetType": _target_type,
    "targetClasses": _classes,
    "features": _features,
    "featureDataTypes": _feature_types,
    "seriesType": _series,
    "timeSeriesCompatibility": _time_series,
    "driftTracking": _drift,
    "humilityRules": _humility,
    "predictionIntervals": _intervals,
    "combinedModelSegments": _combined,
    "containsTrackedSegmentAttributes": _segment_attributes,
    "validChallenger": _challenger,
}
