"""The whole loop on simulated traffic, reviewers and a new guideline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from feedback.simulation.loop import SimulationPlan, SimulationResult, simulate
from feedback.simulation.plot import render_section, render_svg
from matching.benchmark.sections import replace_section


@contextmanager
def _use_scratch_database() -> Iterator[None]:
    """Work in a database of its own, dropped afterwards: nothing that serves waits for a simulation.

    Raises ``CommandError`` where the database's user may not create one.
    """
    mine = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"simulation_{uuid4().hex[:12]}"
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    except (DatabaseError, SystemExit) as error:
        raise CommandError("A simulation needs a database of its own: let the user create one.") from error
    try:
        yield
    finally:
        connection.creation.destroy_test_db(mine, verbosity=0)


class Command(BaseCommand):
    """Simulate, print the outcome, and draw the true accuracy over time. Leaves nothing in the database."""

    help = "Simulate the loop: traffic, a new guideline, reviewers who err, automatic retraining, approvals."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the plan and output options."""
        parser.add_argument("what", choices=["simulate"])
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON and nothing else")
        parser.add_argument("--plot", type=Path, help="write the true accuracy over time as SVG")
        parser.add_argument("--page", type=Path, help="write the outcome into a section of this page")
        parser.add_argument("--seed", type=int, default=SimulationPlan.seed)
        parser.add_argument("--corrections", type=int, default=SimulationPlan.corrections)
        parser.add_argument("--per-hour", type=int, default=SimulationPlan.per_hour)
        parser.add_argument("--corpus-size", type=int, default=SimulationPlan.corpus_size)
        parser.add_argument("--reviewers-err", type=float, default=SimulationPlan.reviewers_err)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the plan, printing one line per simulated hour."""
        names = ("seed", "corrections", "per_hour", "corpus_size", "reviewers_err")
        plan = SimulationPlan(**{name: options[name] for name in names})
        with _use_scratch_database():
            outcome = simulate(plan, self.stderr.write if options["json"] else self.stdout.write)
        if options["plot"]:
            options["plot"].write_text(render_svg(outcome), encoding="utf-8")
        if options["page"]:
            replace_section(options["page"], "loop", render_section(plan, outcome))
        if options["json"]:
            self.stdout.write(json.dumps(outcome.to_dict()))
        else:
            self._print_result(outcome)

    def _print_result(self, outcome: SimulationResult) -> None:
        plain = {name: value for name, value in outcome.to_dict().items() if name != "history"}
        for name, value in plain.items():
            self.stdout.write(f"{name.replace('_', ' '):<28} {value}")
