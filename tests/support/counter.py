"""A caller of the API, in this process, with a real ledger, journals and an engine beside it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.office import SETUP, Office, office

BASE = "/api/v1"
ALL_SCOPES = ["read", "write", "postback"]
__all__ = ["ALL_SCOPES", "BASE", "SETUP", "Answer", "Counter", "counter"]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    queries: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Of a problem."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.json["code"])

    @property
    def fields(self) -> list[str]:
        return [error["field"] for error in self.json["errors"]]


@dataclass
class Counter:
    office: Office
    keys: dict[str, str] = field(default_factory=dict)

    def key(self, scopes: list[str] | None = None, program: int | None = None, name: str = "Test") -> str:
        from clicktrail.control.api import keys

        return keys.make(name, scopes or ALL_SCOPES, program, "test")[1]

    def ask(
        self, method: str, path: str, body: Any = None, key: str | None = "", raw: bytes | None = None, **headers: str
    ) -> Answer:
        """key: None sends none, "" the one of the whole installation with every scope."""
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        if key == "":
            key = self.keys[""] = self.keys.get("") or self.key()
        extra = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if key is not None:
            extra["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        client = Client(SERVER_NAME="localhost", raise_request_exception=False)
        with CaptureQueriesContext(connection) as seen:
            got = client.generic(method, BASE + path, data, content_type="application/json", **extra)
        named = {name.lower(): value for name, value in got.headers.items()}
        return Answer(got.status_code, named, got.content, len(seen))

    def get(self, path: str, **options: Any) -> Answer:
        return self.ask("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.ask("POST", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.ask("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.ask("DELETE", path, **options)


@contextmanager
def counter(folder: Path, **settings: Any) -> Iterator[Counter]:
    """A fresh install with SETUP of `office` loaded: program 1 in euro, program 5 in yen, partners 2 and 7."""
    with office(folder, **settings) as desk:
        from clicktrail.control.api.guard import buckets

        buckets.clear()
        yield Counter(desk)
