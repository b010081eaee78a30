"""What an answer may be: bounds, odd text, and what the HTTP library cannot make sense of."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from drplan.errors import ApiError, Unreachable
from drplan.platform import answers, lists
from drplan.platform.answers import MAX_BYTES, MAX_DEPTH, Unfit, of_the_library, parsed
from drplan.platform.api import Api

BASE = "http://platform/api/v2"


def asked(respond: Callable[[httpx.Request], httpx.Response], method: str = "GET", path: str = "things/") -> Any:
    """Return the body that a client makes of an answer; raise what it raises, without a second try."""

    async def inside() -> Any:
        async with Api(BASE, "not-a-secret", transport=httpx.MockTransport(respond)) as api:
            return (await api._send(method, path, None, ())).body

    return asyncio.run(inside())


def refused(content: bytes, method: str = "GET", **headers: str) -> str:
    """Return the error of a client that is answered with this."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(ApiError) as caught:
        asked(lambda _: httpx.Response(200, content=content, headers=named), method)
    assert isinstance(caught.value, Unreachable) == (method != "GET")
    return str(caught.value).partition("was answered with ")[2]


def test_too_many_bytes() -> None:
    """What is too much is counted after decompression, piece by piece."""
    bomb = gzip.compress(b" " * (MAX_BYTES + 1))
    assert len(bomb) < 100_000
    assert refused(bomb, content_encoding="gzip") == "more than 32 MB. Is this the right host?"
    assert refused(b" " * (MAX_BYTES + 1), "PATCH") == "more than 32 MB."
    assert asked(lambda _: httpx.Response(200, content=zlib.compress(b"[1]"), headers={"content-encoding": "deflate"}))


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "odd"])
def test_encodings_that_nobody_asked_for(encoding: str) -> None:
    """Another encoding than those that were asked for, or one in another, is not undone."""
    assert refused(b"x", content_encoding=encoding) == (
        f"something compressed as '{encoding}', which was not asked for. Is this the right host?"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[" * 100_000, "JSON that nests deeper than 100 levels"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "JSON that nests deeper than 100 levels"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "JSON that nests deeper than 100 levels"),
        (b"9" * 301, "a number of 301 digits"),
        (b"[1e999]", "a number that is too large"),
        (b"[-1e999]", "a number that is too large"),
        (b"[NaN]", "NaN, which is no JSON"),
        (b"\xff\xfe", "something that is not JSON"),
        (b"<html>", "something that is not JSON"),
    ],
)
def test_what_is_no_answer(content: bytes, words: str) -> None:
    """Each is a sentence that says what came instead of an answer."""
    with pytest.raises(Unfit) as caught:
        parsed(content)
    assert str(caught.value) == words


def test_what_is_an_answer() -> None:
    """Whatever JSON holds within the bounds is read as it stands; lone surrogates as the text of their escapes."""
    assert parsed(b'\xef\xbb\xbf{"a": [1, -2.5, true, null, "\\u00e9 \\ud83d\\ude00"]}') == {
        "a": [1, -2.5, True, None, "é 😀"]
    }
    assert parsed(b'{"\\ud800": ["a\\uDFFF", 1, {"b": "\\ud83d"}]}') == {"\\ud800": ["a\\udfff", 1, {"b": "\\ud83d"}]}
    assert parsed(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "error",
    [
        httpx.DecodingError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.TooManyRedirects("x"),
        httpx.StreamConsumed(),
        httpx.InvalidURL("x"),
        httpx.CookieConflict("x"),
        ConnectionResetError("x"),
        UnicodeDecodeError("ascii", b"\xff", 0, 1, "x"),
        ValueError("x"),
    ],
)
def test_errors_of_the_library(error: Exception) -> None:
    """Whatever the HTTP library raises is an answer that did not come."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    assert of_the_library(error)
    with pytest.raises(Unreachable, match=r"^http://platform/api/v2 "):
        asked(fail)


def test_bugs_stay_bugs() -> None:
    """An error of another kind is not taken for the platform's."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise KeyError("x")

    with pytest.raises(KeyError):
        asked(fail)


class Trickle(httpx.AsyncByteStream):
    """An answer that never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0)


def test_an_answer_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of an answer has a bound in time, however steadily it trickles."""
    monkeypatch.setattr("drplan.platform.api.WHOLE", 0.0)
    with pytest.raises(Unreachable, match="did not answer in full within 0 s"):
        asked(lambda _: httpx.Response(200, stream=Trickle()))


@pytest.mark.parametrize("location", ["http://[", "http://\x00", "\ud800", "//[::1", "http://platform:99999999/"])
def test_a_location_that_is_no_url(location: str) -> None:
    """A redirect to nowhere is a sentence."""
    header = [(b"location", location.encode("utf-8", "surrogatepass"))]
    with pytest.raises(ApiError, match=r"^http://platform/api/v2 "):
        asked(lambda _: httpx.Response(302, headers=header))


@pytest.mark.parametrize("path", ["things/a\x00b/", "things/\x1b[31m/"])
def test_an_id_that_no_url_holds(path: str) -> None:
    """An id of the platform's that cannot stand in a URL is named in the error."""
    with pytest.raises(ApiError, match="cannot be asked for"):
        asked(lambda _: httpx.Response(200, json={}), path=path)


def _list(answer: Callable[[int], Any]) -> Any:
    turns = iter(range(10**9))

    async def inside() -> Any:
        async def ask(_path: str, _params: Any) -> Any:
            return answer(next(turns))

        return await lists.whole_list(ask, asyncio.sleep, "things/")

    return asyncio.run(inside())


def test_pages_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list has a bound: in what it counts, and in the pages that follow one another."""
    monkeypatch.setattr(lists, "PAGES", 50)
    page = {"data": [{"id": "a"}], "next": "http://platform/?offset=1"}
    with pytest.raises(ApiError, match="counts 51 items, 1 a page: more than can be read"):
        _list(lambda _: {**page, "totalCount": 51})
    with pytest.raises(ApiError, match="does not end within 50 pages"):
        _list(lambda turn: {**page, "next": f"http://platform/?offset={turn}"})
    with pytest.raises(ApiError, match="names a next page that is no URL"):
        _list(lambda _: {**page, "next": "http://["})


def test_what_is_asked_for() -> None:
    """Only encodings are asked for whose pieces stay small."""
    heads: list[httpx.Headers] = []

    def respond(request: httpx.Request) -> httpx.Response:
        heads.append(request.headers)
        return httpx.Response(200, json={})

    asked(respond)
    assert heads[0]["accept-encoding"] == answers.ENCODINGS
