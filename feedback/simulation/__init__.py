"""The whole loop on simulated traffic and people, with the real engine, database and services."""
