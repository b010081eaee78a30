"""`executionEnvironments/`: images that custom models run in, built from uploaded contexts (API reference 6)."""

import io
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store, public
from drplan.emulator.http.call import Answer, Call, no_content, ok, only
from drplan.emulator.http.errors import bad_request, conflict, fail, not_found
from drplan.emulator.http.fields import Field, Object, boolean, listing, nested, text
from drplan.emulator.http.paging import cut
from drplan.emulator.resources.custom_models import stored
from drplan.emulator.resources.files import download, drop_files, keep_file, read_file

LANGUAGES = ("python", "r", "java", "julia", "legacy", "other")
_KEY = nested(Object({"fieldName": text(required=True), "displayName": text(required=True)}))
_COMMON: dict[str, Field] = {
    "name": text(longest=255),
    "description": text(blank=True, nullable=True, longest=10_000),
    "programmingLanguage": text(nullable=True, choices=LANGUAGES),
    "requiredMetadataKeys": listing(_KEY, nullable=True),
    "isPublic": boolean(nullable=True),
    "useCases": listing(text(), nullable=True),
}
_CREATE = Object({**_COMMON, "name": text(required=True, longest=255)})
_PATCH = Object({key: value for key, value in _COMMON.items() if key != "programmingLanguage"})
_VERSION = Object(
    {
        "label": text(blank=True, nullable=True, longest=50),
        "description": text(blank=True, nullable=True, longest=10_000),
        "dockerImageUri": text(nullable=True),
        "environmentVersionId": text(nullable=True),
    }
)


def new_environment(id: str, given: Json, user: Json, now: str) -> Json:  # noqa: A002 - the field's name
    """Give an execution environment's document from its fields in wire names."""
    return {
        "id": id,
        "name": given["name"],
        "description": given.get("description") or "",
        "programmingLanguage": given.get("programmingLanguage") or "other",
        "isPublic": bool(given.get("isPublic")),
        "requiredMetadataKeys": given.get("requiredMetadataKeys") or [],
        "useCases": given.get("useCases") or [],
        "created": now,
        "username": user["username"],
        "_owner": user["id"],
    }


def new_version(id: str, environment_id: str, given: Json, now: str, running: float) -> Json:  # noqa: A002 - the field's name
    """Give a version's document, not built yet; from `running` (epoch seconds) on it shows as processing."""
    return {
        "id": id,
        "environmentId": environment_id,
        "buildStatus": "submitted",
        "imageId": new_id(),
        "label": given.get("label") or "",
        "description": given.get("description") or "",
        "created": now,
        "dockerContextSize": None,
        "dockerImageSize": None,
        "sourceDockerImageUri": given.get("dockerImageUri"),
        "_running": running,
        "_log": "",
        "_error": "",
        "_file": None,
        "_filename": None,
    }


def put_version(store: Store, version: Json) -> None:
    """Write a version so that it is found by its environment."""
    store.put("executionEnvironmentVersion", version["id"], version, parent=version["environmentId"])


def listed(call: Call) -> Answer:
    """Answer the environments, narrowed by searchFor (also in a JSON body), isOwn, isPublic, useCases."""
    written = call.body.get("searchFor") if isinstance(call.body, dict) else None
    search, own, public_only = (
        str(call.one("searchFor") or written or "").lower(),
        call.flag("isOwn"),
        call.flag("isPublic"),
    )
    case = call.one("useCases")
    kept = [
        doc
        for doc in call.store.find("executionEnvironment")
        if (search in doc["name"].lower() or search in doc["description"].lower())
        and (own is None or (doc["_owner"] == call.user["id"]) == own)
        and (public_only is None or doc["isPublic"] == public_only)
        and (case is None or case in doc["useCases"])
    ]
    return cut(call, [_view(call, doc) for doc in kept])


def create(call: Call) -> Answer:
    """Create an environment, without versions."""
    doc = new_environment(new_id(), call.fields(_CREATE), call.user, iso(call.now))
    call.store.put("executionEnvironment", doc["id"], doc, name=doc["name"])
    return ok(_view(call, doc), 201)


def get(call: Call) -> Answer:
    """Answer one environment."""
    return ok(_view(call, _environment(call)))


def patch(call: Call) -> Answer:
    """Change an environment."""
    doc = _environment(call)
    doc |= {key: value for key, value in call.fields(_PATCH).items() if value is not None}
    call.store.put("executionEnvironment", doc["id"], doc, name=doc["name"])
    return ok(_view(call, doc))


def delete(call: Call) -> Answer:
    """Delete an environment with its versions; 409 while a deployed custom model version uses it."""
    doc = _environment(call)
    if any(
        each["baseEnvironmentId"] == doc["id"] and stored.is_deployed(call.store, each["id"])
        for each in call.store.find("customModelVersion")
    ):
        raise conflict("The execution environment is in use: existing deployments run in it.")
    for found in call.store.find("executionEnvironmentVersion", parent=doc["id"]):
        call.store.delete("executionEnvironmentVersion", found["id"])
        jobs.cancel(call.store, found["id"])
    drop_files(call.store, doc["id"])
    call.store.delete("executionEnvironment", doc["id"])
    return no_content()


def versions(call: Call) -> Answer:
    """Answer an environment's versions, newest first, narrowed by `buildStatus`."""
    wanted = call.one("buildStatus")
    found = call.store.find("executionEnvironmentVersion", parent=_environment(call)["id"])
    views = [_version_view(call, each) for each in reversed(found)]
    return cut(call, [view for view in views if wanted is None or view["buildStatus"] == wanted])


def create_version(call: Call) -> Answer:
    """Build a version from a context that has a Dockerfile, or take an image by its URI."""
    doc = _environment(call)
    given = call.fields(_VERSION)
    uploads = {
        name: upload for name, upload in call.files if name in {"docker_context", "dockerContext", "dockerImage"}
    }
    context = uploads.get("docker_context") or uploads.get("dockerContext")
    if context is None and not given.get("dockerImageUri"):
        fail("docker_context", "is required unless dockerImageUri is given")
    running = call.now + call.pace.job / 4
    version = new_version(given.get("environmentVersionId") or new_id(), doc["id"], given, iso(call.now), running)
    error: str | None = None
    if context is not None:
        version["dockerContextSize"] = len(context.content)
        version["_file"] = keep_file(call.store, context.content, doc["id"])
        version["_filename"] = PurePosixPath(context.filename).name or "context.zip"
        error = _unbuildable(context.content)
        version["_log"] = "Step 1: reading the context\n" + (f"ERROR: {error}\n" if error else "Built.\n")
    else:
        version["_log"] = f"Pulled {given['dockerImageUri']}\n"
    put_version(call.store, version)
    location = f"executionEnvironments/{doc['id']}/versions/{version['id']}/"
    job = call.start("build_environment", version["id"], {"problem": error}, location, error)
    return call.accepted(job, {"id": version["id"]})


def version(call: Call) -> Answer:
    """Answer one version."""
    return ok(_version_view(call, _version(call)))


def log(call: Call) -> Answer:
    """Answer the log of a build that is through."""
    found = _version(call)
    if found["buildStatus"] not in {"success", "failed"}:
        raise bad_request("The build is not through.")
    return ok({"log": found["_log"], "error": found["_error"]})


def context(call: Call) -> Answer:
    """Answer the context that a version was built from."""
    found = _version(call)
    if found["_file"] is None:
        raise not_found("The version was not built from a context.")
    return download(read_file(call.store, found["_file"]), found["_filename"], b"application/octet-stream")


def _unbuildable(content: bytes) -> str | None:
    names: list[str]
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as zipped:
                names = zipped.namelist()
        else:
            with tarfile.open(fileobj=io.BytesIO(content)) as tarred:
                names = tarred.getnames()
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, ValueError, zlib.error):
        return "The context is neither a ZIP nor a TAR archive."
    if not any(PurePosixPath(name).name == "Dockerfile" and len(PurePosixPath(name).parts) <= 2 for name in names):
        return "The context has no Dockerfile."
    return None


def _environment(call: Call) -> Json:
    return only(call.store.get("executionEnvironment", call.params["id"]))


def _version(call: Call) -> Json:
    found = only(call.store.get("executionEnvironmentVersion", call.params["vid"]))
    if found["environmentId"] != _environment(call)["id"]:
        raise not_found()
    return found


def _version_view(call: Call, found: Json) -> Json:
    shown = public(found)
    if found["buildStatus"] == "submitted" and call.now >= found["_running"]:
        shown["buildStatus"] = "processing"
    return shown


def _view(call: Call, doc: Json) -> Json:
    found = [_version_view(call, each) for each in call.store.find("executionEnvironmentVersion", parent=doc["id"])]
    sound = [each for each in found if each["buildStatus"] == "success"]
    return {
        **public(doc),
        "latestVersion": found[-1] if found else None,
        "latestSuccessfulVersion": sound[-1] if sound else None,
    }


def _end(store: Store, version_id: str, status: str, error: str) -> None:
    found = store.get("executionEnvironmentVersion", version_id)
    if found is not None:
        found |= {"buildStatus": status, "_error": error}
        store.rewrite("executionEnvironmentVersion", version_id, found)


@jobs.effect("build_environment")
def _built(store: Store, subject: str, _payload: Json, _when: float) -> None:
    _end(store, subject, "success", "")


@jobs.failure("build_environment")
def _not_built(store: Store, subject: str, payload: Json, _when: float) -> None:
    _end(store, subject, "failed", payload.get("problem") or "The build failed.")


ROUTES = (
    ("GET executionEnvironments/", listed),
    ("POST executionEnvironments/", create),
    ("GET executionEnvironments/{id}/", get),
    ("PATCH executionEnvironments/{id}/", patch),
    ("DELETE executionEnvironments/{id}/", delete),
    ("GET executionEnvironments/{id}/versions/", versions),
    ("POST executionEnvironments/{id}/versions/", create_version),
    ("GET executionEnvironments/{id}/versions/{vid}/", version),
    ("GET executionEnvironments/{id}/versions/{vid}/buildLog/", log),
    ("GET executionEnvironments/{id}/versions/{vid}/download/", context),
)
