"""Legal forms: found by what they are, related by code and jurisdiction."""

from __future__ import annotations

import pytest

from matching.engine.forms import LegalForm, find
from matching.engine.text import read


def forms(name: str, jurisdiction: str | None = None) -> tuple[LegalForm, ...]:
    return find(read(name).keys, jurisdiction)


def labels(name: str, jurisdiction: str | None = None) -> list[str]:
    return [form.label for form in forms(name, jurisdiction)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme Co., Inc.", ["Co.", "Inc."]),
        ("Foo GmbH & Co. KG", ["GmbH & Co. KG"]),
        ("Foo Co., Ltd.", ["Co., Ltd."]),
        ("Grupo X, S.A. de C.V.", ["S.A. de C.V."]),
        ("PT Foo Tbk", ["PT", "Tbk"]),
        ("ООО Ромашка", ["OOO"]),
        ("Joint Stock Company Sberbank", ["JSC"]),
        ("DEDINI SA SIDERURGICA", ["SA"]),
        ("Acme Ltd (in liquidation)", ["Ltd"]),
        ("Smith & Company", ["& Co."]),
    ],
)
def test_a_form_is_found_wherever_it_may_stand(name: str, expected: list[str]) -> None:
    assert labels(name) == expected
