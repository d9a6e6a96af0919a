"""A signed-in manager at the console, in this process, with journals and an engine beside it."""

import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.folder import fresh
from support.scribe import Scribe

from clicktrail.engine.loop import Engine
from clicktrail.engine.run import build
from clicktrail.settings import Settings

MANAGER = "mona"
SETUP = """
[[program]]
id = 1
name = "Garden shop"
[[program.product]]
name = "Lead"
fixed = "2.50"

[[program]]
id = 5
name = "Yen shop"
currency = "JPY"
time_zone = "Asia/Tokyo"
[[program.product]]
name = "Only"
fixed = "500"
[[program.target]]
alias = "default"
url = "https://yen.example/"

[[partner]]
id = 7
name = "Anna <b>"
[[partner.approval]]
program = 1
products = ["*"]
"""


@dataclass
class Page:
    status: int
    address: str
    """Where the page was found, after redirects."""
    text: str
    """Without tags and entities, blanks folded."""
    html: str
    queries: int


@dataclass
class Office:
    settings: Settings
    client: Any
    clickids: dict[str, str] = field(default_factory=dict)
    """Order number -> ClickID."""

    def get(self, path: str, **query: str) -> Page:
        return self._ask("get", path, query)

    def post(self, path: str, **fields: object) -> Page:
        return self._ask("post", path, fields)

    def _ask(self, method: str, path: str, fields: dict[str, Any]) -> Page:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as seen:
            answer = getattr(self.client, method)(path, fields, follow=True)
        body = answer.content.decode()
        shown = re.sub(r"<(script|style).*?</\1>", "", body, flags=re.DOTALL)
        text = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())
        return Page(answer.status_code, answer.request["PATH_INFO"], text, body, len(seen))

    def orders(self, *numbers: str, partner: int = 7, **params: str) -> None:
        """Click and order for each number, judged."""
        with Scribe(self.settings.data, 1) as scribe:
            for number in numbers:
                click = scribe.click("sub-1", partner, referrer="https://blog.example/post")
                self.clickids[number] = scribe.clickid(click)
                scribe.write(click, scribe.order(number, self.clickids[number], **params))
        self.judge()

    def judge(self) -> None:
        """Everything in the journals, to the end."""
        with _open(self.settings) as engine:
            while engine.step().moved:
                pass

    @contextmanager
    def engine_running(self) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=_run, args=(self.settings, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def office(folder: Path, **settings: Any) -> Iterator[Office]:
    """A fresh install with SETUP loaded."""
    made = fresh(folder, **settings)
    made.journal_folder.mkdir()
    from clicktrail.control.catalog.apply import apply
    from clicktrail.control.server.limits import bodies_folder

    bodies_folder(made).mkdir(parents=True, exist_ok=True)

    apply(SETUP, "setup.toml")
    with signed_in(made, manager()) as found:
        yield found


def manager() -> Any:
    from clicktrail.control.accounts.models import Account

    return Account.objects.create_superuser(MANAGER, password="unused")


@contextmanager
def signed_in(settings: Settings, account: Any) -> Iterator[Office]:
    from django.db import connection
    from django.test import Client

    from clicktrail.control.intake import open_intake

    client = Client(SERVER_NAME="localhost")
    client.force_login(account)
    _just_typed_the_password(client, account)
    try:
        with open_intake(settings):
            yield Office(settings, client)
    finally:
        connection.close()


def _just_typed_the_password(client: Any, account: Any) -> None:
    """What a real sign-in leaves in the session."""
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(account.pk)
    session.save()


@contextmanager
def _open(settings: Settings) -> Iterator[Engine]:
    engine = build(settings)
    engine.open()
    try:
        yield engine
    finally:
        engine.close()


def _run(settings: Settings, stop: threading.Event) -> None:
    with _open(settings) as engine:
        while not stop.is_set():
            if not engine.step().moved:
                stop.wait(0.02)
