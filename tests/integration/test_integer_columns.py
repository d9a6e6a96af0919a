"""On SQLite no column of money or sums can hold a floating-point number, in new folders, old ones and after changes."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from support.cast import ANNA, BERT
from support.folder import template
from support.ledgers import Place, place

from clicktrail.control.boot import boot
from clicktrail.control.db.sqlite.base import DatabaseWrapper
from clicktrail.control.ledger import schema

REVENUE = "revenue_minor, commission_minor"
LARGEST = 2**63 - 1


def _copy_tables(path: Path) -> None:
    shutil.copyfile(template(), path)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Place]:
    """On SQLite alone: PostgreSQL holds everybody to a column's type."""
    ledger = place(tmp_path / "data", "", _copy_tables)
    boot(ledger.settings, "console")
    yield ledger
    connection.close()
    ledger.engine.close()


def _columns() -> list[tuple[str, str]]:
    """(table, column) of every amount, sum and counter of the ledger."""
    from clicktrail.control.ledger.models import Adjustment, EngineState, Measures, Transaction

    kinds = [model for model in apps.get_app_config("ledger").get_models() if issubclass(model, Measures)]
    return [
        (model._meta.db_table, field.column)
        for model in (*kinds, Transaction, Adjustment, EngineState)
        for field in model._meta.local_concrete_fields
        if isinstance(field, models.BigIntegerField) and not isinstance(field, models.BigAutoField)
    ]


def _sql_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        return str(cursor.fetchone()[0])


def test_every_such_column_is_checked(tables: Place) -> None:
    columns = _columns()
    assert {"ledger_rollup_subid", "ledger_transaction", "ledger_engine_state"} <= {table for table, _ in columns}
    assert len(columns) > 60
    assert [pair for pair in columns if f'typeof("{pair[1]}")' not in _sql_of(pair[0])] == []


def test_a_table_that_a_later_migration_rebuilds_is_checked_too(tables: Place) -> None:
    from clicktrail.control.ledger.models import RollupHour, Transaction

    field: Any = models.TextField(db_default="x")
    field.set_attributes_from_name("later")
    connection.disable_constraint_checking()
    with connection.schema_editor() as editor:
        editor.add_field(RollupHour, field)
        editor.alter_field(Transaction, Transaction._meta.get_field("tid"), _longer("tid"))
    test_every_such_column_is_checked(tables)
    assert '"later"' in _sql_of("ledger_rollup_hour") and "varchar(999)" in _sql_of("ledger_transaction")


def _longer(name: str) -> Any:
    field = models.CharField(max_length=999)
    field.set_attributes_from_name(name)
    return field


@pytest.mark.parametrize("value", ["9223372036854775807 + 1", "1.5", "'many'", "9.3e18"])
def test_what_is_no_integer_is_refused(tables: Place, value: str) -> None:
    with tables.scribe() as scribe:
        scribe.write(scribe.order("A-1", "", pid=str(ANNA)))
    tables.catch_up()
    for table, column in _columns():
        if table not in ("ledger_rollup_day", "ledger_transaction", "ledger_engine_state"):
            continue
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = {value}")


@pytest.fixture
def before(tables: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The tables as they were made without the checks, with some orders."""
    from django.db.backends.sqlite3.base import DatabaseWrapper as Plain

    tables.engine.close()
    monkeypatch.setattr(DatabaseWrapper, "data_type_check_constraints", Plain.data_type_check_constraints)
    call_command("migrate", "ledger", "zero", verbosity=0)
    call_command("migrate", "ledger", "0011", verbosity=0)
    monkeypatch.undo()
    assert "typeof" not in _sql_of("ledger_rollup_hour") + _sql_of("ledger_transaction")
    tables.restart()
    with tables.scribe() as scribe:
        clicks = [scribe.click(f"s{n}", ANNA) for n in range(3)]
        scribe.write(*clicks, *(scribe.order(f"A-{n}", scribe.clickid(click)) for n, click in enumerate(clicks)))
        scribe.write(scribe.order("B-1", "", pid=str(BERT), nocheck="1"), scribe.order("B-2", "", pid=str(ANNA)))
    tables.catch_up()
    return tables


def _sums(ledger: Place) -> dict[str, list[tuple[Any, ...]]]:
    kinds = ("hour", "day", "month", "program", "subid", "referrer")
    return {kind: sorted(ledger.rows(f"SELECT * FROM ledger_rollup_{kind}")) for kind in kinds}


def test_an_old_folder_gets_the_checks_and_keeps_its_rows(before: Place) -> None:
    rows, sums = before.everything(), _sums(before)
    before.engine.close()
    assert "ledger.0012_integers" in schema.migrate(before.settings).applied
    before.restart()
    assert (before.everything(), _sums(before)) == (rows, sums)
    assert before.one("SELECT count(*) FROM ledger_set_aside") == 0
    test_every_such_column_is_checked(before)


def test_sums_that_had_become_floating_point_numbers_are_added_up_again(before: Place) -> None:
    sums = _sums(before)
    for kind in sums:
        before.engine.ledger.run(f"UPDATE ledger_rollup_{kind} SET revenue_minor = revenue_minor + 9.3e18")
    before.engine.ledger.run("UPDATE ledger_rollup_subid SET other = 1, subid = '' WHERE subid = 's1'")
    before.engine.close()
    schema.migrate(before.settings)
    before.restart()
    found = _sums(before)
    assert {kind: found[kind] for kind in found if kind != "subid"} == {k: sums[k] for k in sums if k != "subid"}
    values = before.rows(
        "SELECT other, subid, revenue_minor FROM ledger_rollup_subid WHERE partner_id = ? ORDER BY other, subid", ANNA
    )
    assert values == [(0, "", 10_000), (0, "s0", 10_000), (0, "s2", 10_000), (1, "", 10_000)]
    [(identity, note)] = before.rows("SELECT identity, note FROM ledger_set_aside")
    assert identity == "sums" and "floating-point" in note and "do not fit" not in note


def test_orders_that_do_not_fit_together_stand_at_the_end_of_the_range(before: Place) -> None:
    before.engine.ledger.run(f"UPDATE ledger_transaction SET revenue_minor = {LARGEST} - 5 WHERE tid < 'B'")
    before.engine.ledger.run("UPDATE ledger_rollup_month SET revenue_minor = 9.3e18")
    before.engine.close()
    schema.migrate(before.settings)
    before.restart()
    assert before.one("SELECT max(revenue_minor) FROM ledger_rollup_month") == LARGEST
    assert before.one("SELECT max(revenue_minor) FROM ledger_rollup_subid") == LARGEST - 5
    assert "do not fit" in before.one("SELECT note FROM ledger_set_aside")
