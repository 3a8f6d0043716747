"""The ids of the categories of difference, and of those cases of a category that profiles judge separately.

``O`` is for organisations, ``I`` for individuals. ``data/categories.yaml`` holds title, example and authority
of each category; ``data/profiles/`` holds the effect of each category and case under a profile.

The enumerations that the whole engine shares are here: machine code reads the members of a compiled
enumeration as constants, and those of an interpreted one by two calls of functions.
"""

from enum import StrEnum


class CategoryId(StrEnum):
    """The id of a category of difference in the taxonomy."""

    O01_CASE = "O01"
    O02_WHITESPACE = "O02"
    O03_PUNCTUATION = "O03"
    O04_AMPERSAND = "O04"
    O05_AND_OMITTED = "O05"
    O06_DIACRITICS = "O06"
    O07_LEADING_ARTICLE = "O07"
    O08_FORM_ABBREVIATED = "O08"
    O09_FORM_TRANSLATED = "O09"
    O10_FORM_CHANGED = "O10"
    O11_FORM_MISSING = "O11"
    O12_FORM_STACKED = "O12"
    O13_FORM_MARKER = "O13"
    O14_NOISE_WORD_INSIDE = "O14"
    O15_WORD_ABBREVIATED = "O15"
    O16_ACRONYM = "O16"
    O17_TYPO_ORDINARY_WORD = "O17"
    O18_TYPO_DISTINCTIVE_WORD = "O18"
    O19_HOMOPHONE = "O19"
    O20_NUMBER = "O20"
    O21_NUMBER_NOTATION = "O21"
    O22_GEOGRAPHIC_QUALIFIER = "O22"
    O23_PLACE_OF_ORGANISATION = "O23"
    O24_GROUP_ROLE_WORD = "O24"
    O25_WORD_ADDED = "O25"
    O26_WORD_REPLACED = "O26"
    O27_WORD_ORDER = "O27"
    O28_PLURAL = "O28"
    O29_TRADE_NAME_APPENDED = "O29"
    O30_TRADE_NAME_ALONE = "O30"
    O31_FORMER_NAME = "O31"
    O32_SUCCESSOR = "O32"
    O33_BUSINESS_INCORPORATED = "O33"
    O34_DIVISION = "O34"
    O35_CAPACITY = "O35"
    O36_TRANSLITERATION = "O36"
    O37_DOMAIN_AFFIX = "O37"
    O38_TRUNCATION = "O38"
    O39_LOOKALIKE = "O39"
    O40_ANNOTATION = "O40"
    I01_FORM_OF_WRITING = "I01"
    I02_DIACRITICS = "I02"
    I03_FIELD_ORDER = "I03"
    I04_FIRST_INITIAL = "I04"
    I05_MIDDLE_ABSENT = "I05"
    I06_MIDDLE_INITIAL = "I06"
    I07_MIDDLE_CONFLICT = "I07"
    I08_NICKNAME = "I08"
    I09_GIVEN_SPELLING = "I09"
    I10_SURNAME_TYPO = "I10"
    I11_GIVEN_DIFFERENT = "I11"
    I12_SUFFIX_CONFLICT = "I12"
    I13_SUFFIX_MISSING = "I13"
    I14_TITLE = "I14"
    I15_SURNAME_CHANGED = "I15"
    I16_HYPHENATED_PART_MISSING = "I16"
    I17_DOUBLE_SURNAME = "I17"
    I18_PARTICLE = "I18"
    I19_PATRONYMIC = "I19"
    I20_TRANSLITERATION = "I20"
    I21_MIDDLE_AS_FIRST = "I21"
    I22_ALIAS = "I22"
    I23_CAPACITY = "I23"
    I24_JOINT_NAMES = "I24"
    I25_TRADE_NAME = "I25"
    I26_MONONYM = "I26"
    I27_DOCUMENT_CONFLICT = "I27"


class CategoryCase(StrEnum):
    """A case of a category that a profile can judge separately; profiles write it as ``O06/digraph``."""

    NONE = ""
    AMBIGUOUS_SHORT_FORM = "ambiguous"
    BIRTH_NAME = "born"
    COMPOUND_NAME = "compound"
    CONTRADICTED = "contradicted"
    DEFINED_TERM = "term"
    DIGRAPH = "digraph"
    DOUBLED_LETTER = "doubled"
    EXCHANGED_ORDER = "exchanged"
    FORM = "form"
    FORM_PLACE = "place"
    GENDER = "gender"
    INITIAL = "initial"
    LETTER_NAMES = "letters"
    LISTED_SHORT_FORM = "listed"
    LOOSE_TRANSLATION = "loose"
    DISTINCT_NAMES = "names"
    MISSING_DATE = "date"
    ONE_IN_COMMON = "one-in-common"
    NUMBER_WORD = "number"
    NUMBER_WORD_ABSENT = "bare"
    OTHER_PART = "appended"
    OTHER_PARTICLE = "particle"
    OTHER_PLACE = "other"
    TOO_COMPLEX = "complex"
    PARTICULARS = "particulars"
    SCRIPT = "script"
    SHARED_CODE = "shared"
    SHORT_INVENTED_WORD = "short"
    SHORT_SAME_SOUND = "short-sound"
    TYPO = "slip"
    SAME_SOUND = "sound"
    OTHER_TENSE = "tense"
    UNCERTAIN_ORDER = "uncertain"
    UNCLEAR_DATE = "unclear"
    UNRELATED_SCRIPTS = "unrelated"
    REAL_WORDS = "words"


class Kind(StrEnum):
    """The kind of legal person that a name belongs to."""

    ORGANISATION = "organisation"
    INDIVIDUAL = "individual"


class Effect(StrEnum):
    """The effect of one difference under one profile, from harmless to decisive.

    ``model`` leaves the decision to the calibrated probability.
    """

    EQUAL = "equal"
    MODEL = "model"
    REVIEW = "review"
    MATERIAL = "material"


class Verdict(StrEnum):
    """The verdict: the same name for the profile's purpose, a person must look, or another name."""

    IMMATERIAL = "immaterial"
    REVIEW = "review"
    MATERIAL = "material"


class DecisionSource(StrEnum):
    """What settled a verdict."""

    RULE = "rule"
    MODEL = "model"
    SEARCH_LOGIC = "search logic"
    IDENTIFIERS = "identifiers"
    TWO_DISTINCTIVE_DIFFERENCES = "two distinctive differences"
    RULE_AND_MODEL_DISAGREE = "rule and model disagree"
    KIND_IN_DOUBT = "kind in doubt"
    COMPLEXITY = "complexity"


class ProfileLogic(StrEnum):
    """How a profile reaches a verdict."""

    CATEGORIES = "categories"
    """By the effect of each category of difference."""
    SEARCH = "search"
    """By the standard search logic of a filing office."""
    EXACT = "exact"
    """By the two texts alone: any difference but case is material."""
    AVAILABILITY = "availability"
    """By the effect of each category, as a register's test of whether a name is free."""
