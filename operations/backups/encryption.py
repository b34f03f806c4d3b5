"""Encryption of a backup's files: AES-256-GCM with a key of its own for each file.

A file's key is derived from the operator's key and a random salt, so no key encrypts two files. The name of the file
and the id of its backup are authenticated too: a file that was renamed, or taken from another backup, does not open.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from operations.backups.errors import BackupError

_FORMAT = b"FALAAI1\n"
_ID_BYTES = 8
_SALT_BYTES = 16
_HEADER_BYTES = len(_FORMAT) + _ID_BYTES + _SALT_BYTES
# A constant nonce is safe, because each file's key encrypts a single message.
_NONCE = bytes(12)


class Sealer:
    """Encrypts with the first of the given keys, and decrypts with each of them."""

    def __init__(self, keys: str) -> None:
        self._keys = {_derive(key, b"", b"key id", _ID_BYTES): key for key in keys.split()}

    def seal(self, name: str, plain: bytes) -> bytes:
        key_id, key = next(iter(self._keys.items()))
        header = _FORMAT + key_id + os.urandom(_SALT_BYTES)
        return header + _cipher(key, header).encrypt(_NONCE, plain, header + name.encode())

    def open(self, name: str, sealed: bytes) -> bytes:
        """Decrypt. Raises BackupError for another key, and for a file that is damaged or has another name."""
        header = sealed[:_HEADER_BYTES]
        if len(sealed) < _HEADER_BYTES or not header.startswith(_FORMAT):
            raise BackupError(f"{name} is damaged, or no file of a backup")
        key = self._keys.get(header[len(_FORMAT) : -_SALT_BYTES])
        if key is None:
            raise BackupError(f"BACKUP_KEY is not the key that encrypted {name}")
        try:
            return _cipher(key, header).decrypt(_NONCE, sealed[_HEADER_BYTES:], header + name.encode())
        except InvalidTag:
            raise BackupError(f"{name} is damaged, or belongs to another backup") from None


def _cipher(key: str, header: bytes) -> AESGCM:
    return AESGCM(_derive(key, header[-_SALT_BYTES:], b"file", 32))


def _derive(key: str, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt or None, b"falaai backup " + info).derive(key.encode())
