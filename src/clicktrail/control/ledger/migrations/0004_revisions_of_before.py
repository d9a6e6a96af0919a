"""Moves made before there were revisions get theirs: a replay makes them again, and counts them.

And their transactions say when the last word was spoken, as those that were moved later do.
"""

from django.db import migrations

MOVES = """
    UPDATE ledger_move SET revision = (
        SELECT count(*) FROM ledger_move AS earlier
        WHERE earlier.transaction_number = ledger_move.transaction_number AND earlier.id <= ledger_move.id
    )
    WHERE revision = 0 AND transaction_number IN (SELECT number FROM ledger_transaction WHERE revision = 0)
"""
TRANSACTIONS = """
    UPDATE ledger_transaction SET
        revision = (SELECT max(revision) FROM ledger_move WHERE transaction_number = number),
        stamp_ms = (SELECT max(at_ms) FROM ledger_move WHERE transaction_number = number)
    WHERE revision = 0 AND number IN (SELECT transaction_number FROM ledger_move)
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_who_may_call")]
    operations = [
        migrations.RunSQL(MOVES, migrations.RunSQL.noop),
        migrations.RunSQL(TRANSACTIONS, migrations.RunSQL.noop),
    ]
