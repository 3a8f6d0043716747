"""The text of a name: tokens with offsets, comparison keys, scripts, look-alikes.

The rest of the engine sees a name only as a :class:`TokenisedName`. A token's ``key`` is its comparison
form (lower case, without accents and dots); its offsets point into the name as received, whatever Unicode
normalisation did in between. Nothing here knows what a company or a person is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final, final

from anyascii import anyascii

from matching.engine.language.wording import Sentence
from matching.engine.text.damage import has_damage, repair_damage
from matching.engine.types import MAX_NAME_LENGTH, EmptyNameError, NameTooLongError, Span

CJK_LEGAL_FORMS = (
    "股份有限公司", "有限责任公司", "有限責任公司", "有限责任事務所", "有限公司", "株式会社",
    "株式會社", "有限会社", "合同会社", "合資会社", "合名会社", "相互会社",
    "一般社団法人", "一般財団法人", "公益社団法人", "公益財団法人", "特定非営利活動法人", "医療法人",
    "学校法人", "社会福祉法人", "協同組合", "주식회사", "유한책임회사", "유한회사",
    "합자회사", "합명회사",
)  # fmt: skip
"""Legal forms written without a space before or after the name; the tokeniser separates them."""

_SYMBOL_WORDS: Final = {
    "&": "and",
    "+": "and",
    "@": "at",
    "%": "percent",
    "#": "no",
    "№": "no",
    "€": "euro",
    "$": "dollar",
    "£": "pound",
}
_COMBINING_MARKS: Final = "".join(
    [chr(code) for code in range(0x300, 0x10A0) if unicodedata.category(chr(code)) in ("Mn", "Mc")]
)
_KATAKANA: Final = "ァ-ヺー-ヿㇰ-ㇿ"
_IDEOGRAPHS: Final = "ぁ-ゟ々-〇㐀-䶿一-鿿豈-﫿"
_HANGUL: Final = "가-힣"
_HANGUL_ENDINGS: Final = frozenset(map(chr, range(0x1160, 0x1200)))
"""Vowels and final consonants of Hangul syllables written in parts (NFD)."""
_WORD_PATTERN: Final = (
    rf"(?:(?!{'|'.join(CJK_LEGAL_FORMS)})[{_KATAKANA}])+"
    rf"|(?:(?!{'|'.join(CJK_LEGAL_FORMS)})[{_IDEOGRAPHS}])+"
    rf"|(?:(?!{'|'.join(CJK_LEGAL_FORMS)})[{_HANGUL}])+"
    rf"|(?:(?![{_KATAKANA}{_IDEOGRAPHS}{_HANGUL}])[^\W\d_][{_COMBINING_MARKS}]*)+"
)
"""Letters with their combining marks, without which Thai and Devanagari words fall apart. Chinese, Japanese
and Korean write without spaces: a change of script is where a word ends (DOWA | ホールディングス)."""
# Numbers repeat a plain group, not a possessive one: Python before 3.11.5 reads `(?:...)*+` wrongly.
_TOKEN_PATTERN: Final = re.compile(
    rf"{'|'.join(CJK_LEGAL_FORMS)}"
    r"|(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+(?![^\W_])\.?"  # R.J.T.  S.A.  but not Ph.D
    r"|(?<![^\W_])[A-Za-z](?:/[A-Za-z])+(?![^\W_])"  # d/b/a  S/A  A/S
    r"|\d++(?:[.,]\d++)*(?:[sS][tT]|[nN][dD]|[rR][dD]|[tT][hH])(?![^\W\d_])"
    r"|\d++(?:[.,]\d++)*"
    rf"|(?:{_WORD_PATTERN})(?:['’ʼ`´](?:{_WORD_PATTERN}))*"
    r"|[&+@%#№€$£]"
)
_ASCII_TOKEN_PATTERN: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z](?:\.[A-Za-z])+(?![A-Za-z0-9])\.?"
    r"|(?<![A-Za-z0-9])[A-Za-z](?:/[A-Za-z])+(?![A-Za-z0-9])"
    r"|\d++(?:[.,]\d++)*(?:[sS][tT]|[nN][dD]|[rR][dD]|[tT][hH])(?![A-Za-z])"
    r"|\d++(?:[.,]\d++)*"
    r"|[A-Za-z]+(?:['`][A-Za-z]+)*"
    r"|[&+@%#$]"
)
_NOT_ALNUM_PATTERN: Final = re.compile(r"[^0-9a-z]+")
_THOUSANDS_PATTERN: Final = re.compile(r"\d{1,3}(?:[.,]\d{3})+")
_LATIN_SPECIAL_LETTERS: Final = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ı": "i",
        "þ": "th",
        "ħ": "h",
        "ŋ": "n",
    }
)
_ARABIC_VARIANTS: Final = str.maketrans(
    {"ى": "ي", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ة": "ه", "ک": "ك", "ی": "ي"}
)
"""Letters that Arabic and Persian spellings exchange: alef with its marks, yeh, kaf, the final heh."""
_ICAO_DIGRAPHS: Final = {
    "ä": "ae",
    "ö": "oe",
    "ü": "ue",
    "å": "aa",
    "ø": "oe",
    "ñ": "nxx",
    "þ": "th",
    "ß": "ss",
    "æ": "ae",
}
"""Second valid transliteration of a letter in machine-readable documents (ICAO Doc 9303-3, section 6)."""

_SCRIPT_RANGES = (
    (0x0000, 0x024F, "latin"), (0x1E00, 0x1EFF, "latin"), (0x0370, 0x03FF, "greek"),
    (0x1F00, 0x1FFF, "greek"), (0x0400, 0x052F, "cyrillic"), (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"), (0x0600, 0x06FF, "arabic"), (0x0750, 0x077F, "arabic"),
    (0xFB50, 0xFDFF, "arabic"), (0xFE70, 0xFEFF, "arabic"), (0x0900, 0x097F, "devanagari"),
    (0x0E00, 0x0E7F, "thai"), (0x10A0, 0x10FF, "georgian"), (0x1100, 0x11FF, "hangul"),
    (0xAC00, 0xD7AF, "hangul"), (0x3040, 0x309F, "kana"), (0x30A0, 0x30FF, "kana"),
    (0x31F0, 0x31FF, "kana"), (0x3400, 0x4DBF, "han"), (0x4E00, 0x9FFF, "han"),
    (0xF900, 0xFAFF, "han"), (0x3005, 0x3007, "han"), (0x20000, 0x3134F, "han"),
)  # fmt: skip

_CONFUSABLES: Final = dict(
    zip("аеорсухіјѕԁԛԝһӏвкмнтΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "aeopcyxijsdqwhlbkmhtabezhikmnoptyxo", strict=True)
)
"""Cyrillic and Greek letters that print like a Latin one (UTS 39 confusables that occur in names)."""


@final
class Token:
    """A word, number or symbol of a name; ``name[start:end]`` is its text as received.

    Records of the hot path are plain classes: machine code reads their attributes directly.
    """

    __slots__ = ("end", "key", "start", "text")

    def __init__(self, key: str, start: int, end: int, text: str) -> None:
        self.key = key
        self.start = start
        self.end = end
        self.text = text

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same text at the same place with the same key."""
        return isinstance(other, Token) and (self.key, self.start, self.end, self.text) == (
            other.key,
            other.start,
            other.end,
            other.text,
        )

    def __hash__(self) -> int:
        """Return the hash of the text and its place."""
        return hash((self.start, self.text))

    @property
    def span(self) -> Span:
        """The offsets in the name as received."""
        return (self.start, self.end)


Tokens = tuple[Token, ...]


def get_tokens_span(tokens: Tokens) -> Span:
    """Return the offsets from the first of some tokens to the last."""
    return (tokens[0].start, tokens[-1].end)


def list_keys(tokens: Tokens) -> tuple[str, ...]:
    """Return the comparison keys of some tokens."""
    return tuple([token.key for token in tokens])


def join_keys(tokens: Tokens) -> str:
    """Return the comparison keys of some tokens, joined without spaces."""
    return "".join([token.key for token in tokens])


@final
class TokenisedName:
    """A name as received, with its tokens, their keys, its scripts and its invisible characters (indices)."""

    __slots__ = ("invisible", "keys", "raw", "scripts", "tokens")

    def __init__(self, raw: str, tokens: Tokens, scripts: frozenset[str], invisible: tuple[int, ...]) -> None:
        self.raw = raw
        self.tokens = tokens
        self.keys = tuple([token.key for token in tokens])
        self.scripts = scripts
        self.invisible = invisible

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same text with as many tokens: all else follows from these."""
        return (
            isinstance(other, TokenisedName)
            and self.raw == other.raw
            and len(self.tokens) == len(other.tokens)
        )

    def __hash__(self) -> int:
        """Return the hash of the name as received."""
        return hash(self.raw)

    def cut_after(self, count: int) -> TokenisedName:
        """Return the name with its first tokens alone."""
        return TokenisedName(self.raw, self.tokens[:count], self.scripts, self.invisible)


_LATIN_ONLY: Final = frozenset(["latin"])
_TRADEMARK_SIGNS: Final = frozenset("™®©℠")
"""Signs that a name may carry and that are no part of it."""


@lru_cache(maxsize=16_384)
def tokenise_name(name: str) -> TokenisedName:
    """Split a name into tokens.

    Raises :class:`EmptyNameError` when nothing but spaces and punctuation is there, and
    :class:`NameTooLongError` above :data:`~matching.engine.types.MAX_NAME_LENGTH` characters.
    """
    if len(name) > MAX_NAME_LENGTH:
        raise NameTooLongError(Sentence.NAME_TOO_LONG.format(most=MAX_NAME_LENGTH, count=len(name)))
    is_plain = name.isascii() and not has_damage(name)
    text = _tokenise_ascii(name) if is_plain else _tokenise_unicode(name)
    if not any(token.key.isalnum() or token.text[0].isalnum() for token in text.tokens):
        raise EmptyNameError(str(Sentence.NAME_EMPTY))
    return text


def _tokenise_ascii(name: str) -> TokenisedName:
    """Tokenise word by word, since no token crosses a space and cached words are shared by many names."""
    tokens: list[Token] = []
    at = 0
    for word in name.split(" "):
        for token in _tokenise_ascii_word(word):
            tokens.append(Token(token.key, at + token.start, at + token.end, token.text))
        at += len(word) + 1
    return TokenisedName(name, tuple(tokens), _LATIN_ONLY, ())


@lru_cache(maxsize=65_536)
def _tokenise_ascii_word(word: str) -> tuple[Token, ...]:
    letters = word[:-1] if word[-1:] in (",", ".") else word
    if letters.isalpha():  # most words: the pattern would find these letters and nothing else
        return (Token(letters.lower(), 0, len(letters), letters),)
    return tuple(
        [
            Token(normalise_ascii_token(m.group()), m.start(), m.end(), m.group())
            for m in _ASCII_TOKEN_PATTERN.finditer(word)
        ]
    )


def _tokenise_unicode(name: str) -> TokenisedName:
    tokens: list[Token] = []
    invisible: list[int] = []
    scripts: set[str] = set()
    at = 0
    for word in name.split(" "):
        found, unseen, written = _tokenise_unicode_word(word)
        for token in found:
            tokens.append(Token(token.key, at + token.start, at + token.end, token.text))
        invisible += [at + index for index in unseen]
        scripts |= written
        at += len(word) + 1
    return TokenisedName(name, tuple(tokens), frozenset(scripts) or _LATIN_ONLY, tuple(invisible))


def normalise_ascii_token(text: str) -> str:
    """Return the key of an ASCII token: lower case, symbols as words, no dots, slashes or apostrophes."""
    if text in _SYMBOL_WORDS:
        return _SYMBOL_WORDS[text]
    if text[0].isdigit():
        return normalise_number(text)
    if text in ("c/o", "C/O"):
        return "c/o"
    return _NOT_ALNUM_PATTERN.sub("", text.lower())


def normalise_number(text: str) -> str:
    """Return the digits of a number without thousands separators; Fund 1.5 is not Fund 15."""
    lowered = text.lower().rstrip("stndrh")
    if _THOUSANDS_PATTERN.fullmatch(lowered):
        lowered = lowered.replace(",", "").replace(".", "")
    digits = lowered.replace(",", ".")
    return digits.lstrip("0") or "0"


@lru_cache(maxsize=65_536)
def _tokenise_unicode_word(word: str) -> tuple[tuple[Token, ...], tuple[int, ...], frozenset[str]]:
    """Return the tokens, invisible characters and scripts of the text between two spaces."""
    folded, offsets, invisible = _normalise_graphemes(word)
    tokens = []
    for match in _TOKEN_PATTERN.finditer(folded):
        start, end = offsets[match.start()][0], offsets[match.end() - 1][1]
        tokens.append(Token(normalise_token(match.group()), start, end, word[start:end]))
    return tuple(tokens), invisible, _list_scripts(word)


def _normalise_graphemes(name: str) -> tuple[str, list[Span], tuple[int, ...]]:
    """Return the NFKC text, the source offsets of each of its characters, and the invisible characters."""
    if name.isalnum() and unicodedata.is_normalized("NFKC", name):
        return name, [(index, index + 1) for index in range(len(name))], ()
    out: list[str] = []
    offsets: list[Span] = []
    invisible: list[int] = []
    index, length = 0, len(name)
    while index < length:
        end = index + 1
        if unicodedata.category(name[index]) in ("Cf", "Cc", "Cn", "Co", "Cs") and not name[index].isspace():
            invisible.append(index)
            index = end
            continue
        while end < length and (
            unicodedata.category(name[end]) in ("Mn", "Mc", "Me") or name[end] in _HANGUL_ENDINGS
        ):
            end += 1
        text, end = repair_damage(name, index) or (name[index:end], end)
        for char in " " if text in _TRADEMARK_SIGNS else unicodedata.normalize("NFKC", text):
            out.append(char)
            offsets.append((index, end))
        index = end
    return "".join(out), offsets, tuple(invisible)


@lru_cache(maxsize=65_536)
def normalise_token(text: str) -> str:
    """Return the comparison key of a token: Latin without accents, other scripts case-folded."""
    if text.isascii():
        return normalise_ascii_token(text)
    if text in _SYMBOL_WORDS:
        return _SYMBOL_WORDS[text]
    if text[0].isdigit():
        return normalise_number(unicodedata.normalize("NFKC", text))
    lowered = text.casefold().translate(_ARABIC_VARIANTS)
    if get_script(text[0]) == "latin":
        plain = _NOT_ALNUM_PATTERN.sub(
            "", anyascii(strip_marks(lowered.translate(_LATIN_SPECIAL_LETTERS))).lower()
        )
        return plain or lowered
    kept = (
        lowered
        if get_script(text[0]) in ("kana", "han", "hangul", "thai", "devanagari")
        else strip_marks(lowered)
    )
    return (
        "".join([char for char in kept if char.isalnum() or unicodedata.category(char)[0] == "M"]) or lowered
    )


def strip_marks(text: str) -> str:
    """Return the text without combining marks (é becomes e, й becomes и)."""
    return "".join([char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char)])


@lru_cache(maxsize=65_536)
def expand_icao_digraphs(text: str) -> str:
    """Return the key under the ICAO 9303 digraphs (Müller → mueller), the plain key where there are none."""
    lowered = unicodedata.normalize("NFC", text).lower()
    return normalise_token("".join([_ICAO_DIGRAPHS.get(char, char) for char in lowered]))


@lru_cache(maxsize=65_536)
def romanise_token(text: str) -> str:
    """Return an approximate Latin rendering of a token, for comparison across scripts only."""
    return _NOT_ALNUM_PATTERN.sub("", anyascii(text).lower())


@lru_cache(maxsize=4_096)
def get_script(char: str) -> str:
    """Return the script of a character, ``"other"`` where the engine does not compare it."""
    code = ord(char)
    for low, high, name in _SCRIPT_RANGES:
        if low <= code <= high:
            return name
    return "latin" if 0xFF00 <= code <= 0xFF5E else "kana" if 0xFF65 <= code <= 0xFF9F else "other"


def _list_scripts(word: str) -> frozenset[str]:
    """Return the scripts of the letters; a word without letters has none."""
    return frozenset([get_script(char) for char in word if char.isalpha()])


def is_mixed_script(text: str) -> bool:
    """Return whether a word mixes Latin with Cyrillic, Greek or Armenian, as honest spelling never does."""
    return not text.isascii() and _has_mixed_scripts(text)


@lru_cache(maxsize=16_384)
def _has_mixed_scripts(text: str) -> bool:
    found = _list_scripts(text)
    return "latin" in found and not found.isdisjoint(("cyrillic", "greek", "armenian"))


@lru_cache(maxsize=65_536)
def build_confusable_skeleton(text: str) -> str:
    """Return the text with look-alike letters and digits in one form (UTS 39, reduced to names)."""
    mapped = "".join([_CONFUSABLES.get(char, _CONFUSABLES.get(char.lower(), char)) for char in text]).lower()
    return mapped.replace("0", "o").replace("1", "l").replace("i", "l").replace("rn", "m").replace("vv", "w")
