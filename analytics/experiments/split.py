"""The comparison of exposed with planned users in a sentence."""

from __future__ import annotations

from django.utils.translation import gettext

from accounts.numbers import fill
from experiments.significance import SRM_MIN_USERS, SampleRatioCheck


def describe_split(check: SampleRatioCheck) -> str:
    """Return whether as many users met each version as planned."""
    users = fill(
        gettext("{users_a:,} users met A and {users_b:,} met B"), users_a=check.users_a, users_b=check.users_b
    )
    plan = fill(
        gettext("planned {share_a:.0%} to {share_b:.0%}"), share_a=1 - check.share_b, share_b=check.share_b
    )
    if not check.has_enough_users:
        text = gettext("{users} ({plan}); the split is checked from {number} users.")
        return text.format(users=users, plan=plan, number=SRM_MIN_USERS)
    if check.is_mismatch:
        text = gettext("{users} ({plan}): not as planned, p = {p_value:.3g}.")
    else:
        text = gettext("{users} ({plan}): as planned, p = {p_value:.3g}.")
    return text.format(users=users, plan=plan, p_value=check.p_value)
