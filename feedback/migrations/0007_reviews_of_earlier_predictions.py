"""What review did before its state was kept for requesters: they see it from now on."""

from django.db import migrations

FILL = """
INSERT INTO prediction_reviews (
    prediction_id, user_id, status, decision, decided_by, decided_at, released_at, guideline_version, clause,
    people, reviewers, updated_at
)
SELECT prediction.id, prediction.user_id,
       CASE WHEN item.parked THEN 'needs_document' WHEN item.open AND (item.claimed OR settled.id IS NOT NULL)
            THEN 'in_review' WHEN item.open THEN 'queued' WHEN settled.id IS NULL THEN 'withdrawn' ELSE 'decided' END,
       CASE WHEN item.open OR settled.id IS NULL THEN '' WHEN settled.user_correction THEN 'material'
            WHEN NOT settled.user_correction THEN 'immaterial' ELSE 'cannot_tell' END,
       CASE WHEN item.open OR settled.id IS NULL THEN '' ELSE 'reviewers' END,
       CASE WHEN NOT item.open THEN settled.created_at END,
       CASE WHEN NOT item.open THEN settled.created_at + interval '10 minutes' END,
       CASE WHEN item.open OR settled.id IS NULL THEN '' ELSE settled.guideline_version END,
       CASE WHEN item.open OR settled.id IS NULL OR clause.id IS NULL THEN ''
            ELSE clause.number || ' ' || clause.title END,
       CASE WHEN item.open THEN 0 ELSE COALESCE(cardinality(deciders.ids), 0) END,
       CASE WHEN item.open THEN '{}' ELSE COALESCE(deciders.ids, '{}') END,
       now()
FROM (
    SELECT prediction_id, bool_or(state <> 'done') AS open, bool_or(state = 'parked') AS parked,
           bool_or(claimed_at IS NOT NULL) AS claimed
    FROM review_items WHERE stream <> 'gold' GROUP BY prediction_id
) item
JOIN predictions prediction ON prediction.id = item.prediction_id
LEFT JOIN LATERAL (
    SELECT * FROM feedback
    WHERE feedback.prediction_id = prediction.id AND withdrawn_at IS NULL AND stream <> 'gold'
      AND source IN ('review', 'adjudication')
    ORDER BY adjudicated DESC, id DESC LIMIT 1
) settled ON true
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT reviewer_id) AS ids FROM feedback
    WHERE feedback.prediction_id = prediction.id AND withdrawn_at IS NULL AND stream <> 'gold'
      AND source IN ('review', 'adjudication')
) deciders ON true
LEFT JOIN guideline_clauses clause ON clause.id = settled.clause_id
ON CONFLICT DO NOTHING
"""
"""The same rules as in ``feedback.review.outcome``, for all predictions at once."""


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_reasons_for_the_requester"),
        ("matching", "0012_reviews_of_predictions"),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
