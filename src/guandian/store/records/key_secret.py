"""The secret with which keys are digested: made once, readable by its owner alone."""

from __future__ import annotations

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path

from guandian.errors import GuandianError, reason

FILE = "keys.secret"
_BYTES = 32


class KeySecret:
    """Digests keys: whoever reads the records alone can neither use nor try out a key.

    Args:
        secret: 32 bytes.
        is_new: whether it was made a moment ago.
    """

    def __init__(self, secret: bytes, *, is_new: bool = False) -> None:
        self._secret, self.is_new = secret, is_new

    @property
    def mark(self) -> str:
        """Tells this secret from others, and nothing about it."""
        return self.digest("mark")[:32]

    def digest(self, key: str) -> str:
        """The keyed SHA-256 of a text, as 64 hexadecimal digits."""
        return hmac.new(self._secret, key.encode(), sha256).hexdigest()


def open_secret(folder: Path) -> KeySecret:
    """The secret of a data folder, made when there is none.

    Raises:
        GuandianError: others may read it, it is damaged, or it can be neither read nor made.
    """
    file = folder / FILE
    try:
        is_new = not file.exists()
        if is_new:
            _make(file)
        mode, content = file.stat().st_mode, file.read_text("ascii").strip()
        secret = bytes.fromhex(content)
    except OSError as error:
        raise GuandianError(
            f"cannot use {file}: {reason(error)}", "choose a folder that can be written"
        ) from error
    except ValueError:
        secret = b""
    if len(secret) != _BYTES:
        raise GuandianError(
            f"{file} is damaged", "restore it from a backup; without it every key must be made anew"
        )
    if os.name == "posix" and mode & 0o077:
        raise GuandianError(f"others may read {file}", f"chmod 600 {file}")
    return KeySecret(secret, is_new=is_new)


def _make(file: Path) -> None:
    """Write the file whole or not at all; of two processes that begin at once, the first one's."""
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(6)}.partial")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_hex(_BYTES).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(fresh, file)
        except FileExistsError:
            return
    finally:
        fresh.unlink(missing_ok=True)
