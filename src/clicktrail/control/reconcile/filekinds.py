"""What an uploaded file is, by its first bytes: a list, a workbook, or something that holds no list. Pure."""

import io
import zipfile

from clicktrail.core.tongue import mark, say

TEXT, XLSX = "text", "xlsx"
HEAD_BYTES = 64 * 1024
MAX_ENTRIES = 5000
"""Names in a ZIP file that are looked at."""
MIN_ODD = 8
"""Control characters that a list may hold."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", mark("a PDF document")),
    (b"\x89PNG", mark("a PNG picture")),
    (b"\xff\xd8\xff", mark("a JPEG picture")),
    (b"GIF8", mark("a GIF picture")),
    (b"BM", mark("a BMP picture")),
    (b"II*\x00", mark("a TIFF picture")),
    (b"MM\x00*", mark("a TIFF picture")),
    (b"\xd0\xcf\x11\xe0", mark("a workbook of the old form (.xls), or one with a password")),
    (b"\x1f\x8b", mark("a gzip archive")),
    (b"BZh", mark("a bzip2 archive")),
    (b"7z\xbc\xaf", mark("a 7-Zip archive")),
    (b"Rar!", mark("a RAR archive")),
    (b"\xfd7zXZ", mark("an xz archive")),
    (b"\x28\xb5\x2f\xfd", mark("a Zstandard archive")),
    (b"SQLite format 3", mark("an SQLite database")),
    (b"PAR1", mark("a Parquet file")),
    (b"{\\rtf", mark("an RTF document")),
)
_BINARY_ONLY = (b"BM", b"GIF8", b"BZh", b"PAR1", b"Rar!")
"""Signatures that a text could begin with too."""
_BEGINNINGS: tuple[tuple[str, str], ...] = (
    ("<!doctype html", mark("a web page (HTML), whatever its name says")),
    ("<html", mark("a web page (HTML), whatever its name says")),
    ("<head", mark("a web page (HTML), whatever its name says")),
    ("<table", mark("a web page (HTML), whatever its name says")),
    ("<meta", mark("a web page (HTML), whatever its name says")),
    ("<style", mark("a web page (HTML), whatever its name says")),
    ("<body", mark("a web page (HTML), whatever its name says")),
    ("<div", mark("a web page (HTML), whatever its name says")),
    ("mime-version:", mark("a web page (MHTML), whatever its name says")),
    ("<?xml", mark("an XML file")),
    ("<svg", mark("an SVG picture")),
    ("%!ps", mark("a PostScript document")),
    ("[{", mark("a JSON file")),
    ('{"', mark("a JSON file")),
)
_ZIPPED: tuple[tuple[str, str], ...] = (
    ("xl/workbook.bin", mark("a binary workbook (.xlsb)")),
    ("word/document.xml", mark("a Word document (.docx)")),
    ("ppt/presentation.xml", mark("a presentation (.pptx)")),
    ("Index/Document.iwa", mark("a document of Numbers or Pages")),
)
_MIMETYPES = {
    b"application/vnd.oasis.opendocument.spreadsheet": mark("an OpenDocument workbook (.ods)"),
    b"application/vnd.oasis.opendocument.text": mark("an OpenDocument text (.odt)"),
    b"application/epub+zip": mark("a book (.epub)"),
}
_ZIP = mark("a ZIP archive")
_BROKEN = mark("a damaged workbook or archive")
_BINARY = mark("a binary file")


class Unreadable(ValueError):
    """The sentence says what the file is, and the fix."""


def kind_of(body: bytes, text: str) -> str:
    """TEXT or XLSX. text: the beginning of the file, decoded. Raises Unreadable for what holds no list."""
    if body[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return _zipped(body)
    found = next((name for sign, name in _MAGIC if body.startswith(sign) and _is_certain(body, sign)), "")
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        found = mark("a WebP picture")
    if body[4:8] == b"ftyp":
        found = mark("a HEIC picture or a film")
    head = text[:HEAD_BYTES].lstrip("\ufeff \t\r\n").casefold()
    found = found or next((name for beginning, name in _BEGINNINGS if head.startswith(beginning)), "")
    if not found and _is_binary(text[:HEAD_BYTES]):
        found = _BINARY
    if found:
        raise Unreadable(sentence(found))
    return TEXT


def sentence(what: str) -> str:
    return say("It is {what}, no order list. Save the list as .xlsx or CSV, and take that file.", what=say(what))


def _is_certain(body: bytes, sign: bytes) -> bool:
    return sign not in _BINARY_ONLY or any(byte < 9 or 13 < byte < 32 for byte in body[:256])


def _zipped(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist()[:MAX_ENTRIES])
            mimetype = archive.read("mimetype")[:80].strip() if _has_mimetype(archive) else b""
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError, ValueError, KeyError):
        raise Unreadable(sentence(_BROKEN)) from None
    if "xl/workbook.xml" in names:
        return XLSX
    found = _MIMETYPES.get(mimetype) or next((name for entry, name in _ZIPPED if entry in names), _ZIP)
    raise Unreadable(sentence(found))


def _has_mimetype(archive: zipfile.ZipFile) -> bool:
    return any(entry.filename == "mimetype" and entry.file_size < 1024 for entry in archive.infolist()[:MAX_ENTRIES])


def _is_binary(text: str) -> bool:
    odd = sum(char < " " and char not in "\t\r\n\f\v\x1a" or char == "\ufffd" for char in text)
    return odd > MIN_ODD and odd * 100 > len(text)
