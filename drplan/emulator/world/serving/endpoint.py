"""The prediction API: rows in, predictions out, every request in the log.

Dedicated prediction servers answer below `predApi/v1.0/` and want the server's key; serverless ones answer at the API's
own path. What a model predicts is in `scoring`; which one serves follows the vendor's guide: a replacement counts
from the moment it was asked for.
"""

import csv
import io
import time
from collections.abc import Callable, Sequence
from typing import Any

from drplan.emulator.core import jobs
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, dump, load
from drplan.emulator.http.call import Answer, Call, refused
from drplan.emulator.http.errors import Problem, forbidden
from drplan.emulator.resources.deployments import access, document, watch
from drplan.emulator.world.scoring import Scorer, scorer_of, scores
from drplan.emulator.world.serving.boundaries import outside
from drplan.emulator.world.serving.log import Logged, Scored, add, tracked
from drplan.emulator.world.serving.rows import Table, model_columns, read_rows, words

_QUERY = frozenset({"passthroughColumns", "passthroughColumnsSet", "predictionWarningEnabled", "decimalsNumber"})
_SERVING = ("active", "replacingModel")


def dedicated(call: Call) -> Answer:
    """Predict on a dedicated prediction server, whose key the request carries in the cloud."""
    if call.switches["installation"] == "cloud":
        keys = {server["datarobot-key"] for server in call.store.find("predictionServer")}
        if call.header("datarobot-key") not in keys:
            raise Problem(401, {"message": "The datarobot-key header is missing or no key of a prediction server."})
    return _predict(call)


def serverless(call: Call) -> Answer:
    """Predict on the platform itself."""
    return _predict(call)


def serving_package(store: Store, doc: Json) -> Json:
    """Give the model package that predictions are made with: the new one as soon as its replacement was asked for."""
    for payload in reversed(jobs.pending(store, doc["id"], "replace")):
        if not payload.get("error"):
            return store.get("modelPackage", payload["package"]) or {}
    return document.package_of(store, doc)


def _predict(call: Call) -> Answer:
    begun = time.perf_counter()
    try:
        doc_text, settings_text = access.columns(call, "d.doc, d.settings", "CAN_MAKE_PREDICTIONS")
    except Problem as problem:
        if problem.status == 404:
            who = call.user["username"]
            problem.body["message"] = f"Deployment {call.params['id']} cannot be found for user {who}."
        raise
    doc, settings = load(doc_text), load(settings_text)
    package = serving_package(call.store, doc)
    work = _Work(call, doc, settings, package)
    try:
        answer = work.answer()
        status = 200
    except Problem as problem:
        # Answered, not raised: the transaction has to keep the log.
        answer, status = refused(problem), problem.status
    took = (time.perf_counter() - begun) * 1000
    logged = Logged(
        deployment_id=doc["id"],
        model_id=package["modelId"],
        at=call.now,
        status=status,
        rows=work.count if status == 200 else 0,
        execution=work.took if status == 200 else None,
        response=took + call.waited * 1000,
        cached=_served_before(call.store, doc["id"], package["modelId"]),
        outliers=work.outliers,
        consumer=call.user["username"],
        remote=call.remote,
        host=call.base.partition("://")[2],
    )
    add(call.store, [(logged, work.scored if status == 200 else None)])
    if status == 200 and work.identified and not doc["predicted"]:
        doc["predicted"] = True
        document.save(call.store, doc)
    watch.mark(call.store, doc["id"])
    execution = (b"x-datarobot-execution-time", f"{work.took:.0f}".encode())
    cache = (b"x-datarobot-model-cache-hit", b"true" if logged.cached else b"false")
    answer.headers = (*answer.headers, execution, cache)
    return answer


def failed(store: Store, deployment_id: str, status: int, now: float, seconds: float, remote: str) -> None:
    """Log a request that a fault kept from being answered, in the caller's transaction, if its deployment exists."""
    doc = document.fetch(store, deployment_id)
    if doc is None:
        return
    model_id = serving_package(store, doc)["modelId"]
    logged = Logged(deployment_id, model_id, now, status, 0, None, seconds * 1000, False, 0, "", remote, "")
    add(store, [(logged, None)])
    watch.mark(store, deployment_id)


def _served_before(store: Store, deployment_id: str, model_id: str) -> bool:
    found = store.db.execute(
        "SELECT 1 FROM requests WHERE deployment_id = ? AND model_id = ? LIMIT 1", (deployment_id, model_id)
    )
    return found.fetchone() is not None


class _Work:
    """One request for predictions under way; what the log wants of it stays in its attributes."""

    def __init__(self, call: Call, doc: Json, settings: Json, package: Json) -> None:
        self._call, self._doc, self._settings, self._package = call, doc, settings, package
        self.count = 0
        self.took = 0.0  # milliseconds of scoring
        self.outliers = 0
        self.identified = False
        self.scored: Scored | None = None

    def answer(self) -> Answer:
        """Score the rows; Problem for whatever is wrong with the request or the deployment."""
        call, facts = self._call, self._package["_facts"]
        self._refuse()
        table, self.count = read_rows(call)
        scorer = scorer_of(facts)
        columns = model_columns(scorer, facts["features"], table)
        ids, made = self._associations(table)
        passed = _passed(call, table)
        begun = time.perf_counter()
        predictions = scorer.predict(columns, self.count)
        self.took = (time.perf_counter() - begun) * 1000
        flags = outside(self._settings, facts, predictions)
        self.outliers = sum(flags) if flags else 0
        self.scored = Scored(scorer, tracked(self._settings), columns, predictions, ids)
        self.identified = ids is not None and any(ids)
        shown_flags = flags if call.flag("predictionWarningEnabled") else None
        if "text/csv" in call.header("accept"):
            return _csv(scorer, predictions, self.count, passed)
        items = _items(scorer, predictions, self.count)
        for place, item in enumerate(items):
            if passed:
                item["passthroughValues"] = {name: values[place] for name, values in passed.items()}
            if made and ids is not None:
                item["associationId"] = ids[place]
            if shown_flags is not None:
                item["isOutlierPrediction"] = shown_flags[place]
        return Answer(200, dump({"data": items}))

    def _refuse(self) -> None:
        call, doc, facts = self._call, self._doc, self._package["_facts"]
        unknown = sorted(set(call.query) - _QUERY)
        if unknown:
            raise Problem(422, {"message": f"'{unknown[0]}': {unknown[0]} is not allowed key"})
        if doc["status"] not in _SERVING or doc["deleting"]:
            raise forbidden("Deployment is inactive")
        environment = call.store.get("predictionEnvironment", doc["predictionEnvironmentId"] or "")
        if environment is not None and environment["platform"] not in document.RUN_BY_PLATFORM:
            raise Problem(422, {"message": f"The deployment predicts on {environment['platform']}, not here."})
        if facts["executionType"] == "external" or not scores(facts):
            raise Problem(422, {"message": f"The emulator does not score {facts['targetType']} models like this one."})

    def _associations(self, table: Table) -> tuple[list[str | None] | None, bool]:
        """Give the rows' association ids, None without any, and whether some were made up."""
        wanted = self._settings["associationId"]
        names = wanted["columnNames"]
        if not names:
            return None, False
        ids: list[str | None] = words(table[names[0]]) if names[0] in table else [None] * self.count
        if wanted["autoGenerateId"]:
            return [each or new_id() for each in ids], not all(ids)
        if wanted["requiredInPredictionRequests"] and not all(ids):
            where = "The column is missing" if names[0] not in table else f"Row {ids.index(None)} has none"
            raise Problem(422, {"message": f"Every row needs an association ID in column {names[0]}. {where}."})
        long = next((each for each in ids if each and len(each) > 128), None)
        if long is not None:
            raise Problem(422, {"message": f"An association ID has at most 128 characters: {long[:40]}…"})
        return (ids if any(ids) else None), False


def _passed(call: Call, table: Table) -> Table:
    if call.one("passthroughColumnsSet") == "all":
        return table
    if call.one("passthroughColumnsSet") is not None:
        raise Problem(422, {"message": "passthroughColumnsSet: the only value is all"})
    names = call.query.get("passthroughColumns", [])
    missing = [name for name in names if name not in table]
    if missing:
        raise Problem(400, {"message": f"passthroughColumns: not columns of the request: {', '.join(missing)}"})
    return {name: table[name] for name in names}


def _items(scorer: Scorer, predictions: Sequence[Sequence[float]], count: int) -> list[Json]:
    shown = _shower(scorer)
    return [
        {
            **shown([column[place] for column in predictions]),
            "rowId": place,
            "deploymentApprovalStatus": "APPROVED",
        }
        for place in range(count)
    ]


def _shower(scorer: Scorer) -> Callable[[list[float]], Json]:
    if not scorer.labels:
        return lambda row: {
            "prediction": row[0],
            "predictionValues": [{"label": scorer.target, "value": row[0]}],
        }

    def shown(row: list[float]) -> Json:
        values = row if scorer.width > 1 else [row[0], 1 - row[0]]
        pairs = zip(scorer.labels, values, strict=True)
        item: Json = {
            "prediction": scorer.label(row),
            "predictionValues": [{"label": label, "value": value} for label, value in pairs],
        }
        if scorer.width == 1:
            item["predictionThreshold"] = scorer.threshold
        return item

    return shown


def _csv(scorer: Scorer, predictions: Sequence[Sequence[float]], count: int, passed: Table) -> Answer:
    target = scorer.target
    names = [f"{target}_{label}_PREDICTION" for label in scorer.labels] + [f"{target}_PREDICTION"]
    extra = ["THRESHOLD", "POSITIVE_CLASS"] if scorer.labels and scorer.width == 1 else []
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, *extra, "DEPLOYMENT_APPROVAL_STATUS", *passed])
    for place, item in enumerate(_items(scorer, predictions, count)):
        line: list[Any] = [each["value"] for each in item["predictionValues"]] if scorer.labels else []
        line.append(item["prediction"])
        line += [scorer.threshold, scorer.labels[0]] if extra else []
        writer.writerow([*line, "APPROVED", *(values[place] for values in passed.values())])
    return Answer(200, text.getvalue(), content_type=b"text/csv; charset=utf-8")


ROUTES = (
    ("POST predApi/v1.0/deployments/{id}/predictions/", dedicated),
    ("POST deployments/{id}/predictions/", serverless),
)
RAW = tuple(route for route, _ in ROUTES)
STRUCK = dict.fromkeys(RAW, failed)
