"""What of a text makes it equal to another: its letters, whatever stands between them."""

from __future__ import annotations

import re
import unicodedata

_OTHERS = re.compile(r"[\W_]+")


def letters(text: str) -> str:
    """Letters and digits, case and width folded; of a text without any, all but the blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _OTHERS.sub("", folded) or "".join(folded.split())
