"""The one row that holds the catalog's version."""

from django.db import migrations


def add_row(apps, schema_editor):
    apps.get_model("catalog", "CatalogVersion").objects.using(schema_editor.connection.alias).get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [migrations.RunPython(add_row, migrations.RunPython.noop)]
