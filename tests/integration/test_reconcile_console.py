"""Transactions -> Reconcile: a list is uploaded, understood, compared, and acted on."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.office import MANAGER, Office, office, signed_in

from clicktrail.control.reconcile.sentences import tell

PAGES = "/reconcile/reconciliation/"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as found:
        yield found


def upload(desk: Office, text: str | bytes, name: str = "orders.csv", **choice: object) -> int:
    """The number of the list, with its result; `choice` overrides the guessed columns (places from 0)."""
    body = text.encode() if isinstance(text, str) else text
    page = desk.post(f"{PAGES}upload/", program="1", file=_file(name, body))
    assert "/columns/" in page.address, page.text
    number = int(page.address.split("/")[3])
    compare(desk, number, **choice)
    return number


def compare(desk: Office, number: int, **choice: object) -> None:
    from clicktrail.control.reconcile.models import Reconciliation

    list_ = Reconciliation.objects.get(pk=number)
    fields = json.loads(list_.columns) | {"separator": list_.separator} | choice
    if list_.has_header:
        fields["has_header"] = "on"
    page = desk.post(f"{PAGES}{number}/columns/", **fields)
    assert page.address == f"{PAGES}{number}/change/", page.text
    work()


def work() -> None:
    from clicktrail.control.reconcile.work import work_once

    while work_once():
        pass


def _file(name: str, body: bytes) -> io.BytesIO:
    file = io.BytesIO(body)
    file.name = name
    return file


def classes(number: int) -> dict[str, str]:
    """Order -> class."""
    from clicktrail.control.reconcile.models import Line

    return dict(Line.objects.filter(list_id=number).order_by("pk").values_list("order", "kind"))


def causes(number: int) -> dict[str, tuple[str, str]]:
    from clicktrail.control.reconcile.models import Line

    rows = Line.objects.filter(list_id=number).order_by("pk")
    return {order: (cause, tell(sentence)) for order, cause, sentence in rows.values_list("order", "cause", "sentence")}


def states() -> dict[str, tuple[str, int, int]]:
    from clicktrail.control.ledger.models import Transaction

    rows = Transaction.objects.order_by("pk").values_list("tid", "state", "revenue_minor", "commission_minor")
    return {tid: (state, revenue, earned) for tid, state, revenue, earned in rows}


def today() -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo("Europe/Berlin")).strftime("%d.%m.%Y")


def test_every_line_and_every_transaction_gets_its_class(desk: Office) -> None:
    desk.orders("A-1", "A-2", "A-3", "A-4", "A-5", "A-6")
    desk.orders("A-7", produkt="sale")
    text = "Bestellnummer;Nettoumsatz;Datum;Status\n" + "".join(
        f"{order};{amount};{day};{status}\n"
        for order, amount, day, status in [
            ("A-1", "100,00", today(), "bezahlt"),
            ("A-2", "84,03", today(), "offen"),
            ("A-3", "100,00", today(), "storniert"),
            ("A-4", "100,00", "01.01.2026", "offen"),
            ("A-5", "100,00", today(), "offen"),
            ("A-5", "90,00", today(), "offen"),
            ("A-7", "100,00", today(), "offen"),
            ("A-8", "1.2.3,4", today(), "offen"),
            ("A-9", "10", today(), "offen"),
        ]
    )
    number = upload(desk, text)
    assert classes(number) == {
        "A-1": "confirmed",
        "A-2": "amount",
        "A-3": "cancelled",
        "A-4": "day",
        "A-5": "doubled",
        "A-7": "missing",
        "A-8": "error",
        "A-9": "missing",
        "A-6": "unknown",
    }
    told = causes(number)
    assert told["A-2"] == ("vat_here", "Here it is 19 % more: the shop reports gross revenue, or the tax was left in.")
    assert told["A-7"][0] == "unknown_product" and "did you mean 'Sale'?" in told["A-7"][1]
    assert told["A-8"][1].startswith("The amount '1.2.3,4' cannot be read: its thousands separators")
    assert told["A-9"][0] == "no_call"
    page = desk.get(f"{PAGES}{number}/change/")
    assert "Done" in page.text and "9 lines" in page.text
    for words in ("Missing here The list has the order", "Twice in the list", "Download as CSV"):
        assert words in page.text


def test_what_was_chosen_is_remembered_for_lists_of_the_same_form(desk: Office) -> None:
    desk.orders("A-1")
    text = "Foo;Bar;Bestellnummer;Wert\nA-1;x;B-1;7,00\n"
    first = upload(desk, text, tid="0")
    assert classes(first) == {"A-1": "amount"}
    page = desk.post(f"{PAGES}upload/", program="1", file=_file("next.csv", text.encode()))
    assert "as they were chosen for the last list of this form" in page.text
    other = desk.post(f"{PAGES}upload/", program="5", file=_file("next.csv", text.encode()))
    assert "as guessed from the list" in other.text, "another program has lists of its own"


def test_two_columns_without_header_part_cancel(desk: Office) -> None:
    desk.orders("A-1", "A-2", "A-3")
    number = upload(desk, "A-1;40,00\n2;0\nA-3;120,00\n")
    assert classes(number) == {"A-1": "amount", "2": "amount", "A-3": "amount"}
    preview = desk.get(f"{PAGES}{number}/move/part-cancel/", kind="amount")
    assert "Revenue 300.00 EUR 140.00 EUR" in preview.text
    assert "Commission 30.00 EUR 14.00 EUR" in preview.text
    assert "The new revenue is larger than the one here. 1" in preview.text
    assert states()["A-1"] == ("open", 10_000, 1_000), "a preview changes nothing"
    for _ in range(2):
        desk.post(f"{PAGES}{number}/move/part-cancel/", kind="amount")
        work()
        assert states() == {
            "A-1": ("open", 4_000, 400),
            "A-2": ("cancelled", 10_000, 1_000),
            "A-3": ("open", 10_000, 1_000),
        }
    page = desk.get(f"{PAGES}{number}/change/")
    assert page.text.count("Part-cancel Amount differs mona") == 2
    assert history(1) == [(MANAGER, "Reconciled with orders.csv")], "doing it twice changes nothing"
    for path in ("", "2/"):
        told = read_by_partner(desk, f"/partner/transactions/{path}")
        assert "It was cancelled when the orders here were compared with those of the shop." in told
        assert "orders.csv" not in told and "Reconciled" not in told and MANAGER not in told
    file = read_by_partner(desk, "/partner/transactions.csv")
    assert "compared with those of the shop" in file and "orders.csv" not in file


def read_by_partner(desk: Office, path: str) -> str:
    from clicktrail.control.accounts.models import Account, Role

    known = {"role": Role.PARTNER, "partner_id": 7}
    account, _made = Account.objects.get_or_create(username="anna@x.example", defaults=known)
    with signed_in(desk.settings, account) as anna:
        answer = anna.client.get(path)
        return (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()


def history(number: int) -> list[tuple[str, str]]:
    from clicktrail.control.ledger.models import Move

    return list(Move.objects.filter(transaction_number=number).order_by("pk").values_list("actor", "reason"))


def test_a_whole_class_is_confirmed_once(desk: Office) -> None:
    desk.orders(*(f"A-{n}" for n in range(1, 61)))
    number = upload(desk, "order;net\n" + "".join(f"A-{n};100\n" for n in range(1, 61)))
    page = desk.get(f"{PAGES}{number}/move/confirm/", kind="matched")
    assert "Will change 60" in page.text and "Confirm: 60 transactions" in page.text
    desk.post(f"{PAGES}{number}/move/confirm/", kind="matched")
    desk.post(f"{PAGES}{number}/move/confirm/", kind="matched")
    work()
    assert {state for state, _, _ in states().values()} == {"confirmed"}
    assert history(60) == [(MANAGER, "Reconciled with orders.csv")]
    again = desk.get(f"{PAGES}{number}/move/confirm/", kind="matched")
    assert (
        "Are so already 60" in again.text
        and '<button type="submit" class="ct-button ct-button-primary"' not in again.html
    )


def test_ticked_lines_and_refusals(desk: Office) -> None:
    desk.orders("A-1", "A-2", "A-3")
    desk.post("/ledger/transaction/move/cancel/", numbers="2", reason="no")
    number = upload(desk, "order;net\nA-1;100\nA-2;100\nA-3;100\n")
    from clicktrail.control.reconcile.models import Line

    lines = list(Line.objects.filter(list_id=number).order_by("pk").values_list("pk", flat=True))
    page = desk.get(f"{PAGES}{number}/move/confirm/?line={lines[0]}&line={lines[1]}")
    assert "2 lines" in page.text and "It is cancelled: it cannot be moved by 'confirm'. 1" in page.text
    desk.client.post(f"{PAGES}{number}/move/confirm/", {"line": [lines[0], lines[1]]})
    work()
    assert [state for state, _, _ in states().values()] == ["confirmed", "cancelled", "open"]
    refused = desk.get(f"{PAGES}{number}/class/matched/", outcome="refused")
    assert "A-2" in refused.text and "It is cancelled" in refused.text and "A-3" not in refused.text
    nothing = desk.get(f"{PAGES}{number}/move/confirm/")
    assert "Lines: none is chosen." in nothing.text


@pytest.mark.parametrize(
    ("body", "sentence"),
    [(b"", "It is empty."), (b" \r\n;;\n", "No line of it holds anything"), (b"a" * (32 * 1024 * 1024 + 1), "32 MiB")],
    ids=["empty", "blank", "large"],
)
def test_a_file_that_is_not_taken_says_why_at_its_field(desk: Office, body: bytes, sentence: str) -> None:
    page = desk.post(f"{PAGES}upload/", program="1", file=_file("x.csv", body))
    assert page.address == f"{PAGES}upload/" and sentence in page.text


def test_columns_that_cannot_be_are_named(desk: Office) -> None:
    page = desk.post(f"{PAGES}upload/", program="1", file=_file("x.csv", b"foo;bar\n1;2\n"))
    missing = desk.post(page.address, separator=";", has_header="on", umsatz="1")
    assert "No column says which order a line means" in missing.text
    twice = desk.post(page.address, separator=";", has_header="on", tid="1", umsatz="1")
    assert "Column 2 is chosen twice" in twice.text
    period = desk.post(page.address, separator=";", tid="0", from_day="2026-02-01", to_day="2026-01-01")
    assert "The period ends before it begins." in period.text
    split = desk.post(page.address, separator=",")
    assert "foo;bar" in split.text, "another separator is shown before it is used"


def test_the_result_as_csv_is_safe_for_a_spreadsheet(desk: Office) -> None:
    number = upload(desk, 'order;net\n"=HYPERLINK(1)";100\n-1;100\n')
    answer = desk.client.get(f"{PAGES}{number}/result.csv")
    body = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(body)))
    assert [row["Order number"] for row in rows] == ["'=HYPERLINK(1)", "'-1"]
    assert rows[0]["Class"] == "Missing here" and rows[0]["Explanation"].startswith("No call")


def test_a_reader_of_german_is_told_of_every_line_in_german(desk: Office) -> None:
    desk.orders("A-1", "A-2", umsatz="119.00")
    desk.orders("A-3", produkt="Leed")
    number = upload(desk, "order;net\nA-1;100\nA-2;118.50\nA-3;1\nA-4;1.2.3\n")
    from clicktrail.control.reconcile.models import Line

    Line.objects.filter(list_id=number, order="A-2").update(sentence="A sentence from before.")
    desk.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"
    amounts = desk.get(f"{PAGES}{number}/class/amount/").text
    assert "Hier sind es 19 % mehr: Der Shop meldet Bruttoumsatz" in amounts and "A sentence from before." in amounts
    assert "Ein Aufruf kam am " in desk.get(f"{PAGES}{number}/class/missing/").text
    wrong = "Der Betrag '1.2.3' kann nicht gelesen werden: seine Tausendertrennzeichen stehen nicht"
    assert wrong in desk.get(f"{PAGES}{number}/class/error/").text
    file = b"".join(desk.client.get(f"{PAGES}{number}/result.csv").streaming_content).decode()
    assert file.startswith("Zeile,Bestellnummer,Klasse,") and wrong in file and "Betrag weicht ab" in file


def test_what_people_typed_is_text_never_markup(desk: Office) -> None:
    number = upload(desk, "order;net\n<b>x</b>;100\n", name="<i>evil</i>.csv")
    for page in (f"{PAGES}{number}/change/", f"{PAGES}{number}/class/missing/", PAGES):
        html = desk.get(page).html
        assert "<b>x" not in html and "<i>evil" not in html


def test_a_class_is_paged_and_filtered_with_few_queries(desk: Office) -> None:
    number = upload(desk, "order;net\n" + "".join(f"X-{n:03d};1{'.5x' if n % 2 else ''}\n" for n in range(250)))
    page = desk.get(f"{PAGES}{number}/class/missing/")
    assert page.text.count("X-") == 100 and "125 lines" in page.text and page.queries <= 12
    following = page.html.split('href="?cause=&amp;q=&amp;outcome=&amp;after=')[1].split('"')[0]
    assert desk.get(f"{PAGES}{number}/class/missing/", after=following).text.count("X-") == 25
    assert desk.get(f"{PAGES}{number}/class/error/", q="X-001").text.count("X-001") == 1
    assert desk.get(f"{PAGES}{number}/class/nonsense/").status == 404


def test_a_list_can_be_deleted(desk: Office) -> None:
    from clicktrail.control.reconcile.models import FilePart, Line

    number = upload(desk, "order;net\nA-1;100\n")
    desk.post(f"{PAGES}{number}/delete/", post="yes")
    assert not Line.objects.exists() and not FilePart.objects.exists()
    assert desk.get(f"{PAGES}{number}/change/").status == 404


def test_files_and_lines_are_cut_when_they_are_old_enough(desk: Office) -> None:
    from clicktrail import heartbeat
    from clicktrail.control.reconcile import storing
    from clicktrail.control.reconcile.models import FilePart, Line

    number = upload(desk, "order;net\nA-1;100\n")
    now_ms, day_ms = heartbeat.now_ms(), 86_400_000
    storing.cut_old(desk.settings, now_ms + 6 * day_ms)
    assert FilePart.objects.exists()
    storing.cut_old(desk.settings, now_ms + 8 * day_ms)
    assert not FilePart.objects.exists() and Line.objects.exists()
    page = desk.get(f"{PAGES}{number}/columns/")
    assert "The file was deleted in the meantime." in page.text
    storing.cut_old(desk.settings, now_ms + 91 * day_ms)
    assert not Line.objects.exists()
    assert "The lines were deleted after their time; the sums stay." in desk.get(f"{PAGES}{number}/change/").text


def test_a_list_that_is_being_worked_on_keeps_its_columns(desk: Office) -> None:
    desk.orders("A-1")
    number = upload(desk, "order;net\nA-1;100\n")
    desk.post(f"{PAGES}{number}/move/confirm/", kind="matched")
    page = desk.get(f"{PAGES}{number}/columns/")
    assert "It is being worked on" in page.text and page.address == f"{PAGES}{number}/change/"
    told = desk.client.get(f"{PAGES}{number}/progress/").json()
    assert told == {"busy": True, "phase": "Waiting for its turn", "percent": 0}
    work()
    assert desk.client.get(f"{PAGES}{number}/progress/").json() == {"busy": False}
    assert desk.get(f"{PAGES}{number}/columns/").status == 200
    assert states()["A-1"][0] == "confirmed"


def test_who_may_not_see_the_program_sees_no_list(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account, Role

    number = upload(desk, "order;net\nA-1;100\n")
    stranger = Account.objects.create_user(
        "stranger", password="unused", is_staff=True, role=Role.MANAGER, programs=[5]
    )
    desk.client.force_login(stranger)
    for page in ("change/", "class/missing/", "result.csv", "progress/", "columns/", "move/confirm/?kind=matched"):
        assert desk.client.get(f"{PAGES}{number}/{page}").status_code == 404, page
    assert "Garden shop" not in desk.get(f"{PAGES}upload/").text


def test_the_bar_moves_while_a_list_is_compared(desk: Office) -> None:
    """What the page asks for, at each step of the work: phases with names, and a share that never goes back."""
    from clicktrail.control.reconcile.models import Reconciliation
    from clicktrail.control.reconcile.work import finish

    body = b"order;net\n" + b"".join(b"X-%d;1\n" % n for n in range(6000))
    desk.post(f"{PAGES}upload/", program="1", file=_file("long.csv", body))
    list_ = Reconciliation.objects.latest("pk")
    fields = json.loads(list_.columns) | {"separator": list_.separator, "has_header": "on"}
    desk.post(f"{PAGES}{list_.pk}/columns/", **fields)
    told: list[dict[str, object]] = []
    finish(list_, lambda *_: told.append(desk.client.get(f"{PAGES}{list_.pk}/progress/").json()))
    assert all(step["busy"] for step in told)
    shares = [step["percent"] for step in told]
    assert shares == sorted(shares) and len(set(shares)) > 5 and shares[-1] > 80, shares
    assert len({step["phase"] for step in told}) > 2
