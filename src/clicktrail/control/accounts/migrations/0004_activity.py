"""The activity log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_roles")]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at_ms", models.BigIntegerField()),
                ("account", models.CharField(blank=True, db_index=True, max_length=150)),
                ("verb", models.CharField(db_index=True, max_length=40)),
                ("subject", models.CharField(blank=True, max_length=255)),
                ("program_id", models.BigIntegerField(db_index=True, null=True)),
                ("facts", models.JSONField(default=dict)),
                ("address", models.CharField(blank=True, max_length=64)),
            ],
            options={"db_table": "accounts_activity"},
        ),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index("at_ms", name="activity_time"),
        ),
    ]
