"""`datasets/`: tables that clients upload, with their versions (API reference 3.7; the shapes are the SDK's)."""

from pathlib import PurePosixPath
from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import derived_id, new_id
from drplan.emulator.core.store import Json, Store, dump
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import bad_request, fail, not_found
from drplan.emulator.http.fields import Object, listing, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.files import download, keep_file, read_file
from drplan.emulator.resources.tables import TableError, read_table

CATEGORIES = (
    "BATCH_PREDICTIONS",
    "CUSTOM_MODEL_TESTING",
    "MULTI_SERIES_CALENDAR",
    "PREDICTION",
    "SAMPLE",
    "SINGLE_SERIES_CALENDAR",
    "TRAINING",
)
_DEFAULT = ["TRAINING", "PREDICTION"]
_CATEGORIES = listing(text(choices=CATEGORIES), nullable=True)
_UPLOAD = Object({"categories": _CATEGORIES, "name": text(nullable=True)})
_PATCH = Object({"name": text(), "categories": _CATEGORIES})


def put_version(
    store: Store,
    dataset_id: str,
    version_id: str,
    content: bytes,
    filename: str,
    now: str,
    user: Json,
) -> str | None:
    """Write a version that is still being read, and give why that will fail, or None."""
    error: str | None = None
    table: Json = {"columns": [], "rowCount": 0, "sample": []}
    try:
        table = read_table(content, filename)
    except TableError as problem:
        error = str(problem)
    doc = {
        "versionId": version_id,
        "datasetId": dataset_id,
        "creationDate": now,
        "createdBy": user["username"],
        "modifier": f"{user['firstName']} {user['lastName']}".strip() or user["username"],
        "size": len(content),
        "state": "RUNNING",
        "error": error,
        "file": keep_file(store, content, dataset_id, derived_id("file", version_id)),
        "filename": filename,
        **table,
    }
    store.put("datasetVersion", version_id, doc, parent=dataset_id)
    return error


def settle_version(store: Store, version_id: str, problem: str | None) -> None:
    """End the reading of a version: it becomes its dataset's latest one, or failed with a reason."""
    version = store.get("datasetVersion", version_id)
    if version is None:
        return
    version["state"], version["error"] = ("ERROR", problem) if problem else ("COMPLETED", None)
    store.rewrite("datasetVersion", version_id, version)
    dataset = store.get("dataset", version["datasetId"])
    if dataset is not None and not problem:
        dataset["latest"] = version_id
        store.rewrite("dataset", dataset["id"], dataset)


def new_dataset(id: str, name: str, version_id: str, now: str, user: Json, categories: list[str] | None = None) -> Json:  # noqa: A002 - the field's name
    """Give a dataset's document; what it holds is in its versions."""
    return {
        "id": id,
        "name": name,
        "description": "",
        "categories": categories or _DEFAULT,
        "creationDate": now,
        "createdBy": user["username"],
        "latest": version_id,
        "deleted": False,
    }


def table_of(store: Store, dataset_id: str, version_id: str | None = None) -> Json | None:
    """Give a dataset's version (the latest unless given) with its columns and rows; None unless it can be used."""
    dataset = store.get("dataset", dataset_id)
    if dataset is None or dataset["deleted"]:
        return None
    version = store.get("datasetVersion", version_id or dataset["latest"])
    if version is None or version["datasetId"] != dataset_id or version["state"] != "COMPLETED":
        return None
    return {**version, "name": dataset["name"]}


def create(call: Call) -> Answer:
    """Take a file; the dataset can be used when the job is through, and the job fails when the file is no table."""
    upload, given = _uploaded(call)
    dataset_id, version_id, now = new_id(), new_id(), iso(call.now)
    name = given.get("name") or upload.filename
    doc = new_dataset(dataset_id, name, version_id, now, call.user, given.get("categories"))
    call.store.put("dataset", dataset_id, doc, name=name)
    return _ingest(call, upload, dataset_id, version_id, f"datasets/{dataset_id}/")


def create_version(call: Call) -> Answer:
    """Take a file as a dataset's next version."""
    dataset = _dataset(call)
    upload, given = _uploaded(call)
    if given.get("categories"):
        call.store.rewrite("dataset", dataset["id"], {**dataset, "categories": given["categories"]})
    version_id = new_id()
    return _ingest(call, upload, dataset["id"], version_id, f"datasets/{dataset['id']}/versions/{version_id}/")


class _Uploaded:
    __slots__ = ("content", "filename")

    def __init__(self, filename: str, content: bytes) -> None:
        # Some clients give a whole path as the name of the file.
        self.filename = PurePosixPath(filename.replace("\\", "/")).name or "data.csv"
        self.content = content


def _uploaded(call: Call) -> tuple[_Uploaded, Json]:
    files = [upload for name, upload in call.files if name == "file"]
    if len(files) != 1:
        fail("file", "is required" if not files else "must be one file")
    return _Uploaded(files[0].filename, files[0].content), call.fields(_UPLOAD)


def _ingest(call: Call, upload: _Uploaded, dataset_id: str, version_id: str, location: str) -> Answer:
    error = put_version(call.store, dataset_id, version_id, upload.content, upload.filename, iso(call.now), call.user)
    job = call.start("ingest_dataset", version_id, {}, location, error)
    body = {
        "catalogId": dataset_id,
        "catalogVersionId": version_id,
        "datasetId": dataset_id,
        "versionId": version_id,
        "statusId": job,
    }
    return call.accepted(job, body)


@jobs.effect("ingest_dataset")
def _ingested(store: Store, subject: str, _payload: Json, _when: float) -> None:
    settle_version(store, subject, None)


@jobs.failure("ingest_dataset")
def _not_ingested(store: Store, subject: str, _payload: Json, _when: float) -> None:
    version = store.get("datasetVersion", subject) or {}
    settle_version(store, subject, version.get("error") or "The file could not be read.")


def listed(call: Call) -> Answer:
    """Answer the datasets, narrowed by `category`, `filterFailed` and `useCaseIds`, sorted by `orderBy`."""
    order = call.one("orderBy") or "-created"
    if order not in {"created", "-created"}:
        raise bad_request(f"orderBy: must be created or -created, not {order}")
    cases, category, sound = call.many("useCaseIds"), call.one("category"), call.flag("filterFailed")
    kept = [doc for doc in call.store.find("dataset") if not doc["deleted"]]
    if category:
        kept = [doc for doc in kept if category in doc["categories"]]
    if cases:
        linked = {link["entityId"] for case in cases for link in call.store.find("useCaseLink", parent=case)}
        kept = [doc for doc in kept if doc["id"] in linked]
    if order == "-created":
        kept.reverse()
    views = [_view(call, doc, _latest(call.store, doc)) for doc in kept]
    return cut(call, [view for view in views if not sound or view["processingState"] != "ERROR"])


def get(call: Call) -> Answer:
    """Answer one dataset as its latest version is."""
    doc = _dataset(call)
    return ok(_view(call, doc, _latest(call.store, doc)))


def patch(call: Call) -> Answer:
    """Change a dataset's name or categories."""
    doc = _dataset(call)
    given = call.fields(_PATCH)
    doc["name"] = given.get("name", doc["name"])
    doc["categories"] = given.get("categories") or doc["categories"]
    call.store.put("dataset", doc["id"], doc, name=doc["name"])
    return ok(_view(call, doc, _latest(call.store, doc)))


def delete(call: Call) -> Answer:
    """Delete a dataset; it can be brought back."""
    doc = _dataset(call)
    call.store.rewrite("dataset", doc["id"], {**doc, "deleted": True})
    return no_content()


def restore(call: Call) -> Answer:
    """Bring a deleted dataset back."""
    doc = only(call.store.get("dataset", call.params["id"]))
    call.store.rewrite("dataset", doc["id"], {**doc, "deleted": False})
    return no_content()


def versions(call: Call) -> Answer:
    """Answer a dataset's versions, newest first."""
    doc = _dataset(call)
    found = call.store.find("datasetVersion", parent=doc["id"])
    return cut(call, [_view(call, doc, version) for version in reversed(found)])


def version(call: Call) -> Answer:
    """Answer one version of a dataset."""
    doc, found = _version(call)
    return ok(_view(call, doc, found))


def file(call: Call) -> Answer:
    """Answer the file that the latest version was made of."""
    found = _latest(call.store, _dataset(call))
    return download(read_file(call.store, found["file"]), found["filename"], b"text/csv")


def features(call: Call) -> Answer:
    """Answer the columns with their types and statistics, sorted by `orderBy` name or featureType."""
    doc = _dataset(call)
    found = _latest(call.store, doc)
    order = call.one("orderBy") or "name"
    key = order.removeprefix("-")
    if key not in {"name", "featureType", "naCount", "uniqueCount"}:
        raise bad_request(f"orderBy: cannot order by {key}")
    items: list[dict[str, Any]] = []
    for place, column in enumerate(found["columns"]):
        shown = {name: value for name, value in column.items() if name != "categories"}
        items.append({"id": place, "datasetId": doc["id"], "datasetVersionId": found["versionId"], **shown})
    items.sort(key=lambda item: item[key], reverse=order.startswith("-"))
    return cut(call, items)


def sample(call: Call) -> Answer:
    """Answer the first rows of a version."""
    _, found = _version(call)
    head = {"columns": [column["name"] for column in found["columns"]], "next": None, "previous": None}
    return Answer(200, dump({**head, "count": len(found["sample"]), "data": found["sample"]}))


def _dataset(call: Call) -> Json:
    doc = only(call.store.get("dataset", call.params["id"]))
    if doc["deleted"]:
        raise not_found("The dataset was deleted.")
    return doc


def _latest(store: Store, doc: Json) -> Json:
    return only(store.get("datasetVersion", doc["latest"]))


def _version(call: Call) -> tuple[Json, Json]:
    doc = _dataset(call)
    found = only(call.store.get("datasetVersion", call.params["vid"]))
    if found["datasetId"] != doc["id"]:
        raise not_found()
    return doc, found


def _view(call: Call, doc: Json, found: Json) -> Json:
    kinds = [column["featureType"] for column in found["columns"]]
    return {
        "datasetId": doc["id"],
        "versionId": found["versionId"],
        "name": doc["name"],
        "description": doc["description"],
        "categories": doc["categories"],
        "creationDate": doc["creationDate"],
        "createdBy": doc["createdBy"],
        "dataPersisted": True,
        "dataSourceType": "file",
        "isDataEngineEligible": True,
        "isWranglingEligible": False,
        "isLatestVersion": found["versionId"] == doc["latest"],
        "isSnapshot": True,
        "datasetSize": found["size"],
        "rowCount": found["rowCount"],
        "columnCount": len(kinds),
        "featureCount": len(kinds),
        "featureCountByType": [{"featureType": kind, "count": kinds.count(kind)} for kind in sorted(set(kinds))],
        "processingState": found["state"],
        "error": found["error"] or "" if found["state"] == "ERROR" else "",
        "lastModificationDate": found["creationDate"],
        "lastModifierFullName": found["modifier"],
        "sampleSize": None,
        "tags": [],
        "uri": f"{call.base}/ai-catalog/{doc['id']}",
    }


ROUTES = (
    ("GET datasets/", listed),
    ("POST datasets/fromFile/", create),
    ("GET datasets/{id}/", get),
    ("PATCH datasets/{id}/", patch),
    ("DELETE datasets/{id}/", delete),
    ("PATCH datasets/{id}/deleted/", restore),
    ("GET datasets/{id}/file/", file),
    ("GET datasets/{id}/allFeaturesDetails/", features),
    ("GET datasets/{id}/versions/", versions),
    ("POST datasets/{id}/versions/fromFile/", create_version),
    ("GET datasets/{id}/versions/{vid}/", version),
    ("GET datasets/{id}/versions/{vid}/rawSampleData/", sample),
)
