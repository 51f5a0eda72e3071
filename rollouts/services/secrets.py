"""Encryption of the little that has to be stored, and signatures: with Fernet keys from the environment.

The first key encrypts and signs, all of them decrypt and verify: to change keys put the new one first, and take the
old one out when nothing is encrypted with it any more.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from rollouts.domain.errors import CredentialError, InvalidInput


class Cipher:
    """Without keys it can be made, and refuses to work."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises InvalidInput when a key is none; the sentence does not carry it."""
        self._fernet: MultiFernet | None = None
        try:
            fernets = [Fernet(key) for key in keys]
        except ValueError:
            fernets = None
        if fernets is None:
            raise InvalidInput("KURATOR_UI_SECRET_KEYS holds a key that is no Fernet key (32 bytes, URL-safe base64).")
        if fernets:
            self._fernet = MultiFernet(fernets)

    def __repr__(self) -> str:
        return "Cipher()"

    def encrypt(self, value: bytes) -> str:
        if self._fernet is None:
            raise InvalidInput("Nothing can be stored without keys: set KURATOR_UI_SECRET_KEYS.")
        return self._fernet.encrypt(value).decode("ascii")

    def decrypt(self, stored: str) -> bytes:
        """Raises CredentialError when none of the keys fits."""
        if self._fernet is not None:
            try:
                return self._fernet.decrypt(stored.encode())
            except InvalidToken:
                pass
        raise CredentialError(
            "What is stored cannot be decrypted with the keys in KURATOR_UI_SECRET_KEYS: add the key that encrypted it,"
            " or give it again."
        )


class Signer:
    """Signs texts for one `purpose`, with keys made from those that encrypt. Without keys a signature is empty."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        given = [urlsafe_b64decode(key) for key in keys]
        self._keys = [hmac.digest(key, f"kurator-ui: {purpose}".encode(), hashlib.sha256) for key in given]

    def __repr__(self) -> str:
        return "Signer()"

    def sign(self, text: str) -> str:
        return _signature(self._keys[0], text) if self._keys else ""

    def signed(self, text: str, signature: str) -> bool:
        """Whether one of the keys made this signature of this text."""
        return any(hmac.compare_digest(_signature(key, text), signature) for key in self._keys)


def _signature(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
