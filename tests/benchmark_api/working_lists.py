"""Pages and lists of people who work every day, with a short history and with a long one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from django.urls import reverse

from accounts.models import User
from feedback.models import ReviewItem
from matters.models import MatterMember
from tests.benchmark_api.histories import (
    OPEN,
    Cast,
    Size,
    empty_history,
    prepare_cast,
    write_history,
)
from tests.benchmark_api.measures import measure_p95
from webhooks.models import WebhookEndpoint

FEW, MANY = Size(10_000, 500, 6_000), Size(300_000, 5_000, 200_000)


def working_lists(port: int, administrator: User, sizes: Sequence[Size] = (FEW, MANY)) -> Iterator[str]:
    """p95 of each page and list with a short and with a long history; as many items wait in both."""
    cast, measured = prepare_cast(), []
    for size in sizes:
        write_history(cast, size)
        asked = list_asked(cast, administrator)
        measured.append({name: measure_p95(port, one.user, one.path) for name, one in asked.items()})
    few, many = measured
    yield from _describe_sizes(sizes)
    yield "\n| page or list, p95 in ms | short history | long history | times |"
    yield "|---|---|---|---|"
    for name in few:
        yield f"| {name} | {few[name]:.1f} | {many[name]:.1f} | {many[name] / few[name]:.2f} |"
    empty_history()


def _describe_sizes(sizes: Sequence[Size]) -> Iterator[str]:
    for title, size in zip(("Short", "Long"), sizes, strict=True):
        yield (
            f"{title}: {size.predictions:,} predictions, {size.predictions // 3:,} review items of which "
            f"{OPEN:,} wait, {size.matters:,} matters, {size.messages:,} notifications and deliveries."
        )


class Asked(NamedTuple):
    """An address, and who asks for it."""

    user: User
    path: str


def list_asked(cast: Cast, administrator: User) -> dict[str, Asked]:
    """Return what is asked for, by what it is called on the page of benchmarks."""
    return {
        **_list_reviews(cast),
        **_list_histories(cast),
        **_list_messages(cast),
        "start of an administrator": Asked(administrator, "/admin/"),
        "start of a model engineer": Asked(cast.engineer, "/admin/"),
        "start of an auditor": Asked(cast.auditor, "/admin/"),
    }


def _list_reviews(cast: Cast) -> Mapping[str, Asked]:
    reviewer, lead = cast.reviewers[0], cast.lead
    items = reverse("admin:feedback_reviewitem_changelist")
    item = ReviewItem.objects.filter(state="done").select_related("prediction").latest("done_at")
    number, digest = item.prediction.short_number, item.prediction.pair_digest
    matter = MatterMember.objects.filter(user=reviewer).latest("id").matter
    searches = {"short number": number, "digest": digest, "matter": matter.reference}
    filters = {
        "": "",
        ", free": "status=free",
        ", closed": "status=done",
        ", late": "late=yes",
        ", more than a week old": "age=older",
        ", a profile": "status=free&profile=ucc",
        ", a matter": f"matter={matter.pk}",
    }
    return {
        "queue of a reviewer": Asked(reviewer, reverse("admin:review-queue")),
        **{
            f"items of a reviewer{name}": Asked(reviewer, f"{items}?{query}")
            for name, query in filters.items()
        },
        **{
            f"items of a reviewer, by {name}": Asked(reviewer, f"{items}?q={q}")
            for name, q in searches.items()
        },
        "queue of a lead": Asked(lead, reverse("admin:review-queue")),
        "items of a lead": Asked(lead, items),
        "items of a lead, undecided": Asked(lead, f"{items}?status=waiting"),
        "items of a lead, late": Asked(lead, f"{items}?late=yes"),
        "items of a lead, a stream": Asked(lead, f"{items}?status=waiting&stream=appeal"),
        "items of a lead, a profile that few have": Asked(lead, f"{items}?profile=lc"),
        **{
            f"items of a lead, by {name}": Asked(lead, f"{items}?q={text}") for name, text in searches.items()
        },
        "requests of a lead": Asked(lead, reverse("admin:feedback_reviewrequest_changelist")),
        "start of a lead": Asked(lead, "/admin/"),
    }


def _list_histories(cast: Cast) -> Mapping[str, Asked]:
    client, other = cast.clients[0], cast.clients[1]
    matter = MatterMember.objects.filter(user=client).latest("id").matter
    found: dict[str, Asked] = {}
    for name, query in {
        "": "",
        ", decided": "review_status=decided",
        ", in review": "review_status=in_review",
        ", document missing": "review_status=needs_document",
        ", withdrawn, none found": "review_status=withdrawn",
        ", no review needed": "review_status=not_needed",
        ", reviewer can be asked": "review_status=available",
        ", decided under a profile that few have": "review_status=decided&profile=lc",
    }.items():
        found[f"history{name}"] = Asked(client, f"/history?{query}")
        found[f"`predictions`{name}"] = Asked(client, f"/api/v1/predictions?{query}")
    return {
        **found,
        "history, a verdict": Asked(client, "/history?verdict=review"),
        "history, a profile that few have": Asked(client, "/history?profile=lc"),
        "history, a matter": Asked(client, f"/history?matter={matter.pk}"),
        "history, a month": Asked(client, "/history?created_from=2026-01-01&created_to=2026-01-31"),
        "`predictions` of another client, decided": Asked(other, "/api/v1/predictions?review_status=decided"),
        "matters": Asked(client, "/matters"),
        "matters, a search": Asked(client, f"/matters?search={matter.reference}"),
        "a matter": Asked(client, f"/matters/{matter.pk}"),
        "`feedback`": Asked(client, "/api/v1/feedback"),
        "start of a client": Asked(client, "/"),
    }


def _list_messages(cast: Cast) -> Mapping[str, Asked]:
    client, other = cast.clients[0], cast.clients[1]
    endpoint = WebhookEndpoint.objects.of_user(client.pk).get()
    return {
        "notifications": Asked(client, "/notifications"),
        "notifications, none ever read": Asked(other, "/notifications"),
        "`notifications`": Asked(client, "/api/v1/notifications"),
        "deliveries of a webhook": Asked(client, f"/webhooks/{endpoint.pk}"),
        "`webhooks/…/deliveries`": Asked(client, f"/api/v1/webhooks/{endpoint.pk}/deliveries"),
    }
