"""`customModelDeployments/`: which deployments serve custom models, and what these write to their logs."""

from drplan.emulator.core.store import Json, Store, load
from drplan.emulator.http.call import Answer, Call
from drplan.emulator.http.errors import fail, not_found
from drplan.emulator.http.paging import page, window
from drplan.emulator.resources.deployments import access, document
from drplan.emulator.resources.files import plain

_JOINED = (
    "FROM objects v JOIN objects p ON p.kind = 'modelPackage' AND p.ref = v.id JOIN deployments d "
    "ON d.package_id = p.id JOIN access a ON a.seq = d.seq AND a.user_id = ? WHERE v.kind = 'customModelVersion'"
)


def listed(call: Call) -> Answer:
    """Answer the deployments of custom models, of some with `customModelIds`; clients also write it as a JSON body."""
    body = call.body if isinstance(call.body, dict) else {}
    written = body.get("customModelIds") or []
    if not isinstance(written, list):
        fail("customModelIds", "must be a list")
    wanted = [*call.many("customModelIds"), *written]
    offset, limit = window(call)
    where = f"{_JOINED} AND v.parent IN ({', '.join('?' * len(wanted))})" if wanted else _JOINED
    values = [call.user["id"], *map(str, wanted)]
    total = call.store.db.execute(f"SELECT count(*) {where}", values).fetchone()[0]
    rows = call.store.db.execute(
        f"SELECT v.doc, d.id {where} ORDER BY d.seq LIMIT ? OFFSET ?",
        [*values, limit, offset],
    )
    items = [_view(call.store, load(row[0]), row[1]) for row in rows.fetchall()]
    return page(call, items, total, offset, limit)


def _view(store: Store, version: Json, deployment_id: str) -> Json:
    doc = document.fetch(store, deployment_id) or {}
    image = version["_facts"]["customModelImage"]
    return {
        "id": deployment_id,
        "label": doc["label"],
        "status": doc["status"],
        "deployed": doc["deployedAt"],
        "deployedBy": doc["creatorId"],
        "customModel": {"id": image["customModelId"], "name": image["customModelName"]},
        "customModelVersion": {"id": version["id"], "label": version["label"]},
        "customModelImageId": version["id"],
        "imageType": "customModelVersion",
        "testingStatus": {None: "not_tested", True: "succeeded", False: "failed"}[version["_tested"]],
    }


def read_logs(call: Call) -> Answer:
    """Collect the logs of a running custom model; 404 for a deployment of another kind."""
    deployment_id, _ = _custom(call)
    location = f"customModelDeployments/{deployment_id}/logs/"
    return call.accepted(call.start("collect_logs", deployment_id, {}, location))


def logs(call: Call) -> Answer:
    """Answer the logs as text; a version that does not start or whose last test failed complains in them."""
    deployment_id, facts = _custom(call)
    image = facts["customModelImage"]
    version = call.store.get("customModelVersion", image["customModelVersionId"]) or {}
    problem = version.get("_startProblem")
    lines = [
        f"INFO Starting {image['customModelName']} {image['customModelVersionLabel']} for deployment {deployment_id}.",
        f"ERROR {problem}" if problem else "INFO Ready to predict.",
    ]
    if facts["tested"] is False:
        lines.append("WARNING The last test of the custom model version failed.")
    return plain("".join(f"{line}\n" for line in lines))


def _custom(call: Call) -> tuple[str, Json]:
    doc = access.seen(call)
    package = document.package_of(call.store, doc)
    if package["_facts"]["customModelImage"] is None:
        raise not_found("The deployment does not serve a custom model.")
    return call.params["id"], package["_facts"]


ROUTES = (
    ("GET customModelDeployments/", listed),
    ("POST customModelDeployments/{id}/logs/", read_logs),
    ("GET customModelDeployments/{id}/logs/", logs),
)
