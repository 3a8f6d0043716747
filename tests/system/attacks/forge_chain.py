"""What the owner of the database can do to the chain: rewrite an event and compute every SHA-256 anew."""

import hashlib
import json
import sys
from typing import Any

import psycopg2

ROWS = """
SELECT seq, event_id, at, actor_id, action, object_type, object_id, detail, request_id
FROM audit_seals JOIN audit_events ON audit_events.id = event_id ORDER BY seq
"""


def main(url: str) -> None:
    """Turn the first event into another one, and make the chain fit."""
    connection = psycopg2.connect(url, options="-c timezone=UTC")
    with connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE audit_events SET action = 'nothing.happened' "
            "WHERE id = (SELECT min(id) FROM audit_events)"
        )
        cursor.execute(ROWS)
        previous = "0" * 64
        for row in cursor.fetchall():
            link = compute_link(previous, row)
            values = (previous, link, row[0])
            cursor.execute("UPDATE audit_seals SET prev_hash = %s, hash = %s WHERE seq = %s", values)
            previous = link
    connection.close()


def compute_link(previous: str, row: tuple[Any, ...]) -> str:
    """Return the SHA-256 of a link, as everybody can compute it."""
    seq, pk, at, actor, action, object_type, object_id, detail, request = row
    body = {"seq": seq, "prev": previous, "id": pk, "at": at.isoformat(), "actor": actor and str(actor)}
    body |= {"action": action, "object": [object_type, object_id], "detail": detail, "request": request}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1])
