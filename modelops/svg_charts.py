"""Charts as SVG text, rendered on the server: no script, no style sheet, readable by screen readers.

Every chart contains a description of its data. Bar charts inherit the text colour of the page and so follow
its colour scheme; line charts set their own colours, for documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from modelops.monitoring.bins import compute_shares

WIDTH, HEIGHT, MARGIN = 640, 220, 36
REFERENCE_COLOUR, CURRENT_COLOUR, ANNOTATION_COLOUR = "#94a3b8", "#3b82f6", "#dc2626"
"""Colours with enough contrast on light and dark pages; their meaning is also given in words."""

BACKGROUND_COLOUR, TEXT_COLOUR = "#ffffff", "#334155"


@dataclass(frozen=True, slots=True)
class PlotAnnotation:
    """A labelled event at a position on the horizontal axis."""

    position: float
    text: str


def render_bar_chart(
    title: str, labels: Sequence[str], reference: Sequence[int], current: Sequence[int]
) -> str:
    """Return a chart with two bars per label, each as the share of its own series."""
    before, now = compute_shares(reference).tolist(), compute_shares(current).tolist()
    top = max([*before, *now, 0.01])
    room = (WIDTH - 2 * MARGIN) / max(1, len(labels))
    parts = []
    for at, label in enumerate(labels):
        left = MARGIN + at * room
        parts += [
            _render_bar(
                REFERENCE_COLOUR,
                left + room * 0.08,
                room * 0.4,
                before[at] / top,
                f"{label}: {before[at]:.1%}",
            ),
            _render_bar(
                CURRENT_COLOUR, left + room * 0.52, room * 0.4, now[at] / top, f"{label}: {now[at]:.1%}"
            ),
            _render_text(left + room / 2, HEIGHT - 14, _shorten_label(label, room), "middle"),
        ]
    words = "; ".join(
        f"{label} {was:.0%} to {is_:.0%}" for label, was, is_ in zip(labels, before, now, strict=True)
    )
    return _render_svg(
        title, f"Share by bin, reference to window: {words}", [*parts, _render_scale(top)], "inherit"
    )


def render_line_chart(
    title: str, values: Sequence[float], marks: Sequence[PlotAnnotation], limit: float | None = None
) -> str:
    """Return a line of shares over time from 0 to 100 %, with annotations and an optional threshold."""
    step = (WIDTH - 2 * MARGIN) / max(1, len(values) - 1)
    points = " ".join(f"{MARGIN + at * step:.1f},{_compute_y(value):.1f}" for at, value in enumerate(values))
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{BACKGROUND_COLOUR}"/>',
        f'<polyline points="{points}" fill="none" stroke="{CURRENT_COLOUR}" stroke-width="2"/>',
        _render_scale(1.0),
    ]
    if limit is not None:
        level = _compute_y(limit)
        parts.append(_render_rule(MARGIN, level, WIDTH - MARGIN, level, REFERENCE_COLOUR))
    for number, mark in enumerate(marks):
        left = MARGIN + mark.position * step
        parts.append(_render_rule(left, MARGIN, left, HEIGHT - MARGIN, ANNOTATION_COLOUR))
        late = left > WIDTH * 0.75
        top = HEIGHT - MARGIN - 6 - 14 * (number % 4)
        parts.append(_render_text(left + (-4 if late else 4), top, mark.text, "end" if late else "start"))
    words = "; ".join(f"{mark.text} at {mark.position:g}" for mark in marks)
    first, last = (f"{value:.1%}" for value in (values[0], values[-1]))
    return _render_svg(title, f"From {first} to {last}. {words}", parts, TEXT_COLOUR)


def _render_svg(title: str, words: str, parts: Sequence[str], color: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" '
        f'font-family="sans-serif" font-size="12" color="{color}">'
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc>{''.join(parts)}"
        f"{_render_text(MARGIN, 20, title, 'start')}"
        f"{_render_rule(MARGIN, HEIGHT - MARGIN, WIDTH - MARGIN, HEIGHT - MARGIN, 'currentColor')}</svg>"
    )


def _render_rule(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    dashes = "" if color == "currentColor" else ' stroke-dasharray="4 3"'
    return f'<line {ends} stroke="{color}"{dashes}/>'


def _render_bar(color: str, left: float, width: float, share: float, words: str) -> str:
    height, top = share * (HEIGHT - 2 * MARGIN), _compute_y(share)
    return (
        f'<rect fill="{color}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}"><title>{escape(words)}</title></rect>'
    )


def _render_text(left: float, top: float, words: str, anchor: str) -> str:
    place = f'x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="currentColor">{escape(words)}</text>'


def _render_scale(top: float) -> str:
    return _render_text(MARGIN - 4, MARGIN + 4, f"{top:.0%}", "end") + _render_text(
        MARGIN - 4, HEIGHT - MARGIN, "0", "end"
    )


def _compute_y(share: float) -> float:
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


def _shorten_label(label: str, room: float) -> str:
    letters = max(1, int(room / 7))
    return label if len(label) <= letters else f"{label[: max(1, letters - 1)]}…"
