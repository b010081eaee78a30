"""One request as an endpoint sees it, and the answer it gives."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from drplan.emulator.core import jobs
from drplan.emulator.core.store import Json, Store, dump
from drplan.emulator.http.errors import Problem, bad_request, not_found
from drplan.emulator.http.faults import Faults
from drplan.emulator.http.fields import Object, check

API = "/api/v2/"
SELF = "emulator://self"  # in stored documents: the URL at which the emulator is asked, put in when an answer is sent
_DIGITS = 15  # of a number in a query; SQLite counts no further than 2**63


@dataclass(slots=True)
class Answer:
    """A response: a status, a JSON text that is sent as it is (or None), and further headers.

    `content` are bytes that are sent instead of `text`, for files.
    """

    status: int
    text: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    content_type: bytes = b"application/json"
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart body."""

    filename: str
    content: bytes


@dataclass
class Call:
    """One authenticated request of one user, inside one transaction.

    `params` are the ids of the path; `body` is the JSON value, or the fields of a form with `form` True (every value
    a string, or a list of strings where a name came twice); `files` are (field, Upload) pairs of a multipart body. On
    routes that read bodies themselves `body` is bytes. `headers` have names in lower case; `remote` is the client's
    address; `waited` are the seconds of latency that the request was given. With `approved` the platform itself makes a
    change that has the approvals it needs.
    """

    store: Store
    pace: jobs.Pace
    faults: Faults
    switches: Json
    now: float
    method: str
    path: str
    route: str
    params: dict[str, str]
    query_text: str
    base: str
    user: Json
    body: Any = None
    form: bool = False
    files: list[tuple[str, Upload]] = field(default_factory=list)
    headers: dict[bytes, bytes] = field(default_factory=dict)
    remote: str = ""
    waited: float = 0.0
    approved: bool = False

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """Give the query: every name with its values in order."""
        return parse_qs(self.query_text, keep_blank_values=True) if self.query_text else {}

    def one(self, name: str) -> str | None:
        """Give the last value of a query parameter, or None."""
        values = self.query.get(name)
        return values[-1] if values else None

    def header(self, name: str) -> str:
        """Give a header's value, empty without it; `name` is in lower case."""
        return self.headers.get(name.encode(), b"").decode("latin-1")

    def many(self, name: str) -> list[str]:
        """Give all values of a query parameter, whether repeated or joined by commas."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]

    def flag(self, name: str) -> bool | None:
        """Give a boolean query parameter (true, True, false, False); anything else is a 400."""
        value = self.one(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise bad_request(f"{name}: must be true or false, not {value}")
        return value.lower() == "true"

    def number(self, name: str, default: int) -> int:
        """Give a whole, non-negative query parameter; anything else is a 400."""
        value = self.one(name)
        if value is None or value == "":
            return default
        if not value.isdecimal() or len(value) > _DIGITS:
            raise bad_request(f"{name}: must be a whole number of 0 or more, not {value}")
        return int(value)

    def fields(self, shape: Object) -> Json:
        """Give the body checked against a shape; every wrong field is in the 422's `errors`."""
        return check(self.body, shape, form=self.form)

    def url(self, path: str) -> str:
        """Give the absolute URL of a path below the API's base."""
        return f"{self.base}{API}{path}"

    def start(self, name: str, subject: str, payload: Json, location: str, error: str | None = None) -> str:
        """Start a job that this user can poll, and give its id; it fails with `error`, or by a `job_error` fault."""
        fault = self.faults.take(self.method, self.route, self.path, {"job_error"})
        return jobs.start(
            self.store,
            name,
            subject,
            payload,
            now=self.now,
            seconds=self.pace.job,
            user_id=self.user["id"],
            location=location,
            error=error if fault is None else fault.message or "The job failed.",
        )

    def accepted(self, job: str, body: Json | None = None) -> Answer:
        """Give the 202 whose `Location` is the status record of a job."""
        location = self.url(f"status/{job}/")
        return Answer(202, dump({} if body is None else body), ((b"location", location.encode()),))


def ok(value: object, status: int = 200) -> Answer:
    """Give a value as JSON."""
    return Answer(status, dump(value))


def no_content() -> Answer:
    """Give a 204."""
    return Answer(204)


def refused(problem: Problem) -> Answer:
    """Give the answer of a refusal."""
    return Answer(problem.status, dump(problem.body))


def only(doc: Json | None) -> Json:
    """Give a document that must be there: 404 if not."""
    if doc is None:
        raise not_found()
    return doc
