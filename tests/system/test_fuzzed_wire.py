"""Answers that are wrong as HTTP, or as JSON: each is an answer, or an ApiError that says in a line what it is."""

import asyncio
import gzip
import json
import random
from collections import Counter
from contextlib import suppress

import httpx
import pytest

from drplan.errors import ApiError
from drplan.platform.api import Api
from drplan.render.harmless import harmless, one_line

STATUSES = (
    b"200 OK",
    b"200",
    b"200 \xff\x1b[31m",
    b"404 Not Found",
    b"500 x",
    b"302 Found",
    b"303 See Other",
    b"99 x",
    b"",
)
ROUNDS = 1500


def _value(chance: random.Random, depth: int = 0) -> object:
    """Return any JSON value: odd text, numbers out of range, types where others belong."""
    texts = ("", "a", "é", "\ud800", "\x1b[2J\n::error::", "x" * chance.randrange(2000), "http://[", "[/red]")
    plain = (None, True, 0, -1, 10**25, 1e308, *texts)
    turn = chance.randrange(8 if depth < 5 else 6)
    if turn == 6:
        return [_value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if turn == 7:
        keys = ("data", "next", "totalCount", "id", "message", "errors", "status", "\udfff")
        return {chance.choice(keys): _value(chance, depth + 1) for _ in range(chance.randrange(5))}
    return chance.choice(plain)


def _body(chance: random.Random) -> bytes:
    """Return the bytes of an answer: JSON of any kind, deep, large, cut off, or none."""
    whole = json.dumps(_value(chance)).encode()
    bodies = (
        whole,
        whole,
        whole,
        whole[: len(whole) // 2],
        b"[" * chance.choice((50, 101, 5000, 200_000)),
        b'{"a":' * 150 + b"1" + b"}" * 150,
        b"9" * chance.choice((20, 301, 6000)),
        b"[1e999, NaN, Infinity]",
        b" " * chance.choice((10, 10**6)) + b"{}",
        chance.randbytes(60),
        b"<html></html>",
        b"",
    )
    return chance.choice(bodies)


def _head(chance: random.Random) -> bytes:
    """Return a header that is odd: in its name, its value, or what it promises."""
    headers = (
        *(
            b"Content-Encoding: gzip",
            b"Content-Encoding: gzip, gzip",
            b"Content-Encoding: br",
            b"Content-Encoding: \xff",
        ),
        *(b"Content-Type: application/json", b"Content-Type: text/html", b"Content-Type: a/b; charset=\xff\xfe"),
        *(b"Location: http://[", b"Location: //\x01", b"Location: /status/\xff/", b"Location: http://a:99999999/"),
        *(
            b"Location: ../../status/a%2e/",
            b"Location:",
            b"Retry-After: soon",
            b"Retry-After: -1",
            b"Retry-After: 1e999",
        ),
        *(
            b"Retry-After: Wed, 99 Foo 2026 99:99:99 GMT",
            b"Date: x",
            b"Date: Wed, 25 Nov 2026 10:00:00 +9999",
            b"Date: 0",
        ),
        *(
            b"Set-Cookie: a=b; Domain=x",
            b"Set-Cookie: \x00",
            b"Bad Header: x",
            b"No colon",
            b" folded: x",
            b"X: a\rb: c",
        ),
        *(
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: odd",
            b"Content-Length: -1",
            b"Content-Length: 5\r\nContent-Length: 6",
        ),
        b"X-Long: " + b"y" * chance.choice((100, 70_000)),
    )
    return chance.choice(headers)


def answer(chance: random.Random) -> bytes:
    """Return what a server sends, up to where it hangs up."""
    body = _body(chance)
    if chance.random() < 0.2:
        body = gzip.compress(body)
    heads = [_head(chance) for _ in range(max(chance.randrange(-3, 3), 0))]
    if chance.random() < 0.7:
        heads.append(b"Content-Length: %d" % max(len(body) + chance.choice((*(0,) * 8, 7, -1)), 0))
    version = chance.choice((*(b"HTTP/1.1",) * 12, b"HTTP/1.0", b"HTTP/9.9", b"SSH-2.0", b""))
    start = b"%s %s" % (version, chance.choice((*(b"200 OK",) * 8, *STATUSES)))
    return b"\r\n".join([start, *heads, b"Connection: close", b"", b""]) + body


@pytest.mark.slow
@pytest.mark.parametrize("transport", [None, httpx.AsyncHTTPTransport], ids=["aiohttp", "httpx"])
def test_whatever_a_server_sends(transport: type[httpx.AsyncHTTPTransport] | None) -> None:
    """1,500 answers, malformed in status line, headers, framing, encoding, size, depth or types: no other exception."""
    seen: Counter[str] = Counter()

    async def inside() -> None:
        chance = random.Random(16)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(answer(chance))
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        base = f"http://127.0.0.1:{port}/api/v2"
        async with server, Api(base, "not-a-secret", transport=transport() if transport else None) as api:
            for turn in range(ROUNDS):
                method = ("GET", "GET", "PATCH")[turn % 3]
                try:
                    found = await api._send(method, ("things/", "status/1/")[turn % 2], None, ())
                except ApiError as error:
                    text = one_line(harmless(str(error)))
                    assert text.isprintable()
                    assert len(text) < 200_000
                    seen[type(error).__name__] += 1
                else:
                    json.dumps(found.body, ensure_ascii=False).encode()
                    seen["Response"] += 1

    asyncio.run(inside())
    assert seen.total() == ROUNDS
    assert {"ApiError", "Rejected", "Unreachable", "Response"} == set(seen)
    print(dict(seen))
