"""`python -m tests.experiments.measure`: errors and power of both designs, by simulation and exactly.

Prints the table of "Measured" in docs/experiments.md.
"""

import sys

from experiments import power
from experiments.power import Design
from tests.experiments.simulations import (
    Rule,
    conclude_any_time,
    conclude_as_planned,
    share_concluded,
    share_found,
)

RUNS = 2_000
SEED = 41
EFFECT = 0.4
RULES: dict[Design, Rule] = {Design.ANY_TIME: conclude_any_time, Design.PLANNED: conclude_as_planned}


def main() -> int:
    """Print what was measured and return the exit code."""
    for design, rule in RULES.items():
        for users, scale in ((3, 0.1), (10, 0.05)):
            wrong = share_concluded(rule, 0.0, RUNS, users, scale, SEED)
            print(f"{design}: equal versions, {users} new users a day: {wrong:.1%} called different")
        for share_b in (0.5, 0.2):
            needed = power.compute_required_users(EFFECT, 1.0, share_b, design)
            found = share_found(rule, EFFECT, needed or 0, share_b, RUNS, SEED)
            print(f"{design}: share of B {share_b:.0%}, {needed:,} users: {found:.1%} found, 80 % promised")
    print(f"reviews: equal versions, exact: {power.compute_review_power(0.5, power.MAX_REVIEWS):.1%}")
    for win_share in (0.6, 0.7, 0.8):
        reviews = power.compute_required_reviews(win_share) or 0
        print(f"reviews: B right in {win_share:.0%}, {reviews:,} reviews: "
              f"{power.compute_review_power(win_share, reviews):.1%} decided, exact")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
