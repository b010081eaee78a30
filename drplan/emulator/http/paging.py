"""Pages of lists: `count`, absolute `next` and `previous` or null, `data`, `totalCount` (API reference 1.4)."""

from collections.abc import Sequence
from urllib.parse import urlencode

from drplan.emulator.core.store import Json, dump
from drplan.emulator.http.call import API, Answer, Call
from drplan.emulator.http.errors import bad_request


def window(call: Call, default: int = 100, most: int = 1000) -> tuple[int, int]:
    """Give (offset, limit) of the query; a limit of 0 is the default, one above `most` is a 400."""
    offset = call.number("offset", 0)
    limit = call.number("limit", 0) or default
    if limit > most:
        raise bad_request(f"limit: must be at most {most}")
    return offset, limit


def envelope(call: Call, texts: Sequence[str], total: int, offset: int, limit: int, more: Json | None = None) -> Answer:
    """Give one page from the JSON texts of its items; `more` are further keys beside the envelope's own."""
    head = {
        "count": len(texts),
        "next": _link(call, offset + limit, limit) if offset + len(texts) < total and texts else None,
        "previous": _link(call, max(0, offset - limit), limit) if offset > 0 else None,
        "totalCount": total,
        **(more or {}),
    }
    return Answer(200, f'{dump(head)[:-1]},"data":[{",".join(texts)}]}}')


def page(call: Call, items: Sequence[Json], total: int, offset: int, limit: int) -> Answer:
    """Give one page from its items."""
    return envelope(call, [dump(item) for item in items], total, offset, limit)


def cut(call: Call, items: Sequence[Json], default: int = 100) -> Answer:
    """Give the page that the query asks for, out of all items."""
    offset, limit = window(call, default)
    return page(call, items[offset : offset + limit], len(items), offset, limit)


def _link(call: Call, offset: int, limit: int) -> str:
    kept = [(name, value) for name, values in call.query.items() if name not in {"offset", "limit"} for value in values]
    return f"{call.base}{API}{call.path}?{urlencode([*kept, ('offset', offset), ('limit', limit)])}"
