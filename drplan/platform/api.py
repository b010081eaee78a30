"""The only HTTP: one asynchronous client of the platform's public API v2, over any httpx transport.

The emulator is such a transport. Reads are sent again after an error that may pass, and so are writes that have the
same effect when sent twice; a creation only where the platform cannot have taken it.
"""

import asyncio
import json
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx
import stamina

from drplan.errors import ApiError, JobFailed, Rejected, Unreachable
from drplan.platform.answers import ENCODINGS, Unfit, content_of, of_the_library, parsed
from drplan.platform.lists import Item, Params, whole_list
from drplan.version import __version__

PARALLELISM = 10
JOB_TIMEOUT = 600.0  # seconds, as the vendor's SDK waits
ATTEMPTS = 6
RETRIED = (429, 502, 503, 504)
UNREAD_POLLS = 5  # in a row, until a job counts as one that cannot be read
SILENCE = 3.0  # seconds that a job may not have begun before its object is looked at
MIN_SECRET = 4  # characters
PATIENCE = 120.0  # seconds: the longest `Retry-After` that is waited for, and how long one request is retried
WHOLE = 300.0  # seconds for one request with the whole of its answer, however slowly it trickles
TIMEOUT = httpx.Timeout(60.0, connect=10.0)  # seconds; the SDK's are 60 and 6

# A retry is logged, and without anybody who wants to read logs, Python would print it.
logging.getLogger("stamina").addHandler(logging.NullHandler())

_DONE = {"COMPLETED"}
_UNDER_WAY = {"RUNNING", "INPROGRESS", "IN_PROGRESS"}
_FAILED = {"ERROR", "ABORTED", "EXPIRED"}
_STATUS_ID = re.compile(r"/status/([A-Za-z0-9_-]+)/?$")
_BEARER = re.compile(r"(?i)\b(token|bearer)\s+[A-Za-z0-9._~+/=-]{6,}")

Trace = Callable[[str, str, int, float], None]
Pause = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Response:
    """A successful answer: HTTP code, parsed JSON (None when there was none), and where its job or object is.

    `date` is when the platform's own clock says that it answered, None where it does not say.
    """

    status: int
    body: Any
    location: str | None
    date: datetime | None = None


class Api:
    """A client of one endpoint; use it as an asynchronous context manager.

    endpoint      the base, ending in /api/v2 (a trailing slash does not matter)
    token         sent as `Authorization: Bearer`; kept out of every message
    secrets       further texts that are sent and kept out of every message, also when the platform repeats them; the
                  collection may grow while the client is in use
    transport     None: the network, else any httpx transport (the emulator's, a test's)
    parallelism   requests under way at once
    job_timeout   seconds to wait for one job
    sleep, now    the clock: seconds to wait, and a monotonic reading in seconds
    trace         called with method, path, HTTP code (0: no answer) and seconds after every request
    """

    def __init__(
        self,
        endpoint: str,
        token: str,
        *,
        secrets: Collection[str] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        parallelism: int = PARALLELISM,
        job_timeout: float = JOB_TIMEOUT,
        sleep: Pause = asyncio.sleep,
        now: Callable[[], float] | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.endpoint = endpoint.rstrip("/")
        self.parallelism = parallelism
        self.job_timeout = job_timeout
        self.sleep = sleep
        self._token = token
        self._secrets = secrets
        self._trace = trace
        self._now = now
        self._slots = asyncio.Semaphore(parallelism)
        self._unordered: set[str] = set()  # list routes that do not take the order they are documented to take
        self._headers = httpx.Headers(
            {
                "Authorization": f"Bearer {token}",
                "Accept": "application/json",
                "Accept-Encoding": ENCODINGS,
                "User-Agent": f"drplan/{__version__}",
            }
        )
        self._extensions = {"timeout": TIMEOUT.as_dict()}
        self._client = httpx.AsyncClient(
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=parallelism),
            transport=transport or _network(self.endpoint, parallelism),
        )
        self._retrying = stamina.AsyncRetryingCaller(
            attempts=ATTEMPTS, timeout=PATIENCE, wait_initial=0.25, wait_max=20.0
        )

    def __repr__(self) -> str:
        return f"Api({self.endpoint!r})"

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.aclose()

    def now(self) -> float:
        """Return a monotonic reading in seconds: the injected clock's, or the event loop's."""
        return self._now() if self._now else asyncio.get_running_loop().time()

    # ------------------------------------------------------------------------------------------------------ reading

    async def get(self, path: str, params: Params = ()) -> Mapping[str, Any]:
        """Return the JSON object at `path`; retried."""
        body = (await self.send("GET", path, params=params)).body
        if not isinstance(body, Mapping):
            raise ApiError(f"GET {path} was answered without an object; is this the platform's API v2?")
        return body

    async def pages(self, path: str, params: Params = (), *, order: Params = ()) -> list[Item]:
        """Return every item of a paginated list of objects with ids; ApiError where it does not add up.

        It is asked for in `order`, a query that `params` may overrule; without it where the platform refuses it.
        """
        if path not in self._unordered and not {key for key, _ in order} & {key for key, _ in params}:
            try:
                return await whole_list(self._page, self.sleep, path, (*params, *order))
            except Rejected as error:
                if not order or error.status not in (400, 422):
                    raise
                self._unordered.add(path)
        return await whole_list(self._page, self.sleep, path, params)

    async def _page(self, path: str, params: Params) -> Any:
        return (await self.send("GET", path, params=params)).body

    # ------------------------------------------------------------------------------------------------------ writing

    async def send(
        self, method: str, path: str, body: Any = None, *, params: Params = (), once: bool = False
    ) -> Response:
        """Send one request and return the answer; raise Rejected or Unreachable.

        Retried on connection errors and 429, 502, 503 and 504, honouring `Retry-After`; a GET after 500
        too. With `once`, it is sent again only where it cannot have had an effect: the connection was refused, or the
        answer is 429.
        """
        worth = _never_taken if once else _worth_reading if method == "GET" else _worth_retrying
        try:
            return await self._send(method, path, body, params)
        except (Rejected, Unreachable) as error:
            if not worth(error):
                raise
            first = error
        return await self._again(worth, first, method, path, body, params)

    async def _again(
        self,
        worth: Callable[[Exception], bool | float],
        first: Rejected | Unreachable,
        method: str,
        path: str,
        body: Any,
        params: Params,
    ) -> Response:
        failures = [first]

        async def attempt() -> Response:
            if failures:  # the attempt that brought us here counts
                raise failures.pop()
            return await self._send(method, path, body, params)

        return await self._retrying.on(worth)(attempt)

    async def _send(self, method: str, path: str, body: Any, params: Params) -> Response:
        async with self._slots:
            started = self.now()
            status = 0
            try:
                async with asyncio.timeout(WHOLE) as limit:
                    response = await self._client.send(self._request(method, path, body, params), stream=True)
                    status = response.status_code
                    try:
                        encoding = response.headers.get("content-encoding", "")
                        content = await content_of(response.aiter_bytes(), encoding)
                    finally:
                        await response.aclose()
            except Unfit as error:
                raise self._unfit(method, path, str(error)) from None
            except Exception as error:
                if isinstance(error, ApiError) or not of_the_library(error):
                    raise
                if limit.expired():
                    text = f"{self.endpoint} did not answer in full within {WHOLE:g} s"
                    raise Unreachable(text, sent=True) from None
                raise self._unreachable(error) from None
            finally:
                if self._trace:
                    self._trace(method, path, status, self.now() - started)
        return self._answer(response, content, method, path)

    def _request(self, method: str, path: str, body: Any, params: Params) -> httpx.Request:
        """Return the request; the client would make the same one in twice the time, joining and parsing URLs."""
        url = f"{self.endpoint}/{path}"
        try:
            url += f"?{urlencode(params)}" if params else ""
            return httpx.Request(method, url, headers=self._headers, json=body, extensions=self._extensions)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ApiError(f"'{url}' cannot be asked for: {error}") from None
        except ValueError as error:
            raise ApiError(f"{method} {path}: what it is to say is no JSON: {error}") from None

    async def follow(self, answer: Response, shown: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Wait for the job that an answer started (none: return at once); raise JobFailed, or Unreachable on timeout.

        The job is polled at once and then ever more slowly, up to every 5 s. Its `Location` is used for its id alone,
        so that no other host is ever sent the token (API reference 1.5). A record that is lost, that cannot be read or
        that never says that the job has begun is not the end: then `shown` tells whether the object itself shows the
        effect. Without it, a record that cannot be read some times in a row is Unreachable.
        """
        found = _STATUS_ID.search(answer.location or "")
        if not found:
            if shown and answer.status == 202:
                await self.until("what was accepted", _doubting(shown))
            return
        path, began = f"status/{found.group(1)}/", self.now()
        errors: list[ApiError] = []

        async def ended() -> bool:
            try:
                state = await self.send("GET", path)
            except ApiError as error:
                errors.append(error)
                if len(errors) >= UNREAD_POLLS and (shown is None or getattr(error, "status", 0) == 401):
                    raise _lost(error) from None
                return shown is not None and await _doubting(shown)()
            errors.clear()
            record = state.body if isinstance(state.body, Mapping) else {}
            word = str(record.get("status")).upper()
            if word in _FAILED:
                message = self.clean(str(record.get("message") or "no reason given"))
                raise JobFailed(f"the platform's job ended in {word}: {message}")
            if state.status in (302, 303) or word in _DONE:
                return True
            silent = word not in _UNDER_WAY and self.now() - began > SILENCE
            return silent and shown is not None and await _doubting(shown)()

        try:
            await self.until(f"its job ({path})", ended)
        except Unreachable:
            if not errors:
                raise
            raise _lost(errors[-1]) from None

    async def until(self, what: str, done: Callable[[], Awaitable[bool]], *, sent: bool = True) -> None:
        """Ask `done` again and again, pausing in between; raise Unreachable when the job timeout is over.

        `sent` tells whether what is awaited was asked for: whether it takes effect is unknown then.
        """
        deadline = self.now() + self.job_timeout
        pause = 0.1
        while not await done():
            if self.now() + pause > deadline:
                raise Unreachable(f"{what} did not end within {self.job_timeout:g} s", sent=sent)
            await self.sleep(pause)
            pause = min(pause * 1.5, 5.0)

    # ------------------------------------------------------------------------------------------------------ answers

    def clean(self, text: str) -> str:
        """Return `text` with the token and the secrets replaced, wherever they come from.

        Secrets shorter than four characters are left: replacing them would take ordinary words apart.
        """
        hidden = [secret for secret in self._secrets if len(secret) >= MIN_SECRET]
        if len(self._token) >= 12:  # the emulator's well-known token is no secret, and a common word
            hidden.append(self._token)
        for secret in sorted(hidden, key=len, reverse=True):  # the longest first: one may be a part of another
            for form in (secret, json.dumps(secret)[1:-1], quote(secret), quote(secret, safe="")):
                text = text.replace(form, "***")
        return _BEARER.sub(r"\1 ***", text)

    def _unreachable(self, error: Exception) -> Unreachable:
        sent = _may_have_been_sent(error)
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        text = self.clean(str(cause) or type(error).__name__)
        if isinstance(cause.__cause__, ssl.SSLError) or isinstance(cause, ssl.SSLError):
            text += " (for a private certificate authority, set SSL_CERT_FILE)"
        what = "gave no answer" if sent else "cannot be reached"
        return Unreachable(f"{self.endpoint} {what}: {text}", sent=sent)

    def _answer(self, response: httpx.Response, content: bytes, method: str, path: str) -> Response:
        status = response.status_code
        body: Any = None
        kind = response.headers.get("content-type", "")
        what = _kind(kind)
        if content and "html" not in kind:
            try:
                body = parsed(content)
            except Unfit as error:
                what = str(error)
        location = response.headers.get("location")
        if status >= 400:
            raise self._rejected(response, method, path, body)
        if 300 <= status < 400 and not (path.startswith("status/") and status in (302, 303)):
            raise ApiError(
                f"{self.endpoint} redirects to {self.clean(location or 'nowhere')}; "
                "write the endpoint as it is after the redirect"
            )
        if content and body is None and status != 303:
            raise self._unfit(method, path, what)
        return Response(status, body, location, _date(response.headers.get("date")))

    def _unfit(self, method: str, path: str, what: str) -> ApiError:
        """Return the error of an answer that is none; a write may have had its effect, whatever stood in the way."""
        text = f"{self.endpoint} does not speak the API: {method} {path} was answered with {what}."
        return ApiError(text + self._hint()) if method == "GET" else Unreachable(text, sent=True)

    def _rejected(self, response: httpx.Response, method: str, path: str, body: Any) -> Rejected:
        status = response.status_code
        content = body if isinstance(body, Mapping) else {}
        text = self.clean(_message(content))
        if status == 401:
            text = "the token is not valid for this endpoint; check DATAROBOT_API_TOKEN"
        elif not content and status < 500:
            text = f"{_kind(response.headers.get('content-type', ''))}.{self._hint()}"
        reason = self.clean(f"{status} {response.reason_phrase}".strip())
        wait = _seconds(response.headers.get("retry-after"), response.headers.get("date"))
        asked = f" (it asks to come back in {wait:.0f} s)" if wait and wait > PATIENCE else ""
        return Rejected(
            f"{method} {path}: {reason}" + (f": {text}" if text else "") + asked,
            status=status,
            body=content,
            retry_after=wait,
        )

    def _hint(self) -> str:
        if self.endpoint.endswith("/api/v2"):
            return " Is this the right host?"
        parts = urlsplit(self.endpoint)
        return f" Did you mean {parts.scheme}://{parts.netloc}/api/v2?"


def _network(endpoint: str, parallelism: int) -> httpx.AsyncBaseTransport | None:
    """Return the aiohttp transport, a fifth of the CPU of httpx's own; None (httpx's own) where a proxy is in the way.

    httpx reads the proxy variables only for transports it makes itself.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ApiError(f"'{endpoint}' is no endpoint; write https://HOST/api/v2, or emulator")
    proxies = getproxies()
    if (parts.scheme in proxies or "all" in proxies) and not proxy_bypass(parts.hostname):
        return None
    from httpx_aiohttp import AiohttpTransport

    return AiohttpTransport(verify=parts.scheme == "https", limits=httpx.Limits(max_connections=parallelism))


def _doubting(shown: Callable[[], Awaitable[bool]]) -> Callable[[], Awaitable[bool]]:
    """Return `shown` as a look that tells nothing where what it reads cannot be read."""

    async def look() -> bool:
        try:
            return await shown()
        except JobFailed:
            raise
        except ApiError:
            return False

    return look


def _lost(error: ApiError) -> Unreachable:
    return Unreachable(f"it was accepted, and its job cannot be read: {error}", sent=True)


def _may_have_been_sent(error: Exception) -> bool:
    """Tell whether a request that failed this way may have reached the platform.

    The aiohttp transport reports a connection lost *after* the request as a connect timeout, so its cause decides.
    """
    cause = error.__cause__
    if cause is not None and type(cause).__module__.startswith("aiohttp"):
        import aiohttp

        return not isinstance(cause, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return not isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    )


def _worth_retrying(error: Exception) -> bool | float:
    """Return whether to send a request again that has the same effect twice, or the seconds to wait before."""
    if isinstance(error, Rejected) and error.status in RETRIED:
        return _pause(error)
    return isinstance(error, Unreachable)


def _worth_reading(error: Exception) -> bool | float:
    """Return the same for a read: that nothing was made of it, whatever went wrong (500), is certain."""
    return (isinstance(error, Rejected) and error.status == 500) or _worth_retrying(error)


def _never_taken(error: Exception) -> bool | float:
    """Return whether to send a creation again, as the platform cannot have taken it, or the seconds to wait."""
    if isinstance(error, Rejected) and error.status == 429:
        return _pause(error)
    return isinstance(error, Unreachable) and not error.sent


def _pause(error: Rejected) -> bool | float:
    """Return the seconds that an answer asks to wait, True where it names none, False where it asks for too many."""
    wait = error.retry_after or True
    return wait if wait <= PATIENCE else False


def _seconds(text: str | None, date: str | None) -> float | None:
    """Return the seconds that a `Retry-After` asks for, in either of its forms (RFC 9110, 10.2.3); None: it does not.

    A date is counted from the answer's own `Date`, so that a clock that is wrong here makes no difference:
        Retry-After: 20                                 20 s
        Retry-After: Wed, 25 Nov 2026 10:00:20 GMT      20 s, when `Date` says 10:00:00 of that day
    """
    try:
        seconds = float(text or "nan")
    except ValueError:
        try:
            wait = _moment(str(text)) - _moment(str(date))
        except (ValueError, OverflowError):
            return None
        return max(wait.total_seconds(), 0.0)
    return seconds if 0 <= seconds < float("inf") else None


def _date(text: str | None) -> datetime | None:
    try:
        return _moment(text) if text else None
    except (ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    """Return an HTTP date; the form without a zone (asctime's) is in UTC, as all are."""
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _kind(content_type: str) -> str:
    return "a web page" if "html" in content_type else "something that is not JSON"


def _message(body: Mapping[str, Any]) -> str:
    """Return the platform's message with its field errors: `Invalid field data (label: is required)`."""
    errors = body.get("errors")
    fields = "; ".join(_flat(errors, "")) if isinstance(errors, Mapping) else ""
    message = str(body.get("message") or "")
    return f"{message} ({fields})" if message and fields else message or fields


def _flat(errors: Any, path: str) -> list[str]:
    if isinstance(errors, Mapping):
        return [line for key, item in errors.items() for line in _flat(item, f"{path}.{key}" if path else str(key))]
    return [f"{path}: {errors}"]
