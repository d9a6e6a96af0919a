"""The newest of one program, for list and log: without these every row of the program was sorted first."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_days_and_months")]

    operations = [
        migrations.AddIndex(
            model_name="postback",
            index=models.Index(fields=["program_id", "id"], name="postback_by_program"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["program_id", "number"], name="transaction_by_program"),
        ),
    ]
