"""The text of an API key: `gd_live_`, 30 characters at random, 6 that check them."""

from __future__ import annotations

import secrets
import string
from zlib import crc32

PREFIX = "gd_live_"
BODY, CHECK = 30, 6
"""Characters at random, and of their checksum."""
START = len(PREFIX) + 8
"""How many characters lists show, and the records find a key by; 22 stay unknown: 131 bits."""
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def make_key() -> str:
    """A new key."""
    body = random_letters(BODY)
    return f"{PREFIX}{body}{checksum(body)}"


def is_well_formed(key: str) -> bool:
    """Whether a text is a key by its form and checksum; a mistyped one is not."""
    body, check = key[len(PREFIX) : -CHECK], key[-CHECK:]
    return (
        len(key) == len(PREFIX) + BODY + CHECK
        and key.startswith(PREFIX)
        and all(letter in ALPHABET for letter in body)
        and check == checksum(body)
    )


def checksum(body: str) -> str:
    """The CRC-32 of ASCII characters, as 6 digits of base 62."""
    number, digits = crc32(body.encode("ascii")), ""
    for _ in range(CHECK):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def random_letters(count: int) -> str:
    """Characters that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
