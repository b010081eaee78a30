"""OpenSSH signatures (SSHSIG): whose key made one, over what, for which namespace.

`cryptography` reads the keys; the container, and what Ed25519 and RSA keys sign, are `sshsig`'s. Here is what neither
knows: signatures by ECDSA keys and by the keys of FIDO tokens. Everything that does not read back to the very bytes it
came from is refused: two different files are never the same signature.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import SSHPublicKeyTypes

_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_HASHES = (b"sha256", b"sha512")  # what OpenSSH takes; the library would take more
_MORE = "it is damaged: it holds more than a signature"
_CURVES = ("nistp256", "nistp384", "nistp521")
_TOKENS = ("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
_TOUCHED = 0x01  # the flag by which a token says that somebody touched it


class WrongSignature(ValueError):  # noqa: N818  says what it is
    """The signature is damaged, of an unknown form, or not one of the text that it is said to sign."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who has signed: the key as SSH's wire format has it, and the namespace. It was verified."""

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
    """Return who signed `content`; raise WrongSignature unless `armored` is a valid signature of it."""
    from sshsig.sshsig import SshsigSignature, SshsigWrapper

    raw = _dearmored(armored)
    try:
        outer = SshsigSignature(raw)
        namespace = outer.namespace.decode("ascii")
    except (ValueError, NotImplementedError):
        raise WrongSignature("it is not an OpenSSH signature") from None
    if bytes(outer) != raw:
        raise WrongSignature(_MORE)
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
    """Return the bytes in a signature file; raise WrongSignature unless it is in its only form."""
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


def _verify(key: bytes, signature: bytes, covered: bytes) -> None:
    """Return where `signature` is one of `covered` by `key`; else raise WrongSignature or the libraries' errors."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    form = _strings(key, 1)[0][0].decode("ascii")
    public = _public_key(form, key)
    (made_as, proof), touch = _strings(signature, 2)
    if len(touch) != (5 if form in _TOKENS else 0):
        raise WrongSignature(_MORE)
    if form in ("ssh-ed25519", "ssh-rsa"):
        from sshsig import PublicKey

        return PublicKey.from_ssh_encoding(key).verify(signature, covered)
    if made_as != form.encode():
        raise WrongSignature(f"it is a signature of the form {made_as.decode('ascii')} by a key of the form {form}")
    if form in _TOKENS:  # PROTOCOL.u2f: the key's last string is the application, five bytes behind the proof the touch
        if not touch[0] & _TOUCHED:
            raise WrongSignature("the token that made it was not touched")
        application = _strings(key, 4 if "ecdsa" in form else 3)[0][-1]
        covered = hashlib.sha256(application).digest() + touch + hashlib.sha256(covered).digest()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return _verify_curve(public, proof, covered)
    assert isinstance(public, ed25519.Ed25519PublicKey)  # noqa: S101  what _public_key makes of the only form left
    return public.verify(proof, covered)


def _public_key(form: str, key: bytes) -> "SSHPublicKeyTypes":
    """Return a key that is known here; raise WrongSignature where it is not, or written in another way."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

    if "ecdsa" in form:
        curve = _strings(key, 2)[0][1].decode("ascii")
        if form not in (f"ecdsa-sha2-{curve}", f"sk-ecdsa-sha2-{curve}@openssh.com") or curve not in _CURVES:
            raise WrongSignature(f"keys on the curve {curve} are not known here")
    elif form not in ("ssh-ed25519", "ssh-rsa", *_TOKENS):
        raise WrongSignature(f"keys of the form {form} are not known here")
    line = form.encode() + b" " + base64.b64encode(key)
    public = load_ssh_public_key(line)
    if form == "ssh-rsa" and public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) != line:
        raise WrongSignature("it is damaged: a number is not in its shortest form")
    return public


def _verify_curve(public: "EllipticCurvePublicKey", proof: bytes, covered: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    (first, second), more = _strings(proof, 2)
    if more:
        raise WrongSignature(_MORE)
    algorithm = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}[public.key_size]
    public.verify(encode_dss_signature(_number(first), _number(second)), covered, ec.ECDSA(algorithm))


def _strings(content: bytes, count: int) -> tuple[list[bytes], bytes]:
    """Return the first strings in SSH's wire format (RFC 4251: a length, then as many bytes), and what is left."""
    strings = []
    for _ in range(count):
        end = 4 + int.from_bytes(content[:4], "big")
        if len(content) < end:
            raise WrongSignature("it is cut short")
        strings.append(content[4:end])
        content = content[end:]
    return strings, content


def _number(content: bytes) -> int:
    """Return a positive number of SSH's wire format (RFC 4251, mpint)."""
    number = int.from_bytes(content, "big", signed=True)
    if number <= 0 or content != number.to_bytes(number.bit_length() // 8 + 1, "big"):
        raise WrongSignature("it is damaged: a number is not in its shortest form")
    return number
