"""Every address of the console, filled with rows of one program; the forms of its pages; what the ledger holds.

Found from the resolver and from the registered lists, so that a new page cannot be forgotten: one whose address has
a mark that is not known here, or whose table has no row, fails and says what to add.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from support.office import Office
from support.scribe import Scribe

GARDEN, YEN, ANNA = 1, 5, 7
NOT_OURS = ("/api/v", "/partner/", "/(?P<")
"""The API has keys of its own, the portal its own tests; the last one is Django's 404."""
CHOICES = {
    "verb": "confirm",
    "revision": "1",
    "kind": "missing",
    "deed": "test",
    "url": "x",
    "token": "x",
    "name": "x.png",
    "word": "a" * 32,
}
"""What stands for a mark that is no row's number."""
QUIET_TABLES = ("accounts_session", "accounts_activity", "accounts_brake", "django_admin_log", "worklist_filter",
                "worklist_start")  # fmt: skip
"""What changes by looking, or belongs to who looks."""


def seed(desk: Office) -> None:
    """In both programs a row of everything; all of program 1 is called something with Garden."""
    from clicktrail.control.catalog import models
    from clicktrail.control.portal.models import Terms

    Terms.objects.create(text="Be fair.", actor="mona", at_ms=1)
    for number, name in ((GARDEN, "Garden"), (YEN, "Yen")):
        program = models.Program.objects.get(pk=number)
        product = models.Product.objects.create(program=program, name=f"{name}-Sale", percent_ppm=50_000)
        target = models.ClickTarget.objects.create(
            program=program, alias=f"{name.lower()}-target", url=f"https://{name.lower()}.example/?c=<% CLICKID %>"
        )
        models.Creative.objects.create(program=program, name=f"{name} banner", target=target, product=product)
        models.Approval.objects.create(partner_id=ANNA, program=program, product=product)
        models.PartnerRate.objects.create(partner_id=ANNA, product=product, percent_ppm=70_000)
        models.SigningKey.objects.create(program=program, number=1, salt="s", created_ms=1)
        _beside(number, name)
        _orders(desk, number, name)


def _beside(program: int, name: str) -> None:
    from clicktrail.control.accounts.activity import note
    from clicktrail.control.alarms.models import Alarm, AlarmRule
    from clicktrail.control.api import keys
    from clicktrail.control.outbox.desk import send_test
    from clicktrail.control.outbox.models import Receiver
    from clicktrail.control.reconcile import storing

    Alarm.objects.create(kind="silence", program_id=program, since_ms=1, raised_ms=1, updated_ms=1,
                         headline=f"{name} alarm", cause="nothing", sentence=f"{name} is silent")  # fmt: skip
    AlarmRule.objects.create(program_id=program)
    keys.make(f"{name} key", ["read"], program, "mona")
    receiver = Receiver.objects.create(kind="webhook", name=f"{name} hook", program_id=program, method="POST",
                                       address=f"https://{name.lower()}.example/hook", triggers=["open"])  # fmt: skip
    send_test(receiver)
    storing.store(program, f"{name.lower()}.csv", b"order;net\nX-1;100\n", "mona")
    note("mona", "changed", f"{name} thing", program=program)


def _orders(desk: Office, program: int, name: str) -> None:
    from clicktrail.control.catalog.models import Creative
    from clicktrail.control.ledger.models import Transaction
    from clicktrail.control.secondlooks import share
    from clicktrail.control.secondlooks.models import Rejudging
    from clicktrail.control.worklist.models import BulkMove

    creative = Creative.objects.get(program_id=program, name=f"{name} banner").pk
    sent = {"cpid": str(program), "produkt": f"{name}-Sale", "nocheck": "1"}
    with Scribe(desk.settings.data, 1) as scribe:
        click = scribe.click("sub", ANNA, program=program, creative=creative)
        clickid = scribe.clickid(click)
        scribe.write(
            click,
            scribe.order(f"{name.upper()}-1", clickid, **sent),
            scribe.order(f"{name.upper()}-1", clickid, **sent | {"umsatz": "7.00"}),
            bad := scribe.order(f"{name.upper()}-2", clickid, **sent | {"produkt": "Unknown"}),
        )
    desk.judge()
    share.make(share.Wanted(f"{name.upper()}-1"), "mona", desk.settings)
    Rejudging.objects.create(created_ms=1, actor="mona", chosen="{}", matched=1, calls=json.dumps([[bad.id, bad.id]]))
    row = Transaction.objects.get(program_id=program)
    BulkMove.objects.create(verb="confirm", chosen=json.dumps([[row.pk, 0]]), account_id=1, actor="mona",
                            reason=f"{name} reason", created_ms=1, state="done")  # fmt: skip


# Addresses


def lists() -> dict[str, Any]:
    """Address of a list -> its page."""
    from django.contrib import admin

    return {f"/{m._meta.app_label}/{m._meta.model_name}/": page for m, page in admin.site._registry.items()}


def patterns() -> list[str]:
    """Of every page inside, with their marks in braces."""
    from django.urls import get_resolver

    return list(dict.fromkeys(_walk(get_resolver().url_patterns, "/")))


def _walk(found: Any, before: str) -> Iterator[str]:
    for pattern in found:
        address = before + str(pattern.pattern).removeprefix("^")
        if address.startswith(NOT_OURS):
            continue
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern.url_patterns, address)
        else:
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda name: "{" + name[1] + "}", address)


def filled(pattern: str, program: int) -> str:
    """The address of a page about a row of that program."""
    return re.sub(r"{(\w+)}", lambda mark: str(_value(pattern, mark[1], program)), pattern)


def _value(pattern: str, mark: str, program: int) -> Any:
    from clicktrail.control.catalog.models import Creative, PartnerRate

    if mark in CHOICES:
        return CHOICES[mark]
    if mark in ("number", "object_id") and "/assistant/" not in pattern:
        return row_of(pattern, program)
    rate = PartnerRate.objects.get(product__program_id=program)
    known = {
        "number": program,
        "creative": Creative.objects.filter(program_id=program).values_list("pk", flat=True)[0],
        "picture": 1,
        "partner": rate.partner_id,
        "product": rate.product_id,
        "content_type_id": 1,
        "object_id": 1,
        "version": 1,
    }
    assert mark in known, f"{pattern}: say in tests/support/everywhere.py what {{{mark}}} stands for"
    return known[mark]


def row_of(pattern: str, program: int) -> Any:
    from clicktrail.control.ledger.models import Postback
    from clicktrail.control.secondlooks.models import Rejudging, Share
    from clicktrail.control.worklist.models import BulkMove

    if "/postback/again/" in pattern:
        return Rejudging.objects.order_by("pk")[0 if program == GARDEN else 1].pk
    if "/postback/conflicts/" in pattern:
        return Postback.objects.get(program_id=program, reason="conflict").pk
    if "/postback/share/" in pattern:
        return Share.objects.get(program_id=program).pk
    if "/transaction/bulk/" in pattern:
        return BulkMove.objects.order_by("pk")[0 if program == GARDEN else 1].pk
    if "/transaction/filters/" in pattern:
        return 1
    place = next((place for place in lists() if pattern.startswith(place)), None)
    return _of_list(lists()[place], program) if place else 1


def _of_list(page: Any, program: int) -> Any:
    from clicktrail.control.outbox.models import Receiver

    name, rows = page.model._meta.model_name, page.model._default_manager.order_by("pk")
    if name == "delivery":
        rows = rows.filter(receiver_id=Receiver.objects.get(program_id=program).pk)
    elif name == "activity":
        rows = rows.filter(program_id=program)
    elif page.program_column:
        rows = rows.filter(**{page.program_column: program})
    row = rows.first()
    assert row is not None or name == "setaside", f"make a {name} of each program in tests/support/everywhere.py"
    return row.pk if row is not None else 1


# Forms


@dataclass
class Form:
    """As it stands on a page, with one of its buttons."""

    action: str
    fields: dict[str, list[str]]
    button: str


class _Reader(HTMLParser):
    """Forms that are sent by POST, with what a browser would send of them where every gap is filled."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address, self._form = address, None
        self._select = ""
        self.found: list[tuple[str, dict[str, list[str]], list[tuple[str, str]]]] = []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        if tag == "form":
            self._form = (said.get("action") or self._address, {}, []) if said.get("method") == "post" else None
            self.found += [self._form] if self._form else []
        elif self._form:
            self._part(tag, said, dict(given))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None

    def _part(self, tag: str, said: dict[str, str], given: dict[str, Any]) -> None:
        _, fields, buttons = self._form or ("", {}, [])
        name, kind = said.get("name", ""), said.get("type", "")
        if tag == "button" and kind != "button" or kind == "submit":
            buttons.append((name, said.get("value", "")))
        elif tag == "select":
            self._select = name
            fields.setdefault(name, [])
        elif tag == "option" and said.get("value") and ("selected" in given or not fields[self._select]):
            fields[self._select] = [said["value"]]
        elif tag == "input" and name and kind == "radio":
            fields.setdefault(name, [said.get("value", "on")])
        elif tag == "input" and name and kind == "checkbox":
            fields.setdefault(name, []).append(said.get("value", "on"))
        elif tag in ("input", "textarea") and name and kind != "file":
            fields[name] = [said.get("value") or "1"]


def forms(address: str, html: str) -> list[Form]:
    """One for each button. Signing out is everybody's."""
    reader = _Reader(address)
    reader.feed(html)
    found = []
    for action, fields, buttons in reader.found:
        for name, value in buttons or []:
            sent = {key: values for key, values in fields.items() if key != "csrfmiddlewaretoken"}
            found.append(Form(action, sent | ({name: [value]} if name else {}), name))
    return [form for form in found if not form.action.startswith(("/logout/", "?"))]


# What there is


def snapshot(folder: Path, apart_from: int = 0) -> dict[str, str]:
    """A hash of every table, and the size of the journals: what is handed in by hand stands there first.

    `apart_from`: rows of that program may change, and with them the catalog's version.
    """
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in QUIET_TABLES and not (apart_from and table == "catalog_version"):
                columns = {each.name for each in connection.introspection.get_table_description(cursor, table)}
                others = f" WHERE program_id <> {apart_from}" if apart_from and "program_id" in columns else ""
                cursor.execute(f'SELECT * FROM "{table}"{others}')
                found[table] = hashlib.sha256(repr(sorted(map(repr, cursor.fetchall()))).encode()).hexdigest()
    found["journal"] = repr(sorted((p.name, p.stat().st_size) for p in folder.glob("journal/*.sqlite*")))
    return found
