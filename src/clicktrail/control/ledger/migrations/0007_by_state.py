"""How many are open, and on hold, is asked by the first page: counted along an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_lists_by_program")]
    operations = [
        migrations.AddIndex(
            "transaction", models.Index(fields=["state", "test", "program_id"], name="transaction_by_state")
        ),
    ]
