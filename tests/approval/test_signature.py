"""Signatures: what ssh-keygen makes is taken, what ssh-keygen refuses is refused, and a changed byte is never taken."""

import base64
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from keys import NAMESPACE, Key, Token, armored, container, covered, dearmored, keygen, number, text

from drplan.gate.approvals.signature import Signed, WrongSignature, fingerprint, signed

CONTENT = b"drplan approval 1\nplan: what it says\n"
KINDS = [("ed25519", ""), ("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521")]


def ssh_takes(folder: Path, content: bytes, signature: bytes, namespace: str = NAMESPACE) -> bool:
    """Tell whether ssh-keygen takes a signature, whoever made it."""
    file = folder / "signature"
    file.write_bytes(signature)
    return keygen("-Y", "check-novalidate", "-n", namespace, "-s", str(file), data=content, check=False).returncode == 0


def refusal(content: bytes, signature: bytes) -> str:
    """Return why a signature is refused."""
    with pytest.raises(WrongSignature) as raised:
        signed(content, signature)
    return str(raised.value)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """Give an Ed25519 key."""
    return Key.make(tmp_path_factory.mktemp("keys") / "id")


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_what_ssh_keygen_signs(tmp_path: Path, kind: str, bits: str) -> None:
    """Every kind of key that ssh-keygen makes is known, under both hashes; a changed text is not what it signed."""
    key = Key.make(tmp_path / "id", kind, bits)
    for hash_ in ("sha256", "sha512"):
        signature = key.sign(CONTENT, "some-namespace", hash_=hash_)
        assert signed(CONTENT, signature) == Signed(key.blob, "some-namespace")
        assert refusal(CONTENT + b"\n", signature) == "it does not fit the text: one of them was changed"
    listed = keygen("-l", "-f", str(key.path)).stdout.decode().split()[1]
    assert fingerprint(key.blob) == signed(CONTENT, signature).fingerprint == listed


@pytest.mark.parametrize("curve", [False, True])
def test_what_a_token_signs(tmp_path: Path, curve: bool) -> None:
    """A touched token's signature is taken, as ssh-keygen takes it; one without a touch, or of another text, is not."""
    token = Token(curve)
    signature = token.sign(CONTENT)
    assert ssh_takes(tmp_path, CONTENT, signature)
    assert signed(CONTENT, signature) == Signed(token.blob, NAMESPACE)
    assert not ssh_takes(tmp_path, CONTENT[1:], signature)
    assert refusal(CONTENT[1:], signature) == "it does not fit the text: one of them was changed"
    assert refusal(CONTENT, token.sign(CONTENT, touched=False)) == "the token that made it was not touched"


@pytest.mark.parametrize(("kind", "bits"), [*KINDS, ("token", ""), ("token", "curve")])
def test_no_changed_bit_is_taken(tmp_path: Path, kind: str, bits: str) -> None:
    """A signature of any kind with one bit changed, anywhere, is refused, or is of another namespace or key."""
    maker = Token(bool(bits)) if kind == "token" else Key.make(tmp_path / "id", kind, bits)
    raw = dearmored(maker.sign(CONTENT))
    for position in range(len(raw)):
        changed = bytearray(raw)
        changed[position] ^= 1 << (position % 8)
        with pytest.raises(WrongSignature):
            signed(CONTENT, armored(bytes(changed)))


def test_no_part_of_one_is_taken(key: Key) -> None:
    """A signature that was cut short, or has something behind it, is refused at every length."""
    raw = dearmored(key.sign(CONTENT))
    for length in range(len(raw)):
        with pytest.raises(WrongSignature):
            signed(CONTENT, armored(raw[:length]))
    for more in (b"\0", raw):
        assert refusal(CONTENT, armored(raw + more)) == "it is damaged: it holds more than a signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good[:0],
        lambda good: good[1:],
        lambda good: b"\n" + good,
        lambda good: good.replace(b"-----END SSH SIGNATURE-----", b""),
        lambda good: good + good,
        lambda good: good.replace(b"\n", b"\n \n", 2),
        lambda good: good.replace(b"SIGNATURE", b"PUBLIC KEY"),
        lambda good: b"\xff" + good,
        lambda good: b"\n".join((*good.splitlines()[:1], good.splitlines()[-1])),
        lambda good: good.replace(b"U1NIU0lH", b"U1NIU0l!"),
        lambda good: good.splitlines()[0] + b"\nbm8gc2lnbmF0dXJl\n-----END SSH SIGNATURE-----",
    ],
)
def test_what_is_no_signature_file(key: Key, change: Callable[[bytes], bytes]) -> None:
    """Anything but the two lines with base64 in between is refused."""
    with pytest.raises(WrongSignature):
        signed(CONTENT, change(key.sign(CONTENT)))


def test_the_layout_of_the_file_does_not_matter(key: Key) -> None:
    """Windows' line ends and other line lengths are the same signature."""
    good = key.sign(CONTENT)
    assert signed(CONTENT, good.replace(b"\n", b"\r\n")) == signed(CONTENT, good)
    first, *middle, last = good.splitlines()
    assert signed(CONTENT, b"\n".join([first, b"".join(middle), last])) == signed(CONTENT, good)


def test_base64_has_one_spelling(key: Key) -> None:
    """Bits that base64 leaves over must be zero: two files that differ are two signatures."""
    good = key.sign(CONTENT)
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    end = good.rindex(b"=\n") if b"=\n" in good else None
    padded = good if end else armored(dearmored(good)[:-1])
    place = padded.rindex(b"\n-----END") - 1
    while padded[place] == ord("="):
        place -= 1
    other = padded[:place] + letters[letters.index(padded[place : place + 1]) + 1 :][:1] + padded[place + 1 :]
    assert base64.b64decode(b"".join(other.splitlines()[1:-1])) == dearmored(padded)
    assert refusal(CONTENT, other) == "it is damaged"


def test_what_the_container_says(key: Key) -> None:
    """Another version, a weak hash, something reserved, a namespace beyond ASCII: each is refused."""
    raw = dearmored(key.sign(CONTENT))
    proof = raw[-(4 + 83) :][4:]
    assert container(key.blob, proof) == raw
    assert (
        refusal(CONTENT, armored(raw.replace(struct.pack("!L", 1), struct.pack("!L", 2), 1)))
        == "it is not an OpenSSH signature"
    )
    assert (
        refusal(CONTENT, armored(container(key.blob, proof, hash_=b"sha1")))
        == "it uses a hash other than SHA-256 and SHA-512"
    )
    assert (
        refusal(CONTENT, armored(container(key.blob, proof, reserved=b"x")))
        == "it is damaged: it holds more than a signature"
    )
    assert refusal(CONTENT, armored(container(key.blob, proof, "näme"))) == "it is not an OpenSSH signature"
    assert (
        refusal(CONTENT, armored(container(key.blob, proof, "other")))
        == "it does not fit the text: one of them was changed"
    )


def test_keys_of_another_kind(tmp_path: Path, key: Key) -> None:
    """A key and a signature of different kinds, and kinds that are not known, are refused."""
    curve = Key.make(tmp_path / "curve", "ecdsa")
    of_curve, of_key = dearmored(curve.sign(CONTENT)), dearmored(key.sign(CONTENT))
    proof_of_key = of_key[-83:]
    said = refusal(CONTENT, armored(container(curve.blob, proof_of_key)))
    assert said == "it is a signature of the form ssh-ed25519 by a key of the form ecdsa-sha2-nistp256"
    proof_of_curve = of_curve[len(container(curve.blob, b"")) :]
    assert (
        refusal(CONTENT, armored(container(key.blob, proof_of_curve)))
        == "it does not fit the text: one of them was changed"
    )
    strange = text(b"ssh-dss", b"x")
    assert (
        refusal(CONTENT, armored(container(strange, text(b"ssh-dss", b"y"))))
        == "keys of the form ssh-dss are not known here"
    )
    for form, name in ((b"ecdsa-sha2-nistp256", b"nistp384"), (b"ecdsa-sha2-nistk163", b"nistk163")):
        blob = text(form, name, b"point")
        proof = text(form, number(1) + number(1))
        assert (
            refusal(CONTENT, armored(container(blob, proof))) == f"keys on the curve {name.decode()} are not known here"
        )


def test_numbers_have_one_spelling(tmp_path: Path) -> None:
    """An ECDSA signature whose numbers are padded, negative, missing or followed by more is refused."""
    curve = Key.make(tmp_path / "curve", "ecdsa")
    raw = dearmored(curve.sign(CONTENT))
    form, numbers = b"ecdsa-sha2-nistp256", raw[len(container(curve.blob, text(b"ecdsa-sha2-nistp256"))) + 4 :]
    assert container(curve.blob, text(form, numbers)) == raw
    size = struct.unpack("!L", numbers[:4])[0]
    first, rest = numbers[4 : 4 + size], numbers[4 + size :]
    for wrong in (text(b"\0" + first) + rest, text(b"\xff" + first) + rest, text(b"") + rest):
        assert "not in its shortest form" in refusal(CONTENT, armored(container(curve.blob, text(form, wrong))))
    assert "holds more" in refusal(CONTENT, armored(container(curve.blob, text(form, numbers + b"\0"))))
    assert "cut short" in refusal(CONTENT, armored(container(curve.blob, text(form, numbers[:-1]))))


def test_what_is_covered(key: Key) -> None:
    """The tests' own reading of the format agrees with ssh-keygen's: the key signs exactly this."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    proof = dearmored(key.sign(CONTENT))[-64:]
    Ed25519PublicKey.from_public_bytes(key.blob[-32:]).verify(proof, covered(CONTENT))


def test_a_key_has_one_spelling(tmp_path: Path) -> None:
    """A key whose numbers are padded, or that has something behind it, is refused, although the signature would fit."""
    rsa = Key.make(tmp_path / "rsa", "rsa", "2048")
    raw = dearmored(rsa.sign(CONTENT))
    proof = raw[len(container(rsa.blob, b"")) :]
    form, exponent = text(b"ssh-rsa"), number(65537)
    assert container(rsa.blob, proof) == raw
    assert rsa.blob.startswith(form + exponent)
    padded = form + text(b"\0\1\0\1") + rsa.blob[len(form + exponent) :]
    assert "not in its shortest form" in refusal(CONTENT, armored(container(padded, proof)))
    with pytest.raises(WrongSignature):
        signed(CONTENT, armored(container(rsa.blob + b"\0", proof)))
