"""Seals: a chain of digests over the journals of an opco, so that a change of any of them shows."""

from hashlib import sha256

from writeoff.value import Value

#: What the first seal of a chain follows.
BEGINNING = bytes(32)


class Seal(Value, frozen=True, kw_only=True):
    """One link: a journal at its position (from 1), the SHA-256 of its outbound body, the seal before it."""

    opco: str
    position: int
    journal_id: str
    digest: bytes
    previous: bytes

    @property
    def seal(self) -> bytes:
        """The SHA-256 of the link as text, so that anybody can compute it again with `sha256sum`."""
        link = f"{self.previous.hex()} {self.opco} {self.position} {self.journal_id} {self.digest.hex()}"
        return sha256(link.encode()).digest()
