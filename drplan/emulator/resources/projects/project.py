"""`projects/`: projects, and what they recommend (API reference 3.5)."""

from drplan.emulator.core.store import Json, Store, dump, public
from drplan.emulator.http.call import Answer, Call, ok
from drplan.emulator.http.errors import not_found
from drplan.emulator.resources.projects.documents import project_of


def projects(call: Call) -> Answer:
    """Answer the projects as a bare list, newest first, narrowed by `projectName` and by `useCaseIds`."""
    name, cases = call.one("projectName"), call.many("useCaseIds")
    kept = [
        doc for doc in reversed(call.store.find("project")) if not name or name.lower() in doc["projectName"].lower()
    ]
    if cases:
        linked = {ref["entityId"] for case in cases for ref in call.store.find("useCaseLink", parent=case)}
        kept = [doc for doc in kept if doc["id"] in linked]
    offset, limit = call.number("offset", 0), call.number("limit", 0) or len(kept)
    return Answer(200, f"[{','.join(dump(_project_view(call.store, doc)) for doc in kept[offset : offset + limit])}]")


def project(call: Call) -> Answer:
    """Answer one project."""
    return ok(_project_view(call.store, project_of(call)))


def _project_view(store: Store, doc: Json) -> Json:
    links = store.find("useCaseLink", ref=doc["id"])
    case = store.get("useCase", links[0]["experimentContainerId"]) if links else None
    # The SDK takes exactly these two keys of a project's use case (API reference 1.2).
    return {**public(doc), "useCase": case and {"id": case["id"], "name": case["name"]}}


def recommendations(call: Call) -> Answer:
    """Answer what a project recommends as a bare list."""
    doc = project_of(call)
    return Answer(200, dump([_recommendation(each) for each in _recommended(call.store, doc["id"])]))


def recommendation(call: Call) -> Answer:
    """Answer the model that a project recommends; 404 where there is none."""
    found = _recommended(call.store, project_of(call)["id"])
    if not found:
        raise not_found("No recommended model for the project.")
    return ok(_recommendation(found[0]))


def _recommended(store: Store, project_id: str) -> list[Json]:
    return [each for each in store.find("model", parent=project_id) if each["_recommended"]]


def _recommendation(doc: Json) -> Json:
    return {
        "projectId": doc["projectId"],
        "modelId": doc["id"],
        "recommendationType": "Recommended for Deployment",
    }


ROUTES = (
    ("GET projects/", projects),
    ("GET projects/{pid}/", project),
    ("GET projects/{pid}/recommendedModels/", recommendations),
    ("GET projects/{pid}/recommendedModels/recommendedModel/", recommendation),
)
