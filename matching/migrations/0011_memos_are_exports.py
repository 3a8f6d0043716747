from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0010_source_of_predictions_and_counts_of_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="exportrequest",
            name="format",
            field=models.CharField(
                choices=[("csv", "CSV"), ("xlsx", "XLSX"), ("jsonl", "JSON Lines"), ("zip", "ZIP")],
                max_length=5,
            ),
        ),
        migrations.AlterField(
            model_name="exportrequest",
            name="kind",
            field=models.CharField(
                choices=[("predictions", "Predictions"), ("feedback", "Feedback"), ("memos", "Memos")],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="exportrequest",
            name="selection",
            field=models.JSONField(help_text="Filters of predictions, or ids."),
        ),
    ]
