"""A review has no confidence: it decides nothing. Its leaning follows from the material probability."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("matching", "0006_export_roles")]

    operations = [
        migrations.RemoveConstraint("prediction", "predictions_confidence_is_a_share"),
        migrations.AlterField(
            "prediction",
            "confidence",
            models.DecimalField(
                decimal_places=4,
                help_text="Probability that the verdict is right; none for a review.",
                max_digits=5,
                null=True,
            ),
        ),
        migrations.RunSQL(
            "UPDATE predictions SET confidence = NULL WHERE verdict = 'review'",
            "UPDATE predictions SET confidence = greatest(material_probability, 1 - material_probability)"
            " WHERE verdict = 'review'",
        ),
        migrations.AddConstraint(
            "prediction",
            models.CheckConstraint(
                condition=Q(verdict="review", confidence__isnull=True)
                | ~Q(verdict="review") & Q(confidence__isnull=False, confidence__gte=0, confidence__lte=1),
                name="predictions_confidence_of_a_decision",
            ),
        ),
    ]
