"""Reference pages of categories and profiles, generated from the rule data so that they agree with it."""

from __future__ import annotations

from matching.engine import Category, Profile, load_categories, load_profiles, load_registry_profiles
from matching.engine.authorities import ANY_PROFILE, Authority, get_authority, load_authorities
from matching.engine.search_logic import SEARCH_LOGICS, SearchLogic

_GENERATED_NOTE = "Written by `manage.py reference` from the rule data; do not edit. Not legal advice.\n"


def render_categories_page() -> str:
    """Return the page of all categories: explanation, example, authority, effect under each profile."""
    head = f"# Categories of difference\n\n{_GENERATED_NOTE}"
    parts = [_render_category(category) for category in load_categories().values()]
    return "\n".join([head, *parts])


def _render_category(category: Category) -> str:
    name_a, name_b = category.example
    effects = " · ".join(
        f"{profile.id} {profile.effects[category.id].value}" for profile in load_profiles().values()
    )
    settles = f"- What would settle a review: {category.missing}.\n" if category.missing else ""
    return (
        f"## {category.id} {category.title}\n\n{category.explanation}\n\n"
        f"- Example: “{name_a}” / “{name_b}”\n"
        f"- Authority: {category.authority} (see [authorities](authorities.md))\n"
        f"{settles}- Effect: {effects}\n"
    )


def render_profiles_page() -> str:
    """Return the page of all profiles: question, sources, effects; and the search logic of each office."""
    head = f"# Profiles\n\n{_GENERATED_NOTE}"
    return "\n".join(
        [
            head,
            *[_render_profile(profile) for profile in load_profiles().values()],
            _render_effects_table("Effects", load_profiles()),
            _render_search_logic(),
            _REGISTERS_INTRO,
            *[_render_profile(profile) for profile in load_registry_profiles().values()],
            _render_effects_table("Effects for registers", load_registry_profiles()),
        ]
    )


_REGISTERS_INTRO = (
    "# Registers' tests of availability\n\nWould a registrar take the two for one name? They say nothing of "
    "identity, stand in no overview, and are offered by an installation with `REGISTRY_PROFILES=true`.\n"
)


def render_authorities_page() -> str:
    """Return the page of all texts that the rules rest on: full title, year, link, where they are used."""
    head = f"# Authorities\n\n{_GENERATED_NOTE}\nA text has a year and a link only where they are certain.\n"
    return "\n".join([head, *[_render_authority(item) for item in load_authorities().values()]])


def _render_authority(authority: Authority) -> str:
    link = f"- Link: <{authority.link}>\n" if authority.link else ""
    year = f"- Year: {authority.year}\n" if authority.year else ""
    users = [
        id_ for id_, item in load_categories().items() if authority in map(get_authority, item.authorities)
    ]
    used = f"- Categories: {', '.join(users)}\n" if users else ""
    law = "every profile" if ANY_PROFILE in authority.profiles else ", ".join(authority.profiles)
    return f"## {authority.citation}\n\n{authority.title}.\n\n{year}{link}- Cited under: {law}\n{used}"


def _render_profile(profile: Profile) -> str:
    sources = "".join(f"- {source}\n" for source in profile.sources)
    return (
        f"## `{profile.id}` {profile.title}\n\n{profile.summary}\n\n"
        f"Version {profile.version} of {profile.date}; decides by {profile.logic}. Sources (see "
        f"[authorities](authorities.md)):\n\n{sources}{_render_missing(profile)}{_render_cases(profile)}"
    )


def _render_missing(profile: Profile) -> str:
    if not profile.missing:
        return ""
    facts = "".join(f"- {key}: {fact}\n" for key, fact in profile.missing.items())
    return f"\nWhat settles a review under this profile:\n\n{facts}"


def _render_cases(profile: Profile) -> str:
    if not profile.cases:
        return ""
    cases = ", ".join(f"{case} {effect.value}" for case, effect in profile.cases.items())
    return f"\nCases judged by themselves: {cases}.\n"


def _render_effects_table(title: str, profiles: dict[str, Profile]) -> str:
    lines = [f"## {title}\n", f"| category | {' | '.join(profiles)} |", f"|---|{'---|' * len(profiles)}"]
    for category in load_categories().values():
        effects = " | ".join(profile.effects[category.id].value for profile in profiles.values())
        lines.append(f"| {category.id} {category.title.replace('|', '/')} | {effects} |")
    return "\n".join(lines) + "\n"


def _render_search_logic() -> str:
    lines = [
        "## Search logic of the `ucc` profile, by office\n",
        "| office | text | as of | differs |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {logic.id} | {logic.title} | {logic.as_of} | {_describe_deviations(logic)} |"
        for logic in SEARCH_LOGICS.values()
    ]
    return "\n".join(lines) + "\n"


def _describe_deviations(logic: SearchLogic) -> str:
    model = SEARCH_LOGICS["model"]
    points = (
        "ampersand_is_and",
        "delete_spaces",
        "repeat_endings",
        "keep_last_word",
        "ignore_suffix",
        "any_error_fatal",
        "exact_given",
        "middle_initials",
    )
    changed = [
        f"{point} = {getattr(logic, point)}"
        for point in points
        if getattr(logic, point) != getattr(model, point)
    ]
    return ", ".join(changed) or "nothing"
