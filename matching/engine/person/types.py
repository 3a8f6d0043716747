"""Types of the parsed form of a personal name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from matching.engine.text.tokenise import TokenisedName, Tokens
from matching.engine.types import Span

GIVEN: Final = "g"
"""The first given name."""
MIDDLE: Final = "m"
"""A middle name: any given name after the first."""
PATRONYMIC: Final = "p"
SURNAME: Final = "s"

Role = Literal["g", "m", "p", "s"]
"""The part of a name that one word fills.

Plain constants, not an enum: reading a member of an enum takes ten times as long as reading a constant.
"""

CONTRADICTED: Final = "contradicted"
"""Case of a finding: both sides fill one role with words that are not one name."""
ONE_IN_COMMON: Final = "one-in-common"
"""Case of a finding: of two names of two words one is shared, and the others have nothing in common."""
ABSENT: Final = "absent"
"""Case of a finding: the part stands on one side only."""
DISTINCT_NAMES: Final = "names"
"""Case of a finding: both words are names in use, however similar."""
GENDER: Final = "gender"
"""Case of a finding: a man's and a woman's form or title."""
BIRTH_NAME: Final = "born"
"""Case of a finding: the birth name of one side is the surname of the other."""


@dataclass
class ParsedPerson:
    """A personal name split into fields of tokens, whose offsets point into ``text.raw``.

    ``core`` holds the words that the comparison aligns, in the order written, and ``roles`` the role of each.
    ``suffix`` is normalised (``"jr"``, ``"sr"``, ``"2"``), empty when there is none. ``comma``: the surname
    stands first and is marked so, by a comma or ``<<``. ``mononym``: one word is the whole name.
    ``double_surname`` is ``"hyphen"`` or ``"space"`` when the surname has several words, else empty.
    ``is_name_only``: nothing but the name proper is present, no title, suffix, alias or the like.
    """

    text: TokenisedName
    core: Tokens
    roles: tuple[Role, ...]
    surname: Tokens = ()
    given: Tokens = ()
    middle: Tokens = ()
    patronymic: Tokens = ()
    particles: Tokens = ()
    suffix: str = ""
    suffix_tokens: Tokens = ()
    titles: Tokens = ()
    postnominals: Tokens = ()
    style: Tokens = ()
    nicknames: Tokens = ()
    alias: Tokens = ()
    birth_name: Tokens = ()
    capacity: Tokens = ()
    joint: Tokens = ()
    document: Tokens = ()
    placeholders: Tokens = ()
    trade: Tokens = ()
    comma: bool = False
    mononym: bool = False
    double_surname: str = ""
    is_name_only: bool = False


def get_token_keys(tokens: Tokens) -> tuple[str, ...]:
    """Return the comparison keys of tokens."""
    return tuple([token.key for token in tokens])


def find_tokens_span(tokens: Tokens) -> Span | None:
    """Return the offsets that enclose tokens, which may stand in any order; ``None`` for no token."""
    if not tokens:
        return None
    return (min([token.start for token in tokens]), max([token.end for token in tokens]))
