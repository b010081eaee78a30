"""Bodies of requests: JSON, forms with files, and bytes for the routes that read them themselves."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from drplan.emulator.core.store import dump
from drplan.emulator.http.call import Upload
from drplan.emulator.http.errors import Problem, bad_request

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_LIMIT = 256 * 1024 * 1024  # bytes of one request; uploads are kept in memory


async def read_body(scope: Scope, receive: Receive, *, raw: bool = False) -> tuple[Any, bool, list[tuple[str, Upload]]]:
    """Give the body's value, whether it is a form, and its files; Problem 400 or 413 when it cannot be read.

    With `raw`, a body that is no multipart form is given as bytes.
    """
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"").decode("latin-1").lower()
    if kind.startswith("multipart/form-data"):
        return await _multipart(scope, receive)
    content = await _content(receive)
    if raw:
        return content, False, []
    if not content.strip():
        return None, False, []
    if kind.startswith("application/x-www-form-urlencoded"):
        pairs = parse_qs(content.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[0] if len(values) == 1 else values for name, values in pairs.items()}, True, []
    try:
        text = content.decode()
        value = json.loads(text, parse_constant=_no_constant)
        if "\\ud" in text.lower():
            dump(value).encode()  # half a surrogate pair is JSON, but no text that could be stored
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is not JSON: {error}") from None
    return value, False, []


async def _content(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > _LIMIT:
            raise Problem(413, {"message": "Request entity is too large"})
        if not message.get("more_body"):
            break
    return b"".join(parts)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


async def _multipart(scope: Scope, receive: Receive) -> tuple[Any, bool, list[tuple[str, Upload]]]:
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException
    from starlette.requests import Request

    fields: dict[str, Any] = {}
    files: list[tuple[str, Upload]] = []
    try:
        form = await Request(scope, receive)._get_form(max_files=10_000, max_fields=10_000)  # noqa: SLF001 - `form()` raises HTTPException
    except MultiPartException as error:
        raise bad_request(f"The body is not a form: {error.message}") from None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append((name, Upload(value.filename or name, await value.read())))
            await value.close()
        elif name in fields:
            fields[name] = [*fields[name], value] if isinstance(fields[name], list) else [fields[name], value]
        else:
            fields[name] = value
    return fields, True, files
