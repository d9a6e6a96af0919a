"""A shared story: who has the link reads it, until it ends; nothing personal, nothing of anybody else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import MANAGER, Office, office
from support.scribe import Scribe

from clicktrail.core.periods import DAY_MS

ADDRESS, AGENT, REFERRER = "192.0.2.77", "Curious/1.0", "https://blog.example/anna?mail=jane@home.example"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Order A of partner 7, with a duplicate, a discarded call, and a conflict that names the test partner."""
    with office(Path(tmp_path_factory.mktemp("share"))) as found:
        with Scribe(found.settings.data, 1) as scribe:
            click = scribe.click("spring", 7, referrer=REFERRER, ip=ADDRESS, user_agent=AGENT, extra="x=secret")
            found.clickids["A"] = scribe.clickid(click)
            scribe.write(
                click,
                scribe.order("A", found.clickids["A"], produkt="sale", note="secret of the buyer"),
                scribe.order("A", found.clickids["A"], umsatz="95.50"),
                scribe.order("A", found.clickids["A"], pid="2"),
                scribe.order("A", "", umsatz="77.77"),
                scribe.order("OTHER", "", pid="2"),
            )
        found.judge()
        from django.db import connection

        from clicktrail.control.ledger.moves import move

        move(connection, 1, "confirm", MANAGER, "reason of the house", 1_763_821_596_000)
        yield found


def make(desk: Office, what: str = "A", **wanted: Any) -> tuple[Any, str]:
    from clicktrail.control.secondlooks import share

    return share.make(share.Wanted(what, **wanted), MANAGER, desk.settings)


def page(desk: Office, token: str) -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost").get(f"/share/{token}")


def text(desk: Office, **wanted: Any) -> str:
    answer = page(desk, make(desk, **wanted)[1])
    assert answer.status_code == 200
    return answer.content.decode()


HIDDEN = (ADDRESS, AGENT, "jane@home", "blog.example/anna", "secret", MANAGER, "reason of the house", "Anna", "OTHER")


@pytest.mark.parametrize("wanted", [{}, {"partner": 7}, {"partner": 2}], ids=str)
def test_nothing_personal_is_told(desk: Office, wanted: dict[str, Any]) -> None:
    told = text(desk, **wanted)
    assert [word for word in HIDDEN if word in told] == []


def test_the_shop_reads_what_became_of_its_order_and_no_partner(desk: Office) -> None:
    told = text(desk)
    for part in ("did you mean", "The product is called", "saved as transaction 1", "95.50 EUR", "another partner",
                 "Open became confirmed"):  # fmt: skip
        assert part in told, part
    for part in ("spring", "partner 7", "partner 2", "9.55 EUR", "blog.example"):
        assert part not in told, part


def test_the_partner_reads_what_he_earns(desk: Office) -> None:
    told = text(desk, partner=7)
    for part in ("your link", "spring", "blog.example", "Commission 9.55 EUR", "You are credited if an order follows."):
        assert part in told, part
    assert "partner 2" not in told and "The partner is credited" not in told


def test_numbers_of_keys_are_for_the_shop(desk: Office) -> None:
    from clicktrail.control.ledger.models import Postback

    call = Postback.objects.filter(tid="A", transaction_number=1).order_by("id").first()
    assert call is not None
    Postback.objects.filter(pk=call.pk).update(facts=json.dumps(json.loads(call.facts) | {"signed_by": 3, "token": 4}))
    try:
        assert "igned with key 3, token 4 is right." in text(desk)
        told = text(desk, partner=7)
        assert "key 3" not in told and "token" not in told and "saved as transaction 1" in told
    finally:
        Postback.objects.filter(pk=call.pk).update(facts=call.facts)


def test_another_partner_reads_only_that_it_is_not_his(desk: Office) -> None:
    told = text(desk, partner=2)
    assert "It concerns another partner." in told
    for part in ("spring", "9.55", "95.50", "77.77", "blog.example", "partner 7"):
        assert part not in told, part


def test_its_headers(desk: Office) -> None:
    answer = page(desk, make(desk)[1])
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"] == "no-store"
    assert (
        "unsafe" not in answer["Content-Security-Policy"] and "default-src 'none'" in answer["Content-Security-Policy"]
    )
    assert "Set-Cookie" not in answer and "<script" not in answer.content.decode()


def test_forged_tampered_and_foreign_links_look_alike(desk: Office) -> None:
    (_, one), (_, two) = make(desk), make(desk)
    number, _, signature = one.partition("-")
    forged = [
        f"{number}-{'A' * 43}",
        f"{two.partition('-')[0]}-{signature}",
        f"999999-{signature}",
        f"{number}-{signature[:-2]}",
        f"{'9' * 19}-{signature}",
        "x",
        f"{number}-{signature.swapcase()}",
    ]
    answers = [page(desk, token) for token in forged]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "This link does not work" in answers[0].content.decode()
    assert page(desk, one).status_code == 200


def test_it_ends(desk: Office) -> None:
    from clicktrail.control.secondlooks import share

    row, token = make(desk, days=3)
    assert row.expires_ms == row.created_ms + 3 * DAY_MS
    assert share.read(token, desk.settings, row.expires_ms - 1) is not None
    assert share.read(token, desk.settings, row.expires_ms) is None
    row.expires_ms += DAY_MS
    row.save()
    assert share.read(token, desk.settings, row.created_ms) is None, "its end is signed too"


def test_it_is_taken_back(desk: Office) -> None:
    from clicktrail.control.secondlooks import share

    row, token = make(desk)
    assert share.revoke(row.pk) and not share.revoke(row.pk)
    assert page(desk, token).status_code == 404


@pytest.mark.parametrize(
    ("what", "wanted", "sentence"),
    [
        ("A", {"days": 0}, "1 to 90 days"),
        ("A", {"days": 91}, "1 to 90 days"),
        ("A", {"partner": 999}, "no partner 999"),
        ("nothing", {}, "Nothing is known"),
        ("A", {"program": 5}, "Nothing is known"),
    ],
)
def test_what_is_not_shared(desk: Office, what: str, wanted: dict[str, Any], sentence: str) -> None:
    from clicktrail.control.secondlooks.share import NotShared

    with pytest.raises(NotShared, match=sentence):
        make(desk, what, **wanted)


def test_the_same_story_by_clickid_log_and_transaction_number(desk: Office) -> None:
    from clicktrail.control.ledger.models import Postback

    call = Postback.objects.filter(tid="A").order_by("id").first()
    assert call is not None
    rows = [make(desk, what)[0] for what in ("A", desk.clickids["A"], str(call.pk), "1")]
    assert {(row.program_id, row.tid) for row in rows} == {(1, "A")}


def test_the_command(desk: Office) -> None:
    from typer.testing import CliRunner

    from clicktrail.cli import app

    told = CliRunner().invoke(app, ["trace", "--data", str(desk.settings.data), "A", "--share", "3", "--partner", "7"])
    assert told.exit_code == 0, told.output
    token = told.output.strip().rpartition("/share/")[2]
    assert page(desk, token).status_code == 200
