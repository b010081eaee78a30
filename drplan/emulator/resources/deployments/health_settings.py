"""`healthSettings/`: when a deployment's health turns to warning or failing (API reference 2.8)."""

from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import fail, invalid
from drplan.emulator.http.fields import Field, Object, boolean, listing, nested, number, text
from drplan.emulator.resources.deployments import access, document, watch
from drplan.emulator.resources.deployments.accuracy_metrics import ACCURACY_METRICS, default_metrics
from drplan.emulator.resources.deployments.settings import merged

FREQUENCIES = ("T2H", "P1D", "P7D", "P30D", "P90D", "P180D", "P365D", "ALL")
_BATCHES = number(whole=True, choices=(1, 5, 10, 50, 100, 1000, 10000))
_SHARE = number(least=0, most=1)
_COUNT = number(whole=True, least=0)
_CONDITIONS = listing(
    nested(
        Object(
            {
                "metricId": text(required=True),
                "compareOperator": text(required=True, choices=("lt", "lte", "gt", "gte", "eq", "ne")),
                "threshold": number(required=True),
                "categoryName": text(nullable=True),
            }
        )
    )
)


def _timeliness() -> Field:
    return nested(Object({"enabled": boolean(required=True), "expectedFrequency": text(choices=FREQUENCIES)}))


_PATCH = Object(
    {
        "service": nested(Object({"batchCount": _BATCHES})),
        "dataDrift": nested(
            Object(
                {
                    "batchCount": _BATCHES,
                    "timeInterval": text(choices=FREQUENCIES),
                    "driftThreshold": _SHARE,
                    "importanceThreshold": _SHARE,
                    "lowImportanceWarningCount": _COUNT,
                    "lowImportanceFailingCount": _COUNT,
                    "highImportanceWarningCount": _COUNT,
                    "highImportanceFailingCount": _COUNT,
                    "excludedFeatures": listing(text()),
                    "starredFeatures": listing(text()),
                }
            )
        ),
        "accuracy": nested(
            Object(
                {
                    "batchCount": _BATCHES,
                    "metric": text(),
                    "measurement": text(choices=("percent", "value")),
                    "warningThreshold": number(nullable=True),
                    "failingThreshold": number(nullable=True),
                }
            )
        ),
        "fairness": nested(Object({"protectedClassWarningCount": _COUNT, "protectedClassFailingCount": _COUNT})),
        "customMetrics": nested(Object({"warningConditions": _CONDITIONS, "failingConditions": _CONDITIONS})),
        "predictionsTimeliness": _timeliness(),
        "actualsTimeliness": _timeliness(),
    },
    blank=False,
)


def get(call: Call) -> Answer:
    """Answer the settings."""
    doc = access.seen(call)
    return ok(_present(call, doc))


def defaults(call: Call) -> Answer:
    """Answer the settings that a deployment of this model has at first."""
    doc = access.seen(call)
    return ok(_defaults(document.package_of(call.store, doc)))


def patch(call: Call) -> Answer:
    """Change some settings and answer all of them."""
    doc = access.standing(call)
    given = call.fields(_PATCH)
    facts = document.package_of(call.store, doc)["_facts"]
    metric = given.get("accuracy", {}).get("metric")
    if metric is not None and metric not in ACCURACY_METRICS[facts["targetType"] == "Regression"]:
        raise invalid({"accuracy": {"metric": f"{metric} is not a metric of this model"}})
    names = {feature["name"] for feature in facts["features"]}
    for key in ("excludedFeatures", "starredFeatures"):
        unknown = [name for name in given.get("dataDrift", {}).get(key, []) if name not in names]
        if unknown:
            raise invalid({"dataDrift": {key: f"not features of the model: {', '.join(unknown)}"}})
    wanted = merged(_present(call, doc), given)
    drift = wanted["dataDrift"]
    if set(drift["excludedFeatures"]) & set(drift["starredFeatures"]):
        fail("dataDrift", "a feature cannot be both excluded and starred")
    call.store.put("healthSettings", doc["id"], wanted)
    watch.remark(call.store, doc["id"])
    return ok(wanted)


def _present(call: Call, doc: Json) -> Json:
    return health_settings(call.store, doc)


def health_settings(store: Store, doc: Json) -> Json:
    """Give the settings that are in force for a deployment."""
    return store.get("healthSettings", doc["id"]) or _defaults(document.package_of(store, doc))


def _defaults(package: Json) -> Json:
    return {
        "service": {"batchCount": 1},
        "dataDrift": {
            "batchCount": 1,
            "timeInterval": "P7D",
            "driftThreshold": 0.15,
            "importanceThreshold": 0.5,
            "lowImportanceWarningCount": 5,
            "lowImportanceFailingCount": 10,
            "highImportanceWarningCount": 0,
            "highImportanceFailingCount": 1,
            "excludedFeatures": [],
            "starredFeatures": [],
        },
        "accuracy": {
            "batchCount": 1,
            "metric": default_metrics(package["_facts"])[0],
            "measurement": "percent",
            "warningThreshold": None,
            "failingThreshold": None,
        },
        "fairness": {"protectedClassWarningCount": 0, "protectedClassFailingCount": 0},
        "customMetrics": {"warningConditions": [], "failingConditions": []},
        "predictionsTimeliness": {"enabled": False, "expectedFrequency": "P1D"},
        "actualsTimeliness": {"enabled": False, "expectedFrequency": "P1D"},
    }


ROUTES = (
    ("GET deployments/{id}/healthSettings/", get),
    ("PATCH deployments/{id}/healthSettings/", patch),
    ("GET deployments/{id}/healthSettings/defaults/", defaults),
)
