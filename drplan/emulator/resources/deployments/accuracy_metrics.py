"""`accuracyMetrics/`: which metrics of accuracy are computed (API reference 2.8)."""

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import fail
from drplan.emulator.http.fields import Object, listing, text
from drplan.emulator.resources.deployments import access, document

# Names of metrics; True: of regression, False: of classification.
ACCURACY_METRICS = {
    False: (
        "LogLoss",
        "Accuracy",
        "AUC",
        "Balanced Accuracy",
        "FVE Binomial",
        "FVE Multinomial",
        "Gini Norm",
        "Kolmogorov-Smirnov",
        "Rate@Top5%",
        "Rate@Top10%",
        "TPR",
        "FPR",
        "TNR",
        "PPV",
        "NPV",
        "F1",
        "MCC",
    ),
    True: (
        "RMSE",
        "Gamma Deviance",
        "FVE Gamma",
        "FVE Poisson",
        "FVE Tweedie",
        "MAD",
        "MAE",
        "MAPE",
        "Poisson Deviance",
        "R Squared",
        "RMSLE",
        "Tweedie Deviance",
    ),
}
_PUT = Object({"data": listing(text(), required=True, least=1, most=15)})


def default_metrics(facts: Json) -> list[str]:
    """Give the metrics that are computed unless others are chosen."""
    return list(ACCURACY_METRICS[facts["targetType"] == "Regression"][:5])


def get(call: Call) -> Answer:
    """Answer the accuracy metrics that are computed."""
    doc = access.seen(call)
    facts = document.package_of(call.store, doc)["_facts"]
    return ok(call.store.get("accuracyMetrics", call.params["id"]) or {"data": default_metrics(facts)})


def put(call: Call) -> Answer:
    """Choose the accuracy metrics that are computed."""
    doc = access.standing(call)
    chosen = call.fields(_PUT)["data"]
    known = ACCURACY_METRICS[document.package_of(call.store, doc)["_facts"]["targetType"] == "Regression"]
    unknown = [name for name in chosen if name not in known]
    if unknown:
        fail("data", f"not metrics of this model: {', '.join(unknown)}")
    wanted = {"data": list(dict.fromkeys(chosen))}
    call.store.put("accuracyMetrics", doc["id"], wanted)
    return ok(wanted)


ROUTES = (
    ("GET deployments/{id}/accuracyMetrics/", get),
    ("PUT deployments/{id}/accuracyMetrics/", put),
)
