"""Cells of another system's files: times, states, numbers, and which column is what."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from clicktrail.control.importing.cells import Times, number, state
from clicktrail.control.importing.columns import CLICKS, ORDERS
from clicktrail.control.importing.table import Faults, Table, encoding_of
from clicktrail.errors import ImportRefused

NOW_MS = 1_790_000_000_000


def _ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "form", "ms"),
    [
        ("2026-01-31 08:15:00", "", _ms(2026, 1, 31, 7, 15)),
        ("2026-01-31T08:15:00Z", "", _ms(2026, 1, 31, 8, 15)),
        ("2026-01-31T08:15:00.250+02:00", "", _ms(2026, 1, 31, 6, 15) + 250),
        ("31.1.2026 08:15", "", _ms(2026, 1, 31, 7, 15)),
        ("31.07.2026, 08:15:30 Uhr", "", _ms(2026, 7, 31, 6, 15, 30)),
        ("2026-01-31", "", _ms(2026, 1, 30, 23)),
        ("1769840100", "", _ms(2026, 1, 31, 6, 15)),
        ("1769840100123", "", _ms(2026, 1, 31, 6, 15) + 123),
        ("1769840100", "unix", _ms(2026, 1, 31, 6, 15)),
        ("1769840100123", "unix_ms", _ms(2026, 1, 31, 6, 15) + 123),
        ("03/04/2026 10:00", "%d/%m/%Y %H:%M", _ms(2026, 4, 3, 8)),
        ("2026-01-31 08:15:00 UTC", "", _ms(2026, 1, 31, 8, 15)),
        ("2026-01-31 08:15:00 GMT", "", _ms(2026, 1, 31, 8, 15)),
        ("31. Januar 2026", "", _ms(2026, 1, 30, 23)),
        ("Jan 31, 2026 8:15 AM", "", _ms(2026, 1, 31, 7, 15)),
        ("31-01-2026", "", _ms(2026, 1, 30, 23)),
        ("46053", "", _ms(2026, 1, 30, 23)),
        ("46053.5", "excel", _ms(2026, 1, 31, 11)),
    ],
)
def test_a_time_without_a_zone_is_the_programs(text: str, form: str, ms: int) -> None:
    assert Times(form, NOW_MS).read(text, "Europe/Berlin") == ms


@pytest.mark.parametrize(
    ("text", "form", "mend"),
    [
        ("", "", "empty"),
        ("03/04/2026", "", "--time-format"),
        ("31.02.2026", "", "calendar"),
        ("yesterday", "", "--time-format"),
        ("2027-01-31", "", "future"),
        ("12345", "unix", "before the year 2000"),
        ("2026-01-31", "%d.%m.%Y", "%d.%m.%Y"),
        ("1e9", "unix", "seconds"),
    ],
)
def test_a_time_that_cannot_be_told_is_refused_with_its_mend(text: str, form: str, mend: str) -> None:
    with pytest.raises(ValueError, match=mend):
        Times(form, NOW_MS).read(text, "Europe/Berlin")


def test_states_in_two_languages() -> None:
    words = {"": "open", "Offen": "open", "bestätigt": "confirmed", "Storniert": "cancelled", "ausbezahlt": "paid"}
    assert {word: state(word) for word in words} == words
    with pytest.raises(ValueError, match="open, confirmed, cancelled or paid"):
        state("perhaps")
    assert (state("closed"), state("refunded"), state("wc-completed")) == ("cancelled", "cancelled", "confirmed")
    with pytest.raises(ValueError, match="a part came back"):
        state("partially_refunded")


@pytest.mark.parametrize("text", ["0", "-1", "7.0", "AFF-7", "", str(2**53 + 1)])
def test_what_is_no_number_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match="no number"):
        number(text)


def _file(folder: Path, body: bytes) -> Path:
    path = folder / "list.csv"
    path.write_bytes(body)
    return path


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("ClickID;Zeit;PartnerID;Sub\nä;1;7;x\n".encode("utf-8-sig"), "utf-8-sig"),
        ("ClickID;Zeit;PartnerID;Sub\nä;1;7;x\n".encode(), "utf-8-sig"),
        ("ClickID;Zeit;PartnerID;Sub\nä;1;7;x\n".encode("cp1252"), "cp1252"),
        ("ClickID\tZeit\tPartnerID\tSub\nä\t1\t7\tx\n".encode("utf-16"), "utf-16-le"),
        ('sep=|\n"ClickID"|"Zeit"|"PartnerID"|"Sub"\r\n"ä"|1|7|x\r\n'.encode(), "utf-8-sig"),
    ],
)
def test_every_encoding_and_separator(tmp_path: Path, body: bytes, encoding: str) -> None:
    path = _file(tmp_path, body)
    assert encoding_of(path) == encoding
    lines = list(Table(path, CLICKS, {}).lines(Faults("list.csv"), ""))
    assert [(line.text("clickid"), line.text("partner"), line.text("subid")) for line in lines] == [("ä", "7", "x")]


def test_a_late_byte_tells_the_encoding(tmp_path: Path) -> None:
    """A megabyte of plain letters says nothing yet."""
    plain = b"ClickID,Zeit,PartnerID\n" + b"abc,1769840100,7\n" * 70_000
    assert encoding_of(_file(tmp_path, plain + "ä,1,7\n".encode())) == "utf-8-sig"
    assert encoding_of(_file(tmp_path, plain + "ä,1,7\n".encode("cp1252"))) == "cp1252"


def test_columns_are_guessed_and_may_be_named(tmp_path: Path) -> None:
    path = _file(tmp_path, b"Referenz,Datum,Publisher,Netto,Provision,Egal\n4711,2026-01-31,7,10,1,x\n")
    table = Table(path, ORDERS, {"subid": "Egal", "commission": ""})
    line = next(table.lines(Faults(""), ""))
    assert (line.text("tid"), line.text("partner"), line.text("revenue")) == ("4711", "7", "10")
    assert (line.text("subid"), line.text("commission")) == ("x", "")


@pytest.mark.parametrize(
    ("chosen", "mend"),
    [
        ({}, "no column for clickid.*--map clickid=NAME"),
        ({"clickid": "Kennung"}, "has no column 'Kennung'"),
        ({"colour": "Foo"}, "no column 'colour'; known are clickid"),
        ({"clickid": "4"}, "has no column '4'"),
    ],
)
def test_a_column_that_is_not_there(tmp_path: Path, chosen: dict[str, str], mend: str) -> None:
    path = _file(tmp_path, b"Foo,Zeit,PartnerID\nx,1,7\n")
    with pytest.raises(ImportRefused, match=mend):
        Table(path, CLICKS, chosen)
    assert next(Table(path, CLICKS, {"clickid": "1"}).lines(Faults(""), "")).text("clickid") == "x"


def test_titles_and_repeated_names_are_no_lines(tmp_path: Path) -> None:
    body = "Clicks of January;;\n\nClickID;Zeit;PartnerID\na;1;7\nclickid;zeit;partner-id\n\ufeffb\u200b;1;7\n"
    lines = list(Table(_file(tmp_path, body.encode()), CLICKS, {}).lines(Faults(""), ""))
    assert [(line.number, line.text("clickid")) for line in lines] == [(4, "a"), (6, "b")]


def test_more_cells_than_names_are_a_fault(tmp_path: Path) -> None:
    faults = Faults("list.csv")
    table = Table(_file(tmp_path, b"ClickID;Zeit;PartnerID\na;1;7;x\nb;1;7;;\n"), CLICKS, {})
    assert [line.text("clickid") for line in table.lines(faults, "")] == ["b"]
    assert "line 2: it has 4 cells, the header 3" in faults.named[0]


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"%PDF-1.4", "PDF document"), (b"\x89PNG\r\n\x1a\n", "PNG picture"), (b"PK\x03\x04x", "damaged")],
)
def test_a_file_without_a_table_is_refused_by_name(tmp_path: Path, body: bytes, what: str) -> None:
    with pytest.raises(ImportRefused, match=f"list.csv: it is a.* {what}|list.csv: it is a {what}"):
        Table(_file(tmp_path, body), CLICKS, {})


def test_the_column_tells_day_from_month() -> None:
    times = Times("", NOW_MS)
    times.order = "dmy"
    assert times.read("03/04/2026", "UTC") == _ms(2026, 4, 3)
