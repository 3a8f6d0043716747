"""The settings of review, a part of :mod:`config.settings`."""

from config import env

# Whether requesters see the names of the reviewers who decided, beside their number.
REVIEWERS_NAMED_TO_CLIENTS = env.read_boolean("REVIEWERS_NAMED_TO_CLIENTS", False)
# Profiles under which a settled pair is not answered by its precedent when it is asked again.
PRECEDENTS_OFF_PROFILES = env.read_list("PRECEDENTS_OFF_PROFILES")
# Whether the decision on one user's pair answers the same pair of every user, without its reason.
PRECEDENTS_SHARED = env.read_boolean("PRECEDENTS_SHARED", False)
# Rows of bulk jobs that one user sends to reviewers within a day.
JOB_REVIEW_ROWS_PER_DAY = env.read_count("JOB_REVIEW_ROWS_PER_DAY", 500)
# Documents that one user or API key sends for reviews.
DOCUMENT_RATE: str = env.read_text("DOCUMENT_RATE", "200/d")
# How long a reviewer can undo a decision; who asked learns of it afterwards.
DECISION_UNDO_MINUTES = env.read_count("DECISION_UNDO_MINUTES", 10)
