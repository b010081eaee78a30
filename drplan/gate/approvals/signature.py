"""OpenSSH signatures (SSHSIG): whose key made one, over what, for which namespace.

The container and Ed25519 and RSA are `sshsig`'s; ECDSA and the keys of FIDO tokens, which it does not know, are here,
on the same `cryptography`. Everything that does not read back to the very bytes it came from is refused: two different
files are never the same signature.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_HASHES = (b"sha256", b"sha512")  # what OpenSSH takes; the library would take more
_TOUCHED = 0x01  # the flag by which a token says that somebody touched it


class WrongSignature(ValueError):  # noqa: N818  says what it is
    """It is damaged, of an unknown form, or does not fit what it is said to have signed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who made a signature (the key's blob) and for which namespace; the signature fits its text."""

    key: bytes
    namespace: str

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint, as `ssh-keygen -l` writes it."""
        return fingerprint(self.key)


def fingerprint(key: bytes) -> str:
    """Return the fingerprint of a key's blob, as `ssh-keygen -l` writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def signed(content: bytes, armored: bytes) -> Signed:
    """Return who signed `content`; raise WrongSignature unless the signature is whole and fits."""
    from sshsig.sshsig import SshsigSignature, SshsigWrapper

    raw = _dearmored(armored)
    try:
        outer = SshsigSignature(raw)
        namespace = outer.namespace.decode("ascii")
    except (ValueError, NotImplementedError):
        raise WrongSignature("it is not an OpenSSH signature") from None
    if bytes(outer) != raw:
        raise WrongSignature("it is damaged: it holds more than a signature")
    if outer.hash_algo not in _HASHES:
        raise WrongSignature("it uses a hash other than SHA-256 and SHA-512")
    digest = hashlib.new(outer.hash_algo.decode(), content).digest()
    covered = SshsigWrapper(namespace=outer.namespace, hash_algo=outer.hash_algo, hash=digest).to_bytes()
    try:
        _verify(outer.public_key, outer.signature, covered)
    except WrongSignature:
        raise
    except Exception:  # noqa: BLE001  the libraries raise many kinds, asserts among them; none may let it pass
        raise WrongSignature("it does not fit the text: one of them was changed") from None
    return Signed(outer.public_key, namespace)


def _dearmored(armored: bytes) -> bytes:
    try:
        lines = armored.decode("ascii").replace("\r\n", "\n").rstrip("\n").split("\n")
        if len(lines) < 3 or lines[0] != _BEGIN or lines[-1] != _END:
            raise WrongSignature(f"it does not begin with {_BEGIN} and end with {_END}")
        body = "".join(lines[1:-1])
        raw = base64.b64decode(body, validate=True)
    except (UnicodeDecodeError, binascii.Error):
        raise WrongSignature("it is damaged") from None
    if base64.b64encode(raw).decode() != body:
        raise WrongSignature("it is damaged")
    return raw


class _Blob:
    """Reads SSH's wire format to its last byte."""

    def __init__(self, content: bytes) -> None:
        self.rest = content

    def take(self, count: int) -> bytes:
        if len(self.rest) < count:
            raise WrongSignature("it is cut short")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def string(self) -> bytes:
        return self.take(struct.unpack("!L", self.take(4))[0])

    def number(self) -> int:
        content = self.string()
        number = int.from_bytes(content, "big", signed=True)
        if number <= 0 or content != number.to_bytes(number.bit_length() // 8 + 1, "big"):
            raise WrongSignature("it is damaged: a number is not in its shortest form")
        return number

    def end(self) -> None:
        if self.rest:
            raise WrongSignature("it is damaged: it holds more than a signature")


def _verify(key: bytes, signature: bytes, covered: bytes) -> None:
    """Return when `signature` is what `key` makes of `covered`; raise whatever there is to raise when not."""
    public = _Blob(key)
    form = public.string().decode("ascii")
    made = _Blob(signature)
    made_as = made.string().decode("ascii")
    proof = made.string()
    if form in ("ssh-ed25519", "ssh-rsa"):
        from sshsig import PublicKey

        made.end()
        for part in (public.number, public.number) if form == "ssh-rsa" else (public.string,):
            part()  # the library would read a key whose lengths are wrong
        public.end()
        PublicKey.from_ssh_encoding(key).verify(signature, covered)
    elif made_as != form:
        raise WrongSignature(f"it is a signature of the form {made_as} by a key of the form {form}")
    elif form.startswith("ecdsa-sha2-"):
        curve, point = public.string().decode("ascii"), public.string()
        public.end()
        made.end()
        _verify_curve(form.removeprefix("ecdsa-sha2-"), curve, point, proof, covered)
    elif form in ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"):
        flags, counter = made.take(1), made.take(4)
        made.end()
        if not flags[0] & _TOUCHED:
            raise WrongSignature("the token that made it was not touched")
        on_curve = form.startswith("sk-ecdsa")
        curve = public.string().decode("ascii") if on_curve else ""
        point, application = public.string(), public.string()
        public.end()
        inner = hashlib.sha256(application).digest() + flags + counter + hashlib.sha256(covered).digest()
        if on_curve:
            _verify_curve("nistp256", curve, point, proof, inner)
        else:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            Ed25519PublicKey.from_public_bytes(point).verify(proof, inner)
    else:
        raise WrongSignature(f"keys of the form {form} are not known here")


def _verify_curve(wanted: str, curve: str, point: bytes, proof: bytes, covered: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    curves: dict[str, tuple[ec.EllipticCurve, hashes.HashAlgorithm]] = {
        "nistp256": (ec.SECP256R1(), hashes.SHA256()),
        "nistp384": (ec.SECP384R1(), hashes.SHA384()),
        "nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }
    if curve != wanted or curve not in curves:
        raise WrongSignature(f"keys on the curve {curve} are not known here")
    form, algorithm = curves[curve]
    key: EllipticCurvePublicKey = ec.EllipticCurvePublicKey.from_encoded_point(form, point)
    numbers = _Blob(proof)
    first, second = numbers.number(), numbers.number()
    numbers.end()
    key.verify(encode_dss_signature(first, second), covered, ec.ECDSA(algorithm))
