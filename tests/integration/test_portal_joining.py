"""Becoming a partner: terms, the application, who waits, what somebody decides, and what the applicant reads of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office

GIVEN = {
    "name": "Ben's blog", "email": "Ben@Blog.example", "website": "blog.example", "traffic": "A blog about beds",
    "password": "correct horse battery", "accepted": "on",
}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        yield made


def _write_terms(desk: Office, text: str = "Be honest.") -> None:
    assert desk.post("/portal/terms/add/", text=text).status == 200


def _join(address: str = "198.51.100.7", **given: str) -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost", REMOTE_ADDR=address).post("/partner/join/", {**GIVEN, **given})


def _client(mail: str = "ben@blog.example") -> Any:
    """Signed in by the page itself."""
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    answer = client.post("/login/", {"username": mail, "password": GIVEN["password"]})
    assert answer.headers["Location"] == "/partner/", answer.content
    return client


def _application() -> Any:
    from clicktrail.control.portal.models import Application

    return Application.objects.get()


def _text(answer: Any) -> str:
    import html

    return html.unescape(answer.content.decode())


def test_sign_up_opens_with_the_first_terms_and_the_setting_closes_it(tmp_path: Path) -> None:
    with office(tmp_path / "open") as desk:
        assert "Sign-up is closed" in desk.get("/partner/join/").text
        _write_terms(desk)
        assert "Send the application" in desk.get("/partner/join/").text
        assert "Be honest." in desk.get("/partner/terms/").text
    with office(tmp_path / "closed", partner_signup=False) as desk:
        _write_terms(desk)
        assert "Sign-up is closed" in desk.get("/partner/join/").text
        assert _join().status_code == 403
        assert not _known()


def _known() -> int:
    from clicktrail.control.accounts.models import Account

    return int(Account.objects.filter(role="partner").count())


def test_every_field_says_what_it_misses(desk: Office) -> None:
    _write_terms(desk)
    answer = _text(_join(email="nobody", website="::", password="short", accepted="", traffic=""))
    for words in ("valid email", "valid URL", "too short", "Without the terms there is no account.", "is required"):
        assert words in answer, words
    assert not _known()


def test_an_application_waits_with_the_version_that_was_accepted(desk: Office) -> None:
    from clicktrail.control.portal.models import Acceptance

    _write_terms(desk)
    _write_terms(desk, "Be more honest.")
    assert _join().headers["Location"] == "/partner/join/thanks/"
    row = _application()
    assert (row.email, row.website, row.state, row.terms_version) == (
        "ben@blog.example", "https://blog.example", "waiting", 2
    )  # fmt: skip
    assert row.address == "198.51.100.0", "as the privacy mode has it"
    accepted = Acceptance.objects.get()
    assert (accepted.account_id, accepted.version) == (row.account_id, 2) and accepted.at_ms > 0
    page = _text(_client().get("/partner/transactions/"))
    assert "Waiting for approval" in page and "A blog about beds" in page
    assert "Your sentence" not in page


def test_approving_makes_a_partner_who_may_earn_at_his_own_rate(desk: Office) -> None:
    from clicktrail.control.catalog.models import Approval, Partner, PartnerRate, Product
    from clicktrail.control.portal import applications

    _write_terms(desk)
    _join()
    lead = Product.objects.get(program=1, name="Lead")
    decided = applications.approve(_application(), "mona", [lead], applications.Pays(fixed_minor=700))
    partner = Partner.objects.get(pk=decided.partner.pk)
    assert (partner.name, partner.state) == ("Ben's blog", "active")
    assert Approval.objects.get(partner=partner).product == lead
    assert PartnerRate.objects.get(partner=partner).fixed_minor == 700
    assert decided.mail == "No mail was sent: no mail server is set up."
    desk.orders("BEN-1", partner=partner.pk, cpid="1", produkt="Lead")
    page = _text(_client().get("/partner/transactions/"))
    assert "BEN-1" in page and "7.00 EUR" in page
    with pytest.raises(applications.AlreadyDecided):
        applications.approve(_application(), "max")
    assert Partner.objects.filter(name="Ben's blog").count() == 1


def test_the_mail_goes_out_when_the_books_are_closed(tmp_path: Path) -> None:
    """Inside somebody's transaction the ledger would wait for a mail server."""
    from django.db import transaction

    from clicktrail.control.portal import applications

    with office(tmp_path / "data", smtp_host="127.0.0.1", smtp_port=9, mail_from="a@x.example") as desk:
        _write_terms(desk)
        _join()
        with transaction.atomic():
            decided = applications.approve(_application(), "mona")
            assert decided.mail == ""
        assert "could not be sent" in decided.mail and "127.0.0.1" in decided.mail


def test_a_declined_one_reads_why(desk: Office) -> None:
    from clicktrail.control.portal import applications

    _write_terms(desk)
    _join()
    applications.decline(_application(), "mona", "We look for gardeners only.")
    page = _text(_client().get("/partner/"))
    assert "Your application was declined" in page and "We look for gardeners only." in page
    assert not applications.waiting()


def test_a_blocked_partner_reads_that_and_nothing_else(desk: Office) -> None:
    from clicktrail.control.catalog.models import Partner
    from clicktrail.control.portal import applications

    _write_terms(desk)
    _join()
    partner = applications.approve(_application(), "mona").partner
    assert partner is not None
    Partner.objects.filter(pk=partner.pk).update(state="blocked")
    client = _client()
    for page in ("", "transactions/", "reports.csv", "postbacks/new/"):
        assert "Your account is blocked" in _text(client.get(f"/partner/{page}")), page
    assert client.get("/partner/account/").status_code == 200, "his account is his own still"


def test_new_terms_are_asked_for_once(desk: Office) -> None:
    from clicktrail.control.portal import applications

    _write_terms(desk)
    _join()
    applications.approve(_application(), "mona")
    client = _client()
    assert "The terms have changed" not in _text(client.get("/partner/"))
    _write_terms(desk, "Be more honest.")
    assert "The terms have changed" in _text(client.get("/partner/"))
    client.post("/partner/terms/accept/", {"version": "1"})
    assert "The terms have changed" in _text(client.get("/partner/")), "an old version is not the new one"
    client.post("/partner/terms/accept/", {"version": "2"})
    assert "The terms have changed" not in _text(client.get("/partner/"))
    assert "Be honest." in _text(client.get("/partner/terms/1/")), "what was accepted stays to be read"


def test_a_known_address_gets_the_same_answer(desk: Office) -> None:
    from clicktrail.control.accounts.models import Account

    _write_terms(desk)
    first = _join()
    before = Account.objects.get(username="ben@blog.example").password
    second = _join(password="another good password")
    assert (first.status_code, first.headers["Location"]) == (second.status_code, second.headers["Location"])
    assert Account.objects.get(username="ben@blog.example").password == before and _known() == 1


def test_a_program_that_fills_in_everything_is_thanked_and_forgotten(desk: Office) -> None:
    _write_terms(desk)
    assert _join(fax="030 1234").headers["Location"] == "/partner/join/thanks/"
    assert not _known()


def test_after_five_from_one_network_the_next_one_waits(desk: Office) -> None:
    _write_terms(desk)
    for number in range(6):
        assert _join(email=f"a{number}@x.example").status_code == 302
    assert "Many applications came from your network" in _text(_join(email="b@x.example"))
    assert _join(address="203.0.113.9", email="c@x.example").status_code == 302, "others are not in its way"
    assert _known() == 7


def test_a_second_factor_in_the_portals_own_look(desk: Office) -> None:
    """Allauth's parts: the app's secret, its picture as a file of ours, the codes, and being asked at sign-in."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    _write_terms(desk)
    _join()
    client = _client()
    page = client.get("/partner/account/second-factor/")
    picture = client.get("/partner/account/second-factor/picture/")
    assert picture["Content-Type"] == "image/svg+xml" and b"<svg" in picture.content
    assert "data:" not in _text(page) and "unsafe" not in page["Content-Security-Policy"]
    secret = re.findall(r"<code>([A-Z2-7 ]+)</code>", _text(page))[0].replace(" ", "")
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    on = client.post("/partner/account/second-factor/", {"code": code}, follow=True)
    assert on.request["PATH_INFO"] == "/partner/account/recovery-codes/"
    from django.test import Client

    again = Client(SERVER_NAME="localhost")
    asked = again.post("/login/", {"username": "ben@blog.example", "password": GIVEN["password"]})
    assert asked.headers["Location"] == "/login/second-step/"
    recovery = re.findall(r"<li><code>(\d+)</code>", _text(on))[0]
    through = again.post("/login/second-step/", {"code": recovery})
    assert through.headers.get("Location") == "/partner/", (recovery, _text(through))
    off = client.post("/partner/account/second-factor/off/", follow=True)
    assert off.request["PATH_INFO"] == "/partner/account/"
