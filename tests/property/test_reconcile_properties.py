"""Any bytes at all are a list that can be read: never a fault, never a line that nobody accounts for."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from clicktrail.control.reconcile import columns, orderlist, sheet
from clicktrail.control.reconcile.columns import Columns
from clicktrail.control.reconcile.orderlist import House, read_lines
from clicktrail.core.text import strip_invisible

EURO = House("EUR", 2, "Europe/Berlin")
ANYTHING = Columns({"tid": 0, "umsatz": 1, "day": 2, "status": 3}, has_header=False)
NOISE = st.text(alphabet=st.sampled_from('a1";,|\t\n\r \x00é€.-=/:TZ+'), max_size=200)
CELL = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


@given(st.binary(max_size=400) | NOISE.map(str.encode) | NOISE.map(lambda text: text.encode("utf-16")))
def test_no_bytes_make_the_reader_fail(body: bytes) -> None:
    read = sheet.read(body)
    rows = list(read.rows())
    assert "\0" not in read.text
    assert all(row.fault or row.cells for row in rows)
    assert [row.line for row in rows] == sorted({row.line for row in rows}), "each line once, in order"
    listing = read_lines(rows, ANYTHING, EURO)
    assert len(listing.lines) == len(rows)
    sample = [row.cells for row in rows[: sheet.SAMPLE_ROWS] if row.cells]
    form = columns.guess(sample, orderlist.looks_like_amount, orderlist.looks_like_day, orderlist.looks_like_status)
    assert all(0 <= place < max(map(len, sample)) for place in form.places.values())


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), min_size=1, max_size=8), st.sampled_from(sheet.SEPARATORS))
def test_what_a_csv_writer_wrote_is_read_back(table: list[list[str]], separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=csv.QUOTE_ALL).writerows(table)
    wanted = [tuple(row) for row in table if any(cell.strip() for cell in row)]
    if written.getvalue().count("\n") + written.getvalue().count("\r") < sheet.MAX_ROW_LINES:
        assert [row.cells for row in sheet.rows(written.getvalue(), separator)] == wanted


@given(st.text(max_size=30))
def test_an_amount_is_read_or_refused_with_a_sentence(text: str) -> None:
    (line,) = read_lines([sheet.Row(1, ("A-1", text))], Columns({"tid": 0, "umsatz": 1}, False), EURO).lines
    if line.revenue_minor is None:
        assert line.fault or not strip_invisible(text)
    else:
        assert not line.fault
        assert line.revenue_minor >= 0 or any(sign in text for sign in "-\u2212\u2013\uff0d(")


@given(st.text(max_size=30), st.sampled_from(["", "dmy", "mdy"]))
def test_a_day_is_read_or_not(text: str, order: str) -> None:
    day = orderlist.day_of(text, order, "Pacific/Apia")
    assert day is None or orderlist.day_text(day)
