"""`predictionIntervals/` of a leaderboard model, and the project's jobs that compute them (API reference 3.5)."""

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store, dump
from drplan.emulator.http.call import Answer, Call, ok, only
from drplan.emulator.http.errors import Problem, not_found
from drplan.emulator.http.fields import Object, listing, number
from drplan.emulator.http.paging import window
from drplan.emulator.resources.projects.documents import model_of, project_of

_INTERVALS = Object({"percentiles": listing(number(whole=True, least=1, most=100), required=True, size=1)})


def intervals(call: Call) -> Answer:
    """Answer the percentiles of which prediction intervals were computed for a model."""
    found = model_of(call)["_percentiles"]
    offset, limit = window(call)
    page = found[offset : offset + limit]
    return ok({"count": len(page), "next": None, "previous": None, "data": page, "totalCount": len(found)})


def compute_intervals(call: Call) -> Answer:
    """Compute prediction intervals, as a job of the project; 422 for a model that cannot have them."""
    doc = model_of(call)
    percentiles = call.fields(_INTERVALS)["percentiles"]
    if doc["_facts"]["timeSeries"] is None or not doc["_facts"]["predictionIntervals"]:
        raise Problem(422, {"message": "Prediction intervals are not supported for this model.", "errors": {}})
    project_id = doc["projectId"]
    location = f"projects/{project_id}/models/{doc['id']}/predictionIntervals/"
    job = call.start("prediction_intervals", doc["id"], {"percentiles": percentiles}, location)
    place = len(call.store.find("projectJob", parent=project_id)) + 1
    record = {"id": place, "job": job, "projectId": project_id, "modelId": doc["id"], "location": location}
    call.store.put("projectJob", f"{project_id}/{place}", record, parent=project_id)
    where = call.url(f"projects/{project_id}/jobs/{place}/")
    return Answer(202, "{}", ((b"location", where.encode()),))


def project_job(call: Call) -> Answer:
    """Answer a project's job: 200 with its record while it runs or when it failed, 303 to its result at its end."""
    doc = project_of(call)
    record = only(call.store.get("projectJob", f"{doc['id']}/{call.params['jid']}"))
    row = call.store.db.execute("SELECT state, running FROM jobs WHERE id = ?", (record["job"],)).fetchone()
    if row is None:
        raise not_found()
    waiting = "queue" if call.now < row[1] else "inprogress"
    status = {"OPEN": waiting, "COMPLETED": "COMPLETED", "ERROR": "error", "ABORTED": "ABORTED"}[row[0]]
    body = dump(
        {
            "id": record["id"],
            "status": status,
            "projectId": record["projectId"],
            "modelId": record["modelId"],
            "isBlocked": False,
            "jobType": "calculate_prediction_intervals",
            "url": call.url(f"projects/{doc['id']}/jobs/{record['id']}/"),
        }
    )
    if row[0] == "COMPLETED":
        return Answer(303, body, ((b"location", call.url(record["location"]).encode()),))
    return Answer(200, body)


@jobs.effect("prediction_intervals")
def _computed(store: Store, subject: str, payload: Json, _when: float) -> None:
    doc = store.get("model", subject)
    if doc is not None:
        doc["_percentiles"] = sorted({*doc["_percentiles"], *payload["percentiles"]})
        store.rewrite("model", subject, doc)


ROUTES = (
    ("GET projects/{pid}/models/{mid}/predictionIntervals/", intervals),
    ("POST projects/{pid}/models/{mid}/predictionIntervals/", compute_intervals),
    ("GET projects/{pid}/jobs/{jid}/", project_job),
)
