"""On SQLite, money and sums can no longer become floating-point numbers: a CHECK on each column refuses them.

SQLite turns an integer sum that leaves 64 bits into a floating-point number. The tables are rebuilt with the checks
of `control/db/sqlite/base.py`; with some millions of transactions this takes a minute. Where a sum has become a
floating-point number already, the sums of all transactions are added up again from the transactions themselves, and a
note among the events that were set aside says so.
"""

import time
from collections import defaultdict
from operator import add

from django.db import migrations

from clicktrail.control.catalog.compile import rollup_minutes
from clicktrail.core.periods import bucket_s, day_of, month_of

MODELS = (
    "Transaction", "Adjustment", "RollupHour", "RollupDay", "RollupMonth", "RollupProgram", "RollupSubid",
    "RollupReferrer", "EngineState",
)  # fmt: skip
SUMS = ("transactions", "revenue_minor", "commission_minor")
MEASURES = ("clicks_gross", "clicks_net", "clicks_bot", "clicks_refused", *SUMS)
PLACE = ("program_id", "partner_id", "creative_id", "product_id")
KEYS = {
    "hour": ("bucket_s", *PLACE),
    "day": ("day", *PLACE),
    "month": ("month", *PLACE),
    "program": ("day", "program_id"),
    "subid": ("day", "program_id", "partner_id", "other", "subid"),
    "referrer": ("day", "program_id", "partner_id", "other", "host"),
}
HIGHEST = 2**63 - 1
COUNTED = """
    SELECT t.program_id, partner_id, creative_id, product_id, subid, referrer_host, created_ms,
        coalesce(revenue_minor, 0) - adjusted_revenue_minor, commission_minor - adjusted_commission_minor,
        coalesce(p.time_zone, 'UTC')
    FROM ledger_transaction t LEFT JOIN catalog_program p ON p.id = t.program_id
    WHERE NOT test AND t.state IN ('open', 'confirmed', 'paid')
"""


def keep_integers(apps, schema_editor):
    if schema_editor.connection.vendor != "sqlite":
        return
    with schema_editor.connection.cursor() as cursor:
        spoilt = _make_integers(cursor)
        if spoilt:
            beyond = _add_up_again(cursor)
            _note(cursor, spoilt, beyond)
    for name in MODELS:
        schema_editor._remake_table(apps.get_model("ledger", name))


def _make_integers(cursor):
    """Cut what is a floating-point number to the nearest integer of 64 bits; how many sums were."""
    spoilt = 0
    for table, names in (
        *((f"ledger_rollup_{kind}", MEASURES) for kind in KEYS),
        ("ledger_transaction", ("revenue_minor", "commission_minor", "fixed_minor", "percent_ppm")),
        ("ledger_engine_state", ("epoch", "next_transaction", "next_order")),
    ):
        for name in names:
            cursor.execute(f"UPDATE {table} SET {name} = CAST({name} AS integer) WHERE typeof({name}) = 'real'")  # noqa: S608
            spoilt += cursor.rowcount
    return spoilt


def _add_up_again(cursor):
    """How many of the sums do not fit into 64 bits: these stand at the end of the range."""
    sums = {table: defaultdict(lambda: (0, 0, 0)) for table in KEYS}
    cursor.execute("SELECT DISTINCT time_zone FROM catalog_program")
    minutes = {zone: rollup_minutes(zone) for zone in ("UTC", *(row[0] for row in cursor.fetchall()))}
    cursor.execute(COUNTED)
    for program, partner, creative, product, subid, host, created_ms, revenue, commission, zone in cursor.fetchall():
        day, place, row = day_of(zone, created_ms), (program, partner, creative, product), (1, revenue, commission)
        for table, key in (
            ("hour", (bucket_s(created_ms, minutes[zone]), *place)),
            ("day", (day, *place)),
            ("month", (month_of(day), *place)),
            ("program", (day, program)),
            ("subid", (day, program, partner, False, subid)),
            ("referrer", (day, program, partner, False, host)),
        ):
            sums[table][key] = tuple(map(add, sums[table][key], row))
    return sum(_write(cursor, table, found) for table, found in sums.items())


def _write(cursor, table, found):
    name, keys = f"ledger_rollup_{table}", KEYS[table]
    cursor.execute(f"UPDATE {name} SET {', '.join(f'{each} = 0' for each in SUMS)}")  # noqa: S608
    left = defaultdict(lambda: (0, 0, 0))
    beyond = 0
    for key, row in found.items():
        beyond += max(row) > HIGHEST
        if not _update(cursor, name, keys, key, row):
            is_value = "other" in keys
            other = (*key[:3], True, "") if is_value else key
            left[other] = tuple(map(add, left[other], row))
    for key, row in left.items():
        beyond += max(row) > HIGHEST
        if not _update(cursor, name, keys, key, row):
            names = (*keys, *MEASURES)
            values = (*key, 0, 0, 0, 0, *_fitting(row))
            marks = ", ".join(["%s"] * len(names))
            cursor.execute(f"INSERT INTO {name} ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608
    return beyond


def _update(cursor, name, keys, key, row):
    sums, where = (f"{each} = %s" for each in SUMS), (f"{each} = %s" for each in keys)
    cursor.execute(
        f"UPDATE {name} SET {', '.join(sums)} WHERE {' AND '.join(where)}",  # noqa: S608
        [*_fitting(row), *key],
    )
    return cursor.rowcount


def _fitting(row):
    return [min(value, HIGHEST) for value in row]


def _note(cursor, spoilt, beyond):
    note = (
        f"{spoilt} sums had become floating-point numbers, because amounts had added up beyond 64 bits. "
        "The sums of all transactions were added up again from the transactions."
    )
    if beyond:
        note += f" {beyond} of them do not fit and stand at the end of the range: there are false orders."
    cursor.execute(
        "INSERT INTO ledger_set_aside (identity, seq, position, note, body, at_ms) VALUES (%s, %s, %s, %s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        ["sums", 0, -1, note, b"", time.time_ns() // 1_000_000],
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0011_similar_orders"), ("catalog", "0004_approved_since")]
    operations = [migrations.RunPython(keep_integers, migrations.RunPython.noop)]
