"""Passwords of trunks and desk phones, sealed: the database holds them, and nobody can read them there.

AES-256-GCM with a key that HKDF makes of CITYDESK_SECRET_KEY. A seal belongs to one place, which is the endpoint's name
in Asterisk (`trunk-provider`, `seat-8101`): copied to another row it opens nothing."""

import os
from base64 import b64decode, b64encode
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.orm import Session

from app.core.errors import Conflict

PURPOSE = b"citydesk: secrets of the telephone"
NONCE = 12
"""Bytes, as GCM wants them; new for each seal."""
_NAME = "vault"


class Unreadable(Conflict):
    """Sealed with another CITYDESK_SECRET_KEY, or for another place: a person must enter it again."""

    def __init__(self, place: str) -> None:
        super().__init__("contacts.unreadable", name=place)

    def __str__(self) -> str:
        return (
            f"the password of {self.params['name']} cannot be read with this CITYDESK_SECRET_KEY, which is not the one"
            " that it was saved with: enter it again under Administration, Telephone"
        )


class Vault:
    """Seals and opens with one key."""

    def __init__(self, secret_key: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
        self._cipher = AESGCM(key)

    def seal(self, secret: str, place: str) -> str:
        """Base64 of nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE)
        return b64encode(nonce + self._cipher.encrypt(nonce, secret.encode(), place.encode())).decode()

    def open(self, sealed: str, place: str) -> str:
        """Raises Unreadable."""
        try:
            raw = b64decode(sealed, validate=True)
            return self._cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode()).decode()
        except (ValueError, InvalidTag):
            raise Unreadable(place) from None

    def holds(self, sealed: str, secret: str, place: str) -> bool:
        try:
            return self.open(sealed, place) == secret
        except Unreadable:
            return False

    def can_open(self, sealed: str, place: str) -> bool:
        try:
            self.open(sealed, place)
        except Unreadable:
            return False
        return True


def seat_place(number: str) -> str:
    return f"seat-{number}"


def trunk_place(name: str) -> str:
    return f"trunk-{name}"


def with_vault(secret_key: str) -> dict[str, Any]:
    """What sessions carry (`make_sessions`) whose features seal."""
    return {_NAME: Vault(secret_key)}


def vault_of(session: Session) -> Vault:
    """Raises KeyError where the sessions were made without one."""
    vault: Vault = session.info[_NAME]
    return vault
