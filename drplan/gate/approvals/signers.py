"""Who may sign: OpenSSH's `allowed_signers` format, and lists of revoked keys."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from drplan.gate.approvals.signature import fingerprint
from drplan.gate.approvals.statement import NAMESPACE

_KRL = b"SSHKRL\n"
_TIME = re.compile(r"(\d{8})(\d{4})?(\d{2})?(Z?)", re.ASCII)


class WrongSigners(ValueError):  # noqa: N818  says what it is
    """A line of the file is not in the format; `line` counts from 1."""

    def __init__(self, summary: str, line: int) -> None:
        super().__init__(summary)
        self.line = line


@dataclass(frozen=True, slots=True)
class Signer:
    """One line of an `allowed_signers` file: a key, the principals it stands for, and the limits on it."""

    key: bytes
    principals: tuple[str, ...]
    namespaces: str = ""
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    authority: bool = False

    def objection(self, now: datetime) -> str:
        """Return why this line does not let its key approve at `now`; an empty text where it does."""
        if self.authority:
            return "it is listed as an authority for certificates, which are not taken"
        if self.namespaces and not matches(NAMESPACE, self.namespaces):
            return f"it may sign only for the namespaces {self.namespaces}"
        if self.valid_after and now < self.valid_after:
            return f"it is valid only after {self.valid_after.isoformat()}"
        if self.valid_before and now > self.valid_before:
            return f"it was valid only before {self.valid_before.isoformat()}"
        if not self.names:
            return "its line names nobody: a principal with * or ? or ! is no name"
        return ""

    @property
    def names(self) -> tuple[str, ...]:
        """The principals that are names and not patterns."""
        return tuple(name for name in self.principals if name and not set(name) & set("*?!"))


def allowed(text: str) -> tuple[Signer, ...]:
    """Return the lines of an `allowed_signers` file (ssh-keygen(1), ALLOWED SIGNERS); raise WrongSigners at a bad one.

    Times without a `Z` are local times, as OpenSSH has them.
    """
    return tuple(signer for number, line in _lines(text) for signer in _signer(line, number))


def revoked(content: bytes) -> frozenset[bytes]:
    """Return the blobs of the keys in a list of public keys, one a line; raise WrongSigners where it is none."""
    if content.startswith(_KRL):
        raise WrongSigners("binary revocation lists are not read; write the public keys, one a line", 1)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise WrongSigners("it is not text", 1) from None
    keys = set()
    for number, line in _lines(text):
        words = line.split()
        if len(words) < 2:
            raise WrongSigners("a line is a public key: its type and the key in base64", number)
        keys.add(_blob(words[0], words[1], number))
    return frozenset(keys)


def principals(signers: tuple[Signer, ...], key: bytes, now: datetime) -> tuple[frozenset[str], str]:
    """Return the names that a key may approve for at `now`; or none, and why."""
    mine = [signer for signer in signers if signer.key == key]
    if not mine:
        return frozenset(), f"its key {fingerprint(key)} is not an allowed signer's"
    objections = [signer.objection(now) for signer in mine]
    names = frozenset(
        name for signer, wrong in zip(mine, objections, strict=True) if not wrong for name in signer.names
    )
    return names, "" if names else f"its key {fingerprint(key)} may not approve: {objections[0]}"


def matches(text: str, patterns: str) -> bool:
    """Return whether a text matches one of a list of patterns, and none with a `!` (ssh_config(5), PATTERNS)."""
    found = False
    for pattern in patterns.split(","):
        form = re.escape(pattern.removeprefix("!")).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(form, text, re.DOTALL):
            if pattern.startswith("!"):
                return False
            found = True
    return found


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip(" \t\r")  # noqa: PLW2901  the line without what does not count
        if line and not line.startswith("#"):
            yield number, line


def _signer(line: str, number: int) -> Iterator[Signer]:
    from sshsig.allowed_signers import AllowedSigner

    try:
        found = AllowedSigner.parse(line)
    except (ValueError, IndexError):
        raise WrongSigners("a line is: principals, options, the key's type, the key in base64", number) from None
    options = found.options or {}
    yield Signer(
        _blob(found.key_type, found.base64_key, number),
        tuple(found.principals.split(",")),
        options.get("namespaces", ""),
        _time(options.get("valid-after"), number),
        _time(options.get("valid-before"), number),
        "cert-authority" in options,
    )


def _blob(form: str, text: str, number: int) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise WrongSigners("the key is not in base64", number) from None
    name = form.encode()
    if not blob.startswith(len(name).to_bytes(4, "big") + name):
        raise WrongSigners(f"the key is not of the type {form}", number)
    return blob


def _time(text: str | None, number: int) -> datetime | None:
    """Return a time as OpenSSH writes it: YYYYMMDD[HHMM[SS]][Z]."""
    if text is None:
        return None
    found = _TIME.fullmatch(text)
    try:
        day, clock, second, zone = found.groups() if found else ("", "", "", "")
        naive = datetime.strptime(day + (clock or "0000") + (second or "00"), "%Y%m%d%H%M%S")  # noqa: DTZ007  below
    except ValueError:
        raise WrongSigners(f"'{text}' is no time; write YYYYMMDDHHMMSSZ", number) from None
    return naive.replace(tzinfo=UTC) if zone else naive.astimezone()
