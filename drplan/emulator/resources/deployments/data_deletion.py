"""`monitoringDataDeletions/`: what was logged of a model in a period is forgotten (API reference 2.10)."""

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import fail, not_found
from drplan.emulator.http.fields import Object, text
from drplan.emulator.http.period import full_hour
from drplan.emulator.resources.deployments import access, watch
from drplan.emulator.resources.deployments.approval import guard

_DELETE = Object({"modelId": text(required=True), "start": text(nullable=True), "end": text(nullable=True)})


def delete(call: Call) -> Answer:
    """Begin to delete the monitoring data of a model: all of it, or from `start` up to, without, `end`."""
    doc = access.standing(call)
    given = call.fields(_DELETE)
    served = {record["modelId"] for record in call.store.find("modelHistory", parent=doc["id"])}
    if given["modelId"] not in served:
        raise not_found(f"Model {given['modelId']} never served this deployment.")
    start = full_hour("start", given["start"]) if given.get("start") else None
    end = full_hour("end", given["end"]) if given.get("end") else None
    if start is not None and end is not None and start >= end:
        fail("start", "must be before end")
    guard(call, doc, "cleanupStats")
    payload = {"model": given["modelId"], "start": start, "end": end}
    return call.accepted(call.start("delete_monitoring", doc["id"], payload, f"deployments/{doc['id']}/"))


@jobs.effect("delete_monitoring")
def _deleted(store: Store, subject: str, payload: Json, _when: float) -> None:
    where = "deployment_id = ?1 AND model_id = ?2 AND at >= coalesce(?3, at) AND at < coalesce(?4, at + 1)"
    values = (subject, payload["model"], payload["start"], payload["end"])
    store.db.execute(f"DELETE FROM scored WHERE seq IN (SELECT seq FROM requests WHERE {where})", values)  # noqa: S608 - constant
    store.db.execute(f"DELETE FROM requests WHERE {where}", values)  # noqa: S608 - constant
    watch.remark(store, subject)


ROUTES = (("POST deployments/{id}/monitoringDataDeletions/", delete),)
