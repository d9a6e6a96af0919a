"""The one row that holds the engine's epoch and counters."""

from django.db import migrations


def add_row(apps, schema_editor):
    apps.get_model("ledger", "EngineState").objects.using(schema_editor.connection.alias).get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(add_row, migrations.RunPython.noop)]
