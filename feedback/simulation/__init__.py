"""Simulation of the feedback loop: simulated traffic and users; real engine, database and services."""
