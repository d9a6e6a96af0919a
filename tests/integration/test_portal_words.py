"""Words that were written for the house reach no partner: names of who did it, notes, reasons that are not for him."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import MANAGER, Office, office, signed_in

LIST = "/ledger/transaction/"
INSIDE = "word-of-the-house"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    """Everything about Anna's orders that somebody of the house may do with a word."""
    with office(tmp_path / "data") as made:
        made.orders("A-1", "A-2", "A-3")
        made.orders("A-1", umsatz="80")
        with made.engine_running():
            made.post(f"{LIST}by-hand/", cpid="1", tid="A-HAND", umsatz="10", pid="7")
        for verb, numbers in {"confirm": "1,2,4", "reopen": "", "pay": "2"}.items():
            made.post(f"{LIST}move/{verb}/", numbers=numbers, reason=INSIDE)
        made.post(f"{LIST}move/recalculate/", numbers="1", basis="now", reason=INSIDE)
        yield made


def _write_more(desk: Office) -> None:
    """A note, a settled conflict, a key's move, a shop's cancellation."""
    from clicktrail.control.catalog.models import PartnerNote
    from clicktrail.control.ledger.models import Move, Postback, Transaction
    from clicktrail.control.secondlooks.models import Decision

    PartnerNote.objects.create(partner_id=7, text=INSIDE, made_ms=1, made_by=MANAGER)
    conflict = Postback.objects.get(reason="conflict")
    Decision.objects.create(
        call_id=conflict.pk, transaction_number=1, choice="keep", actor=MANAGER, reason=INSIDE, at_ms=1
    )
    Transaction.objects.filter(tid="A-3").update(state="cancelled")
    Move.objects.create(
        transaction_number=3, at_ms=1, from_state="open", to_state="cancelled", actor=MANAGER, reason=INSIDE,
        call_id=conflict.pk,
    )  # fmt: skip


def test_what_is_written_for_the_house_stays_there(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account, Role

    _write_more(desk)
    anna = Account.objects.create_user("anna@x.example", role=Role.PARTNER, partner_id=7)
    with signed_in(desk.settings, anna) as reader:
        pages = {path: reader.client.get(f"/partner/{path}") for path in _paths()}
    for path, answer in pages.items():
        assert answer.status_code == 200, path
        for word in (INSIDE, MANAGER):
            assert word not in _body(answer), (path, word)
    shown = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", _body(pages["transactions/3/"]))).split())
    assert "Cancelled The shop has cancelled it." in shown


def _paths() -> list[str]:
    numbers = [f"transactions/{number}/" for number in (1, 2, 3, 4)]
    return ["", "transactions/", "transactions.csv", *numbers, "links/", "reports/", "account/", "postbacks/"]


def _body(answer: Any) -> str:
    return (b"".join(answer) if answer.streaming else answer.content).decode()
