"""Oversized anything, at the console: refused at once, before it costs anything. The edge: test_edge_http.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.folder import fresh
from support.stranger import Stranger, account, quick_passwords


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Stranger]:
    from django.db import connection

    fresh(tmp_path / "data")
    with quick_passwords():
        account("mona")
        yield Stranger()
    connection.close()


def test_a_body_too_large_is_not_read(stranger: Stranger) -> None:
    from django.conf import settings

    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    answer = stranger.client.post("/login/", b"x" * size, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in (400, 413)


def test_a_form_of_too_many_fields_is_refused(stranger: Stranger) -> None:
    body = "&".join(f"f{n}=1" for n in range(1500))
    answer = stranger.client.post("/login/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "password"), [("mona", "x" * 600), ("m" * 5000, "x"), ("mona", "\x00"), ("\x00", "x")]
)
def test_a_password_too_long_is_not_even_hashed(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    """To hash a megabyte a million times is what somebody could order for nothing."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[int] = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *a: hashed.append(1) or encode(*a))
    page = stranger.post("/login/", username=name, password=password)
    assert page.status == 200 and not hashed and not stranger.is_inside


def test_a_code_too_long_is_refused(stranger: Stranger) -> None:
    from support.stranger import switch_on

    stranger.sign_in("mona")
    switch_on(stranger)
    other = Stranger()
    other.sign_in("mona")
    page = other.post("/login/second-step/", code="1" * 10_000)
    assert page.status == 200 and "at most 32 characters" in page.text


@pytest.mark.parametrize("path", ["/ledger/transaction/?q=", "/ledger/postback/?q=", "/login/?next=/"])
def test_a_long_question_gets_an_answer(stranger: Stranger, path: str) -> None:
    stranger.sign_in("mona")
    assert stranger.get(path + "x" * 20_000).status < 500


@pytest.mark.parametrize("name", ["User-Agent", "X-Forwarded-For", "Referer", "Accept-Language"])
def test_a_long_header_gets_an_answer(stranger: Stranger, name: str) -> None:
    answer = stranger.client.post("/login/", {"username": "mona", "password": "x"}, headers={name: "x," * 20_000})
    assert answer.status_code == 200
