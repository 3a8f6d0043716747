"""Misprints of words, and different words that look alike.

The mixes below follow what was counted in public registers (aggregate counts only). Misprints of one name
fall inside longer words (5 letters and more, two thirds of them not at either end): a vowel for a vowel, a
lost or added vowel, a doubled letter, a neighbour on the keyboard, a scanner's confusion. Different
companies one letter apart differ in short words (2 or 3 letters), at the end or the beginning, or in a
digit.
"""

from __future__ import annotations

from collections.abc import Callable

from matching.training.synthetic.vocabulary import WordSampler

_ADJACENT_KEY_TABLE = (
    "a:qwsz b:vghn c:xdfv d:serfcx e:wsdr f:drtgvc g:ftyhbv h:gyujnb i:ujko j:huikmn k:jiolm l:kop "
    "m:njk n:bhjm o:iklp p:ol q:wa r:edft s:awedxz t:rfgy u:yhji v:cfgb w:qase x:zsdc y:tghu z:asx "
)
_ADJACENT_KEYS = dict(pair.split(":") for pair in _ADJACENT_KEY_TABLE.split())
_OCR_CONFUSIONS = (
    ("rn", "m"),
    ("m", "rn"),
    ("cl", "d"),
    ("l", "1"),
    ("o", "0"),
    ("i", "l"),
    ("e", "c"),
    ("h", "b"),
    ("vv", "w"),
    ("g", "q"),
    ("u", "v"),
    ("n", "u"),
    ("s", "5"),
    ("b", "6"),
)
_HOMOGLYPHS = {"a": "а", "e": "е", "o": "о", "p": "р", "c": "с", "x": "х", "i": "і"}
_VOWELS = "aeiouy"
_SOUND_SPELLINGS = (
    ("ph", "f"),
    ("c", "k"),
    ("s", "z"),
    ("ck", "k"),
    ("i", "y"),
    ("ei", "ie"),
    ("ou", "u"),
    ("ks", "x"),
    ("qu", "kw"),
    ("th", "t"),
)


def _choose_inner_index(draw: WordSampler, word: str) -> int:
    return draw.random.randint(1, max(1, len(word) - 2))


def substitute_adjacent_key(draw: WordSampler, word: str) -> str:
    """Replace a letter by its neighbour on the keyboard."""
    at = _choose_inner_index(draw, word)
    near = _ADJACENT_KEYS.get(word[at].lower())
    return word if near is None else word[:at] + draw.choose(list(near)) + word[at + 1 :]


def transpose_letters(draw: WordSampler, word: str) -> str:
    """Exchange two neighbouring letters."""
    at = min(_choose_inner_index(draw, word), len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def toggle_double_letter(draw: WordSampler, word: str) -> str:
    """Double a letter, or make a double letter single."""
    doubled = [at for at in range(1, len(word)) if word[at] == word[at - 1]]
    if doubled:
        return word[: doubled[0]] + word[doubled[0] + 1 :]
    at = _choose_inner_index(draw, word)
    return word[:at] + word[at] + word[at:]


def drop_letter(draw: WordSampler, word: str) -> str:
    """Delete a letter inside the word."""
    at = _choose_inner_index(draw, word)
    return word[:at] + word[at + 1 :]


def substitute_vowel(draw: WordSampler, word: str) -> str:
    """Replace a vowel by another vowel."""
    places = [at for at in range(1, len(word)) if word[at] in _VOWELS]
    if not places:
        return word
    at = draw.random.choice(places)
    return word[:at] + draw.choose_other(list(_VOWELS), word[at]) + word[at + 1 :]


def substitute_ocr_confusion(draw: WordSampler, word: str) -> str:
    """Replace letters that scanners confuse (rn/m, O/0, l/1)."""
    confusions = [(a, b) for a, b in _OCR_CONFUSIONS if a in word.lower()[1:]]
    if not confusions:
        return word
    a, b = draw.random.choice(confusions)
    at = word.lower().index(a, 1)
    return word[:at] + b + word[at + len(a) :]


def respell_sound(draw: WordSampler, word: str) -> str:
    """Spell a sound in another usual way (ph/f, c/k, ei/ie)."""
    respellings = [
        (a, b) if a in word else (b, a) for a, b in _SOUND_SPELLINGS if a in word[1:] or b in word[1:]
    ]
    if not respellings:
        return word
    a, b = draw.random.choice(respellings)
    return word[0] + word[1:].replace(a, b, 1)


def substitute_homoglyph(draw: WordSampler, word: str) -> str:
    """Replace a Latin letter by a Cyrillic one that looks the same."""
    places = [at for at, letter in enumerate(word) if letter in _HOMOGLYPHS]
    if not places:
        return word
    at = draw.random.choice(places)
    return word[:at] + _HOMOGLYPHS[word[at]] + word[at + 1 :]


_MISPRINT_WEIGHTS: tuple[tuple[Callable[[WordSampler, str], str], float], ...] = (
    (substitute_vowel, 26),
    (substitute_adjacent_key, 20),
    (drop_letter, 18),
    (toggle_double_letter, 16),
    (transpose_letters, 8),
    (respell_sound, 8),
    (substitute_ocr_confusion, 4),
)


def misprint(draw: WordSampler, word: str) -> str:
    """Misprint the word once, in the mix counted in real names; short words may stay unchanged."""
    if len(word) < 4:
        return word
    kinds, weights = zip(*_MISPRINT_WEIGHTS, strict=True)
    make: Callable[[WordSampler, str], str] = draw.random.choices(kinds, weights)[0]
    return make(draw, word)


def change_one_letter(draw: WordSampler, word: str) -> str:
    """Change one letter of a short word, which makes another company (TMH and TMR)."""
    at = draw.random.choice([0, len(word) - 1, len(word) - 1, draw.random.randrange(len(word))])
    letters = "ABCDEFGHIJKLMNOPRSTUVWXZ" if word.isupper() else "abcdefghilmnoprstuvwz"
    new = draw.choose_other(list(letters), word[at])
    return word[:at] + (new.upper() if word[at].isupper() else new) + word[at + 1 :]
