"""A data folder of the stage before: its tables, keys, catalog and journals. Nothing of it is lost or read wrongly."""

import json
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from support.cast import ANNA, CATALOG
from support.ledgers import Place

from clicktrail import catalogfile, keys
from clicktrail.control.boot import boot
from clicktrail.control.ledger import schema
from clicktrail.engine.replay import replay
from clicktrail.errors import LedgerError

NEW_APPS = ("outbox", "reconcile", "alarms", "secondlooks", "worklist", "api", "mfa", "account")
BEFORE = (*((app, "zero") for app in NEW_APPS), ("ledger", "0002"), ("catalog", "0002"), ("accounts", "0001"))
ROWS = "SELECT tid, state, revision, trusted, held_for FROM ledger_transaction ORDER BY number"


class Click(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """As it was journaled then."""

    id: int
    tail: int
    at_ms: int
    catalog: int
    program: int
    partner: int
    creative: int
    target: str
    subid: str
    referrer: str
    ip: str
    user_agent: str
    extra: str
    visitor: bytes
    outcome: str
    prefetch: bool


class Postback(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    id: int
    tail: int
    at_ms: int
    catalog: int
    method: str
    params: dict[str, str]
    fault: str
    ip: str
    user_agent: str
    referrer: str
    source: str = "edge"
    actor: str = ""


def _as_before(event: msgspec.Struct) -> msgspec.Struct:
    kind = Click if type(event).__name__ == "Click" else Postback
    return kind(*(getattr(event, name) for name in kind.__struct_fields__))


def _take_back(ledger: Place) -> None:
    """Tables, keys and catalog as the stage before had them."""
    from django.core.management import call_command

    for app, migration in BEFORE:
        call_command("migrate", app, migration, verbosity=0)
    connection.close()
    kept = json.loads((ledger.settings.keys_folder / "keys.json").read_text())
    del kept["master"]
    (ledger.settings.keys_folder / "keys.json").write_text(json.dumps(kept))
    catalog = msgspec.to_builtins(CATALOG)
    del catalog["receivers"]
    for row in [*catalog["programs"].values(), *catalog["approvals"]]:
        row.pop("access", None)
        row.pop("created_ms", None)
    for path in (catalogfile.CURRENT, f"v{CATALOG.version:010d}.msgpack"):
        (ledger.settings.catalog_folder / path).write_bytes(msgspec.msgpack.encode(catalog))


@pytest.fixture
def older(ledger: Place) -> Place:
    """Four orders, two of them moved; one more click with its order, that no engine has read yet."""
    from clicktrail.control.ledger.moves import move

    boot(ledger.settings, "console")
    with ledger.scribe() as scribe:
        clicks = [scribe.click(f"s{n}", ANNA) for n in range(5)]
        orders = [scribe.order(f"A-{n}", scribe.clickid(click)) for n, click in enumerate(clicks)]
        scribe.write(*map(_as_before, (*clicks[:4], *orders[:4])))  # type: ignore[arg-type]
        ledger.catch_up()
        scribe.write(*map(_as_before, (clicks[4], orders[4])))  # type: ignore[arg-type]
    for number, verb in ((1, "confirm"), (2, "cancel"), (2, "reopen")):
        move(connection, number, verb, "mia", "as before", 1_700_000_000_000 + number)
    ledger.engine.close()
    _take_back(ledger)
    return ledger


def test_all_of_an_older_folder_is_there_and_goes_on(older: Place, tmp_path: Path) -> None:
    from clicktrail.control.ledger.moves import Moved, move

    with pytest.raises(LedgerError, match="The ledger is older than this program"):
        schema.check(older.settings)
    migrated = schema.migrate(older.settings, backed_up=True)
    assert {"ledger.0003_who_may_call", "outbox.0001_initial"} <= set(migrated.applied)
    catalog = catalogfile.read(older.settings.catalog_folder / catalogfile.CURRENT)
    assert (catalog.programs, catalog.receivers) == (CATALOG.programs, ())
    secret = keys.derive(keys.load(older.settings.keys_folder), "share|1")
    assert len(secret) == 32 and secret == keys.derive(keys.create(older.settings.keys_folder), "share|1")
    older.restart()
    older.catch_up()
    states = {"A-0": ("confirmed", 1), "A-1": ("open", 2), "A-2": ("open", 0), "A-3": ("open", 0), "A-4": ("open", 0)}
    assert older.rows(ROWS) == [(tid, *facts, False, "") for tid, facts in states.items()]
    assert older.rows("SELECT transaction_number, revision FROM ledger_move ORDER BY id") == [(1, 1), (2, 1), (2, 2)]
    assert older.one("SELECT stamp_ms FROM ledger_transaction WHERE number = 2") == 1_700_000_000_002
    assert isinstance(move(connection, 2, "confirm", "mia", "goes on", 1_800_000_000_000), Moved)
    assert older.one("SELECT max(revision) FROM ledger_move WHERE transaction_number = 2") == 3
    report = replay(older.settings, tmp_path / "fresh.sqlite")
    assert (report.differences, report.outside, report.broken, report.moves) == ([], 0, [], 4)
