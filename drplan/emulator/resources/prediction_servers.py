"""`predictionServers/` and `predictionEnvironments/`: where deployments serve predictions (API reference 3.1, 3.2)."""

from drplan.emulator.core import lagging
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import conflict
from drplan.emulator.http.fields import Object, boolean, listing, number, text
from drplan.emulator.http.paging import cut, page, window
from drplan.emulator.resources.deployments import document

PLATFORMS = (
    "aws",
    "gcp",
    "azure",
    "onPremise",
    "datarobot",
    "datarobotServerless",
    "openShift",
    "other",
    "snowflake",
    "sapAiCore",
)
FORMATS = ("datarobot", "datarobotScoringCode", "customModel", "externalModel")
_DATAROBOT = ("datarobot", "datarobotServerless")  # platforms that the platform runs itself

_MUTABLE = {
    "name": text(),
    "description": text(blank=True, nullable=True),
    "platform": text(choices=PLATFORMS),
    "plugin": text(nullable=True),
    "supportedModelFormats": listing(text(choices=FORMATS), nullable=True),
    "isManagedByManagementAgent": boolean(nullable=True),
    "datastoreId": text(nullable=True),
    "credentialId": text(nullable=True),
    "priority": text(nullable=True, choices=("low", "medium", "high")),
    "maxConcurrentBatchPredictionsJob": number(whole=True, nullable=True, least=1),
    "managedBy": text(nullable=True),
}
_CREATE = Object({**_MUTABLE, "name": text(required=True), "platform": text(required=True, choices=PLATFORMS)})
_PATCH = Object(_MUTABLE)


def environment(id: str, given: Json, user: Json, now: str) -> Json:  # noqa: A002 - the field's name
    """Give a new prediction environment's document from its fields in wire names."""
    platform = given["platform"]
    managed = bool(given.get("isManagedByManagementAgent"))
    default_formats = ["datarobot", "customModel"] if platform in _DATAROBOT else ["externalModel"]
    return {
        "id": id,
        "name": given["name"],
        "description": given.get("description") or "",
        "platform": platform,
        "plugin": given.get("plugin"),
        "supportedModelFormats": given.get("supportedModelFormats") or default_formats,
        "isManagedByManagementAgent": managed,
        "isDeleted": False,
        "permissions": ["CREATE", "READ", "UPDATE", "DELETE", "SHARE"],
        "importMeta": {"dateCreated": now, "creatorId": user["id"], "creatorUsername": user["username"]},
        "managementMeta": (
            {"userId": user["id"], "username": user["username"], "additionalMetadata": []} if managed else None
        ),
        # The SDK's converter takes a whole health record or none.
        "health": {"status": "unknown", "message": "No report yet.", "timestamp": now} if managed else None,
        "datastoreId": given.get("datastoreId"),
        "credentialId": given.get("credentialId"),
        "priority": given.get("priority"),
        "maxConcurrentBatchPredictionsJob": given.get("maxConcurrentBatchPredictionsJob"),
        "managedBy": given.get("managedBy") or ("managementAgent" if managed else "selfManaged"),
    }


def put_environment(store: Store, doc: Json) -> None:
    """Write a prediction environment so that it is found by its name."""
    store.put("predictionEnvironment", doc["id"], doc, name=doc["name"])


def servers(call: Call) -> Answer:
    """Answer the prediction servers."""
    return cut(call, [public(doc) for doc in call.store.find("predictionServer")])


def environments(call: Call) -> Answer:
    """Answer the prediction environments, narrowed by `search` in their names and by `supportedModelFormats`."""
    offset, limit = window(call)
    search, formats = (call.one("search") or "").lower(), set(call.many("supportedModelFormats"))
    platforms = set(call.many("platform"))
    late = lagging.differs(call.store, "predictionEnvironment", call.now)
    if not search and not formats and not platforms and not late:
        found, total = call.store.page("predictionEnvironment", offset, limit)
        return page(call, found, total, offset, limit)
    kept = [
        doc
        for doc in lagging.listed(call.store, "predictionEnvironment", call.now)
        if search in doc["name"].lower()
        and formats <= set(doc["supportedModelFormats"])
        and (not platforms or doc["platform"] in platforms)
    ]
    return cut(call, kept)


def environment_get(call: Call) -> Answer:
    """Answer one prediction environment."""
    return ok(only(call.store.get("predictionEnvironment", call.params["id"])))


def environment_create(call: Call) -> Answer:
    """Create a prediction environment; names are unique."""
    given = call.fields(_CREATE)
    _free(call, given["name"])
    doc = environment(new_id(), given, call.user, iso(call.now))
    lagging.changing(call.store, "predictionEnvironment", doc["id"])
    put_environment(call.store, doc)
    return ok(doc, 201)


def environment_patch(call: Call) -> Answer:
    """Change a prediction environment; deployments show its new name at once."""
    doc = only(call.store.get("predictionEnvironment", call.params["id"]))
    given = call.fields(_PATCH)
    if given.get("name", doc["name"]) != doc["name"]:
        _free(call, given["name"])
    if given.get("platform", doc["platform"]) != doc["platform"] and _users_of(call, doc["id"]):
        raise conflict("The platform of a prediction environment that deployments use cannot be changed.")
    doc.update(given)
    doc["description"] = doc["description"] or ""
    lagging.changing(call.store, "predictionEnvironment", doc["id"])
    put_environment(call.store, doc)
    for row in call.store.db.execute(
        "SELECT id FROM deployments WHERE prediction_environment_id = ?", (doc["id"],)
    ).fetchall():
        document.refresh(call.store, row[0])
    return ok(doc)


def environment_delete(call: Call) -> Answer:
    """Delete a prediction environment; 409 while a deployment refers to it, even one that is being deleted."""
    doc = only(call.store.get("predictionEnvironment", call.params["id"]))
    if _users_of(call, doc["id"]):
        raise conflict("The prediction environment is in use: existing deployments refer to it.")
    lagging.changing(call.store, "predictionEnvironment", doc["id"])
    call.store.delete("predictionEnvironment", doc["id"])
    return no_content()


def _users_of(call: Call, environment_id: str) -> bool:
    found = call.store.db.execute(
        "SELECT 1 FROM deployments WHERE prediction_environment_id = ? LIMIT 1", (environment_id,)
    ).fetchone()
    return found is not None


def _free(call: Call, name: str) -> None:
    if call.store.find("predictionEnvironment", name=name):
        raise conflict(f"The name {name} is already in use.")


ROUTES = (
    ("GET predictionServers/", servers),
    ("GET predictionEnvironments/", environments),
    ("POST predictionEnvironments/", environment_create),
    ("GET predictionEnvironments/{id}/", environment_get),
    ("PATCH predictionEnvironments/{id}/", environment_patch),
    ("DELETE predictionEnvironments/{id}/", environment_delete),
)
