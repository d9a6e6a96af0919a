"""Reading a shop's order list: encodings, separators, columns, amounts, days, and what is refused."""

import time

import pytest

from clicktrail.control.reconcile import columns, orderlist, sheet
from clicktrail.control.reconcile.columns import Columns, MappingError
from clicktrail.control.reconcile.orderlist import EPOCH_DAY, House, Listed, read_lines
from clicktrail.core.money import AmountError

EURO = House("EUR", 2, "Europe/Berlin")
NUMBER_AND_REVENUE = Columns({"tid": 0, "umsatz": 1}, has_header=False)


def cells(body: bytes) -> list[tuple[str, ...]]:
    return [row.cells for row in sheet.read(body).rows()]


def listed(text: str, form: Columns = NUMBER_AND_REVENUE, house: House = EURO) -> list[Listed]:
    return read_lines(sheet.read(text.encode()).rows(), form, house).lines


def guess(text: str) -> Columns:
    rows = [row.cells for row in sheet.read(text.encode()).rows()]
    return columns.guess(rows, orderlist.looks_like_amount, orderlist.looks_like_day, orderlist.looks_like_status)


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_encodings(encoding: str, name: str) -> None:
    read = sheet.read("Größe;Umsatz €\nA-1;95,50\n".encode(encoding))
    assert read.encoding == name
    assert [row.cells for row in read.rows()] == [("Größe", "Umsatz €"), ("A-1", "95,50")]


@pytest.mark.parametrize(
    ("body", "separator", "first"),
    [
        (b"a;b\n1;95,50\n", ";", ("a", "b")),
        (b"1;95,50\n2;95,50\n", ";", ("1", "95,50")),
        (b"1\t95,50\n2\t95,50\n", "\t", ("1", "95,50")),
        (b"1|95,50\n2|95,50\n", "|", ("1", "95,50")),
        (b'"1","95,50"\n"2","95,50"\n', ",", ("1", "95,50")),
        (b"1,95.50\n2,95.50\n", ",", ("1", "95.50")),
        (b"sep=,\n1;2,3\n", ",", ("1;2", "3")),
        (b"only one column\n", ";", ("only one column",)),
    ],
)
def test_separators(body: bytes, separator: str, first: tuple[str, ...]) -> None:
    read = sheet.read(body)
    assert (read.separator, next(iter(read.rows())).cells) == (separator, first)


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b'"a;b";c\r\nd;e\r\n', [("a;b", "c"), ("d", "e")]),
        (b'"two\nlines";c\nd;e\n', [("two\nlines", "c"), ("d", "e")]),
        (b'"he said ""no""";c\n', [('he said "no"', "c")]),
        (b'5" pipe;c\n', [('5" pipe', "c")]),
        (b'"a"b;c\n', [("ab", "c")]),
        (b"a;b\rc;d\r", [("a", "b"), ("c", "d")]),
        (b"\n;;\n  ; \na;b\n", [("a", "b")]),
        (b"a\0;b\n", [("a\ufffd", "b")]),
    ],
)
def test_quotation_marks_and_line_ends(body: bytes, rows: list[tuple[str, ...]]) -> None:
    assert [row.cells for row in sheet.rows(sheet.decode(body)[1], ";")] == rows


def test_a_quotation_mark_that_is_not_closed_costs_its_line_alone() -> None:
    body = b'"open;1\n' + b"".join(b"%d;1\n" % n for n in range(50))
    rows = list(sheet.rows(body.decode(), ";"))
    assert rows[0].fault == "A quotation mark is opened and not closed." and rows[0].line == 1
    assert [row.cells[0] for row in rows[1:]] == [str(n) for n in range(50)]


def test_a_line_with_too_many_columns_is_a_line_that_cannot_be_read() -> None:
    (row,) = sheet.rows(";x" * (sheet.MAX_COLUMNS + 1), ";")
    assert row.fault == f"It has {sheet.MAX_COLUMNS + 2} columns, more than {sheet.MAX_COLUMNS}."


@pytest.mark.parametrize(
    ("header", "places"),
    [
        ("Bestellnummer;Nettoumsatz;Bestelldatum;Status", {"tid": 0, "umsatz": 1, "day": 2, "status": 3}),
        ("Bestell-Nr.;Datum;Summe (netto);Summe (brutto)", {"tid": 0, "day": 1, "umsatz": 2, "gross": 3}),
        ("Order ID;Order Date;Net Amount;Order Status", {"tid": 0, "day": 1, "umsatz": 2, "status": 3}),
        ("ID;Auftragsnummer;Betrag", {"tid": 1, "umsatz": 2}),
        ("ID;neuer Umsatz", {"id": 0, "umsatz": 1}),
        ("Transaktionsnummer;Umsatz", {"number": 0, "umsatz": 1}),
        ("tid;umsatz", {"tid": 0, "umsatz": 1}),
        ("Kunde;Bestelldatum;Bestellnummer;Umsatz netto;Umsatz brutto", {"tid": 2, "day": 1, "umsatz": 3, "gross": 4}),
        ("Größe;Farbe", {}),
    ],
)
def test_columns_are_guessed_from_their_names(header: str, places: dict[str, int]) -> None:
    width = header.count(";") + 1
    found = guess(header + "\n" + ";".join(["95,50"] * width) + "\n")
    assert found.has_header and dict(found.places) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("A-1;40,00\nA-2;0\n", {"id": 0, "umsatz": 1}),
        ("17;40\n18;50\n", {"id": 0, "umsatz": 1}),
        ("01.02.2026;A-1;40,00;bezahlt\n02.02.2026;A-2;41,00;storniert\n",
         {"day": 0, "tid": 1, "umsatz": 2, "status": 3}),
        ("A-1;100;completed\nA-1;-30;refunded\n", {"tid": 0, "umsatz": 1, "status": 2}),
    ],
)  # fmt: skip
def test_columns_without_names_are_guessed_from_what_stands_in_them(text: str, places: dict[str, int]) -> None:
    found = guess(text)
    assert not found.has_header and dict(found.places) == places


def test_lists_of_the_same_form_have_the_same_signature() -> None:
    a, b = ["Bestell-Nr.", "Umsatz"], ["bestellnr", "UMSATZ "]
    assert columns.signature(a, True) == columns.signature(b, True) != columns.signature(["Umsatz"], True)
    assert columns.signature(["1", "2"], False) == columns.signature(["3", "4"], False)


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ({"umsatz": 1}, "No column says which order"),
        ({"tid": 0, "number": 1}, "More than one column says which order"),
        ({"tid": 0, "umsatz": 0}, "Column 1 is chosen twice"),
        ({"tid": 2}, "Order number: there is no column 3; the list has 2."),
    ],
)
def test_columns_that_cannot_be(places: dict[str, int], sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        columns.check(places, 2)


@pytest.mark.parametrize(
    ("choice", "found"),
    [("tid=Order,umsatz=2", {"tid": 0, "umsatz": 1}), (" tid = order , ", {"tid": 0}), ("", {})],
)
def test_a_choice_names_columns_or_their_places(choice: str, found: dict[str, int]) -> None:
    assert columns.read_choice(choice, ["Order", "Net"]) == found


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [("price=1", "'price' is nothing that a column can be"), ("tid=Nr", "There is no column 'Nr'")],
)
def test_a_choice_that_names_nothing(choice: str, sentence: str) -> None:
    with pytest.raises(MappingError, match=sentence):
        columns.read_choice(choice, ["Order", "Net"])


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("95.5", 9550),
        ("95,50", 9550),
        ("95,50 €", 9550),
        ("EUR 95.50", 9550),
        ("€95.50", 9550),
        ("+95.50", 9550),
        ("80.25210084033614", 8025),
        ("0", 0),
    ],
)
def test_amounts(text: str, minor: int) -> None:
    assert listed(f"A-1;{text}")[0].revenue_minor == minor


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.2.3", "thousands separators do not stand before groups of three"),
        ("1,234", "choose the decimal separator (--decimal comma or --decimal point)"),
        ("1.234", "choose the decimal separator (--decimal comma or --decimal point)"),
        ("$95.50", "it is in USD; the program's currency is EUR"),
        ("95.50 CHF", "it is in CHF"),
        ("12 Stück", "it is not a plain number"),
        ("abc", "it is not a plain number"),
        ("1e3", "exponent"),
        ("1,2E+05", "exponent"),
        ("#####", "the column was too narrow"),
        ("12. Mär", "turned the amount into a date"),
    ],
)
def test_amounts_that_could_mean_two_things_are_errors_of_their_line(text: str, sentence: str) -> None:
    bad, good = listed(f"A-1;{text}\nA-2;1\n")
    assert sentence in str(bad.fault) and bad.revenue_minor is None
    assert good.revenue_minor == 100


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-01-31", "2026-01-31"),
        ("31.01.2026", "2026-01-31"),
        ("31.1.26", "2026-01-31"),
        ("31.01.2026 23:59:59", "2026-01-31"),
        ("2026-01-31T23:30:00Z", "2026-02-01"),
        ("2026-01-31T23:30:00+01:00", "2026-01-31"),
        ("2026/01/31", "2026-01-31"),
        ("20260131", "2026-01-31"),
        ("31/01/2026", "2026-01-31"),
    ],
)
def test_days_are_the_programs(text: str, day: str) -> None:
    form = Columns({"tid": 0, "day": 1}, has_header=False)
    (line,) = listed(f"A-1;{text}", form)
    assert not line.fault and orderlist.day_text(line.day) == day


def test_slashes_are_read_as_the_whole_column_tells() -> None:
    form = Columns({"tid": 0, "day": 1}, has_header=False)
    european = listed("A-1;03/04/2026\nA-2;30/04/2026\n", form)
    american = listed("A-1;03/04/2026\nA-2;04/30/2026\n", form)
    assert [orderlist.day_text(line.day) for line in european] == ["2026-04-03", "2026-04-30"]
    assert [orderlist.day_text(line.day) for line in american] == ["2026-03-04", "2026-04-30"]
    read = read_lines(sheet.read(b"A-1;03/04/2026").rows(), form, EURO)
    assert read.lines[0].day is None and not read.lines[0].fault and "day/month or month/day" in str(read.notes[0])


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (";5", "The column 'Order number' is empty."),
        ("x" * 256 + ";5", "The order number is longer than 255 characters."),
    ],
)
def test_a_line_without_an_order_cannot_be_compared(row: str, sentence: str) -> None:
    assert str(listed(row)[0].fault) == sentence


def test_a_day_that_is_none_is_an_error_of_its_line() -> None:
    (line,) = listed("A-1;31.02.2026", Columns({"tid": 0, "day": 1}, has_header=False))
    assert "no day" in str(line.fault)


def test_words_of_the_status_column() -> None:
    form = Columns({"tid": 0, "status": 1}, has_header=False)
    words = ["storniert", "Cancelled", "Rückerstattet", "bezahlt", "SHIPPED", "offen", "on hold", "mystery"]
    read = read_lines(sheet.read("".join(f"A;{word}\n" for word in words).encode()).rows(), form, EURO)
    assert [line.status for line in read.lines] == [
        "cancelled", "cancelled", "cancelled", "confirmed", "confirmed", "open", "open", "",
    ]  # fmt: skip
    assert "'mystery' (1)" in str(read.notes[0])


def test_a_list_that_is_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orderlist, "MAX_LINES", 2)
    assert len(listed("1;1\n2;1\n")) == 2
    with pytest.raises(orderlist.TooLong, match="more than 2 lines: split it"):
        listed("1;1\n2;1\n3;1\n")


def test_the_day_of_1970_is_zero() -> None:
    assert orderlist.day_of("1970-01-01", "", "UTC") == 0 and EPOCH_DAY > 0


@pytest.mark.parametrize(
    "cell",
    [
        "€" + " " * 4000 + "1" * 4000 + " " * 4000 + "x y",
        "€" * 10_000 + "x y",
        "1" * 10_000 + " x y",
        " " * 10_000 + "x",
        "1.,' " * 4000 + "x y",
        "-" * 10_000,
    ],
)
def test_a_hostile_amount_costs_no_more_than_its_length(cell):
    def attempt() -> float:
        began = time.perf_counter()
        orderlist.looks_like_amount(cell)
        with pytest.raises(AmountError):
            orderlist.amount(cell, EURO)
        return time.perf_counter() - began

    assert min(attempt() for _ in range(5)) < 0.02
