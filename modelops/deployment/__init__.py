"""Deployment: registration, promotion and rollback of versions, and drills of a rollback."""
