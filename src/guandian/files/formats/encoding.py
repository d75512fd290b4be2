"""Bytes of an unknown encoding in, lines of text out, a block at a time."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import BufferedReader

from guandian.errors import GuandianError
from guandian.files.formats.unsupported import OLD_OFFICE, ZIP
from guandian.files.table import MAX_ROW, empty

_BLOCK = 1 << 20
MOST_BLANK = 1 << 26
"""The most bytes that may be blank in a row; beyond it there is nothing, or no end of it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (ZIP, "an Excel workbook or a zip archive", "name it .xlsx, or unpack it"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (OLD_OFFICE, "an old Office file (.xls, .doc)", "save it as .xlsx or as CSV UTF-8"),
    (b"\x1f\x8b", "compressed with gzip", "unpack it with gunzip, or end its name in .gz"),
    (b"%PDF", "a PDF document", "give the reviews as CSV, JSON Lines or text"),
    (b"\x89PNG", "a picture", "give the reviews as CSV, JSON Lines or text"),
    (b"\xff\xd8\xff", "a picture", "give the reviews as CSV, JSON Lines or text"),
    (b"Rar!", "an archive", "unpack it, and name the file in it"),
    (b"7z\xbc\xaf", "an archive", "unpack it, and name the file in it"),
    (b"SQLite format 3", "an SQLite database", "export the table as CSV"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))
_OF_ADDRESSES = ("idna", "punycode")
"""Encodings of Python that write the names of hosts."""
_NAME_IT = "name the encoding, for example --encoding utf-8, gb18030, big5, utf-16-le or cp1252"


def text_lines(stream: BufferedReader, path: str, encoding: str | None) -> Iterator[str]:
    """The lines of `stream`, each with its line end, in memory a block and a line at a time.

    Without `encoding` it is read off a byte order mark or the first bytes beyond ASCII: UTF-8
    or GB18030. A byte that does not decode becomes a lone surrogate in its line, so that one
    damaged row is one bad row.

    Raises:
        GuandianError: for an empty, binary or undecodable file, an unknown encoding, a line of
            more than `MAX_ROW` characters, and more than `MOST_BLANK` blank bytes in a row.
    """
    return lines_of_blocks(text_blocks(stream, path, encoding), path)


def lines_of_blocks(blocks: Iterator[str], path: str) -> Iterator[str]:
    """The lines of a text that comes in blocks, each with its line end.

    Raises:
        GuandianError: for an empty text, and a line of more than `MAX_ROW` characters.
    """
    pending, newline, number = "", "", 1
    for block in blocks:
        pending += block
        newline = newline or _newline(pending)
        if newline and newline in block:
            *lines, pending = pending.split(newline)
            number += len(lines)
            yield from (line + newline for line in lines)
        if len(pending) > MAX_ROW:
            raise GuandianError(
                f"{path}, line {number}: longer than {MAX_ROW:,} characters",
                "put every review or entry in a line of its own",
            )
    if pending:
        yield pending
    elif number == 1:
        raise empty(path)


def _newline(text: str) -> str:
    if "\n" in text:
        return "\n"
    return "\r" if "\r" in text[:-1] else ""


def text_blocks(stream: BufferedReader, path: str, encoding: str | None) -> Iterator[str]:
    """The text of `stream`, about a megabyte at a time; encodings and errors as `text_lines`."""
    block = stream.read1(_BLOCK)
    while _may_be_mark(block) and (more := stream.read1(_BLOCK)):
        block += more
    if not block:
        raise empty(path)
    decoder = _decoder(encoding) if encoding else _decoder_by_mark(block)
    if decoder is None:
        _refuse_binary(block, path)
    offset, line, start, blank = 0, 1, True, 0
    while block:
        blank = blank + len(block) if block.isspace() else 0
        if blank > MOST_BLANK:
            raise GuandianError(
                f"{path}, line {line}: more than {MOST_BLANK:,} blank characters in a row",
                "give a file that holds something",
            )
        if decoder is None and not block.isascii():
            decoder = _decoder(_guess(block, path, offset, line))
        text = _decode(decoder, block, path, offset) if decoder else block.decode("ascii")
        yield text.removeprefix("\ufeff") if start else text
        offset, start = offset + len(block), start and not text
        line += block.count(b"\n")
        block = stream.read1(_BLOCK)
    if decoder:
        yield _decode(decoder, b"", path, offset, final=True)


def _may_be_mark(block: bytes) -> bool:
    return bool(block) and any(mark.startswith(block) for mark, _ in _MARKS)


def _decoder_by_mark(block: bytes) -> codecs.IncrementalDecoder | None:
    encoding = next((name for mark, name in _MARKS if block.startswith(mark)), None)
    return _decoder(encoding) if encoding else None


def _decoder(encoding: str) -> codecs.IncrementalDecoder:
    try:
        "".encode(encoding)  # refuses codecs that are not encodings of text
        name = codecs.lookup(encoding).name
        if name in _OF_ADDRESSES:
            raise LookupError(name)
    except (LookupError, ValueError) as error:
        raise GuandianError(f"unknown encoding {encoding!r}", _NAME_IT) from error
    errors = "surrogatepass" if name.startswith(("utf-16", "utf-32")) else "surrogateescape"
    return codecs.getincrementaldecoder(name)(errors)


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, path: str, offset: int, final: bool = False
) -> str:
    held = len(decoder.getstate()[0])
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        raise GuandianError(
            f"{path} is not {error.encoding}: {error.reason} at byte {offset - held + error.start}",
            _NAME_IT,
        ) from error
    except UnicodeError as error:  # of utf-16 alone, which asks its first bytes for their order
        raise GuandianError(
            f"{path} begins without the mark that tells the order of utf-16's bytes",
            "name the order, such as --encoding utf-16-le, or leave --encoding out",
        ) from error


def _refuse_binary(block: bytes, path: str) -> None:
    for mark, kind, repair in _KINDS:
        if block.startswith(mark):
            raise GuandianError(f"{path} is {kind}, not text", repair)
    head = block[:65536]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > 16 and controls > len(head) / 10:
        raise GuandianError(
            f"{path} is binary: {controls} control characters in its first {len(head)} bytes",
            "give a text file; for UTF-16 without a mark say --encoding utf-16-le",
        )


def _guess(block: bytes, path: str, offset: int, line: int) -> str:
    """UTF-8 or GB18030, whichever reads nearly all of the block; a few damaged bytes are borne.

    A short block is UTF-8 too where most of its lines beyond ASCII are.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(block)
    lines = [row for row in text.splitlines() if not row.isascii()]
    damaged = sum("\ufffd" in row for row in lines)
    if _foreign(text) >= 5 * text.count("\ufffd") or 2 * damaged < len(lines):
        return "utf-8"
    text = codecs.getincrementaldecoder("gb18030")("replace").decode(block)
    # Western text also decodes as GB18030, into rare characters; Chinese stays within GB 2312.
    common = text.encode("gb2312", "ignore").decode("gb2312")
    if _foreign(common) >= 0.8 * _foreign(text):
        return "gb18030"
    first = _first_wrong(block)
    raise GuandianError(
        f"{path} is neither UTF-8 nor GB18030: see byte 0x{block[first]:02X} at offset"
        f" {offset + first}, line {line + block[:first].count(10)}",
        _NAME_IT,
    )


def _first_wrong(block: bytes) -> int:
    """The offset of the first byte that is not UTF-8 in a block that has one."""
    try:
        block.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _foreign(text: str) -> int:
    return sum(not character.isascii() for character in text)
