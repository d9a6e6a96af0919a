"""What a partner learns of an attempt that led into our own network: one sentence, whatever is there."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from support.office import Office, office

from clicktrail.core.outcomes import NOT_PUBLIC, for_partner
from clicktrail.courier.send import Request, Sender
from clicktrail.guard import Guard
from clicktrail.resolver import Found

INNER = {"db.internal": "10.1.2.3", "vm.internal": "127.0.0.1", "six.internal": "fd00::1", "meta": "169.254.169.254"}
ADDRESSES = [
    "http://db.internal/", "http://vm.internal/", "http://six.internal/", "http://meta/", "http://unknown.internal/",
    "http://10.1.2.3/", "http://127.0.0.1/", "http://[::1]/", "http://[::ffff:0:127.0.0.1]/",
]  # fmt: skip


async def look_up(host: str, _: int) -> Found:
    if host not in INNER:
        return []
    address = INNER[host]
    return [(socket.AF_INET6 if ":" in address else socket.AF_INET, address)]


def attempt(url: str) -> str:
    """The sentence that is kept of it."""

    async def scene() -> str:
        async with Sender(Guard(), look_up) as sender:
            return (await sender.send(Request("GET", url, {}, None))).fault

    return asyncio.run(scene())


@pytest.mark.parametrize("url", ADDRESSES)
def test_a_partner_reads_one_sentence_for_all_of_them(url: str) -> None:
    assert for_partner(attempt(url)) == NOT_PUBLIC


@pytest.mark.parametrize("url", ADDRESSES[:4])
def test_staff_reads_name_and_address(url: str) -> None:
    assert any(address in attempt(url) for address in INNER.values())


def test_other_outcomes_are_told() -> None:
    for kept in ("It answered 500 Internal Server Error.", "No connection to a.example: connection refused.", ""):
        assert for_partner(kept) == kept


@pytest.fixture
def desk(tmp_path: Any) -> Iterator[Office]:
    with office(tmp_path / "data") as made:
        yield made


def test_no_page_of_the_portal_says_more(desk: Office) -> None:
    from django.test import Client

    from clicktrail.control.accounts.models import Account
    from clicktrail.control.outbox.models import Attempt, Delivery, Receiver

    row = Receiver.objects.create(kind="postback", name="T", partner_id=7, method="GET", triggers=["saved"],
                                  address="http://db.internal/?c=<% CLICKID %>")  # fmt: skip
    anna = Client(SERVER_NAME="localhost")
    anna.force_login(Account.objects.create_user("anna", password="unused", role="partner", partner_id=7))
    pages = []
    for number, url in enumerate(ADDRESSES, start=1):
        sent = Delivery.objects.create(receiver_id=row.pk, key=f"k{number}", trigger="test", call_id=0, facts="{}",
                                       created_ms=1, since_ms=1, due_ms=1, state="given_up")  # fmt: skip
        Attempt.objects.create(delivery_id=sent.pk, at_ms=1, stage="before", address="http://x.example/", status=None,
                               answer="", took_ms=3, fault=attempt(url))  # fmt: skip
        for page in (f"/partner/postbacks/{row.pk}/deliveries/{sent.pk}/", f"/partner/postbacks/{row.pk}/log/"):
            pages.append(anna.get(page).content.decode())
    assert sum(NOT_PUBLIC in page for page in pages) >= len(ADDRESSES)
    for page in pages:
        assert not any(word in page for word in (*INNER.values(), "loopback", "private", "postback_networks"))
