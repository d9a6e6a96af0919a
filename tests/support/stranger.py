"""A browser at the console's door, from an address of its own; and a clock for the brake."""

import base64
import hmac
import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.office import Page

PASSWORD = "Correct-Horse-9"
FAST = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""A password is hashed a million times in earnest; hundreds of attempts need not wait for that."""


@contextmanager
def quick_passwords() -> Iterator[None]:
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=FAST):
        yield


def account(name: str, password: str = PASSWORD) -> Any:
    from clicktrail.control.accounts.models import Account

    return Account.objects.create_superuser(name, password=password)


@dataclass
class Stranger:
    address: str = "198.51.100.7"
    agent: str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    host: str = "localhost"
    checks_tokens: bool = False
    client: Any = field(init=False)
    code: str = ""
    """The one that switched the second factor on."""

    def __post_init__(self) -> None:
        from django.test import Client

        self.client = Client(
            SERVER_NAME=self.host,
            REMOTE_ADDR=self.address,
            headers={"user-agent": self.agent},
            enforce_csrf_checks=self.checks_tokens,
        )

    def get(self, path: str, *, follow: bool = True, **query: str) -> Page:
        return self._page(self.client.get(path, query, follow=follow))

    def post(self, path: str, *, follow: bool = True, **fields: str) -> Page:
        return self._page(self.client.post(path, fields, follow=follow))

    def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Page:
        return self.post("/login/", username=name, password=password, **more)

    @property
    def is_inside(self) -> bool:
        return bool(self.client.get("/account/").status_code == 200)

    @staticmethod
    def _page(answer: Any) -> Page:
        body = answer.content.decode()
        text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())
        return Page(answer.status_code, answer.request["PATH_INFO"], text, body, 0)


@dataclass
class Clock:
    """Stands still unless it is told to go on."""

    now_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)

    def __call__(self) -> int:
        return self.now_ms

    def passes(self, seconds: int) -> None:
        self.now_ms += 1000 * seconds


def code_now(secret: str, steps: int = 0) -> str:
    """What an authenticator app shows, `steps` half minutes from now: RFC 6238, written down once more."""
    return code_at(secret, int(time.time()) // 30 + steps)


def code_at(secret: str, counter: int) -> str:
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1").digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def switch_on(stranger: Stranger) -> str:
    """Set up an app for who is signed in; its secret. The next code that signs in is `code_now(secret, 1)`."""
    page = stranger.get("/account/second-factor/")
    assert page.address == "/account/second-factor/", page.text
    secret = re.search(r"into the app:\s*<code[^>]*>([A-Z2-7 ]+)</code>", page.html)
    assert secret, page.text
    plain = secret[1].replace(" ", "")
    stranger.code = code_now(plain)
    page = stranger.post("/account/second-factor/", code=stranger.code)
    assert page.address == "/account/recovery-codes/", page.text
    return plain
