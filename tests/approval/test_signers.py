"""`allowed_signers`: what is read from it is what ssh-keygen reads from it."""

import base64
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from keys import NAMESPACE, Key, keygen

from drplan.gate.approvals.signers import WrongSigners, allowed, matches, principals, revoked

CONTENT = b"anything"
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """Give a key."""
    return Key.make(tmp_path_factory.mktemp("keys") / "id")


def ssh_takes(folder: Path, key: Key, text: str, name: str, now: datetime) -> bool:
    """Tell whether ssh-keygen lets a key sign for a name at some time."""
    signers, signature = folder / "allowed", folder / "signature"
    signers.write_text(text)
    signature.write_bytes(key.sign(CONTENT))
    options = ["-O", f"verify-time={now.astimezone(UTC):%Y%m%d%H%M%S}Z"]
    arguments = ["-f", str(signers), "-I", name, "-n", NAMESPACE, "-s", str(signature)]
    return keygen("-Y", "verify", *options, *arguments, data=CONTENT, check=False).returncode == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("", ""),
        (f'namespaces="{NAMESPACE}"', ""),
        (f'namespaces="git,{NAMESPACE}"', ""),
        ('namespaces="git,drplan-*"', ""),
        ('namespaces="drplan-approva?"', ""),
        ('namespaces="*,!drplan-approval"', "it may sign only for the namespaces *,!drplan-approval"),
        ('namespaces="git"', "it may sign only for the namespaces git"),
        ('namespaces="drplan"', "it may sign only for the namespaces drplan"),
        ('valid-after="20260610Z"', ""),
        ('valid-after="20260610120000Z"', ""),
        ('valid-after="202606101201Z"', "it is valid only after 2026-06-10T12:01:00+00:00"),
        ('valid-before="202606101201Z"', ""),
        ('valid-before="20260610120000Z"', ""),
        ('valid-before="20260610115959Z"', "it was valid only before 2026-06-10T11:59:59+00:00"),
        ('valid-before="20260610Z"', "it was valid only before 2026-06-10T00:00:00+00:00"),
        ('valid-after="20260101Z",valid-before="20270101Z",namespaces="drplan-approval"', ""),
        ("cert-authority", "it is listed as an authority for certificates, which are not taken"),
    ],
)
def test_limits_on_a_key(tmp_path: Path, key: Key, options: str, reason: str) -> None:
    """Namespaces and times limit a key as they do for ssh-keygen, and the reason is told."""
    line = f"ada@example.com {options} {key.public} a comment\n"
    names, said = principals(allowed(line), key.blob, NOW)
    assert (bool(names), said.partition("may not approve: ")[2]) == (not reason, reason)
    assert ssh_takes(tmp_path, key, line, "ada@example.com", NOW) == (not reason)


def test_times_without_a_zone_are_local(tmp_path: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time without `Z` is the local time, as it is for ssh-keygen."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        for text, valid in (("202606102059", True), ("202606102101", False)):
            line = f'ada valid-after="{text}" {key.public}\n'
            assert (bool(principals(allowed(line), key.blob, NOW)[0]), ssh_takes(tmp_path, key, line, "ada", NOW)) == (
                valid,
                valid,
            )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_names(key: Key) -> None:
    """A key stands for every name on its lines that may approve; patterns are no names."""
    text = "\n".join(
        [
            "# people",
            "",
            f"ada@example.com,ada@corp {key.public}",
            f'  "ada@home" {key.public}',
            f'old valid-before="20200101Z" {key.public}',
            f"*@example.com,!eve,a?a {key.public}",
        ]
    )
    assert principals(allowed(text), key.blob, NOW) == (frozenset({"ada@example.com", "ada@corp", "ada@home"}), "")


def test_a_line_that_names_nobody(key: Key) -> None:
    """A key that is only listed under a pattern is nobody's: groups, counts and authors could not be told."""
    names, said = principals(allowed(f"* {key.public}"), key.blob, NOW)
    assert names == frozenset()
    assert said.endswith("its line names nobody: a principal with * or ? or ! is no name")


def test_an_unknown_key(key: Key) -> None:
    """A key that is not listed approves nothing."""
    names, said = principals(allowed(f"ada {key.public}"), key.blob + b"x", NOW)
    assert names == frozenset()
    assert said.endswith(" is not an allowed signer's")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("ada", "a line is: principals, options, the key's type, the key in base64"),
        ("ada {}", "a line is: principals, options, the key's type, the key in base64"),
        ('"ada {key}', "a line is: principals, options, the key's type, the key in base64"),
        ("ada unknown=3 {key}", "a line is: principals, options, the key's type, the key in base64"),
        ("ada namespaces=git {key}", "a line is: principals, options, the key's type, the key in base64"),
        (
            'ada namespaces="a",namespaces="b" {key}',
            "a line is: principals, options, the key's type, the key in base64",
        ),
        ("ada ssh-ed25519 ???", "the key is not in base64"),
        ("ada ssh-rsa {blob}", "the key is not of the type ssh-rsa"),
        ('ada valid-after="soon" {key}', "'soon' is no time; write YYYYMMDDHHMMSSZ"),
        ('ada valid-before="20261301" {key}', "'20261301' is no time; write YYYYMMDDHHMMSSZ"),
        ('ada valid-before="2026" {key}', "'2026' is no time; write YYYYMMDDHHMMSSZ"),
    ],
)
def test_wrong_lines(key: Key, line: str, reason: str) -> None:
    """A line that is not in the format is refused with its number: it must not be passed over in silence."""
    text = line.replace("{key}", key.public).replace("{blob}", key.public.split()[1])
    with pytest.raises(WrongSigners) as raised:
        allowed(f"# first\n{text}\n")
    assert (str(raised.value), raised.value.line) == (reason, 2)


def test_revoked_keys(key: Key, tmp_path: Path) -> None:
    """A list of public keys revokes them; a binary list, or anything else, is refused."""
    other = Key.make(tmp_path / "other")
    assert revoked(f"# gone\n{key.public} old laptop\n\n{other.public}\n".encode()) == {key.blob, other.blob}
    assert revoked(b"") == frozenset()
    keygen("-k", "-f", str(tmp_path / "krl"), str(key.path.with_suffix(".pub")))
    for content, reason, line in (
        ((tmp_path / "krl").read_bytes(), "binary revocation lists are not read; write the public keys, one a line", 1),
        (b"\xff", "it is not text", 1),
        (b"\nssh-ed25519\n", "a line is a public key: its type and the key in base64", 2),
        (b"ssh-ed25519 x!\n", "the key is not in base64", 1),
        (b"ssh-rsa " + base64.b64encode(key.blob), "the key is not of the type ssh-rsa", 1),
    ):
        with pytest.raises(WrongSigners) as raised:
            revoked(content)
        assert (str(raised.value), raised.value.line) == (reason, line)


@pytest.mark.parametrize(
    ("text", "patterns", "found"),
    [
        ("git", "git", True),
        ("git", "GIT", False),
        ("git", "g*", True),
        ("git", "g?", False),
        ("git", "*.*", False),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("git", "!git,*", False),
        ("git", "*,!git", False),
        ("git", "!other", False),
        ("git", "!other,git", True),
        ("git", "", False),
    ],
)
def test_patterns(text: str, patterns: str, found: bool) -> None:
    """A list of patterns matches as OpenSSH's do."""
    assert matches(text, patterns) is found
