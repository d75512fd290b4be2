"""Files that are not read: what they are, and how their reviews become one that is."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from guandian.errors import GuandianError

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""The first bytes of files of Office 97, and of newer ones behind a password."""
OLDER_OFFICE = (b"\x09\x08\x10\x00", b"\x09\x08\x08\x00", b"\x09\x04\x06\x00", b"\x09\x02\x06\x00")
"""The first bytes of sheets of Excel 2 to 5, which old programs still write under .xls."""
ZIP = b"PK\x03\x04"

_RESAVE = "open it in the program that made it and save it as .xlsx or as CSV UTF-8"
_TABLE = "copy its table into a workbook, and save that as .xlsx or as CSV UTF-8"
_UNPACK = "unpack it, and name the file in it"
_EXPORT = "export the table as CSV"

# By ending: what it is, and the repair.
_ENDINGS = {
    **dict.fromkeys((".xlsb", ".ods", ".fods", ".et", ".numbers"), ("a workbook", _RESAVE)),
    **dict.fromkeys((".doc", ".docx", ".odt", ".wps", ".rtf", ".pages"), ("a document", _TABLE)),
    **dict.fromkeys((".ppt", ".pptx", ".pdf"), ("a document", _TABLE)),
    **dict.fromkeys((".htm", ".html", ".mht", ".mhtml", ".xml"), ("a page", _RESAVE)),
    **dict.fromkeys((".zip", ".rar", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst"),
                    ("an archive", _UNPACK)),
    **dict.fromkeys((".sql", ".db", ".sqlite", ".sqlite3", ".mdb", ".accdb", ".sav", ".dta",
                     ".sas7bdat", ".rds", ".pkl", ".pickle", ".feather", ".orc", ".avro"),
                    ("data of another program", _EXPORT)),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic"), ("a picture", _TABLE)),
}  # fmt: skip
# By a part that an archive has: what it is, and the repair.
_WITHIN = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)", _RESAVE),
    ("word/", "a Word document", _TABLE),
    ("ppt/", "a presentation", _TABLE),
    ("content.xml", "an OpenDocument file (.ods, .odt)", _RESAVE),
    ("Index/", "a file of Numbers or Pages", _RESAVE),
    ("Index.zip", "a file of Numbers or Pages", _RESAVE),
)


def refuse_file_kind(path: str) -> None:
    """Refuse a file whose name says that it is of a kind that is not read.

    Raises:
        GuandianError: with the repair.
    """
    ending = Path(path).suffix.lower()
    if refusal := _ENDINGS.get(ending):
        what, repair = refusal
        raise GuandianError(f"{path}: {what} that ends in {ending} is not read", repair)


def old_office(path: str) -> GuandianError:
    """The error for a workbook that only Excel itself reads."""
    return GuandianError(
        f"{path} is a workbook of Excel 97 to 2003, or behind a password",
        "open it in Excel or WPS and save it as .xlsx without a password; or run:"
        " soffice --headless --convert-to xlsx FILE",
    )


def refuse_page(head: bytes, path: str) -> None:
    """Refuse a page of HTML or XML, and a page that was saved whole.

    Args:
        head: how the file begins.
        path: for the error.

    Raises:
        GuandianError: with the repair.
    """
    for encoding in ("utf-16-le", "utf-16-be"):
        if head.startswith("\ufeff".encode(encoding)):
            head = head[2:].decode(encoding, "ignore").encode()
    begin = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    marks = (
        b"<!doctype",
        b"<html",
        b"<?xml",
        b"<table",
        b"<workbook",
        b"<style",
        b"<meta",
        b"<head",
    )
    if begin.startswith((*marks, b"mime-version:")):
        raise GuandianError(f"{path} is a page of HTML or XML, not a workbook", _RESAVE)


def refuse_archive(stream: object, path: str) -> None:
    """Refuse an archive that is no workbook of Excel.

    Args:
        stream: the file, which is left where it was.
        path: for the error.

    Raises:
        GuandianError: with what it is, and the repair.
    """
    try:
        names = ZipFile(stream).namelist()  # type: ignore[call-overload]
    except (BadZipFile, OSError, ValueError):
        return
    finally:
        stream.seek(0)  # type: ignore[attr-defined]
    for part, what, repair in _WITHIN:
        if any(name.startswith(part) for name in names):
            raise GuandianError(f"{path} is {what}, which is not read", repair)
    if not any(name.startswith("xl/") for name in names):
        held = ", ".join(names[:5]) + ", …" * (len(names) > 5)
        raise GuandianError(f"{path} is an archive, not a workbook; it holds {held}", _UNPACK)
