"""The secrets of one installation: a master key in a file beside the data, or in the environment; all else is derived.

`SIYAJ_SECRET` (base64 of 32 bytes or more) wins over the file `secret.key` in the data folder, which is made on first
use, readable by its owner only. Several keys separated by commas rotate: the first one seals, all of them open.
Sealed bytes: AES-256-GCM (NIST SP 800-38D), a fresh 96-bit nonce each, bound to what they belong to.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from siyaj.model.errors import SealBroken, StorageUnavailable, UserError

FILE = "secret.key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
"""Of a token: 128 bits cannot be guessed over a network."""


class Sealed(NamedTuple):
    """What `seal` made; `key_id` says which key opens it."""

    key_id: str
    nonce: bytes
    data: bytes


class Keyring:
    """Seals, opens, and signs tokens. `purpose` separates uses: what one seals, another cannot open."""

    def __init__(self, masters: list[bytes]) -> None:
        self._masters = {hashlib.sha256(b"siyaj key id" + master).hexdigest()[:16]: master for master in masters}
        self._newest = next(iter(self._masters))
        self._derived: dict[tuple[str, str], bytes] = {}

    @classmethod
    def open(cls, data: Path, secret: str = "") -> Self:
        """Read the keys of `SIYAJ_SECRET`, else of the file. Raises UserError for a key that is none or too short,
        StorageUnavailable when the file can be neither read nor made."""
        return cls(_parse(secret, "SIYAJ_SECRET") if secret else _from_file(data / FILE))

    def seal(self, data: bytes, purpose: str, bound_to: str) -> Sealed:
        """`bound_to` names the row it is for: moved to another row, it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        cipher = AESGCM(self._derive(self._newest, purpose))
        return Sealed(self._newest, nonce, cipher.encrypt(nonce, data, bound_to.encode()))

    def unseal(self, sealed: Sealed, purpose: str, bound_to: str) -> bytes:
        """Raises SealBroken when it was changed, moved, or sealed with a key that is not here."""
        if sealed.key_id not in self._masters:
            raise SealBroken(
                f"it was sealed with the key {sealed.key_id!r}, which is not here", hint="see SIYAJ_SECRET"
            )
        try:
            cipher = AESGCM(self._derive(sealed.key_id, purpose))
            return cipher.decrypt(sealed.nonce, sealed.data, bound_to.encode())
        except InvalidTag:
            raise SealBroken("it was changed after it was sealed, or belongs to something else") from None

    def seal_small(self, data: bytes, purpose: str, bound_to: str) -> bytes:
        """Seal into one value for a column: key id, nonce, data."""
        sealed = self.seal(data, purpose, bound_to)
        return bytes.fromhex(sealed.key_id) + sealed.nonce + sealed.data

    def unseal_small(self, value: bytes, purpose: str, bound_to: str) -> bytes:
        """Open what `seal_small` made. Raises SealBroken."""
        sealed = Sealed(value[:8].hex(), value[8 : 8 + _NONCE_BYTES], value[8 + _NONCE_BYTES :])
        return self.unseal(sealed, purpose, bound_to)

    def token(self, purpose: str, subject: str) -> str:
        """Return `subject.signature`: whoever has it may do `purpose` with the subject. The subject can be read."""
        return f"{subject}.{_encode(self._sign(self._newest, purpose, subject))}"

    def subject_of(self, purpose: str, token: str) -> str | None:
        """Return the subject of a token, or None when it is not one of ours."""
        subject, _, given = token.rpartition(".")
        for key_id in self._masters:
            if hmac.compare_digest(_encode(self._sign(key_id, purpose, subject)).encode(), given.encode()):
                return subject
        return None

    def shares(self, purpose: str) -> Callable[[str], float]:
        """Return what gives each subject a number in [0, 1) that only this installation can tell, always the same."""
        key, blake2b = self._derive(self._newest, f"share {purpose}"), hashlib.blake2b

        def share(subject: str) -> float:  # asked of every verdict
            return int.from_bytes(blake2b(subject.encode(), key=key, digest_size=6).digest(), "big") / 2**48

        return share

    def _sign(self, key_id: str, purpose: str, subject: str) -> bytes:
        key = self._derive(key_id, f"token {purpose}")
        return hmac.digest(key, subject.encode("utf-8", "surrogatepass"), "sha256")[:_TAG_BYTES]

    def _derive(self, key_id: str, purpose: str) -> bytes:
        key = self._derived.get((key_id, purpose))
        if key is None:
            key = hmac.digest(self._masters[key_id], f"siyaj {purpose}".encode(), "sha256")
            self._derived[key_id, purpose] = key
        return key


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _parse(text: str, place: str) -> list[bytes]:
    keys = []
    for one in text.replace("\n", ",").split(","):
        if not one.strip():
            continue
        try:
            key = base64.b64decode(one.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise UserError(f"{place} holds something that is not base64", hint="openssl rand -base64 32") from None
        if len(key) < _KEY_BYTES:
            raise UserError(f"a key in {place} has {len(key)} bytes; 32 are needed", hint="openssl rand -base64 32")
        keys.append(key)
    if not keys:
        raise UserError(f"{place} holds no key", hint="openssl rand -base64 32")
    return keys


def _from_file(path: Path) -> list[bytes]:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        return _parse(path.read_text(encoding="ascii"), str(path))
    except UnicodeDecodeError:
        raise UserError(f"{str(path)!r} is no key file", hint="it holds base64, one key a line") from None
    except OSError as error:
        raise StorageUnavailable(f"cannot read or make {str(path)!r}: {error.strerror}") from None


def _make(path: Path) -> None:
    """Make the file whole or not at all, and never over one that another process made meanwhile."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
