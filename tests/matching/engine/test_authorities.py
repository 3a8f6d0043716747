"""The texts that the rules rest on are named in full, and every reference leads to one."""

import re

from matching.engine import load_categories, load_profiles, load_registry_profiles
from matching.engine.authorities import ANY_PROFILE, cite, load_authorities

PROFILES = load_profiles() | load_registry_profiles()


def test_every_reference_of_a_category_and_of_a_profile_leads_to_a_text() -> None:
    references = [
        *[reference for item in load_categories().values() for reference in item.authorities],
        *[reference for item in PROFILES.values() for reference in item.authorities],
    ]
    assert {reference.split(" ")[0] for reference in references} == set(load_authorities())


def test_a_citation_carries_its_pinpoint() -> None:
    assert cite("ucc-9-506 (c)") == "UCC § 9-506(c)"
    assert cite("ucp-600 art. 14(d)") == "UCP 600 art. 14(d)"
    assert cite("iso-20275") == "ISO 20275"


def test_every_text_has_a_full_title_and_names_profiles_that_exist() -> None:
    for item in load_authorities().values():
        assert len(item.title) >= len(item.citation)
        assert item.title not in ("", item.citation)
        assert set(item.profiles) <= {ANY_PROFILE, *PROFILES}
        assert item.year is None or 1900 < item.year < 2030
        assert item.link is None or re.match(r"https?://[a-z0-9.]+/", item.link)


def test_a_difference_cites_the_law_of_its_profile_and_no_internal_source() -> None:
    for profile in PROFILES.values():
        for category in load_categories().values():
            cited = profile.cite_law(category)
            foreign = [
                item.citation
                for item in load_authorities().values()
                if not {profile.id, ANY_PROFILE} & set(item.profiles)
                and item.citation in cited
                and item.citation not in " ".join(profile.sources)
            ]
            assert foreign == [], (profile.id, category.id)
            assert not [word for word in ("yml", "MARS", "Judgement") if word in cited]
