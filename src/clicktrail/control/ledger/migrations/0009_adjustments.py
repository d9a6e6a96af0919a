"""Part returns of paid transactions: entries of their own, and their sums in the transaction's row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0008_lists_of_a_partner"),
    ]

    operations = [
        migrations.AddField(
            model_name="transaction",
            name="adjusted_revenue_minor",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="transaction",
            name="adjusted_commission_minor",
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("transaction_number", models.BigIntegerField()),
                ("revision", models.IntegerField()),
                ("program_id", models.BigIntegerField()),
                ("partner_id", models.BigIntegerField()),
                ("revenue_minor", models.BigIntegerField()),
                ("commission_minor", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("settled", "Settled"),
                            ("voided", "Voided"),
                            ("superseded", "Superseded"),
                        ],
                        max_length=10,
                    ),
                ),
                ("test", models.BooleanField()),
                ("at_ms", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                ("call_id", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ledger_adjustment",
                "indexes": [
                    models.Index(fields=["program_id", "id"], name="adjustment_by_program"),
                    models.Index(fields=["partner_id", "id"], name="adjustment_by_partner"),
                    models.Index(fields=["state", "id"], name="adjustment_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("transaction_number", "revision"), name="adjustment_once")
                ],
            },
        ),
    ]
