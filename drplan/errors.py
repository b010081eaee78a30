"""What can go wrong, and the exit code each class of it has.

    DrplanError                  1    a bug in drplan, when raised as itself
    ├── SpecError                3    edit the spec; every diagnostic is listed
    ├── Refused                  4    right but not allowed: a failing validation, not approved, stale, unsafe;
    │                                 nothing was sent
    ├── ApiError                 5    reading failed: unreachable, rejected, timed out; nothing was sent
    │   ├── Unreachable               no answer: refused, timed out, cut off; a request may have had its effect
    │   ├── Rejected                  an answer that says no: status, body, `Retry-After`
    │   └── JobFailed                 a job that ended in ERROR, ABORTED or EXPIRED: it had no effect
    ├── ApplyError               6    at least one action failed or was skipped; the report says which
    │   └── ApplyBug             1    an action met a bug in drplan; the other actions went on, and the report is whole
    └── UsageError              64    the command line is wrong

0 is success, 2 is `plan --detailed-exitcode` with changes, `monitor --fail-on` at its level or `doctor` with warnings,
130 is an interrupt, 141 (as the shell says it) a pipe whose reader went away. Errors carry the diagnostics to show, and
never a token: whoever raises one cleans the text first.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Self

from drplan.records.plans import Outcome
from drplan.records.specs import Diagnostic

EXIT_CHANGES = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


def counted(count: int, what: str) -> str:
    """Return a count of things in words: `1 problem`, `2 problems`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


class DrplanError(Exception):
    """The root of drplan's exceptions: `exit_code` is the command's, `diagnostics` is what to show."""

    exit_code = 1

    def __init__(self, summary: str, diagnostics: Iterable[Diagnostic] = ()) -> None:
        super().__init__(summary)
        self.summary = summary
        self.diagnostics = tuple(diagnostics)

    @classmethod
    def listing(cls, problems: Iterable[Diagnostic], then: str = "") -> Self:
        """Return the error of these problems, ordered by place; its summary counts them and says what `then`."""
        ordered = sorted(problems, key=attrgetter("place"))
        count = counted(len(ordered), "problem")
        return cls(f"{count}; {then}" if then else count, ordered)


class SpecError(DrplanError):
    """The files are wrong; `diagnostics` lists every problem found in one run."""

    exit_code = 3


class Refused(DrplanError):  # noqa: N818  the design's own name: a refusal is no malfunction
    """The request is understood and not allowed; nothing was sent."""

    exit_code = 4


class ApiError(DrplanError):
    """The platform could not be read; nothing was sent."""

    exit_code = 5


class Unreachable(ApiError):  # noqa: N818  says what the platform is
    """No complete answer came. `sent` says whether the request may have reached the platform."""

    def __init__(self, summary: str, *, sent: bool) -> None:
        super().__init__(summary)
        self.sent = sent


class Rejected(ApiError):  # noqa: N818  an answer, not a malfunction
    """The platform answered with an error.

    `status` is the HTTP code, `body` the parsed JSON body (empty when it was none), `retry_after` seconds or None.
    """

    def __init__(
        self, summary: str, *, status: int, body: Mapping[str, Any] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(summary)
        self.status = status
        self.body: Mapping[str, Any] = body or {}
        self.retry_after = retry_after


class JobFailed(ApiError):  # noqa: N818  reads as what happened
    """A job of the platform ended without its effect; the summary is the platform's message."""


class ApplyError(DrplanError):
    """Not everything was applied; `outcomes` says for each action: done, failed, skipped or unknown."""

    exit_code = 6

    def __init__(self, summary: str, outcomes: Iterable[Outcome] = (), diagnostics: Iterable[Diagnostic] = ()) -> None:
        super().__init__(summary, diagnostics)
        self.outcomes = tuple(outcomes)


class ApplyBug(ApplyError):  # noqa: N818  says whose fault it is
    """Carrying out an action raised what drplan did not foresee: `__cause__` is the first such exception.

    The outcome of that action is `unknown`, as nobody can tell whether it had its effect.
    """

    exit_code = 1


class UsageError(DrplanError):
    """The command line names something that does not exist or does not fit."""

    exit_code = 64
