"""Roles: who is there already could do everything, and still can; who comes gets as much as he is given."""

from django.db import migrations, models

import clicktrail.control.accounts.models

ROLES = [("owner", "Owner"), ("manager", "Manager"), ("reader", "Read only"), ("partner", "Partner")]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_sessions_and_brake")]

    operations = [
        migrations.AlterModelManagers(
            name="account", managers=[("objects", clicktrail.control.accounts.models.Accounts())]
        ),
        migrations.AddField(
            model_name="account",
            name="role",
            field=models.CharField("role", max_length=8, choices=ROLES, default="owner"),
        ),
        migrations.AlterField(
            model_name="account",
            name="role",
            field=models.CharField("role", max_length=8, choices=ROLES, default="reader"),
        ),
        migrations.AddField(model_name="account", name="programs", field=models.JSONField(blank=True, default=list)),
        migrations.AddField(
            model_name="account",
            name="partner_id",
            field=models.BigIntegerField(blank=True, db_index=True, null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="language",
            field=models.CharField("language", blank=True, default="", max_length=8),
        ),
        migrations.AddField(
            model_name="account",
            name="time_zone",
            field=models.CharField("time zone", blank=True, default="", max_length=64),
        ),
    ]
