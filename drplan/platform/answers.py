"""What an answer of the platform may be: bounded in bytes, depth and numbers, of text that can be written down.

An answer is read whole before anything of it is used, and whoever is on the other side may be anybody. Beyond a bound
it is `Unfit`, which says in words what came instead.
"""

import json
import re
from collections.abc import AsyncIterable
from typing import Any

MAX_BYTES = 32 * 2**20  # of one answer, after decompression: a page of 100 deployments has some 300 kB
MAX_DEPTH = 100  # of its JSON; the deepest documents of the platform have ten
MAX_DIGITS = 300  # of a whole number: a float holds no more
ENCODINGS = "gzip, deflate"
"""What is asked for: a small piece of these is a thousand times as much at most, and pieces are counted."""

_LIBRARIES = ("httpx", "httpcore", "httpx_aiohttp", "aiohttp", "h11", "h2", "anyio", "yarl", "multidict")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unfit(Exception):  # noqa: N818  says what the answer is
    """An answer that is no answer of an API: its text says what it is."""


async def content_of(pieces: AsyncIterable[bytes], encoding: str) -> bytes:
    """Return the bytes of an answer whose `pieces` come decompressed; Unfit: too many, or an `encoding` not asked for.

    One encoding inside another is refused, as each makes a thousand bytes of one.
    """
    if encoding.strip().lower() not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise Unfit(f"something compressed as '{encoding}', which was not asked for")
    kept, size = [], 0
    async for piece in pieces:
        size += len(piece)
        if size > MAX_BYTES:
            raise Unfit(f"more than {MAX_BYTES // 2**20} MB")
        kept.append(piece)
    return b"".join(kept)


def parsed(content: bytes) -> Any:
    """Return the JSON in an answer; Unfit where it is none, or one that nothing can be done with.

    Lone surrogates, which no file and no request can hold, are read as the text of their escapes:
        "a\\ud800"     a, a backslash, and ud800
    """
    try:
        text = content.decode("utf-8-sig")
        value = _DECODER.decode(text)
    except RecursionError:
        raise Unfit(_TOO_DEEP) from None
    except ValueError:
        raise Unfit("something that is not JSON") from None
    _measure(value)
    return _written(value) if _SURROGATE.search(text) else value


def of_the_library(error: Exception) -> bool:
    """Tell whether an exception is the HTTP library's, or one that it lets through from below: sockets, text, URLs."""
    if isinstance(error, OSError | ValueError | EOFError):
        return True
    return any(each.__module__.partition(".")[0] in _LIBRARIES for each in type(error).__mro__)


_TOO_DEEP = f"JSON that nests deeper than {MAX_DEPTH} levels"


def _measure(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Unfit(_TOO_DEEP)
        level = [
            item
            for each in level
            if isinstance(each, dict | list)
            for item in (each.values() if isinstance(each, dict) else each)
            if isinstance(item, dict | list)
        ]


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, dict):
        return {_written(key): _written(item) for key, item in value.items()}
    return value


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Unfit(f"a number of {len(digits)} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise Unfit("a number that is too large")
    return number


def _no_number(word: str) -> Any:
    raise Unfit(f"{word}, which is no JSON")


_DECODER = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_no_number)
