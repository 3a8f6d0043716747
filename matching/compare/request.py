"""What is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from matching.engine import Context


@dataclass(frozen=True)
class CompareRequest:
    """Two names and how to read them."""

    name1: str
    name2: str
    profile: str = "general"
    kind: str = "auto"
    context: Context = field(default_factory=Context)
