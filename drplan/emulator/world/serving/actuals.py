"""`actuals/`: what really happened, matched to predictions by association id (API reference 2.10)."""

import csv
import io
import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, dump, load
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import Problem, invalid, not_found
from drplan.emulator.http.fields import Object, boolean, listing, nested, one_of, text
from drplan.emulator.resources.datasets import table_of
from drplan.emulator.resources.deployments import access, document, watch
from drplan.emulator.resources.files import read_file
from drplan.emulator.resources.tables import column_of
from drplan.emulator.world.scoring.scorer import labels_of

_MOST = 10_000  # actuals of one request
_LONGEST = 128  # characters of an association id
_HOUR = 3600.0
_ACTUAL = Object(
    {
        "associationId": text(required=True, longest=_LONGEST),
        "actualValue": one_of(str, int, float, bool, required=True, words="a number or a class"),
        "wasActedOn": boolean(nullable=True),
        "timestamp": text(nullable=True),
    }
)
_FROM_JSON = Object(
    {
        "data": listing(nested(_ACTUAL), required=True, least=1, most=_MOST),
        "keepActualsWithoutPredictions": boolean(nullable=True),
    }
)
_FROM_DATASET = Object(
    {
        "datasetId": text(required=True),
        "datasetVersionId": text(nullable=True),
        "actualValueColumn": text(required=True),
        "associationIdColumn": text(required=True),
        "timestampColumn": text(nullable=True),
        "wasActedOnColumn": text(nullable=True),
        "keepActualsWithoutPredictions": boolean(nullable=True),
        "user": text(nullable=True),
        "password": text(nullable=True),
    }
)

Row = list[Any]  # association id, JSON text of the value, epoch seconds or None, 0, 1 or None


class _WrongActualError(Exception):
    """An actual that does not fit the deployment, with the field and the reason."""


def from_json(call: Call) -> Answer:
    """Take actuals; they count when the job is through."""
    doc, read = _expecting(call)
    given = call.fields(_FROM_JSON)
    rows: list[Row] = []
    wrong: Json = {}
    for place, actual in enumerate(given["data"]):
        try:
            rows.append(_row(actual, read))
        except _WrongActualError as error:
            wrong[str(place)] = {error.args[0]: error.args[1]}
    if wrong:
        raise invalid({"data": wrong})
    return _accepted(call, doc, rows, given, None)


def from_dataset(call: Call) -> Answer:
    """Take actuals from a dataset; the job fails with the first row that does not fit."""
    doc, read = _expecting(call)
    given = call.fields(_FROM_DATASET)
    table = table_of(call.store, given["datasetId"], given.get("datasetVersionId"))
    if table is None:
        raise not_found(f"Dataset {given['datasetId']} not found.")
    columns = ("actualValueColumn", "associationIdColumn", "timestampColumn", "wasActedOnColumn")
    missing = {
        name: f"{given[name]} is not a column of the dataset"
        for name in columns
        if given.get(name) and column_of(table, given[name]) is None
    }
    if missing:
        raise invalid(missing)
    rows, error = [], None
    try:
        rows = [_row(actual, read) for actual in _records(call.store, table, given)]
    except _WrongActualError as problem:
        error = f"{problem.args[0]}: {problem.args[1]}"
    return _accepted(call, doc, rows, given, error)


def put(store: Store, deployment_id: str, rows: Iterable[Row], now: float) -> None:
    """Write actuals, the later one for an id in place of the earlier; the caller marks the deployment as changed."""
    store.db.executemany(
        "INSERT OR REPLACE INTO actuals VALUES (?, ?, ?, ?, ?, ?)", ((deployment_id, *row, now) for row in rows)
    )


def reader(facts: Json) -> Callable[[Any], str | float]:
    """Give what turns a sent value into a number or a class of the model; it raises ValueError saying what fits."""
    labels = labels_of(facts)
    if not labels:
        return _number
    known = {form: label for label in reversed(labels) for form in (label, label.lower())}
    for label in labels:
        if _is_number(label):
            known.setdefault(str(float(label)), label)
    choices = ", ".join(sorted(labels))

    def read(value: Any) -> str:
        form = str(value).strip()
        if _is_number(form) and form not in known:
            form = str(float(form))
        label = known.get(form) or known.get(form.lower())
        if label is None:
            raise ValueError(f"must be one of {choices}, not {str(value)[:40]}")
        return label

    return read


def _expecting(call: Call) -> tuple[Json, Callable[[Any], str | float]]:
    doc_text, settings_text = access.columns(call, "d.doc, d.settings", "CAN_SUBMIT_ACTUALS")
    doc = load(doc_text)
    if doc["deleting"]:
        raise not_found()
    if not load(settings_text)["associationId"]["columnNames"]:
        message = "The deployment has no association ID: set associationId.columnNames of its settings first."
        raise Problem(422, {"message": message, "errors": {"associationId": "is not set"}})
    return doc, reader(document.package_of(call.store, doc)["_facts"])


def _row(actual: Json, read: Callable[[Any], str | float]) -> Row:
    try:
        value = read(actual["actualValue"])
    except ValueError as error:
        raise _WrongActualError("actualValue", str(error)) from None
    acted, when = actual.get("wasActedOn"), actual.get("timestamp")
    return [
        actual["associationId"],
        dump(value),
        None if when is None else _seconds(when),
        None if acted is None else int(acted),
    ]


def _seconds(when: str) -> float:
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        raise _WrongActualError("timestamp", "must be a time such as 2024-05-01T10:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _records(store: Store, table: Json, given: Json) -> Iterable[Json]:
    content = read_file(store, table["file"]).decode("utf-8-sig")
    separator = max(",;\t|", key=content.partition("\n")[0].count)
    for line, row in enumerate(csv.DictReader(io.StringIO(content, newline=""), delimiter=separator), 2):
        association = row[given["associationIdColumn"]].strip()
        if not association or len(association) > _LONGEST:
            raise _WrongActualError(f"line {line}", f"an association ID has 1 to {_LONGEST} characters")
        acted = row[given["wasActedOnColumn"]].strip().lower() if given.get("wasActedOnColumn") else ""
        when = row[given["timestampColumn"]].strip() if given.get("timestampColumn") else ""
        value = row[given["actualValueColumn"]].strip()
        if not value:
            continue  # not known yet
        yield {
            "associationId": association,
            "actualValue": value,
            "wasActedOn": acted in {"true", "1", "yes"} if acted else None,
            "timestamp": when or None,
        }


def _accepted(call: Call, doc: Json, rows: list[Row], given: Json, error: str | None) -> Answer:
    store, deployment_id = call.store, doc["id"]
    store.db.execute("DELETE FROM actual_loads WHERE deployment_id = ? AND at <= ?", (deployment_id, call.now - _HOUR))
    loaded = store.db.execute(
        "SELECT coalesce(sum(rows), 0) FROM actual_loads WHERE deployment_id = ?", (deployment_id,)
    ).fetchone()[0]
    most = call.switches["actuals_per_hour"]
    if loaded + len(rows) > most:
        raise Problem(429, {"message": f"At most {most} actuals an hour can be submitted to a deployment."})
    store.db.execute("INSERT INTO actual_loads VALUES (?, ?, ?)", (deployment_id, call.now, len(rows)))
    batch = new_id()
    store.put("actualsBatch", batch, {"rows": rows}, parent=deployment_id)
    keep = given.get("keepActualsWithoutPredictions")
    payload = {"batch": batch, "keep": True if keep is None else keep}
    return call.accepted(call.start("actuals", deployment_id, payload, f"deployments/{deployment_id}/accuracy/", error))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not _is_number(value):
        raise ValueError(f"must be a number, not {str(value)[:40]}")
    return float(value)


def _is_number(value: Any) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False


@jobs.effect("actuals")
def _arrived(store: Store, subject: str, payload: Json, when: float) -> None:
    rows = (store.get("actualsBatch", payload["batch"]) or {"rows": []})["rows"]
    store.delete("actualsBatch", payload["batch"])
    if document.fetch(store, subject) is None:
        return
    if not payload["keep"]:
        known = predicted_ids(store, subject)
        rows = [row for row in rows if row[0] in known]
    put(store, subject, rows, when)
    watch.mark(store, subject)


@jobs.failure("actuals")
def _refused(store: Store, _subject: str, payload: Json, _when: float) -> None:
    store.delete("actualsBatch", payload["batch"])


def predicted_ids(store: Store, deployment_id: str) -> set[str]:
    """Give every association id that predictions of a deployment carried."""
    rows = store.db.execute(
        "SELECT s.associations FROM requests r JOIN scored s ON s.seq = r.seq "
        "WHERE r.deployment_id = ? AND s.associations IS NOT NULL",
        (deployment_id,),
    )
    return {each for (text_,) in rows for each in load(text_) if each}


ROUTES = (
    ("POST deployments/{id}/actuals/fromJSON/", from_json),
    ("POST deployments/{id}/actuals/fromDataset/", from_dataset),
)
