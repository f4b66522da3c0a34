"""The form of a pack: kinds, sections, keys, limits. See docs/authoring.md."""

from __future__ import annotations

SCHEMA_VERSION = 1

KINDS = frozenset(
    [
        "finding",
        "pattern",
        "type",
        "entity",
        "site",
        "descriptor",
        "phrase",
        "modality",
        "procedure",
        "score",
        "normal",
        "substance",
    ]
)
DEPTHS = ("definition", "full")

#: Section titles in the order in which they stand, with their keys.
SECTIONS = {
    "Meaning": "meaning",
    "Is it serious": "serious",
    "Types": "types",
    "Causes": "causes",
    "Symptoms": "symptoms",
    "How it is found": "found",
    "What happens next": "next",
    "Can it go away": "resolve",
    "Treatment": "treatment",
    "When to get care": "care",
    "Questions to ask": "questions",
}
#: Titles below "How it is found".
SUBSECTIONS = {
    "X-ray": "xray",
    "CT": "ct",
    "MRI": "mri",
    "Ultrasound": "ultrasound",
    "Mammography": "mammography",
    "Nuclear medicine": "nuclear",
    "Blood tests": "blood",
    "Biopsy": "biopsy",
    "Echocardiogram": "echo",
    "Other": "other",
}

_FULL = ("meaning", "serious", "causes", "found", "next", "questions")
REQUIRED = {
    ("finding", "full"): _FULL,
    ("entity", "full"): _FULL,
    ("type", "full"): _FULL,
    ("pattern", "full"): _FULL,
    ("score", "full"): ("meaning", "serious", "next", "questions"),
}


def get_required_sections(kind: str, depth: str) -> tuple[str, ...]:
    """Keys of the sections that a page of this kind and depth must have."""
    return REQUIRED.get((kind, depth), ("meaning",))


TEXT_KEYS = frozenset(
    ("id", "name", "kind", "depth", "head", "pattern", "site", "scale", "reviewed")
)
LIST_KEYS = frozenset(
    ("synonyms", "abbreviations", "lay", "parents", "see_also", "wins", "also_at")
)
CONCEPT_KEYS = TEXT_KEYS | LIST_KEYS | {"codes", "ranges"}
CODE_SYSTEMS = frozenset(("icd10cm", "mesh", "radlex", "hpo", "oifm"))
RANGE_KEYS = frozenset(("label", "meaning", "cite", "value", "also", "from", "to", "unit"))
SOURCE_KINDS = frozenset(
    ["guideline", "review", "study", "reference", "textbook", "patient-page", "society"]
)
SOURCE_KEYS = frozenset(
    ("title", "publisher", "url", "year", "edition", "kind", "licence", "checked")
)
SOURCE_REQUIRED = ("title", "publisher", "url", "kind", "licence", "checked")
VERDICTS = ("supported", "partly", "not-found")

MAX_STATEMENT_WORDS = 35
#: Flesch-Kincaid limits: for one statement, and for the pack's median and 90th percentile.
MAX_STATEMENT_GRADE = 14.0
MAX_MEDIAN_GRADE = 6.5
MAX_P90_GRADE = 9.0
