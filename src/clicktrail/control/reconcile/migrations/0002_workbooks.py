from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconcile", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name=model, name=name, field=models.CharField(blank=True, default="", max_length=length)
        )
        for model, name, length in (
            ("reconciliation", "sheet", 100),
            ("reconciliation", "decimal", 5),
            ("reconciliation", "time_format", 60),
            ("mapping", "decimal", 5),
            ("mapping", "time_format", 60),
        )
    ]
