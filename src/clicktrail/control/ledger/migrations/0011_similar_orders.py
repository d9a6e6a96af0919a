"""The key under which similar order numbers are found, for the transactions that are there as well.

With a million transactions this takes about half a minute.
"""

from django.db import migrations, models

from clicktrail.core.ordernumber import order_number_key

ROWS = 5000
"""Transactions read and written at a time."""


def write_keys(_apps, schema_editor):
    quoted = schema_editor.connection.ops.quote_name("ledger_transaction")
    with schema_editor.connection.cursor() as cursor:
        last = -1
        while True:
            cursor.execute(
                f"SELECT number, tid FROM {quoted} WHERE number > %s ORDER BY number LIMIT {ROWS}",  # noqa: S608
                [last],
            )
            rows = cursor.fetchall()
            if not rows:
                return
            cursor.executemany(
                f"UPDATE {quoted} SET tid_key = %s WHERE number = %s",  # noqa: S608
                [(order_number_key(tid), number) for number, tid in rows],
            )
            last = rows[-1][0]


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0010_conflict_groups"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="tid_key",
            field=models.TextField(db_default=""),
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["program_id", "tid_key", "number"], name="transaction_by_tid_key"),
        ),
    ]
