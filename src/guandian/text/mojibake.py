"""Repair of UTF-8 text that was read in another encoding; good text is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from guandian.text.alignment import Alignment, Edit, apply_edits

# What UTF-8 read as Latin-1 or Windows-1252 looks like: a lead byte, then a continuation byte.
_CONTINUATION = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_LATIN = re.compile(rf"[\xc2-\xf4][{_CONTINUATION}]")
_LATIN_RUN = re.compile(rf"[\xc2-\xf4{_CONTINUATION}\ufffd][ \xc2-\xf4{_CONTINUATION}\ufffd]*")
_NOT_ASCII = re.compile("[\x80-\ufffc]{3,}")
_LOST = ("?", "\ufffd")  # what decoders leave for a byte that they cannot read
_CONTINUATION_BYTES = bytes(range(0x80, 0xC0))
_TEXT = re.compile(
    "[\t\n\r -~\u00b7\u00d7\u2010-\u203b\u20ac\u2103\u2190-\u27bf\u3000-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\ufe0f\uff00-\uffef\U0001f000-\U0001faff]+"
)
_HAN = re.compile("[\u4e00-\u9fff]")


def repair_mojibake(text: str) -> tuple[str, Alignment]:
    """Undo "å±å¹•" (read as Latin-1 or Windows-1252) and "灞忓箷" (read as GBK) for 屏幕.

    Where a byte was lost on the way the character becomes U+FFFD.
    """
    alignment = Alignment.identity(len(text))
    if text.isascii():
        return text, alignment
    if _LATIN.search(text):
        text, alignment = apply_edits(text, _from_latin(text))
    if _signs_of_gbk().search(text):
        text, repaired = apply_edits(text, _from_gbk(text))
        alignment = alignment.then(repaired)
    return text, alignment


def is_mojibake(text: str) -> bool:
    """Tell whether `repair_mojibake` changes a text."""
    return repair_mojibake(text)[0] != text


def _from_latin(text: str) -> Iterator[Edit]:
    import ftfy

    config = ftfy.TextFixerConfig(
        explain=False, uncurl_quotes=False, fix_character_width=False, unescape_html=False
    )
    for match in _LATIN_RUN.finditer(text):
        run = match.group()
        fixed = ftfy.fix_encoding(run, config)
        if fixed == run:
            continue
        widths = [len(character.encode(errors="replace")) for character in fixed]
        if sum(widths) != len(run):  # read wrongly twice, or bytes were lost
            yield match.start(), match.end(), fixed
            continue
        offset = match.start()
        for character, width in zip(fixed, widths, strict=True):
            yield offset, offset + width, character
            offset += width


@cache
def _signs_of_gbk() -> re.Pattern[str]:
    """The characters that GBK reads where UTF-8 has the first two bytes of 、 to 龥 or of ，."""
    signs = {
        bytes((lead, trail)).decode("gb18030")
        for lead in (0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEF)
        for trail in range(0x80, 0xC0)
    }
    return re.compile(f"[{re.escape(''.join(sorted(signs)))}]")


def _from_gbk(text: str) -> Iterator[Edit]:
    for match in _NOT_ASCII.finditer(text):
        run = match.group()
        try:
            units = _encoded(run)
        except UnicodeEncodeError:  # a lone surrogate
            continue
        encoded = b"".join(units)
        broken = len(encoded) - len(encoded.lstrip(_CONTINUATION_BYTES))
        if broken > (2 if text[match.start() - 1 : match.start()] in _LOST else 0):
            continue
        fixed = _decoded(encoded[broken:])
        if fixed is None:
            continue
        end = match.end()
        if len(fixed.encode()) < len(encoded) - broken:
            end += text[end : end + 1] in _LOST
            fixed += "\ufffd"
        if broken:  # the rest of a character that ends in the lost byte before
            yield match.start(), end, fixed
        else:
            yield from _in_step(units, fixed, match.start(), end)


def _encoded(run: str) -> list[bytes]:
    """The bytes that were read as each character.

    For € these are the byte 0x80 where Windows read them, and 0xA2 0xE3 elsewhere: the former
    goes on with a character of UTF-8 and the latter ends one and begins the next.
    """
    units: list[bytes] = []
    missing = 0  # bytes of the character of UTF-8 that the last unit left unfinished
    for index, character in enumerate(run):
        unit = character.encode("gb18030")
        if character == "€":
            after = run[index + 1 : index + 2].encode("gb18030")[:1]
            begins = missing == 1 and after and after in _CONTINUATION_BYTES
            unit = unit if begins else b"\x80"
        for byte in unit:
            if byte < 0x80:
                missing = 0
            elif byte < 0xC0:
                missing = max(0, missing - 1)
            else:
                missing = 1 + (byte >= 0xE0) + (byte >= 0xF0)
        units.append(unit)
    return units


def _decoded(encoded: bytes) -> str | None:
    """The bytes as UTF-8, without a character broken off at the end; None if that is no text."""
    for cut in range(3):
        try:
            fixed = encoded[: len(encoded) - cut].decode()
        except UnicodeDecodeError:
            continue
        is_text = _TEXT.fullmatch(fixed) and len(_HAN.findall(fixed)) >= 2
        return fixed if is_text else None
    return None


def _in_step(units: list[bytes], fixed: str, start: int, end: int) -> Iterator[Edit]:
    """Edits to `fixed`, as small as the boundaries that both have in the bytes.

    Args:
        units: the bytes of each character as it was read.
        fixed: the characters that the bytes are.
        start: of the first character in the text.
        end: of the last.
    """
    old = new = old_done = new_done = balance = 0
    while new < len(fixed) and old < len(units):
        if balance <= 0:
            balance += len(units[old])
            old += 1
        else:
            balance -= len(fixed[new].encode())
            new += 1
        if balance == 0:
            yield start + old_done, start + old, fixed[new_done:new]
            old_done, new_done = old, new
    if start + old_done < end:
        yield start + old_done, end, fixed[new_done:]
