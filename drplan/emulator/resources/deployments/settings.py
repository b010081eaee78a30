"""`settings/`: one document a deployment, patched by top-level key, in force after the job (API reference 2.7).

Inside a key, fields that a PATCH leaves out keep their value. A PATCH is checked against the settings as they will be
once the PATCHes before it are through, so two in a row need not wait for each other.
"""

from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import conflict, invalid, not_found
from drplan.emulator.http.fields import Object, boolean, check, listing, nested, number, one_of, text
from drplan.emulator.resources.deployments import access, document, watch

DEFAULTS: Json = {
    "targetDrift": {"enabled": True},
    "featureDrift": {"enabled": True, "featureSelection": "auto", "trackedFeatures": []},
    "associationId": {"columnNames": None, "requiredInPredictionRequests": False, "autoGenerateId": False},
    "predictionIntervals": {"enabled": False, "percentiles": []},
    "predictionWarning": {"enabled": False, "customBoundaries": None},
    "predictionsByForecastDate": {"enabled": False, "columnName": None, "datetimeFormat": None},
    "predictionsDataCollection": {"enabled": False},
    "challengerModels": {"enabled": False},
    "segmentAnalysis": {"enabled": False, "attributes": []},
    "biasAndFairness": None,
    "automaticActuals": {"enabled": False},
    "humility": {"enabled": False},
    "batchMonitoring": {"enabled": False},
    "predictionsSettings": {"minComputes": None, "maxComputes": None, "resourceBundleId": None},
}

_FAIRNESS_SETS = (
    "proportionalParity",
    "equalParity",
    "predictionBalance",
    "trueFavorableAndUnfavorableRateParity",
    "favorableAndUnfavorablePredictiveValueParity",
)
_SWITCH = Object({"enabled": boolean(required=True)})


def _bounds_rule(taken: Json) -> dict[str, Any] | None:
    bounds = bounds_of(taken)
    wrong = {}
    for name, other in (("lower", "lowerBoundary"), ("upper", "upperBoundary")):
        if name in taken and other in taken and taken[name] != taken[other]:
            wrong[other] = f"contradicts {name}"
        if bounds[name] is None:
            wrong[name] = "is required"
    if not wrong and bounds["lower"] > bounds["upper"]:
        wrong["lower"] = "must not be above upper"
    return wrong


def bounds_of(taken: Json) -> Json:
    """Give boundaries as {lower, upper}; clients also write lowerBoundary and upperBoundary."""
    return {name: taken.get(name, taken.get(f"{name}Boundary")) for name in ("lower", "upper")}


_SHAPE = Object(
    {
        "targetDrift": nested(_SWITCH),
        "featureDrift": nested(
            Object(
                {
                    "enabled": boolean(required=True),
                    "featureSelection": text(choices=("auto", "manual")),
                    "trackedFeatures": listing(text()),
                }
            )
        ),
        "associationId": nested(
            Object(
                {
                    "columnNames": listing(text(), size=1),
                    "requiredInPredictionRequests": boolean(),
                    "autoGenerateId": boolean(),
                }
            )
        ),
        "predictionIntervals": nested(
            Object(
                {
                    "enabled": boolean(required=True),
                    "percentiles": listing(number(whole=True, least=1, most=100), most=1),
                }
            )
        ),
        "predictionWarning": nested(
            Object(
                {
                    "enabled": boolean(required=True),
                    "customBoundaries": nested(
                        Object(
                            {name: number() for name in ("lower", "upper", "lowerBoundary", "upperBoundary")},
                            rule=_bounds_rule,
                        ),
                        nullable=True,
                    ),
                }
            )
        ),
        "predictionsByForecastDate": nested(
            Object(
                {
                    "enabled": boolean(required=True),
                    "columnName": text(nullable=True),
                    "datetimeFormat": text(nullable=True),
                }
            )
        ),
        "predictionsDataCollection": nested(_SWITCH),
        "challengerModels": nested(_SWITCH),
        "segmentAnalysis": nested(Object({"enabled": boolean(required=True), "attributes": listing(text())})),
        "biasAndFairness": nested(
            Object(
                {
                    "protectedFeatures": listing(text(), required=True, least=1),
                    "preferableTargetValue": one_of(bool, str, int, float, required=True),
                    "fairnessMetricsSet": text(required=True, choices=_FAIRNESS_SETS),
                    "fairnessThreshold": number(required=True, least=0, most=1),
                }
            ),
            nullable=True,
        ),
        "automaticActuals": nested(_SWITCH),
        "humility": nested(_SWITCH),
        "batchMonitoring": nested(_SWITCH),
        "predictionsSettings": nested(
            Object(
                {
                    "minComputes": number(whole=True, nullable=True, least=0),
                    "maxComputes": number(whole=True, nullable=True, least=0),
                    "resourceBundleId": text(nullable=True),
                }
            )
        ),
    }
)


def get(call: Call) -> Answer:
    """Answer every key of the settings in force."""
    (settings,) = access.columns(call, "d.settings")
    return Answer(200, settings)


def patch(call: Call) -> Answer:
    """Accept a partial change; it is in force when the job is through."""
    settings, doc_text = access.columns(call, "d.settings, d.doc", "CAN_EDIT_DEPLOYMENT")
    doc = load(doc_text)
    if doc["deleting"]:
        raise not_found()
    given = taken(call.body, form=call.form)
    present = load(settings)
    for earlier in jobs.pending(call.store, doc["id"], "settings"):
        present = after(present, earlier["patch"])
        document.note_challengers(doc, present)
    judge(doc, document.package_of(call.store, doc), present, given)
    location = f"deployments/{doc['id']}/"
    return call.accepted(call.start("settings", doc["id"], {"patch": given}, location))


def taken(body: Any, *, form: bool = False) -> Json:
    """Give a PATCH body in the one spelling that is stored; 422 with every wrong field."""
    given = check(body, _SHAPE, form=form)
    boundaries = given.get("predictionWarning", {}).get("customBoundaries")
    if boundaries is not None:
        given["predictionWarning"]["customBoundaries"] = bounds_of(boundaries)
    return given


def merged(settings: Json, patch: Json) -> Json:
    """Give a document with a PATCH in it: by key, and inside a key by field."""
    result = dict(settings)
    for key, value in patch.items():
        before = settings.get(key)
        result[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return result


def after(settings: Json, patch: Json) -> Json:
    """Give the settings that a PATCH leads to: with what it changes, and what that brings with it."""
    wanted = merged(settings, patch)
    if wanted["challengerModels"]["enabled"]:
        wanted["predictionsDataCollection"] = {"enabled": True}
    return wanted


def judge(doc: Json, package: Json, present: Json, given: Json) -> None:
    """Refuse a change that the model cannot carry (422) or that contradicts other settings or the status (409)."""
    wanted = after(present, given)
    facts = package["_facts"]
    wrong: Json = {}
    for key in given:
        rule = _RULES.get(key)
        reason = rule(facts, wanted[key]) if rule and wanted[key] is not None else None
        if reason:
            wrong[key] = reason
    if wrong:
        raise invalid(wrong)
    if given.get("predictionsSettings") and doc["status"] != "inactive":
        raise conflict("predictionsSettings can be changed only while the deployment is inactive.")
    document.note_challengers(doc, wanted)
    if doc["hadChallengers"] and given.get("predictionsDataCollection") == {"enabled": False}:
        raise conflict("predictionsDataCollection cannot be turned off once challengerModels has been on.")
    column = present["associationId"]["columnNames"]
    if doc["predicted"] and column and wanted["associationId"]["columnNames"] != column:
        raise conflict("The association ID column cannot be changed: predictions have been made with it.")


def _drift(facts: Json, value: Json) -> Json | None:
    if value["enabled"] and not facts["driftBaseline"]:
        return {"enabled": "drift cannot be tracked: the model's training data is not known"}
    names = {feature["name"] for feature in facts["features"]}
    missing = [name for name in value.get("trackedFeatures", []) if name not in names]
    return {"trackedFeatures": f"not features of the model: {', '.join(missing)}"} if missing else None


def _association(_facts: Json, value: Json) -> Json | None:
    if value["autoGenerateId"] and not value["columnNames"]:
        return {"autoGenerateId": "needs columnNames"}
    return None


def _intervals(facts: Json, value: Json) -> Json | None:
    if value["enabled"] and not facts["predictionIntervals"]:
        return {"enabled": "prediction intervals are not supported by the model"}
    return None


def _forecast(facts: Json, value: Json) -> Json | None:
    if not value["enabled"]:
        return None
    if facts["timeSeries"] is None:
        return {"enabled": "only time series models are predicted by forecast date"}
    missing = [name for name in ("columnName", "datetimeFormat") if not value[name]]
    return dict.fromkeys(missing, "is required") or None


def _segments(facts: Json, value: Json) -> Json | None:
    types = {feature["name"]: feature["featureType"] for feature in facts["features"]}
    wrong = {}
    for index, name in enumerate(value["attributes"]):
        if name == facts["targetName"]:
            wrong[str(index)] = f"{name} is the target"
        elif types.get(name) not in {"Categorical", "Boolean"}:
            wrong[str(index)] = f"{name} is not a categorical feature of the model"
    return {"attributes": wrong} if wrong else None


def _fairness(facts: Json, value: Json) -> Json | None:
    if facts["targetType"] != "Binary":
        return {"protectedFeatures": "bias and fairness need a binary classification model"}
    names = {feature["name"] for feature in facts["features"]}
    missing = [name for name in value["protectedFeatures"] if name not in names]
    return {"protectedFeatures": f"not features of the model: {', '.join(missing)}"} if missing else None


def _actuals(facts: Json, value: Json) -> Json | None:
    if value["enabled"] and facts["timeSeries"] is None:
        return {"enabled": "only time series models collect actuals themselves"}
    return None


def _humility(facts: Json, value: Json) -> Json | None:
    if value["enabled"] and not facts["humility"]:
        return {"enabled": "the model does not support humility rules"}
    return None


def _computes(_facts: Json, value: Json) -> Json | None:
    least, most = value["minComputes"], value["maxComputes"]
    return (
        {"minComputes": "must not be above maxComputes"}
        if least is not None and most is not None and least > most
        else None
    )


def _challengers(facts: Json, value: Json) -> Json | None:
    if value["enabled"] and facts["executionType"] == "external":
        return {"enabled": "challengers need a model that the platform runs"}
    return None


_RULES = {
    "targetDrift": _drift,
    "featureDrift": _drift,
    "associationId": _association,
    "predictionIntervals": _intervals,
    "predictionsByForecastDate": _forecast,
    "segmentAnalysis": _segments,
    "biasAndFairness": _fairness,
    "automaticActuals": _actuals,
    "humility": _humility,
    "predictionWarning": _humility,
    "predictionsSettings": _computes,
    "challengerModels": _challengers,
}


@jobs.effect("settings")
def _in_force(store: Store, subject: str, payload: Json, _when: float) -> None:
    document.put_settings(store, subject, after(document.settings_of(store, subject), payload["patch"]))
    document.refresh(store, subject)
    watch.remark(store, subject)


ROUTES = (("GET deployments/{id}/settings/", get), ("PATCH deployments/{id}/settings/", patch))
