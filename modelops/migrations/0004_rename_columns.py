"""Columns by plain names: validation sets, alerts, drift reports, training decisions."""

from django.db import migrations, models

RENAMES = {
    "modelversion": {"exam": "validation_set", "answers": "golden_predictions"},
    "alert": {
        "what": "observation",
        "bad": "bad_count",
        "good": "good_count",
        "seen_at": "observed_at",
        "told_at": "notified_at",
        "times_told": "notification_count",
    },
    "alertchannel": {"least": "minimum_severity"},
    "reference": {"frame": "binning"},
    "driftreport": {
        "worst": "largest_psi",
        "seen": "shifted_figures",
        "believed": "persistent_figures",
        "moved": "changed_verdicts",
    },
    "trainingdecision": {"train": "should_train", "because": "reason"},
}
RENAME_KEY = """
UPDATE drift_reports SET shifts = (
    SELECT coalesce(
        jsonb_agg((shift - '{old}') || jsonb_build_object('{new}', shift -> '{old}') ORDER BY at), '[]'
    )
    FROM jsonb_array_elements(shifts) WITH ORDINALITY AS shifts(shift, at)
)
"""


class Migration(migrations.Migration):
    dependencies = [("modelops", "0003_roles")]

    operations = [
        *(
            migrations.RenameField(model, old, new)
            for model, names in RENAMES.items()
            for old, new in names.items()
        ),
        migrations.AlterModelTable("storedvalidationset", "validation_sets"),
        migrations.RunSQL(
            RENAME_KEY.format(old="seen", new="is_significant"),
            RENAME_KEY.format(old="is_significant", new="seen"),
        ),
        migrations.AlterField(
            model_name="alert",
            name="observation",
            field=models.CharField(help_text="The last observation.", max_length=500),
        ),
        migrations.AlterField(
            model_name="alertchannel",
            name="minimum_severity",
            field=models.CharField(
                choices=[("warning", "Warning"), ("critical", "Critical")], default="warning", max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="driftreport",
            name="changed_verdicts",
            field=models.PositiveIntegerField(
                default=0, help_text="Predictions with another verdict than the reference distribution gives."
            ),
        ),
        migrations.AlterField(
            model_name="driftreport",
            name="persistent_figures",
            field=models.JSONField(
                default=list, help_text="Figures that shifted in two of the last three windows."
            ),
        ),
        migrations.AlterField(
            model_name="driftreport",
            name="shifted_figures",
            field=models.JSONField(default=list, help_text="Figures that shifted in this window."),
        ),
        migrations.AlterField(
            model_name="trainingdecision",
            name="reason",
            field=models.CharField(help_text="The reason in one sentence.", max_length=300),
        ),
    ]
