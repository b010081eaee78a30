"""`customModels/<id>/versions/`: files, base environment, training data and parameters of a custom model.

Versions are made by uploading everything (POST) or by changing the latest one (PATCH); they are numbered 1.0, 1.1, 2.0.
"""

from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.errors import fail, not_found
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.custom_models import stored
from drplan.emulator.resources.custom_models.composing import compose, retrain
from drplan.emulator.resources.custom_models.version_bodies import CHANGE, PATCH, UPLOAD, WITH_DATA
from drplan.emulator.resources.files import archive, download, read_file


def listed(call: Call) -> Answer:
    """Answer the versions, newest first; clients also write the query as a JSON body."""
    found = stored.versions_of(call.store, _model(call)["id"])
    offset, limit = window(call)
    written = call.body.get("limit") if isinstance(call.body, dict) else None
    if call.one("limit") is None and isinstance(written, int) and written > 0:
        limit = written
    found.reverse()
    return page(call, [view(call.store, each) for each in found[offset : offset + limit]], len(found), offset, limit)


def create(call: Call) -> Answer:
    """Make a version of the uploaded files alone."""
    given, model = call.fields(UPLOAD), _model(call)
    return ok(view(call.store, compose(call, model, given, None)), 201)


def change(call: Call) -> Answer:
    """Make a version of the latest one, with files added, replaced and deleted."""
    given, model = call.fields(CHANGE), _model(call)
    return ok(view(call.store, compose(call, model, given, _latest(call, model))), 201)


def with_training_data(call: Call) -> Answer:
    """Make a version of the latest one with other training data; it is complete when the job is through."""
    model = _model(call)
    given = call.fields(WITH_DATA)
    if given.get("trainingData") is None:
        fail("trainingData", "is required")
    version = retrain(call, model, given, _latest(call, model))
    location = f"customModels/{model['id']}/versions/{version['id']}/"
    return call.accepted(call.start("assign_training_data", version["id"], {}, location), {"id": version["id"]})


def _latest(call: Call, model: Json) -> Json:
    found = stored.versions_of(call.store, model["id"])
    if not found:
        raise not_found("The custom model has no version to start from.")
    return found[-1]


def get(call: Call) -> Answer:
    """Answer one version."""
    return ok(view(call.store, version_of(call)))


def patch(call: Call) -> Answer:
    """Change what is said about a version; what is in it stays."""
    version = version_of(call)
    given = call.fields(PATCH)
    version |= {key: value for key, value in given.items() if value is not None}
    call.store.rewrite("customModelVersion", version["id"], version)
    return ok(view(call.store, version))


def archived(call: Call) -> Answer:
    """Answer the files of a version as a ZIP archive."""
    version = version_of(call)
    files = [(item["filePath"], read_file(call.store, item["_file"])) for item in version["items"]]
    return download(archive(files), f"{version['id']}.zip", b"application/zip")


def view(store: Store, version: Json) -> Json:
    """Give a version as the API shows it."""
    return {
        **public(version),
        "items": [public(item) for item in version["items"]],
        "dependencies": [public(each) for each in version["dependencies"]],
        "isFrozen": stored.is_frozen(store, version["id"]),
        "runtimeParameters": [
            {
                "fieldName": each["fieldName"],
                "type": each["type"],
                "description": each.get("description", ""),
                "allowEmpty": each.get("allowEmpty", True),
                "minValue": each.get("minValue"),
                "maxValue": each.get("maxValue"),
                "credentialType": each.get("credentialType"),
                "defaultValue": each.get("defaultValue"),
                "overrideValue": version["_values"].get(each["fieldName"]),
                "currentValue": version["_values"].get(each["fieldName"], each.get("defaultValue")),
                "keyValueId": None,
            }
            for each in version["_parameters"]
        ],
    }


def version_of(call: Call) -> Json:
    """Give the version that the path names; 404 without it."""
    version = only(call.store.get("customModelVersion", call.params["vid"]))
    if version["customModelId"] != _model(call)["id"]:
        raise not_found()
    return version


def _model(call: Call) -> Json:
    return only(call.store.get("customModel", call.params["id"]))


ROUTES = (
    ("GET customModels/{id}/versions/", listed),
    ("POST customModels/{id}/versions/", create),
    ("PATCH customModels/{id}/versions/", change),
    ("PATCH customModels/{id}/versions/withTrainingData/", with_training_data),
    ("GET customModels/{id}/versions/{vid}/", get),
    ("PATCH customModels/{id}/versions/{vid}/", patch),
    ("GET customModels/{id}/versions/{vid}/download/", archived),
)
