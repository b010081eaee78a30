"""SSH keys for the tests: made by ssh-keygen, and tokens made of software, as ssh-keygen would know them."""

import base64
import hashlib
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMESPACE = "drplan-approval"


def keygen(*arguments: str, data: bytes = b"", check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen."""
    return subprocess.run(["ssh-keygen", *arguments], input=data, capture_output=True, check=check)


@dataclass(frozen=True)
class Key:
    """A key pair in files."""

    path: Path

    @classmethod
    def make(cls, path: Path, kind: str = "ed25519", bits: str = "") -> "Key":
        """Make one without a passphrase."""
        keygen("-q", "-t", kind, *(["-b", bits] if bits else []), "-N", "", "-C", "", "-f", str(path))
        return cls(path)

    @property
    def public(self) -> str:
        """The public key as files hold it: its type and its base64."""
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])

    @property
    def blob(self) -> bytes:
        """The public key as signatures hold it."""
        return base64.b64decode(self.public.split()[1])

    def sign(self, content: bytes, namespace: str = NAMESPACE, *, hash_: str = "sha512") -> bytes:
        """Return ssh-keygen's signature."""
        options = ["-O", f"hashalg={hash_}"]
        return keygen("-Y", "sign", *options, "-n", namespace, "-f", str(self.path), data=content).stdout


def text(*parts: bytes) -> bytes:
    """Return parts as SSH's wire format has strings."""
    return b"".join(struct.pack("!L", len(part)) + part for part in parts)


def number(value: int) -> bytes:
    """Return a positive number as SSH's wire format has it."""
    return text(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def armored(raw: bytes) -> bytes:
    """Return a signature's bytes as its file holds them."""
    body = base64.b64encode(raw).decode()
    lines = [body[start : start + 70] for start in range(0, len(body), 70)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""]).encode()


def dearmored(signature: bytes) -> bytes:
    """Return a signature file's bytes."""
    return base64.b64decode(b"".join(signature.splitlines()[1:-1]))


def container(
    key: bytes, proof: bytes, namespace: str = NAMESPACE, hash_: bytes = b"sha512", reserved: bytes = b""
) -> bytes:
    """Return the signature's container (PROTOCOL.sshsig)."""
    return b"SSHSIG" + struct.pack("!L", 1) + text(key, namespace.encode(), reserved, hash_, proof)


def covered(content: bytes, namespace: str = NAMESPACE, hash_: str = "sha512") -> bytes:
    """Return what a key really signs (PROTOCOL.sshsig)."""
    digest = hashlib.new(hash_, content).digest()
    return b"SSHSIG" + text(namespace.encode(), b"", hash_.encode(), digest)


class Token:
    """A FIDO token made of software: its signatures are those of sk- keys (PROTOCOL.u2f), touched or not."""

    def __init__(self, curve: bool, application: bytes = b"ssh:") -> None:
        self.curve = curve
        self.application = application
        if curve:
            self.secret_curve = ec.generate_private_key(ec.SECP256R1())
            point = self.secret_curve.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            self.form = b"sk-ecdsa-sha2-nistp256@openssh.com"
            self.blob = text(self.form, b"nistp256", point, application)
        else:
            self.secret = ed25519.Ed25519PrivateKey.generate()
            point = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.form = b"sk-ssh-ed25519@openssh.com"
            self.blob = text(self.form, point, application)

    @property
    def public(self) -> str:
        """The public key as files hold it."""
        return f"{self.form.decode()} {base64.b64encode(self.blob).decode()}"

    def sign(self, content: bytes, namespace: str = NAMESPACE, *, touched: bool = True) -> bytes:
        """Return a signature of some content."""
        flags, counter = bytes([1 if touched else 0]), struct.pack("!L", 7)
        inner = hashlib.sha256(self.application).digest() + flags + counter
        inner += hashlib.sha256(covered(content, namespace)).digest()
        if self.curve:
            first, second = decode_dss_signature(self.secret_curve.sign(inner, ec.ECDSA(hashes.SHA256())))
            proof = number(first) + number(second)
        else:
            proof = self.secret.sign(inner)
        return armored(container(self.blob, text(self.form, proof) + flags + counter, namespace))
