"""The parsed form of a personal name."""

from __future__ import annotations

from typing import NamedTuple

from matching.engine.text.tokenise import TokenisedName, Tokens


class ParsedPerson(NamedTuple):
    """A personal name taken apart; every field is a tuple of tokens whose offsets point into ``text.raw``.

    ``core`` is what the comparison aligns, in the order written, and ``roles`` has one letter for each of its
    tokens: ``g`` first given name, ``m`` middle name, ``p`` patronymic, ``s`` surname. ``suffix`` is
    normalised (``"jr"``, ``"sr"``, ``"2"``), empty when there is none. ``comma`` tells that the surname was
    written first and marked so (a comma or ``<<``), ``mononym`` that one word is the whole name.
    ``double_surname`` is ``"hyphen"`` or ``"space"`` when the surname has several words, else empty;
    ``bare`` tells that nothing but the name proper is there.
    """

    text: TokenisedName
    core: Tokens
    roles: str
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
