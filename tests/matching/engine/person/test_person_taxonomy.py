"""Every category of difference between personal names is found, in both directions, where it stands."""

from __future__ import annotations

import pytest

from matching.engine.person.compare import compare_people
from matching.engine.person.parse import parse_person
from matching.engine.text.tokenise import tokenise_name

EXAMPLES = [
    ("I01", "O'Brien, Sean", "OBRIEN SEAN"),
    ("I01", "Mary-Ann Jones", "Mary Ann Jones"),
    ("I02", "José Núñez", "Jose Nunez"),
    ("I02", "Jürgen Müller", "Juergen Mueller"),
    ("I02", "MUXXLLER<<HANS", "Hans Müller"),
    ("I03", "Smith, John A.", "John A. Smith"),
    ("I03", "Mao Zedong", "Zedong Mao"),
    ("I04", "J. Smith", "John Smith"),
    ("I05", "John Smith", "John Allen Smith"),
    ("I06", "John A. Smith", "John Allen Smith"),
    ("I07", "John A. Smith", "John B. Smith"),
    ("I07", "John Allen Smith", "John Brian Smith"),
    ("I07", "John Allen Smith", "John B. Smith"),
    ("I08", "Bill Harker", "William T. Harker, Jr."),
    ("I08", "Sasha Petrov", "Alexander Petrov"),
    ("I09", "Geoffrey Lane", "Jeffrey Lane"),
    ("I09", "Alice Thorpe", "Alicw Thorpe"),
    ("I10", "Miguel de A. Serrano", "Miguel de A. Serreno"),
    ("I10", "Alice Moore", "Alice More"),
    ("I11", "Maria Lopez", "Marta Lopez"),
    ("I11", "Daniel Okafor", "Emeka Okafor"),
    ("I12", "John Smith Jr.", "John Smith Sr."),
    ("I12", "Henry Horne, 1st Baron Horne", "Henry Horne, 2nd Baron Horne"),
    ("I13", "John Smith", "John Smith Jr."),
    ("I13", "SMITH III, John", "John Smith"),
    ("I14", "Dr. Jane Roe, MD", "Jane Roe"),
    ("I14", "Prof. Ada King, Ph.D.", "Ada King"),
    ("I15", "Anna Schmidt", "Anna Weber"),
    ("I15", "Anna Weber née Schmidt", "Anna Weber"),
    ("I16", "Mary Smith-Jones", "Mary Smith"),
    ("I17", "Lucia Ortega Vidal", "Lucia Ortega"),
    ("I17", "ORTEGA VIDAL, Lucia", "ORTEGA, Lucia"),
    ("I18", "Ludwig van Beethoven", "Ludwig Beethoven"),
    ("I19", "Ivan Petrovich Sidorov", "Ivan Sidorov"),
    ("I19", "Ivan Petrovich Sidorov", "Ivan Nikolaevich Sidorov"),
    ("I20", "Mohammed Al-Rashid", "Muhamad el Rasheed"),
    ("I20", "Sergey Kuznetsov", "Sergei Kuznetsov"),
    ("I20", "ZHOU, Enlai", "CHOU, Enlai"),
    ("I20", "Иван Сидоров", "Ivan Sidorov"),
    ("I20", "習近平", "Xi Jinping"),
    ("I20", "Lee Myung-bak", "Yi Myeong Bak"),
    ("I21", "Charles D. Whitlock", "Danny Whitlock"),
    ("I21", "Charles Daniel Whitlock", "Daniel Whitlock"),
    ("I22", "John Smith a/k/a Johnny Rocket", "John Smith"),
    ("I22", 'John "Rocket" Smith', "John Smith"),
    ("I22", "Tan Ah Kow @ Tan Ah Kau", "Tan Ah Kow"),
    ("I01", "José de la Cruz", "José Delacruz"),
    ("I01", "Kim Min-jun", "Kim Minjun"),
    ("I23", "John Smith, as Trustee of the Smith Family Trust", "John Smith"),
    ("I23", "Estate of John Smith", "John Smith"),
    ("I23", "For and on behalf of John Smith", "John Smith"),
    ("I24", "John and Mary Smith", "John Smith"),
    ("I24", "Mr & Mrs John Smith", "John Smith"),
    ("I25", "Oscar Fenn", "Fenn Tyre Co."),
    ("I26", "Suharto", "Haji Mohammad Suharto"),
    ("I26", "FNU Suharto", "Suharto"),
    ("I27", "Bob Keane (birth certificate)", "Robbie A. Keane (driver's licence)"),
]


def _categories(left: str, right: str) -> set[str]:
    return {
        finding.category
        for finding in compare_people(
            parse_person(tokenise_name(left)), parse_person(tokenise_name(right))
        ).findings
    }


@pytest.mark.parametrize(("category", "left", "right"), EXAMPLES)
def test_the_category_is_found_in_both_directions(category: str, left: str, right: str) -> None:
    assert category in _categories(left, right)
    assert category in _categories(right, left)
