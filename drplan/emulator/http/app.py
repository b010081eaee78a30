"""The ASGI application: authentication, faults, counting, one transaction a request, and the answers' bytes."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, dump, load
from drplan.emulator.http import control
from drplan.emulator.http.call import API, SELF, Answer, Call, Upload, refused
from drplan.emulator.http.errors import ConnectionDropped, Problem, bad_request
from drplan.emulator.http.faults import Fault
from drplan.emulator.http.routes import Found
from drplan.emulator.resources.deployments import watch
from drplan.emulator.world.monitoring.health import settle
from drplan.emulator.world.serving.endpoint import failed

if TYPE_CHECKING:
    from drplan.emulator.emulator import Emulator

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_BODY_LIMIT = 256 * 1024 * 1024  # bytes of one request; uploads are kept in memory
_UNKNOWN = "{unknown}"  # the route under which requests for paths that do not exist are counted
_SERVING = "/predApi/"  # what prediction servers answer; elsewhere than the API, but by the same rules
_FRESH = frozenset({"GET deployments/", "GET deployments/{id}/"})  # routes that show health and usage
_STRIKES = {"status", "html", "drop"}
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"

_load_once = lru_cache(maxsize=1024)(load)  # of users and switches: few texts, read by every request, never changed


class App:
    """An ASGI application that answers below `/api/v2/` as the platform does and below `/emulator/` for its tester."""

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the ASGI server."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"the emulator does not speak {scope['type']}")
        path: str = scope["path"]
        try:
            if path.startswith(API):
                # The custom-models action writes `/api/v2//ping`.
                answer = await self._api(scope, path[len(API) :].lstrip("/"), receive)
            elif path.startswith(_SERVING):
                answer = await self._api(scope, path[1:], receive)
            elif path.startswith("/emulator/"):
                answer = await self._control(scope, path[len("/emulator/") :], receive)
            else:
                # The platform's own web pages live there: what a client sees whose endpoint lacks /api/v2.
                answer = _html(404, "No such page; the API is at /api/v2/.")
        except ConnectionDropped:
            if await _cut(send, receive):
                return
            raise
        await _send(send, answer)

    async def _control(self, scope: Scope, path: str, receive: Receive) -> Answer:
        try:
            body, _, _ = await _body(scope, receive)
            return control.answer(self._emulator, scope["method"], path, body)
        except Problem as problem:
            return refused(problem)

    async def _api(self, scope: Scope, path: str, receive: Receive) -> Answer:
        emulator = self._emulator
        method: str = scope["method"]
        found = emulator.routes.find(path)
        if path.startswith(_SERVING[1:]) != scope["path"].startswith(_SERVING):
            found = None
        route = _UNKNOWN if found is None else found.route
        query = scope["query_string"].decode("latin-1")
        body: Any = None
        status = 0
        if emulator.clock.step:
            emulator.clock.advance(emulator.clock.step)
        try:
            slow = emulator.faults.take(method, route, path, {"latency"})
            wait = emulator.latency + (slow.seconds if slow else 0.0)
            if wait:
                await asyncio.sleep(wait)
            strike = emulator.faults.take(method, route, path, _STRIKES)
            unread: Problem | None = None
            form = False
            files: list[tuple[str, Upload]] = []
            try:
                body, form, files = await _body(scope, receive, raw=f"{method} {route}" in emulator.routes.raw)
            except Problem as problem:
                unread = problem
            if strike is not None and strike.when == "before":
                if found is not None and f"{method} {route}" in emulator.routes.raw and strike.kind != "drop":
                    with emulator.store.writing():
                        now, remote = emulator.clock.seconds(), (scope.get("client") or ("",))[0]
                        failed(emulator.store, found.params["id"], strike.status, now, wait, remote)
                answer = _struck(strike)
            elif unread is not None:
                answer = refused(unread)
            else:
                answer = self._answer(scope, method, path, query, found, body, form, files, wait)
                if strike is not None:
                    answer = _struck(strike)
            status = answer.status
            return answer
        finally:
            shown = {"bytes": len(body)} if isinstance(body, bytes) else body
            emulator.requests.add(method, scope["path"], route, query, status, shown)

    def _answer(
        self,
        scope: Scope,
        method: str,
        path: str,
        query: str,
        found: Found | None,
        body: Any,
        form: bool,
        files: list[tuple[str, Upload]],
        waited: float,
    ) -> Answer:
        emulator = self._emulator
        store = emulator.store
        now = emulator.clock.seconds()
        headers = dict(scope["headers"])
        if jobs.due(store, now):
            with store.writing():
                jobs.settle(store, now)
        if found is not None and f"{method} {found.route}" in _FRESH and watch.due(store, now):
            with store.writing():
                settle(store, now)
        reads = method in {"GET", "HEAD"}
        try:
            with store.reading() if reads else store.writing():
                user = self._user(headers.get(b"authorization", b"").decode("latin-1"))
                if found is None:
                    return Answer(404, '{"message":"404 Not Found"}')
                endpoint = found.endpoints.get(method)
                if endpoint is None:
                    allowed = ", ".join(sorted(found.endpoints)).encode()
                    return Answer(405, '{"message":"405 Method Not Allowed"}', ((b"allow", allowed),))
                base = f"{scope['scheme']}://{headers.get(b'host', b'localhost').decode('latin-1')}"
                answer = endpoint(
                    Call(
                        store=store,
                        pace=emulator.pace,
                        faults=emulator.faults,
                        switches=_load_once(store.fact("switches") or "{}"),
                        now=now,
                        method=method,
                        path=path,
                        route=found.route,
                        params=found.params,
                        query_text=query,
                        base=base,
                        user=user,
                        body=body,
                        form=form,
                        files=files,
                        headers=headers,
                        remote=(scope.get("client") or ("",))[0],
                        waited=waited,
                    )
                )
                if answer.text is not None and SELF in answer.text:
                    answer.text = answer.text.replace(SELF, base)
                return answer
        except Problem as problem:
            return refused(problem)

    def _user(self, authorization: str) -> Json:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() in {"token", "bearer"} and token.strip():
            row = self._emulator.store.db.execute(
                "SELECT doc FROM objects WHERE kind = 'user' AND ref = ?", (token.strip(),)
            ).fetchone()
            if row is not None:
                return _load_once(row[0])
        raise Problem(
            401, {"message": "Invalid Authorization header. No HTTP 'Authorization' header provided or unknown token."}
        )


def _struck(fault: Fault) -> Answer:
    message = fault.message or HTTPStatus(fault.status).phrase
    if fault.kind == "drop":
        raise ConnectionDropped("the connection was closed without an answer")
    if fault.kind == "html":
        return _html(fault.status, message)
    retry = () if fault.retry_after is None else ((b"retry-after", f"{fault.retry_after:g}".encode()),)
    return Answer(fault.status, dump({"message": message} if fault.body is None else fault.body), retry)


def _html(status: int, message: str) -> Answer:
    page = _PAGE.format(f"{status} {HTTPStatus(status).phrase}", message)
    return Answer(status, page, content_type=b"text/html; charset=utf-8")


async def _send(send: Send, answer: Answer) -> None:
    content = answer.content if answer.text is None else answer.text.encode()
    headers = [(b"content-type", answer.content_type), *answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", str(len(content)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _body(scope: Scope, receive: Receive, *, raw: bool = False) -> tuple[Any, bool, list[tuple[str, Upload]]]:
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
        if size > _BODY_LIMIT:
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


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _cut(send: Send, receive: Receive) -> bool:
    """Close the client's socket without an answer where there is one (under uvicorn); False in-process."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        return False
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
    return True
