"""Users ask a reviewer to look at one of their predictions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0012_reviews_of_predictions"),
    ]

    operations = [
        migrations.AddField(
            model_name="predictionreview",
            name="requested_at",
            field=models.DateTimeField(
                blank=True, help_text="When the user asked a reviewer; empty after a withdrawal.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="prediction",
            name="stream",
            field=models.CharField(
                blank=True,
                choices=[
                    ("audit", "Random audit"),
                    ("uncertain", "Verdict: review"),
                    ("disagreement", "Champion and challenger disagree"),
                    ("appeal", "Client objection"),
                    ("request", "Request of the user"),
                    ("gold", "Gold item"),
                ],
                max_length=12,
            ),
        ),
    ]
