"""A partner's list by subid or state is read along an index, also where few of very many rows fit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_by_state"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["partner_id", "subid", "created_ms"], name="transaction_by_subid"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["partner_id", "state", "created_ms"], name="transaction_of_partner_state"),
        ),
    ]
