"""The split becomes the share of A, and experiments that were started get the phase they are in."""

from django.db import migrations

FORWARD = """
UPDATE ab_experiments SET traffic_split = 1 - traffic_split;
UPDATE ab_experiments SET hypothesis = 'Not stated.' WHERE hypothesis = '';
UPDATE ab_experiments SET reason_to_start = 'Started before a forecast was computed.'
    WHERE status <> 'draft';
INSERT INTO ab_phases (experiment_id, number, traffic_split, enrolled_share, started_at, ended_at)
    SELECT id, phase, traffic_split, enrolled_share, start_date, end_date FROM ab_experiments
    WHERE start_date IS NOT NULL;
"""
BACKWARD = """
DELETE FROM ab_phases;
UPDATE ab_experiments SET traffic_split = 1 - traffic_split;
"""


class Migration(migrations.Migration):
    dependencies = [("experiments", "0003_phases_and_guardrails")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
