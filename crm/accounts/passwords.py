"""Password hashes: bcrypt over base64(hmac-sha384(password, pepper)), since bcrypt itself ends at 72 bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field

import bcrypt

SHORTEST = 10
LONGEST = 256


@dataclass
class Passwords:
    """Hashes and checks. `rounds` is bcrypt's cost: 12 takes about a quarter of a second."""

    pepper: str = ""
    rounds: int = 12
    nobody: bytes = field(default=b"", repr=False)

    def hash(self, password: str) -> str:
        return bcrypt.hashpw(self._digest(password), bcrypt.gensalt(self.rounds)).decode()

    def match(self, password: str, hashed: str | None) -> bool:
        """Takes as long for a user without a password, or no user at all, as for a wrong password."""
        known = hashed.encode() if hashed else self._nobody()
        return bcrypt.checkpw(self._digest(password), known) and hashed is not None

    def _nobody(self) -> bytes:
        if not self.nobody:
            self.nobody = bcrypt.hashpw(b"nobody", bcrypt.gensalt(self.rounds))
        return self.nobody

    def _digest(self, password: str) -> bytes:
        pepper = (self.pepper or "crm").encode()
        return base64.b64encode(hmac.digest(pepper, password.encode(), hashlib.sha384))


passwords = Passwords()
