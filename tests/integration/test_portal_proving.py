"""An applicant's address: proven by a link in a mail, told to nobody who has it, forgotten where nobody came back."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.office import Office, office
from support.smtp import HOST, Mailbox, smtp

GIVEN = {
    "name": "Ben's blog", "email": "Ben@Blog.example", "website": "blog.example", "traffic": "A blog about beds",
    "password": "correct horse battery", "accepted": "on",
}  # fmt: skip
BEN = "ben@blog.example"
WEEK_MS = 7 * 86_400_000


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Mailbox]:
    with smtp(tmp_path) as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, box: Mailbox) -> Iterator[Office]:
    mail = {"smtp_host": HOST, "smtp_port": box.port, "smtp_security": "none", "mail_from": "us@x.example"}
    with office(tmp_path / "data", public_url="https://track.example", **mail) as made:
        made.post("/portal/terms/add/", text="Be honest.")
        yield made


def join(**given: str) -> Any:
    from django.test import Client

    return Client(SERVER_NAME="localhost").post("/partner/join/", {**GIVEN, **given}, follow=True)


def client(mail: str = BEN) -> Any:
    from django.test import Client

    from clicktrail.control.accounts.models import Account

    found = Client(SERVER_NAME="localhost")
    found.force_login(Account.objects.get(username=mail))
    return found


def application(mail: str = BEN) -> Any:
    from clicktrail.control.portal.models import Application

    return Application.objects.get(email=mail)


def ask(desk: Office) -> int:
    """What the thread beside the pages does."""
    from clicktrail.control.portal.proving import ask_next

    sent = 0
    while ask_next(desk.settings):
        sent += 1
    return sent


def link(box: Mailbox) -> str:
    body = box.mails[-1].get_content()
    found = re.search(r"https://track\.example(/partner/join/proof/\S+/)", body)
    assert found, body
    return found[1]


def told(answer: Any) -> str:
    from html import unescape

    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def age(mail: str, ms: int) -> None:
    """As if he had applied so long ago."""
    from django.db.models import F

    from clicktrail.control.portal.models import Application

    Application.objects.filter(email=mail).update(at_ms=F("at_ms") - ms, asked_ms=F("asked_ms") - ms)


def test_a_link_by_mail_proves_the_address_once_signed_in(desk: Office, box: Mailbox) -> None:
    assert "a mail with a link is on its way to it" in told(join())
    assert box.mails == [], "nobody waits for a mail server"
    assert (ask(desk), box.recipients) == (1, [BEN])
    assert "not confirmed" in desk.get("/catalog/partner/applications/").text
    assert "Confirm that ben@blog.example is yours" in told(client().get("/partner/"))
    from django.test import Client

    stranger = Client(SERVER_NAME="localhost").get(link(box))
    assert stranger.headers["Location"].startswith("/login/?next=/partner/join/proof/"), "a link alone proves nothing"
    assert application().confirmed_ms is None
    done = client().get(link(box), follow=True)
    assert "your e-mail is confirmed" in told(done) and "Confirm that" not in told(done)
    assert application().confirmed_ms
    page = desk.get(f"/catalog/partner/applications/{application().pk}/").text
    assert "ben@blog.example confirmed" in page and "No mail server" not in page
    assert ask(desk) == 0


def test_a_link_is_good_for_its_own_application_and_for_a_week(
    desk: Office, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core import signing

    from clicktrail.control.portal import proving

    join()
    join(email="eve@x.example")
    ask(desk)
    bens = next(mail for mail, to in zip(box.mails, box.recipients, strict=True) if to == BEN)
    box.mails.append(bens)
    for wrong in (link(box), "/partner/join/proof/x:y:z/", f"/partner/join/proof/{signing.dumps(1)}/"):
        assert "This link is too old, not whole, or of another application." in told(
            client("eve@x.example").get(wrong, follow=True)
        )
    monkeypatch.setattr(proving, "MAX_UNPROVEN_DAYS", -1)
    assert "This link is too old" in told(client().get(link(box), follow=True))
    assert application().confirmed_ms is None and application("eve@x.example").confirmed_ms is None


def test_a_known_address_gets_the_same_answer_and_no_mail(desk: Office, box: Mailbox) -> None:
    first = join()
    ask(desk)
    second = join(password="another good password")
    assert first.redirect_chain == second.redirect_chain and told(first) == told(second)
    assert ask(desk) == 0 and len(box.mails) == 1


def test_who_never_came_back_is_forgotten_and_blocks_nobody(desk: Office, box: Mailbox) -> None:
    from clicktrail.control.accounts.models import Account
    from clicktrail.control.portal.models import Acceptance, Application
    from clicktrail.control.portal.proving import forget

    for mail in (BEN, "carl@x.example", "dora@x.example"):
        join(email=mail)
    ask(desk)
    Application.objects.filter(email="carl@x.example").update(confirmed_ms=1)
    Application.objects.filter(email="dora@x.example").update(asked_ms=None)
    for mail in (BEN, "carl@x.example", "dora@x.example"):
        age(mail, WEEK_MS - 60_000)
    forget()
    assert Application.objects.count() == 3
    for mail in (BEN, "carl@x.example", "dora@x.example"):
        age(mail, 120_000)
    first = Account.objects.get(username=BEN).pk
    join(name="The real Ben", password="another good password")
    assert application().name == "The real Ben" and Account.objects.get(username=BEN).pk != first
    assert Application.objects.count() == 3, "who has proven it, or was never asked, stays"
    assert not Acceptance.objects.filter(account_id=first).exists()
    assert ask(desk) == 1, "whoever applied before there was a mail server is not asked so late"


def test_a_lost_mail_is_sent_again_but_not_every_minute(desk: Office, box: Mailbox) -> None:
    box.refuse = {"rcpt": "450 not now"}
    join()
    assert ask(desk) == 1 and ask(desk) == 0 and box.mails == []
    box.refuse = {}
    assert "less than 6 hours ago" in told(client().post("/partner/join/proof/", follow=True))
    assert ask(desk) == 0
    age(BEN, 6 * 3_600_000 + 1)
    assert "on its way" in told(client().post("/partner/join/proof/", follow=True))
    assert ask(desk) == 1 and link(box)


def test_without_a_mail_server_it_is_said_that_nobody_was_asked(tmp_path: Path) -> None:
    with office(tmp_path / "data") as desk:
        desk.post("/portal/terms/add/", text="Be honest.")
        assert "on its way" not in told(join())
        assert ask(desk) == 0 and "Confirm that" not in told(client().get("/partner/"))
        page = desk.get(f"/catalog/partner/applications/{application().pk}/").text
        assert "not confirmed No mail server is set up, so nobody was asked" in page
        age(BEN, 2 * WEEK_MS)
        join(email="eve@x.example")
        assert application().name == "Ben's blog", "nobody is forgotten who was not asked"
