"""Serving: the live versions loaded in a process, and their replacement while it answers."""
