"""Files that hold an order list: workbooks by the types of their cells, their limits, and what is refused."""

import io
import zipfile
from datetime import date, datetime

import pytest
from support.orderlists import EURO
from support.workbooks import xlsx

from clicktrail.control.reconcile import columns, listfile, orderlist, workbook
from clicktrail.control.reconcile.listed import Listed
from clicktrail.control.reconcile.listfile import Unreadable
from clicktrail.control.reconcile.workbook import Workbook

HEADER = ("Bestellnummer", "Netto", "Datum", "Status")


def listed(body: bytes, sheet: str = "") -> list[Listed]:
    rows = list(listfile.read(body, sheet).rows())
    looks = (orderlist.looks_like_amount, orderlist.looks_like_day, orderlist.looks_like_status)
    form = columns.guess([row.cells for row in rows[:50]], *looks)
    return orderlist.read_lines(rows, form, EURO).lines


def test_cells_are_read_by_their_types() -> None:
    found = listed(
        xlsx(
            {
                "Orders": [
                    ["Bestellübersicht"],
                    [],
                    HEADER,
                    ["000123", 1234.5, date(2026, 11, 30), "bezahlt"],
                    [1001, 1.234, datetime(2026, 11, 30, 23, 30), "storniert"],  # noqa: DTZ001
                    ["A-3", "1.234,56", "30. November 2026", "Teilweise erstattet"],
                    ["A-4", -30, 46356, None],
                ]
            }
        )
    )
    assert [(line.line, line.key, line.revenue_minor, orderlist.day_text(line.day), line.status) for line in found] == [
        (4, "000123", 123_450, "2026-11-30", "confirmed"),
        (5, "1001", 123, "2026-11-30", "cancelled"),
        (6, "A-3", 123_456, "2026-11-30", "partial"),
        (7, "A-4", -3_000, "2026-11-30", ""),
    ]
    assert not any(line.fault for line in found)


def test_a_number_keeps_the_digits_that_the_workbook_has() -> None:
    found = listed(xlsx({"a": [HEADER, [1234567890123450, 1], [1.23456789012345e15, 2], [12345678901, 3.0]]}))
    assert [line.key for line in found] == ["1234567890123450", "1234567890123450", "12345678901"]
    assert found[2].revenue_minor == 300


def test_the_first_visible_sheet_that_holds_something_is_read() -> None:
    body = xlsx(
        {"Empty": [], "Notes": [["hidden"]], "Jan": [HEADER, ["J-1", 1]], "Feb": [HEADER, ["F-1", 2]]}, hidden=["Notes"]
    )
    read = listfile.read(body)
    assert isinstance(read, Workbook) and (read.sheets, read.sheet) == (("Notes", "Jan", "Feb"), "Jan")
    assert [line.key for line in listed(body, "Feb")] == ["F-1"]
    with pytest.raises(Unreadable, match=r"no sheet 'Mar'; it has 'Notes', 'Jan', 'Feb'"):
        listfile.read(body, "Mar")
    with pytest.raises(Unreadable, match="No sheet"):
        listfile.read(xlsx({"Empty": []}))


def test_a_workbook_that_unpacks_without_end_is_refused() -> None:
    made = io.BytesIO(xlsx({"a": [HEADER]}))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/x.bin", "w") as entry:
        for _ in range(workbook.MAX_UNPACKED_BYTES // (1 << 20) + 1):
            entry.write(bytes(1 << 20))
    with pytest.raises(Unreadable, match="larger than can be read"):
        listfile.read(made.getvalue())


def test_a_workbook_that_lies_about_its_size_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(5 << 20))
    body = bytearray(made.getvalue())
    place = body.rindex(b"PK\x01\x02") + 24
    body[place : place + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Unreadable, match="larger than can be read"):
        listfile.read(bytes(body))


def test_two_far_cells_take_no_memory() -> None:
    with pytest.raises(Unreadable, match="larger than can be read"):
        listfile.read(xlsx({"a": [HEADER, ["A-1", 1]]}, far="XFD1048576"))


@pytest.mark.parametrize("cut", [100, 500, -10])
def test_a_damaged_workbook_is_refused(cut: int) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        listfile.read(xlsx({"a": [HEADER, ["A-1", 1]]})[:cut])


def _zipped(**entries: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in entries.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), body)
    return made.getvalue()


ODS = b"application/vnd.oasis.opendocument.spreadsheet"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"%PDF-1.7\n" + b"x" * 100, "a PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "a JPEG picture"),
        (b"GIF89a" + bytes(100), "a GIF picture"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "a WebP picture"),
        (b"\x00\x00\x00\x18ftypheic", "a HEIC picture"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            r"a workbook of the old form \(.xls\), or one with a password",
        ),
        (b"\x1f\x8b\x08" + bytes(100), "a gzip archive"),
        (b"<!DOCTYPE html><html><table>", r"a web page \(HTML\)"),
        (b"\xef\xbb\xbf \r\n<HTML xmlns:x='urn:schemas-microsoft-com:office:excel'>", r"a web page \(HTML\)"),
        ("\ufeff<table><tr>".encode("utf-16"), r"a web page \(HTML\)"),
        (b"<?xml version='1.0'?><Workbook>", "an XML file"),
        (b'[{"order": 1}]', "a JSON file"),
        (b'{"orders": []}', "a JSON file"),
        (b"{\\rtf1\\ansi", "an RTF document"),
        (_zipped(mimetype=ODS, content_xml=b"<x/>"), r"an OpenDocument workbook \(.ods\)"),
        (_zipped(xl__workbook_bin=b"x"), r"a binary workbook \(.xlsb\)"),
        (_zipped(word__document_xml=b"x"), r"a Word document \(.docx\)"),
        (_zipped(orders_csv=b"a;b"), "a ZIP archive"),
        (b"PK\x03\x04 and nothing more", "a damaged workbook or archive"),
        (bytes(range(32)) * 50, "a binary file"),
    ],
)
def test_what_is_no_list_is_refused_by_name(body: bytes, what: str) -> None:
    with pytest.raises(Unreadable, match=f"It is {what}.*Save the list as .xlsx or CSV"):
        listfile.read(body)


@pytest.mark.parametrize(
    "body",
    [b"BMW-1;100\nBMW-2;200\n", b"GIF89;1\n", b"PAR1;5\n", b"<order>;1\n", b"a\0;b\n", "Größe;1\n".encode("cp1252"),
     "A-1;1\n".encode("utf-16"), b"PKW-1;5\nA;4\n"],
)  # fmt: skip
def test_a_list_is_no_picture(body: bytes) -> None:
    assert list(listfile.read(body).rows())
