"""The ASGI application: authentication, faults, counting, one transaction a request, and the answers' bytes."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from drplan.emulator.core import jobs, switches
from drplan.emulator.core.machine import Machine
from drplan.emulator.core.store import Json, dump, load
from drplan.emulator.http.body import Receive, Scope, read_body
from drplan.emulator.http.call import API, SELF, Answer, Call, Upload, refused
from drplan.emulator.http.control import Control
from drplan.emulator.http.errors import ConnectionDropped, Problem
from drplan.emulator.http.faults import Fault, Faults
from drplan.emulator.http.request_log import RequestLog
from drplan.emulator.http.routes import Route, Routes

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_UNKNOWN = "{unknown}"  # the route under which requests for paths that do not exist are counted
_SERVING = "/predApi/"  # what prediction servers answer; elsewhere than the API, but by the same rules
_STRIKES = {"status", "html", "drop"}
_PAGE = "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"

_load_once = lru_cache(maxsize=1024)(load)  # of users: few texts, read by every request, never changed


class App:
    """An ASGI application that answers below `/api/v2/` as the platform does and below `/emulator/` for its tester."""

    def __init__(
        self, machine: Machine, routes: Routes, faults: Faults, requests: RequestLog, control: Control
    ) -> None:
        self._machine = machine
        self._routes = routes
        self._faults = faults
        self._requests = requests
        self._control = control

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
                answer = await self._side_door(scope, path[len("/emulator/") :], receive)
            else:
                # The platform's own web pages live there: what a client sees whose endpoint lacks /api/v2.
                answer = _html(404, "No such page; the API is at /api/v2/.")
        except ConnectionDropped:
            if await _cut(send, receive):
                return
            raise
        await _send(send, answer)

    async def _side_door(self, scope: Scope, path: str, receive: Receive) -> Answer:
        try:
            body, _, _ = await read_body(scope, receive)
            return self._control.answer(scope["method"], path, body)
        except Problem as problem:
            return refused(problem)

    async def _api(self, scope: Scope, path: str, receive: Receive) -> Answer:
        machine, faults, routes = self._machine, self._faults, self._routes
        method: str = scope["method"]
        found = routes.find(path)
        if path.startswith(_SERVING[1:]) != scope["path"].startswith(_SERVING):
            found = None
        route = _UNKNOWN if found is None else found.route
        query = scope["query_string"].decode("latin-1")
        body: Any = None
        status = 0
        if machine.clock.step:
            machine.clock.advance(machine.clock.step)
        try:
            slow = faults.take(method, route, path, {"latency"})
            wait = machine.latency + (slow.seconds if slow else 0.0)
            if wait:
                await asyncio.sleep(wait)
            strike = faults.take(method, route, path, _STRIKES)
            unread: Problem | None = None
            form = False
            files: list[tuple[str, Upload]] = []
            try:
                body, form, files = await read_body(scope, receive, raw=f"{method} {route}" in routes.raw)
            except Problem as problem:
                unread = problem
            if strike is not None and strike.when == "before":
                record = routes.struck.get(f"{method} {route}")
                if found is not None and record is not None and strike.kind != "drop":
                    now = machine.clock.seconds()
                    with machine.store.writing(now):
                        remote = (scope.get("client") or ("",))[0]
                        record(machine.store, found.params["id"], strike.status, now, wait, remote)
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
            self._requests.add(method, scope["path"], route, query, status, shown)

    def _answer(
        self,
        scope: Scope,
        method: str,
        path: str,
        query: str,
        found: Route | None,
        body: Any,
        form: bool,
        files: list[tuple[str, Upload]],
        waited: float,
    ) -> Answer:
        store = self._machine.store
        now = self._machine.clock.seconds()
        headers = dict(scope["headers"])
        if jobs.due(store, now):
            with store.writing(now):
                jobs.settle(store, now)
        prepare = None if found is None else self._routes.before.get(f"{method} {found.route}")
        if prepare is not None:
            prepare(store, now)
        reads = method in {"GET", "HEAD"}
        try:
            with store.reading() if reads else store.writing(now):
                user = self._user(headers.get(b"authorization", b"").decode("latin-1"))
                if found is None:
                    return Answer(404, '{"message":"404 Not Found"}')
                endpoint = found.endpoints.get(method)
                if endpoint is None:
                    allowed = ", ".join(sorted(found.endpoints)).encode()
                    return Answer(405, '{"message":"405 Method Not Allowed"}', ((b"allow", allowed),))
                base = f"{scope['scheme']}://{headers.get(b'host', b'localhost').decode('latin-1')}"
                platform = switches.read(store)
                answer = endpoint(
                    Call(
                        store=store,
                        pace=self._machine.pace,
                        faults=self._faults,
                        switches=platform,
                        now=now,
                        method=method,
                        path=path,
                        route=found.route,
                        params=found.params,
                        query_text=query,
                        base=base,
                        user=user,
                        body=_trimmed(body) if platform["trims_texts"] else body,
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
            row = self._machine.store.db.execute(
                "SELECT doc FROM objects WHERE kind = 'user' AND ref = ?", (token.strip(),)
            ).fetchone()
            if row is not None:
                return _load_once(row[0])
        raise Problem(
            401, {"message": "Invalid Authorization header. No HTTP 'Authorization' header provided or unknown token."}
        )


def _trimmed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _trimmed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    return value.strip() if isinstance(value, str) else value


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
