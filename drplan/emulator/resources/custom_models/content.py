"""What is in the files of a custom model version: items, declared runtime parameters, requirements, type schema."""

import ast
import re
from pathlib import PurePosixPath
from typing import Any

from drplan.emulator.core.ids import new_id
from drplan.emulator.core.store import Json, Store
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import fail
from drplan.emulator.resources.files import keep_file, read_file

METADATA = "model-metadata.yaml"
REQUIREMENTS = "requirements.txt"
_LARGEST = 1024 * 1024  # bytes of a metadata file
_TYPES = ("string", "boolean", "numeric", "credential")
_KEYS = ("fieldName", "type", "defaultValue", "description", "minValue", "maxValue", "allowEmpty", "credentialType")
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^\]]*\])?\s*((?:[=<>!~]=?=?\s*[^,;\s]+\s*,?\s*)*)(;.*)?\Z")
_CONSTRAINT = re.compile(r"(===|==|<=|>=|!=|~=|<|>)\s*([^,;\s]+)")


def uploaded_items(call: Call, paths: list[str], now: str, owner: str) -> list[Json]:
    """Keep the uploaded files of a request and give them as items; 422 for paths that lead out of the model."""
    files = [upload for name, upload in call.files if name == "file"]
    if paths and len(paths) != len(files):
        fail("filePath", f"there are {len(paths)} paths for {len(files)} files")
    given = paths or [upload.filename for upload in files]
    items: list[Json] = []
    for path, upload in zip(given, files, strict=True):
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.name:
            fail("filePath", f"{path} is not a path inside the model")
        items.append(
            {
                "id": new_id(),
                "fileName": pure.name,
                "filePath": str(pure),
                "fileSource": "local",
                "created": now,
                "_file": keep_file(call.store, upload.content, owner),
                "_size": len(upload.content),
            }
        )
    found = [str(item["filePath"]) for item in items]
    twice = sorted({path for path in found if found.count(path) > 1})
    if twice:
        fail("filePath", f"is there twice: {', '.join(twice)}")
    return items


def merged_items(before: list[Json], added: list[Json], deleted: list[str]) -> list[Json]:
    """Give the items of a version made from another one; a new file takes the place of one with its path."""
    unknown = sorted(set(deleted) - {item["id"] for item in before})
    if unknown:
        fail("filesToDelete", f"there are no files {', '.join(unknown)} in the latest version")
    replaced = {item["filePath"] for item in added}
    kept = [item for item in before if item["id"] not in deleted and item["filePath"] not in replaced]
    return sorted([*kept, *added], key=lambda item: str(item["filePath"]))


def read_item(store: Store, items: list[Json], path: str) -> str | None:
    """Give the text of the item at a path, or None without one."""
    for item in items:
        if item["filePath"] == path:
            return read_file(store, item["_file"]).decode("utf-8", "replace")
    return None


def metadata(store: Store, items: list[Json]) -> Json:
    """Give what `model-metadata.yaml` says, an empty mapping without one; 422 when it cannot be read."""
    import yaml

    text = read_item(store, items, METADATA)
    if text is None:
        return {}
    if len(text) > _LARGEST:
        fail("file", f"{METADATA} is larger than {_LARGEST} bytes")
    try:
        value: Any = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - the safe loader, in C
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        fail("file", f"{METADATA} is not YAML: {getattr(error, 'problem', None) or error}")
    if not isinstance(value, dict):
        fail("file", f"{METADATA} must be a mapping")
    return value


def definitions(given: Any, field: str) -> list[Json]:
    """Give runtime parameter definitions; 422 on `field` for one that is wrong."""
    if given is None:
        return []
    if not isinstance(given, list):
        fail(field, "runtime parameters must be a list")
    found = []
    for each in given:
        if not isinstance(each, dict) or not isinstance(each.get("fieldName"), str):
            fail(field, "a runtime parameter must have a fieldName")
        if each.get("type") not in _TYPES:
            fail(field, f"{each['fieldName']}: type must be one of {', '.join(_TYPES)}")
        found.append({key: each[key] for key in _KEYS if each.get(key) is not None})
    return found


def dependencies(store: Store, items: list[Json]) -> list[Json]:
    """Give the packages that `requirements.txt` names, as the API shows them."""
    found = []
    for number, raw in enumerate((read_item(store, items, REQUIREMENTS) or "").splitlines(), 1):
        line = raw.partition("#")[0].strip()
        if not line or line.startswith("-"):
            continue
        match = _REQUIREMENT.match(line)
        found.append(
            {
                "packageName": match.group(1) if match else line,
                "constraints": [
                    {"constraintType": kind, "version": version}
                    for kind, version in _CONSTRAINT.findall(match.group(3) if match else "")
                ],
                "line": line,
                "lineNumber": number,
                "_sound": match is not None,
            }
        )
    return found


def start_problem(store: Store, items: list[Json]) -> str | None:
    """Give why `custom.py` cannot be loaded, read but never run: it is no Python, or raises at its top level."""
    text = read_item(store, items, "custom.py")
    if text is None:
        return None
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"custom.py, line {getattr(error, 'lineno', None) or 1}: {getattr(error, 'msg', None) or error}"
    for statement in tree.body:
        if isinstance(statement, ast.Raise):
            return f"custom.py, line {statement.lineno}: {ast.unparse(statement)}"
    return None


def forbids_missing(meta: Json) -> bool:
    """Tell whether the type schema of a metadata file refuses input with missing values."""
    schema = meta.get("typeSchema")
    rules = schema.get("input_requirements") if isinstance(schema, dict) else None
    return any(
        isinstance(rule, dict) and rule.get("field") == "contains_missing" and rule.get("value") == "FORBIDDEN"
        for rule in (rules if isinstance(rules, list) else [])
    )
