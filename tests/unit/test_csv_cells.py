"""No cell of a CSV file that we write runs as a formula, however a spreadsheet splits the line."""

import ast
import csv
import io

import pytest
from house.rules import SOURCE

from clicktrail.control.csvcells import Amount, csv_cell, csv_line

SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u200b", "\ufeff", "  \n"])
def test_a_formula_gets_an_apostrophe(sign: str, before: str) -> None:
    assert str(csv_cell(f"{before}{sign}SUM(1)")).startswith("'")


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("separator", [";", "\t", "|", "\n", "; ", ';"', ';  "'])
def test_a_part_that_is_split_off_gets_one_too(sign: str, separator: str) -> None:
    assert f"'{sign}1" in str(csv_cell(f"x{separator}{sign}1"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("cell", ["=1", "x;=1", 'x;"=1', "x\t=1", "a,b;=1", "x\n=1", ";=1", "'=1;=1", '";=1"', "x|@1"])
def test_no_reader_sees_a_formula(delimiter: str, cell: str) -> None:
    line = csv_line(["first", cell, "last"])
    for row in csv.reader(io.StringIO(line), delimiter=delimiter):
        assert [part for part in row if part.strip().startswith(tuple(SIGNS))] == []


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (5, 5), (-5, -5), (None, None), (True, "true"), (False, "false"), (Amount("-15.50"), "-15.50"), ("-3", "'-3"),
        (Amount("-1,234.50"), "-1,234.50"), ("95.50", "95.50"), ("A-1", "A-1"), ("a=b", "a=b"), ("", ""), ("–", "–"),
        ("2026-01-31", "2026-01-31"), ("a;b", "a;b"), ("-1+1", "'-1+1"), ("+49170", "'+49170"), ("-", "'-"),
        ("\tanna", "'\tanna"), ("\rSale", "'\rSale"),
    ],
)  # fmt: skip
def test_what_is_no_formula_stays(cell: str | int | bool | None, written: object) -> None:
    assert csv_cell(cell) == written


def test_names_of_columns_are_cells_too() -> None:
    assert csv_line(["=1", "b"]) == "'=1,b\r\n"


def test_nobody_else_writes_csv() -> None:
    """A new export goes through `csv_line`."""
    writers = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            of_csv = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "csv"
            imported = isinstance(node, ast.ImportFrom) and node.module == "csv"
            names = [node.attr] if of_csv else [each.name for each in node.names] if imported else []
            if {"writer", "DictWriter"} & set(names):
                writers.add(str(path.relative_to(SOURCE)))
    assert writers == {"control/csvcells.py"}


def test_everything_that_is_sent_as_csv_is_written_there() -> None:
    senders = {
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if '"text/csv; ' in path.read_text()
    }
    assert senders == {"control/csvfile.py", "control/reconcile/pages.py"}
