"""The rows of a prediction request: read from JSON, CSV or an uploaded file, and turned into a model's columns."""

import csv
import gzip
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from drplan.emulator.core.store import Json
from drplan.emulator.http.call import Call
from drplan.emulator.http.errors import Problem, bad_request
from drplan.emulator.world.scoring import Scorer

_LIMIT = 50 * 1024 * 1024  # bytes of a request for predictions
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
Table = dict[str, list[Any]]


def read_rows(call: Call) -> tuple[Table, int]:
    """Give the request's columns, as strings or JSON values, and the count of its rows; Problem 400, 413 or 422."""
    content, kind = _content(call)
    if len(content) > _LIMIT:
        raise Problem(413, {"message": f"The request is too large: at most {_LIMIT} bytes can be predicted at once."})
    if not content.strip():
        raise bad_request("The request has no rows: send JSON records or CSV with a header line.")
    columns, count = _json(content) if "json" in kind else _csv(content)
    if not count:
        raise Problem(422, {"message": "The request has no rows to predict."})
    return columns, count


def model_columns(scorer: Scorer, features: Sequence[Json], columns: Mapping[str, list[Any]]) -> Table:
    """Give the columns that a model looks at; Problem 422 when features are missing or hold what is no number."""
    missing = [each["name"] for each in features if each["name"] not in columns]
    if missing:
        raise Problem(422, {"message": f"Missing columns: {', '.join(missing)}."})
    taken: Table = {}
    for name in scorer.numbers:
        taken[name] = [_number(value, name, place) for place, value in enumerate(columns[name])]
    for name in scorer.words:
        taken[name] = [_word(value) for value in columns[name]]
    return taken


def words(values: Sequence[Any]) -> list[str | None]:
    """Give values as text, None where there is none."""
    return [_word(value) for value in values]


def _content(call: Call) -> tuple[bytes, str]:
    kind = call.header("content-type").lower()
    if call.files:
        return call.files[0][1].content, "csv" if not call.files[0][1].filename.endswith(".json") else "json"
    if call.form:
        raise bad_request("The form has no file with rows.")
    content: bytes = call.body
    if call.header("content-encoding").lower() == "gzip":
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError):
            raise bad_request("The body is not gzip, as its Content-Encoding says.") from None
    if kind and not any(known in kind for known in ("json", "csv", "text/plain", "octet-stream")):
        raise Problem(415, {"message": f"Unsupported Content-Type {kind}: send application/json or text/csv."})
    if not kind or "octet-stream" in kind:
        kind = "json" if content.lstrip()[:1] in {b"[", b"{"} else "csv"
    return content, kind


def _json(content: bytes) -> tuple[Table, int]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is not JSON: {error}") from None
    records = value.get("data") if isinstance(value, dict) else value
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise Problem(422, {"message": "The body must be a list of records, one a row."})
    names = dict.fromkeys(name for record in records for name in record)
    nested = next((n for r in records for n, v in r.items() if isinstance(v, dict | list)), None)
    if nested is not None:
        raise Problem(422, {"message": f"Column {nested} has a value that is neither text nor a number."})
    return {name: [record.get(name) for record in records] for name in names}, len(records)


def _csv(content: bytes) -> tuple[Table, int]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad_request("The body is not UTF-8 text.") from None
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except csv.Error as error:
        raise bad_request(f"The body is not CSV: {error}.") from None
    header, rows = [name.strip() for name in lines[0]], lines[1:]
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or not all(header):
        raise bad_request(
            f"The header line has a column {'twice: ' + ', '.join(twice) if twice else 'without a name'}."
        )
    odd = next((place for place, row in enumerate(rows, 2) if len(row) != len(header)), None)
    if odd is not None:
        raise bad_request(f"Line {odd} has {len(rows[odd - 2])} values for {len(header)} columns.")
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}, len(rows)


def _number(value: Any, name: str, place: int) -> float | None:
    if isinstance(value, str) and value.strip().lower() in _MISSING:
        return None
    try:
        number = None if value is None else float(value)
    except ValueError:
        text = str(value)[:40]
        raise Problem(422, {"message": f"Column {name} holds numbers, but row {place} has {text!r}."}) from None
    return number if number is not None and math.isfinite(number) else None


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value is None or (isinstance(value, str) and value.strip().lower() in _MISSING):
        return None
    return str(value).strip()
