"""`dependencyBuild/`: the environment with the packages that a custom model version's requirements.txt names."""

from drplan.emulator.core import jobs
from drplan.emulator.core.clock import iso
from drplan.emulator.core.store import Json, Store, dump, public
from drplan.emulator.http.call import Answer, Call, no_content, ok
from drplan.emulator.http.errors import Problem, conflict, not_found
from drplan.emulator.resources.custom_models import stored
from drplan.emulator.resources.custom_models.versions import version_of
from drplan.emulator.resources.files import plain

_UNDER_WAY = frozenset({"submitted", "processing"})


def get(call: Call) -> Answer:
    """Answer how the build of a version's dependencies goes; 404 when none was started."""
    return ok(_view(call, _built(version_of(call))))


def start(call: Call) -> Answer:
    """Build; 422 without dependencies, 409 while a build runs or when the version was built."""
    version = version_of(call)
    if not version["dependencies"]:
        raise Problem(422, {"message": "The custom model version has no dependencies.", "errors": {}})
    before = version["_build"]
    if before is not None and before["buildStatus"] != "failed":
        raise conflict(
            f"The dependencies of the custom model version are already built or being built: {_status(call, before)}."
        )
    unsound = [each["line"] for each in version["dependencies"] if not each["_sound"]]
    lines = [f"Collecting {each['line']}" for each in version["dependencies"] if each["_sound"]]
    lines += [f"ERROR: Invalid requirement: {line}" for line in unsound]
    version["_build"] = {
        "buildStatus": "submitted",
        "buildStart": iso(call.now),
        "buildEnd": None,
        "_running": call.now + call.pace.job / 4,
        "_log": "\n".join(lines) + "\n",
    }
    _keep(call.store, version)
    error = f"The build failed: {', '.join(unsound)}" if unsound else None
    location = f"customModels/{version['customModelId']}/versions/{version['id']}/dependencyBuild/"
    job = call.start("build_dependencies", version["id"], {}, location, error)
    answer = call.accepted(job)
    answer.text = dump(_view(call, version["_build"]))
    return answer


def cancel(call: Call) -> Answer:
    """Stop a build that runs; 409 when it is through."""
    version = version_of(call)
    if _built(version)["buildStatus"] not in _UNDER_WAY:
        raise conflict("The build is through.")
    jobs.cancel(call.store, version["id"])
    version["_build"] = None
    _keep(call.store, version)
    return no_content()


def log(call: Call) -> Answer:
    """Answer the log of a build that is through."""
    build = _built(version_of(call))
    if build["buildStatus"] in _UNDER_WAY:
        raise not_found("The build is not through.")
    return plain(build["_log"])


def _built(version: Json) -> Json:
    build: Json | None = version["_build"]
    if build is None:
        raise not_found("The dependencies of the custom model version were not built.")
    return build


def _status(call: Call, build: Json) -> str:
    if build["buildStatus"] == "submitted" and call.now >= build["_running"]:
        return "processing"
    return str(build["buildStatus"])


def _view(call: Call, build: Json) -> Json:
    return {**public(build), "buildStatus": _status(call, build), "buildLogLocation": None}


def _keep(store: Store, version: Json) -> None:
    model = store.get("customModel", version["customModelId"])
    if model is not None:
        stored.put_version(store, model, version)


def _end(store: Store, version_id: str, status: str, when: float) -> None:
    version = store.get("customModelVersion", version_id)
    if version is not None and version["_build"] is not None:
        version["_build"] |= {"buildStatus": status, "buildEnd": iso(when)}
        _keep(store, version)


@jobs.effect("build_dependencies")
def _succeeded(store: Store, subject: str, _payload: Json, when: float) -> None:
    _end(store, subject, "success", when)


@jobs.failure("build_dependencies")
def _failed(store: Store, subject: str, _payload: Json, when: float) -> None:
    _end(store, subject, "failed", when)


ROUTES = (
    ("GET customModels/{id}/versions/{vid}/dependencyBuild/", get),
    ("POST customModels/{id}/versions/{vid}/dependencyBuild/", start),
    ("DELETE customModels/{id}/versions/{vid}/dependencyBuild/", cancel),
    ("GET customModels/{id}/versions/{vid}/dependencyBuildLog/", log),
)
