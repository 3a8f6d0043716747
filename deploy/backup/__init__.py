"""Backup and restore of an installation: deploy/bin/backup and deploy/bin/restore; see docs/backup.md."""
