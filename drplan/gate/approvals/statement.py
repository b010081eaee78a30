"""The statement that an approver signs: four short lines that `printf` and `ssh-keygen` can make without drplan.

    drplan approval 1
    plan: SHA-256 of the plan, hexadecimal
    expires: 2026-11-23T12:00:00Z
    comment: one line, left out when empty

Each line ends with a line feed. A text that differs from this form by a byte is no statement.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

NAMESPACE = "drplan-approval"
"""The namespace of the signature: one made for anything else (a git commit, say) is no approval."""

SUFFIX = ".approval"
MAX_COMMENT = 200

_HEAD = "drplan approval 1"
_FORM = re.compile(
    rf"{_HEAD}\nplan: ([0-9a-f]{{64}})\nexpires: (\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\n(?:comment: ([^\n]+)\n)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """That the plan with this digest may be applied until `expires` (UTC, whole seconds)."""

    plan: str
    expires: datetime
    comment: str = ""

    def __str__(self) -> str:
        text = f"{_HEAD}\nplan: {self.plan}\nexpires: {moment(self.expires)}\n"
        return text + (f"comment: {self.comment}\n" if self.comment else "")


def moment(time: datetime) -> str:
    """Return a moment as statements and plans write it: RFC 3339, UTC, whole seconds."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: str) -> datetime:
    """Return the moment that `moment` wrote; raise ValueError where it did not."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def statement(plan: str, expires: datetime, comment: str) -> Statement:
    """Return the statement about a plan's digest; raise ValueError where the comment is not one short line."""
    if len(comment) > MAX_COMMENT or comment != comment.strip() or not (comment.isprintable() or not comment):
        raise ValueError(f"a comment is one line of at most {MAX_COMMENT} characters")
    return Statement(plan, expires.replace(microsecond=0), comment)


def read_statement(content: bytes) -> Statement:
    """Return the statement in a file; raise ValueError, saying why, where it is none."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None
    found = _FORM.fullmatch(text)
    if not found:
        raise ValueError(f"it is not the four lines of a statement, of which the first is `{_HEAD}`")
    plan, expires, comment = found.groups()
    try:
        made = statement(plan, read_moment(expires), comment or "")
    except ValueError as error:
        raise ValueError(f"a line of it is wrong: {error}") from None
    if str(made) != text:
        raise ValueError("a line of it is not in the form that statements have")
    return made
