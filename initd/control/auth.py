"""HTTP Basic authentication as supervisord does it (supervisord-4.3 §5.1): one user a server, `{SHA}` passwords."""

from __future__ import annotations

import binascii
from hashlib import sha1
from hmac import compare_digest

_SHA = "{SHA}"


class Credentials:
    """The one user a server knows."""

    def __init__(self, username: str, password: str) -> None:
        self._username, self._password = username.encode("utf-8", "surrogateescape"), password

    def refusal(self, header: str | None) -> int | None:
        """The HTTP status that refuses an Authorization header (None: there was none); None if it is right."""
        scheme, blank, encoded = (header or "").partition(" ")
        if not blank or scheme.lower() != "basic":
            return 401
        try:
            decoded = binascii.a2b_base64(encoded.encode()).decode()
        except ValueError:
            return 400
        username, colon, password = decoded.partition(":")
        if not colon:
            return 500
        # Both are compared, whatever the first says, so that the time taken tells nothing about either.
        known = compare_digest(username.encode(), self._username)
        return None if self._matches(password.encode()) and known else 401

    def _matches(self, password: bytes) -> bool:
        expected = self._password
        if expected.startswith(_SHA):
            expected = expected[len(_SHA) :]
            password = sha1(password, usedforsecurity=False).hexdigest().encode()
        return compare_digest(password, expected.encode("utf-8", "surrogateescape"))
