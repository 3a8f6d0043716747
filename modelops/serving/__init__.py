"""Serving: the live versions in a process, swapped while it answers."""
