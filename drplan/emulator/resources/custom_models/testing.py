"""`customModelTests/`: whether a custom model version starts and predicts, check by check (API reference 6).

| check | it fails when |
|---|---|
| longRunningService | no base environment, no files, requirements that were not built, a `custom.py` that raises |
| errorCheck | the dataset lacks a column that the model was trained on, or has one of another type |
| nullValueImputation | `model-metadata.yaml` forbids missing values in its `typeSchema` |
| sideEffects | errorCheck failed; predictions cannot be compared |
| predictionVerificationCheck | the other dataset is missing, or lacks the column with predictions |
| performanceCheck, stabilityCheck | longRunningService failed |
"""

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import conflict, fail
from drplan.emulator.http.fields import Object, nested, number, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.custom_models import stored, training
from drplan.emulator.resources.datasets import table_of
from drplan.emulator.resources.files import plain
from drplan.emulator.resources.tables import column_of

# Those of the SDK are always in the answer; the others where they were asked for.
_ALWAYS = ("errorCheck", "nullValueImputation", "longRunningService", "sideEffects")
_CHECKS = (*_ALWAYS, "predictionVerificationCheck", "performanceCheck", "stabilityCheck")
_OUTCOME = text(choices=("fail", "warn", "skip"))
_CREATE = Object(
    {
        "customModelId": text(required=True),
        "customModelVersionId": text(required=True),
        "datasetId": text(nullable=True),
        "datasetVersionId": text(nullable=True),
        "environmentId": text(nullable=True),
        "environmentVersionId": text(nullable=True),
        "configuration": nested(Object(dict.fromkeys(_CHECKS, _OUTCOME)), nullable=True),
        "parameters": nested(Object(dict.fromkeys(_CHECKS, nested(Object({}, open_=True)))), nullable=True),
        "networkEgressPolicy": text(nullable=True, choices=("NONE", "PUBLIC")),
        "maximumMemory": number(whole=True, nullable=True, least=1),
        "replicas": number(whole=True, nullable=True, least=1, most=25),
    }
)


def listed(call: Call) -> Answer:
    """Answer the tests, newest first, of one custom model with `customModelId`."""
    found = call.store.find("customModelTest", parent=call.one("customModelId"))
    return cut(call, [public(test) for test in reversed(found)])


def create(call: Call) -> Answer:
    """Test a version; what each check found is known when the job is through."""
    given = call.fields(_CREATE)
    model, version = _subject(call.store, given)
    if given.get("datasetId") is None and not model["isUnstructuredModelKind"]:
        fail("datasetId", "is required unless the model is unstructured")
    if given.get("datasetId") is not None:
        training.usable_table(call.store, given["datasetId"], given.get("datasetVersionId"), "datasetId")
    environment = given.get("environmentId")
    if environment is not None and call.store.get("executionEnvironment", environment) is None:
        fail("environmentId", f"execution environment {environment} does not exist")
    configuration = given.get("configuration") or {}
    checks = [check for check in _CHECKS if check in _ALWAYS or configuration.get(check, "skip") != "skip"]
    test = {
        "id": new_id(),
        "customModelId": model["id"],
        "customModelVersionId": version["id"],
        "customModel": {"id": model["id"], "name": model["name"]},
        "customModelVersion": {"id": version["id"], "label": version["label"]},
        "customModelImageId": version["id"],
        "imageType": "customModelVersion",
        "datasetId": given.get("datasetId"),
        "datasetVersionId": given.get("datasetVersionId"),
        "overallStatus": "in_progress",
        "testingStatus": {check: {"status": "in_progress", "message": ""} for check in checks},
        "networkEgressPolicy": given.get("networkEgressPolicy"),
        "maximumMemory": given.get("maximumMemory"),
        "replicas": given.get("replicas"),
        "createdBy": call.user["username"],
        "created": iso(call.now),
        "completedAt": None,
        "_configuration": configuration,
        "_parameters": given.get("parameters") or {},
    }
    call.store.put("customModelTest", test["id"], test, parent=model["id"], ref=version["id"])
    job = call.start("test_custom_model", test["id"], {}, f"customModelTests/{test['id']}/")
    return call.accepted(job, {"id": test["id"], "statusId": job})


def _subject(store: Store, given: Json) -> tuple[Json, Json]:
    model = store.get("customModel", given["customModelId"])
    if model is None:
        fail("customModelId", f"custom model {given['customModelId']} does not exist")
    version = store.get("customModelVersion", given["customModelVersionId"])
    if version is None or version["customModelId"] != model["id"]:
        fail("customModelVersionId", f"{given['customModelVersionId']} is no version of the custom model")
    return model, version


def get(call: Call) -> Answer:
    """Answer one test."""
    return ok(public(_test(call)))


def cancel(call: Call) -> Answer:
    """Stop a test that runs; 409 when it is through."""
    test = _test(call)
    if test["overallStatus"] != "in_progress":
        raise conflict("The test is through.")
    jobs.cancel(call.store, test["id"])
    _end(call.store, test, "canceled", dict.fromkeys(test["testingStatus"], ("canceled", "")), call.now)
    return no_content()


def log(call: Call) -> Answer:
    """Answer what the checks found as text."""
    return plain("".join(f"{line}\n" for line in _lines(_test(call))))


def tail(call: Call) -> Answer:
    """Answer the end of the log."""
    return plain("".join(f"{line}\n" for line in _lines(_test(call))[-3:]))


def _lines(test: Json) -> list[str]:
    found = [f"{name}: {check['status']} {check['message']}".rstrip() for name, check in test["testingStatus"].items()]
    return [*found, f"overall: {test['overallStatus']}"]


def _test(call: Call) -> Json:
    return only(call.store.get("customModelTest", call.params["id"]))


def _end(store: Store, test: Json, overall: str, found: dict[str, tuple[str, str]], when: float) -> None:
    test["overallStatus"] = overall
    test["testingStatus"] = {name: {"status": status, "message": text_} for name, (status, text_) in found.items()}
    test["completedAt"] = iso(when)
    store.rewrite("customModelTest", test["id"], test)
    if overall in {"succeeded", "warning", "failed"}:
        version = store.get("customModelVersion", test["customModelVersionId"])
        model = store.get("customModel", test["customModelId"])
        if version is not None and model is not None:
            version["_tested"] = overall != "failed"
            version["_given"].pop("tested", None)
            stored.put_version(store, model, version)


def _problems(store: Store, test: Json, version: Json) -> dict[str, str | None]:
    """Give what each check has against the version, None where nothing."""
    facts = version["_facts"]
    service: str | None = None
    if version["baseEnvironmentVersionId"] is None:
        service = "The custom model version has no base environment."
    elif not version["items"] and not version["_given"]:
        service = "The custom model version has no files."
    elif facts["buildStatus"] == "failed":
        service = "The dependencies of the custom model version could not be built."
    elif version["_startProblem"]:
        service = f"The custom model version does not start: {version['_startProblem']}"
    table = table_of(store, test["datasetId"], test["datasetVersionId"]) if test["datasetId"] else None
    errors = service
    if errors is None and table is not None:
        errors = _unfit(table, facts["features"])
    missing = "The model does not accept missing values." if version["_forbidsMissing"] else None
    return {
        "longRunningService": service,
        "errorCheck": errors,
        "nullValueImputation": errors or missing,
        "sideEffects": errors,
        "predictionVerificationCheck": errors or _unverified(store, test),
        "performanceCheck": service,
        "stabilityCheck": service,
    }


def _unfit(table: Json, features: list[Json]) -> str | None:
    lacking = [each["name"] for each in features if column_of(table, each["name"]) is None]
    if lacking:
        return f"The dataset has no column {', '.join(lacking)}."
    odd = [
        each["name"]
        for each in features
        if each["featureType"] == "Numeric" and column_of(table, each["name"])["featureType"] in {"Categorical", "Text"}
    ]
    return f"The dataset has no numbers in {', '.join(odd)}." if odd else None


def _unverified(store: Store, test: Json) -> str | None:
    asked = test["_parameters"].get("predictionVerificationCheck") or {}
    table = table_of(store, str(asked.get("datasetId")))
    if table is None:
        return f"The dataset {asked.get('datasetId')} with predictions does not exist."
    column = str(asked.get("predictionsColumn"))
    return None if column_of(table, column) else f"The dataset with predictions has no column {column}."


@jobs.effect("test_custom_model")
def _tested(store: Store, subject: str, _payload: Json, when: float) -> None:
    test = store.get("customModelTest", subject)
    version = store.get("customModelVersion", test["customModelVersionId"]) if test else None
    if test is None or version is None:
        return
    problems = _problems(store, test, version)
    found: dict[str, tuple[str, str]] = {}
    for check in test["testingStatus"]:
        policy = test["_configuration"].get(check, "fail")
        problem = problems[check]
        unneeded = test["datasetId"] is None and check not in {"longRunningService", "performanceCheck"}
        if policy == "skip" or unneeded:
            found[check] = ("skipped", "")
        elif problem is None:
            found[check] = ("succeeded", "")
        else:
            found[check] = ("failed" if policy == "fail" else "warning", problem)
    statuses = {status for status, _ in found.values()}
    overall = next((status for status in ("failed", "warning") if status in statuses), "succeeded")
    _end(store, test, overall, found, when)


@jobs.failure("test_custom_model")
def _broken(store: Store, subject: str, _payload: Json, when: float) -> None:
    test = store.get("customModelTest", subject)
    if test is not None:
        _end(store, test, "failed", dict.fromkeys(test["testingStatus"], ("failed", "The test could not run.")), when)


ROUTES = (
    ("GET customModelTests/", listed),
    ("POST customModelTests/", create),
    ("GET customModelTests/{id}/", get),
    ("DELETE customModelTests/{id}/", cancel),
    ("GET customModelTests/{id}/log/", log),
    ("GET customModelTests/{id}/tail/", tail),
)
