"""Values of FHIR elements as text. Whatever is not of the expected type counts as absent."""

from typing import Any


def get_all(node: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects under a key, be it a list or, against the standard, a single one."""
    value = node.get(key)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def get_text(node: dict[str, Any], key: str) -> str:
    """The string under a key, or ""."""
    value = node.get(key)
    return value if isinstance(value, str) else ""


def get_concept(node: dict[str, Any], key: str) -> str:
    """A CodeableConcept in words: its text, else the first display, else the first code."""
    for concept in get_all(node, key):
        codings = get_all(concept, "coding")
        names = [get_text(concept, "text"), *(get_text(c, "display") for c in codings)]
        names += [get_text(c, "code") for c in codings]
        found = next((name.strip() for name in names if name.strip()), "")
        if found:
            return found
    return ""


def get_lines(observation: dict[str, Any]) -> list[tuple[str, str]]:
    """What an Observation or a component of one says, as (title, text)."""
    title = get_concept(observation, "code")
    site = get_concept(observation, "bodySite")
    if site and site.casefold() not in title.casefold():
        title = f"{title} ({site})" if title else site
    text = get_value(observation)
    words = [get_concept({"code": i}, "code") for i in get_all(observation, "interpretation")]
    said = ", ".join(word for word in words if word)
    if said:
        text = f"{text} ({said})" if text else said
    notes = [get_text(note, "text") for note in get_all(observation, "note")]
    return [(title, text)] * bool(text) + [("", note) for note in notes if note.strip()]


def get_value(node: dict[str, Any]) -> str:
    """The value[x] of an element in words, or ""."""
    for key, value in node.items():
        if not key.startswith("value"):
            continue
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, str | int | float):
            return str(value).strip()
        if isinstance(value, dict):
            return _say(value) or get_concept(node, key)
    return ""


def get_scan(resources: list[dict[str, Any]]) -> tuple[str | None, str | None]:
    """Modality and body part as an ImagingStudy among the resources says."""
    modality = body_part = None
    for study in resources:
        if study.get("resourceType") != "ImagingStudy":
            continue
        for node in (study, *get_all(study, "series")):
            for coded in get_all(node, "modality"):
                modality = modality or get_text(coded, "code") or _get_code(coded) or None
            body_part = (
                body_part
                or get_text(next(iter(get_all(node, "bodySite")), {}), "display")
                or get_concept(node, "bodySite")
                or None
            )
    return modality, body_part


def _get_code(concept: dict[str, Any]) -> str:
    return next((get_text(c, "code") for c in get_all(concept, "coding")), "")


def _say(value: dict[str, Any]) -> str:
    """A Quantity, Range, Ratio or Period in words."""
    if "value" in value:
        unit = get_text(value, "unit") or get_text(value, "code")
        comparator = get_text(value, "comparator")
        return " ".join(filter(None, (comparator, str(value["value"]), unit)))
    for first, last, word in (
        ("low", "high", " to "),
        ("numerator", "denominator", " / "),
        ("start", "end", " to "),
    ):
        ends = [value.get(first), value.get(last)]
        said = [_say(end) if isinstance(end, dict) else end for end in ends]
        if any(said):
            return word.join(text for text in said if isinstance(text, str) and text)
    return ""
