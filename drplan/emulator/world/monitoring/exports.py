"""`predictionDataExports/`, `actualsDataExports/`, `trainingDataExports/`: logged rows as datasets (2.10).

An export is a job; when it is through the export is SUCCEEDED and names a dataset, or FAILED and says why. Predictions
can be exported only where the settings collect them.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import Problem, bad_request, invalid, not_found
from drplan.emulator.http.fields import Object, boolean, listing, text
from drplan.emulator.http.paging import cut
from drplan.emulator.http.period import Period
from drplan.emulator.resources.datasets import new_dataset, put_version, settle_version
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.world.scoring import scores, training_of

_STATUSES = ("CREATED", "SCHEDULED", "CANCELLED", "FAILED", "SUCCEEDED")
_PERIOD = {"start": text(required=True), "end": text(required=True), "modelId": text(nullable=True)}
_SHAPES = {
    "predictionDataExports": Object({**_PERIOD, "batchIds": listing(text(), nullable=True)}),
    "actualsDataExports": Object({**_PERIOD, "onlyMatchedPredictions": boolean(nullable=True)}),
    "trainingDataExports": Object({"modelId": text(nullable=True)}),
}
Table = tuple[Sequence[str], Sequence[Sequence[Any]]]  # a header and its rows


def _create(kind: str) -> Callable[[Call], Answer]:
    def create(call: Call) -> Answer:
        """Begin an export of a model's rows, the champion's unless another model is named."""
        doc_text, settings_text = access.columns(call, "d.doc, d.settings")
        doc, settings = load(doc_text), load(settings_text)
        if doc["deleting"]:
            raise not_found()
        given = call.fields(_SHAPES[kind])
        if kind == "predictionDataExports" and not settings["predictionsDataCollection"]["enabled"]:
            message = "Predictions are not collected: predictionsDataCollection of the settings is not enabled."
            raise Problem(422, {"message": message, "errors": {"predictionsDataCollection": "is not enabled"}})
        package = _package(call.store, doc, given.get("modelId"))
        if not scores(package["_facts"]):
            raise Problem(422, {"message": f"{package['_facts']['targetType']} models are not logged by the emulator."})
        export: Json = {
            "id": new_id(),
            "modelId": package["modelId"],
            "createdAt": iso(call.now),
            "status": "SCHEDULED",
            "error": None,
            "data": None,
            "_kind": kind,
            "_packageId": package["id"],
            "_user": call.user,
            "_datasetId": new_id(),
        }
        if kind == "trainingDataExports":
            export["modelPackageId"] = package["id"]
        else:
            export["period"] = _period(given)
        if kind == "predictionDataExports":
            export["batches"] = None
        if kind == "actualsDataExports":
            only = given.get("onlyMatchedPredictions")
            export["onlyMatchedPredictions"] = True if only is None else only
        call.store.put("dataExport", export["id"], export, parent=doc["id"], ref=kind)
        location = f"deployments/{doc['id']}/{kind}/{export['id']}/"
        if kind == "trainingDataExports":
            location = f"datasets/{export['_datasetId']}/"  # where clients look for it
        return call.accepted(call.start("export", doc["id"], {"export": export["id"]}, location))

    return create


def _listed(kind: str) -> Callable[[Call], Answer]:
    def listed(call: Call) -> Answer:
        """Answer the exports, narrowed by `modelId`, `status` and `batch`."""
        access.need(call)
        model_id, status, batch = call.one("modelId"), call.one("status"), call.flag("batch")
        if status is not None and status not in _STATUSES:
            raise bad_request(f"status: must be one of {', '.join(_STATUSES)}, not {status[:40]}")
        found = call.store.find("dataExport", parent=call.params["id"], ref=kind)
        kept = [
            each
            for each in found
            if model_id in {None, each["modelId"]} and status in {None, each["status"]} and not batch
        ]
        return cut(call, [_shown(each) for each in kept])

    return listed


def _get(kind: str) -> Callable[[Call], Answer]:
    def get(call: Call) -> Answer:
        """Answer one export."""
        access.need(call)
        export = call.store.get("dataExport", call.params["export_id"])
        found = call.store.find("dataExport", parent=call.params["id"], ref=kind)
        if export is None or export["id"] not in {each["id"] for each in found}:
            raise not_found()
        return ok(_shown(export))

    return get


def _shown(export: Json) -> Json:
    return {key: value for key, value in export.items() if not key.startswith("_")}


def _package(store: Store, doc: Json, model_id: str | None) -> Json:
    if model_id is None:
        return document.package_of(store, doc)
    for record in reversed(store.find("modelHistory", parent=doc["id"])):
        package = store.get("modelPackage", record["modelPackageId"])
        if record["modelId"] == model_id and package is not None:
            return package
    raise not_found(f"Model {model_id} never served this deployment.")


def _period(given: Json) -> Json:
    wrong, times = {}, {}
    for name in ("start", "end"):
        try:
            times[name] = datetime.fromisoformat(given[name])
        except ValueError:
            wrong[name] = "must be a time such as 2024-05-01T10:00:00Z"
    if wrong:
        raise invalid(wrong)
    seconds = {name: _seconds(time) for name, time in times.items()}
    if seconds["start"] >= seconds["end"]:
        raise invalid({"start": "must be before end"})
    return {name: iso(value) for name, value in seconds.items()}


def _seconds(time: datetime) -> float:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


@jobs.effect("export")
def _exported(store: Store, subject: str, payload: Json, when: float) -> None:
    export = store.get("dataExport", payload["export"])
    if export is None:
        return
    try:
        header, rows = _TABLES[export["_kind"]](store, subject, export)
    except ModuleNotFoundError:
        header, rows = (), ()
        export["error"] = {"message": "numpy and scipy are not installed: pip install 'drplan[monitoring]'."}
    if rows:
        name = f"{export['_kind'].removesuffix('s')}_{subject}_{export['id']}.csv"
        dataset_id = export["_datasetId"]
        _keep(store, dataset_id, name, _csv(header, rows), export["_user"], when)
        made = {"id": dataset_id, "name": name}
        # One object for training, a list for the others, by what the vendor's SDK reads.
        export |= {"status": "SUCCEEDED", "data": made if export["_kind"] == "trainingDataExports" else [made]}
    else:
        export["status"] = "FAILED"
        export["error"] = export["error"] or {"message": "There is nothing to export in this period."}
    store.rewrite("dataExport", export["id"], export)


@jobs.failure("export")
def _not_exported(store: Store, _subject: str, payload: Json, _when: float) -> None:
    export = store.get("dataExport", payload["export"])
    if export is not None:
        store.rewrite(
            "dataExport", export["id"], {**export, "status": "FAILED", "error": {"message": "The job failed."}}
        )


def _keep(store: Store, dataset_id: str, name: str, content: bytes, user: Json, when: float) -> None:
    version_id = new_id()
    store.put("dataset", dataset_id, new_dataset(dataset_id, name, version_id, iso(when), user), name=name)
    settle_version(store, version_id, put_version(store, dataset_id, version_id, content, name, iso(when), user))


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def _logged(store: Store, deployment_id: str, export: Json, *, features: bool, only_matched: bool) -> Table:
    from drplan.emulator.world.monitoring.matching import actuals_of, match

    scorer = training_of((store.get("modelPackage", export["_packageId"]) or {})["_facts"]).scorer
    period = Period(*(datetime.fromisoformat(export["period"][name]).timestamp() for name in ("start", "end")))
    found = match(store, deployment_id, export["modelId"], scorer, period, words=features)
    actuals = actuals_of(store, deployment_id) if not features else {}
    names = [*scorer.numbers, *scorer.words] if features else []
    columns = {**found.rows.numbers, **found.rows.words}
    labels = [f"{scorer.target}_{label}_PREDICTION" for label in scorer.labels[: scorer.width]]
    header = ["timestamp", "association_id", *names, f"{scorer.target}_PREDICTION", *labels]
    rows = []
    for place in range(found.rows.count):
        association = found.rows.ids[place]
        if not features and (association is None or (only_matched and not found.known[place])):
            continue
        values = [float(value) for value in found.rows.predictions[place]]
        row = [iso(float(found.rows.at[place])), association, *(_plain(columns[name][place]) for name in names)]
        row += [scorer.label(values), *values] if scorer.labels else values
        rows.append(row if features else [*row, actuals[association] if found.known[place] else None])
    return (header if features else [*header, "actual"]), rows


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - NaN is not itself


def _training(store: Store, _deployment_id: str, export: Json) -> Table:
    training = training_of((store.get("modelPackage", export["_packageId"]) or {})["_facts"])
    names = list(training.columns)
    return names, [list(row) for row in zip(*(training.columns[name] for name in names), strict=True)]


_TABLES: dict[str, Callable[[Store, str, Json], Table]] = {
    "predictionDataExports": lambda store, subject, export: _logged(
        store, subject, export, features=True, only_matched=False
    ),
    "actualsDataExports": lambda store, subject, export: _logged(
        store, subject, export, features=False, only_matched=export["onlyMatchedPredictions"]
    ),
    "trainingDataExports": _training,
}

ROUTES = tuple(
    route
    for kind in _SHAPES
    for route in (
        (f"GET deployments/{{id}}/{kind}/", _listed(kind)),
        (f"POST deployments/{{id}}/{kind}/", _create(kind)),
        (f"GET deployments/{{id}}/{kind}/{{export_id}}/", _get(kind)),
    )
)
