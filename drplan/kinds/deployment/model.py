"""The ways a spec names a model, and how each leads to a model package (a registered model version)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from drplan.records.values import dig
from drplan.registry.lookups import Absent, Answer, Found, Lookup, Read, Readiness, Reference, Unmade
from drplan.registry.rows import Setting
from drplan.suggest import did_you_mean

_ID = {"type": "string", "minLength": 1}

BUILD = Readiness("modelPackages/{id}/", "buildStatus", waiting="inProgress", failed="failed")  # API reference 3


def _settled(value: Any, document: Mapping[str, Any]) -> bool:
    """Names and versions always need a lookup: the live document shows only ids."""
    if "model_package_id" in value:
        return bool(str(value["model_package_id"]).lower() == str(dig(document, "modelPackage.id")).lower())
    live = dig(document, "model.id")
    return live is not None and live in (value.get("model_id"), value.get("custom_model_version_id"))


def _find(value: Mapping[str, Any]) -> Lookup:
    if "model_package_id" in value:
        return (yield from _package(str(value["model_package_id"])))
    if "registered_model" in value:
        return (yield from _version(str(value["registered_model"]), value["version"], value.get("pinned")))
    if "model_id" in value:
        return (yield from _packaged(str(value["model_id"]), "modelId", "modelPackages/fromLeaderboard/"))
    return (
        yield from _packaged(
            str(value["custom_model_version_id"]), "customModelVersionId", "modelPackages/fromCustomModelVersion/"
        )
    )


def _package(package_id: str) -> Lookup:
    package = yield Read(f"modelPackages/{quote(package_id, safe='')}/", optional=True)
    if package is None:
        return Absent(f"there is no model package '{package_id}'", "check the id, and that your token may see it")
    return _found(package, str(package.get("name") or package_id), package.get("name"))


def _pinned(value: Mapping[str, Any], package_id: str) -> Mapping[str, Any]:
    """Pin the latest version of a registered model to one of its versions: a saved plan means the one it found."""
    return {**value, "pinned": package_id} if value.get("version") == "latest" else value


def _version(name: str, version: int | str, pinned: str | None) -> Lookup:
    # `search` narrows the page; the exact comparison is ours, as servers match parts of a name.
    models = yield Read("registeredModels/", (("search", name), ("limit", "100")), paged=True)
    named = [model for model in models if model.get("name") == name]
    hits = [model for model in named if not model.get("isArchived")]
    archived = Absent(f"the registered model '{name}' is archived", "restore it, or name another") if named else None
    if not named:
        every = yield Read("registeredModels/", (("limit", "100"),), paged=True)
        hint = did_you_mean(name, (str(model.get("name")) for model in every))
        return Absent(f"there is no registered model '{name}'", hint or "register it first, or check the name")
    if len(hits or named) > 1:
        ids = ", ".join(sorted(str(model["id"]) for model in hits or named))
        return Absent(
            f"{len(hits or named)} registered models are named '{name}' ({ids})",
            "write model: {model_package_id: …} with the id of the version you mean",
        )
    model = (hits or named)[0]
    versions = yield Read(f"registeredModels/{model['id']}/versions/", (("limit", "100"),), paged=True, optional=True)
    numbered = {
        int(item["registeredModelVersion"]): item
        for item in versions or ()
        if str(item.get("registeredModelVersion")).isdecimal()
    }
    if not numbered:
        none = Absent(f"the registered model '{name}' has no version", "register one first")
        return none if hits else archived or none
    kept = sorted(number for number, item in numbered.items() if not item.get("isArchived"))
    meant = [number for number, item in numbered.items() if item["id"] == pinned]
    wanted = meant[0] if meant else max(kept or numbered) if version == "latest" else int(version)
    known = f"it has: {', '.join(map(str, kept))}" if kept else "register one first"
    if wanted not in numbered:
        return Absent(f"the registered model '{name}' has no version {wanted}", known)
    gone = Absent(f"version {wanted} of the registered model '{name}' is archived", known)
    found = _found(numbered[wanted], f"{name} v{wanted}", f"{name} v{wanted}", gone)
    return found if hits else replace(found, unfit=archived)


def _found(package: Mapping[str, Any], words: str, name: str | None, archived: Absent | None = None) -> Found:
    """Return a package that was read, with what speaks against serving it."""
    unfit = None
    if package.get(BUILD.field) == BUILD.failed:
        unfit = Absent(f"the build of {words} failed", "look into its build log, and register it again")
    if package.get("isArchived"):
        unfit = archived or Absent(f"{words} is archived", "restore it, or name another")
    unready = f"the build of {words}" if package.get(BUILD.field) == BUILD.waiting else ""
    return Found(str(package["id"]), name, package, unfit, unready)


def _packaged(model_id: str, field: str, path: str) -> Lookup:
    def again() -> Lookup:
        return (yield from _packaged(model_id, field, path))

    # The filter is repeated here: a server that ignores it must not hand us somebody else's model.
    packages = yield Read("modelPackages/", (("modelId", model_id),), paged=True)
    hits = [item for item in packages if item.get("modelId") == model_id and not item.get("isArchived")]
    hits.sort(key=lambda item: bool(item.get(BUILD.field) == BUILD.failed))  # one that can be served comes first
    answer: Answer
    if hits:
        answer = _found(hits[0], f"model package {hits[0]['id']}", hits[0].get("name"))
    else:
        answer = Unmade(
            what="model package",
            name=f"model package of {model_id}",
            path=path,
            body={field: model_id},
            find=again,
            stand_in={"modelId": model_id},
        )
    return answer


MODEL = Setting(
    "model",
    "The model to serve, named in one of four ways: a registered model and its version (or `latest`), a model package, "
    "a leaderboard model, or a custom model version.",
    {
        "type": "object",
        "properties": {
            "registered_model": {
                **_ID,
                "description": "The name of a registered model.",
                "examples": ["churn"],
            },
            "version": {
                "description": "The version's number, or `latest`, which the plan pins to an id.",
                "examples": [3],
                "oneOf": [{"type": "integer", "minimum": 1}, {"const": "latest"}],
            },
            "model_package_id": {
                **_ID,
                "description": "The id of a model package (a registered model version).",
                "examples": ["5f48cb94408673683eca0faa"],
            },
            "model_id": {
                **_ID,
                "description": "The id of a leaderboard (learning) model; drplan registers it where nobody has.",
                "examples": ["5c0a979859b00004ba52e431"],
            },
            "custom_model_version_id": {
                **_ID,
                "description": "The id of a custom model version; drplan registers it where nobody has.",
                "examples": ["5f48cb94408673683eca0fad"],
            },
        },
        "oneOf": [
            {"required": ["registered_model", "version"]},
            {"required": ["model_package_id"]},
            {"required": ["model_id"]},
            {"required": ["custom_model_version_id"]},
        ],
        "additionalProperties": False,
    },
    example={"registered_model": "churn", "version": 3},
    group="model",
    wire="modelPackageId",
    live="modelPackage.id",
    on_create="modelPackageId",
    attribute="registered_model_version_id",
    required=True,
    reference=Reference(_settled, _find, name="modelPackage.name", readiness=BUILD, pin=_pinned),
    decode=lambda package_id: package_id and {"model_package_id": package_id},
)
