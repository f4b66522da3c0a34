"""One concept file -> what it says, with the line of each thing, and what is wrong in it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from pellucid.knowledge import schema
from pellucid.values.concept import Concept, Problem, Range

_CITED = re.compile(r"(.*?\S)\s*\[(@[^\]]*)\]\s*", re.DOTALL)
_KEY = re.compile(r"@([A-Za-z0-9][A-Za-z0-9._-]*)")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Line(NamedTuple):
    """A statement in its file. ``section`` is a key such as ``meaning`` or ``found.ct``."""

    section: str
    title: str
    text: str
    citations: tuple[str, ...]
    line: int


class Name(NamedTuple):
    """A string that names the concept. ``role``: preferred, synonym, abbreviation, lay."""

    text: str
    role: str
    line: int


class ConceptFile(NamedTuple):
    """A concept file as read. ``lines`` maps front-matter keys to line numbers.

    ``also_at`` are further sites at which its head means this concept.
    """

    path: str
    concept: Concept
    names: tuple[Name, ...]
    wins: tuple[str, ...]
    also_at: tuple[str, ...]
    statements: tuple[Line, ...]
    ranges: tuple[Range, ...]
    lines: dict[str, int]


def load_yaml(
    text: str, path: str, first_line: int = 1
) -> tuple[Any, dict[str, int], list[Problem]]:
    """Read YAML: the data, the line of each top-level key, and what is wrong.

    ``first_line`` is the line of the file on which the text begins.
    """
    problems = []
    lines: dict[str, int] = {}
    try:
        loader = yaml.CSafeLoader(text) if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if isinstance(node, yaml.MappingNode):
                for key_node, _ in node.value:
                    key, line = str(key_node.value), key_node.start_mark.line + first_line
                    if key in lines:
                        problems.append(
                            Problem(path, line, "duplicate-key", f"'{key}' stands twice; keep one")
                        )
                    lines[key] = line
            data = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + first_line
        what = getattr(error, "problem", None) or "cannot be read"
        return (
            None,
            lines,
            [Problem(path, line, "yaml", f"not valid YAML: {what}; quote text that holds a colon")],
        )
    return data, lines, problems


def parse_concept(text: str, path: str, file_id: str) -> tuple[ConceptFile | None, list[Problem]]:
    """Read one concept file; ``file_id`` is the file's name without ``.md``."""
    parts = re.split(r"^---[ \t]*$", text, maxsplit=2, flags=re.MULTILINE)
    if len(parts) < 3 or parts[0].strip():
        return None, [
            Problem(
                path, 1, "front-matter", "begin the file with front matter between two '---' lines"
            )
        ]
    data, lines, problems = load_yaml(parts[1], path, 1)
    if not isinstance(data, dict):
        return None, [
            *problems,
            Problem(
                path, 1, "front-matter", "the front matter is not a list of 'key: value' lines"
            ),
        ]
    problems += _check_front_matter(data, lines, path, file_id)
    if any(p.code in ("wrong-type", "missing-key") for p in problems):
        return None, problems
    body_line = 1 + parts[0].count("\n") + parts[1].count("\n")
    statements, body_problems = parse_body(parts[2], path, body_line)
    ranges, range_problems = _parse_ranges(data.get("ranges") or [], path, lines.get("ranges", 1))
    concept = Concept(
        id=data["id"],
        name=data["name"],
        kind=data["kind"],
        depth=data.get("depth") or "definition",
        parents=tuple(data.get("parents") or ()),
        head=data.get("head"),
        pattern=data.get("pattern"),
        site=data.get("site"),
        scale=data.get("scale"),
        codes={k: tuple(v) for k, v in (data.get("codes") or {}).items() if v},
        see_also=tuple(data.get("see_also") or ()),
    )
    names = [Name(concept.name, "preferred", lines["name"])]
    for key, role in (("synonyms", "synonym"), ("abbreviations", "abbreviation"), ("lay", "lay")):
        names += [Name(name, role, lines[key]) for name in data.get(key) or ()]
    parsed = ConceptFile(
        path,
        concept,
        tuple(names),
        tuple(data.get("wins") or ()),
        tuple(data.get("also_at") or ()),
        statements,
        ranges,
        lines,
    )
    return parsed, problems + body_problems + range_problems


def _check_front_matter(
    data: dict[Any, Any], lines: dict[str, int], path: str, file_id: str
) -> list[Problem]:
    problems = []

    def add(key: str, code: str, message: str) -> None:
        problems.append(Problem(path, lines.get(key, 1), code, message))

    for key in data:
        if key not in schema.CONCEPT_KEYS:
            add(
                str(key),
                "unknown-key",
                f"unknown key '{key}'; known: {', '.join(sorted(schema.CONCEPT_KEYS))}",
            )
    for key in ("id", "name", "kind"):
        if not data.get(key):
            add(key, "missing-key", f"'{key}' is missing")
    for key in schema.TEXT_KEYS - {"reviewed"}:
        if data.get(key) is not None and not isinstance(data[key], str):
            add(key, "wrong-type", f"'{key}' must be text; quote it")
    for key in schema.LIST_KEYS:
        value = data.get(key)
        if value is not None and not (
            isinstance(value, list) and all(isinstance(v, str) for v in value)
        ):
            add(
                key,
                "wrong-type",
                f"'{key}' must be a list of texts: [one, two]; quote numbers and yes/no",
            )
    codes = data.get("codes")
    if codes is not None and not (
        isinstance(codes, dict)
        and all(
            isinstance(v, list) and all(isinstance(c, str) for c in v) for v in codes.values() if v
        )
    ):
        add("codes", "wrong-type", "'codes' must be a map of lists of texts: {icd10cm: [I25.84]}")
    elif codes:
        for system in sorted(set(codes) - schema.CODE_SYSTEMS):
            add(
                "codes",
                "unknown-code-system",
                f"unknown code system '{system}'; known: {', '.join(sorted(schema.CODE_SYSTEMS))}",
            )
    if isinstance(data.get("id"), str):
        if not _ID.fullmatch(data["id"]):
            add("id", "bad-id", f"id '{data['id']}' must be lower-case words joined by hyphens")
        elif data["id"] != file_id:
            add("id", "bad-id", f"id '{data['id']}' differs from the file's name '{file_id}.md'")
    if isinstance(data.get("kind"), str) and data["kind"] not in schema.KINDS:
        add(
            "kind",
            "unknown-kind",
            f"unknown kind '{data['kind']}'; known: {', '.join(sorted(schema.KINDS))}",
        )
    if data.get("depth") not in (None, *schema.DEPTHS):
        add("depth", "unknown-depth", f"depth must be one of: {', '.join(schema.DEPTHS)}")
    if data.get("kind") == "score" and data.get("depth") == "full" and not data.get("ranges"):
        add("kind", "missing-ranges", "a full score needs 'ranges'")
    return problems


def parse_body(text: str, path: str, first_line: int) -> tuple[tuple[Line, ...], list[Problem]]:
    """Read the sections: each statement ends in its citation, ``[@key; @key]``."""
    statements: list[Line] = []
    problems: list[Problem] = []
    section, title, order = "", "", -1
    block: list[str] = []
    block_line = first_line

    def close() -> None:
        if not block:
            return
        content = " ".join(block)
        block.clear()
        if not section:
            problems.append(
                Problem(
                    path, block_line, "no-section", "text stands before the first '## ' heading"
                )
            )
            return
        rest = content
        while match := _CITED.match(rest):
            keys = tuple(_KEY.findall(match[2]))
            if not keys or _KEY.sub("", match[2]).strip("; "):
                problems.append(
                    Problem(
                        path,
                        block_line,
                        "bad-citation",
                        f"write citations as [@key; @key], not [{match[2]}]",
                    )
                )
            else:
                statements.append(Line(section, title, match[1], keys, block_line))
            rest = rest[match.end() :]
        if rest.strip():
            problems.append(
                Problem(
                    path, block_line, "missing-citation", f"no citation after: {rest.strip()[:60]}"
                )
            )

    for number, line in enumerate(text.split("\n"), first_line):
        stripped = line.strip()
        if stripped.startswith("#"):
            close()
            marks, _, heading = stripped.partition(" ")
            heading = heading.strip()
            if marks == "##" and heading in schema.SECTIONS:
                section, title = schema.SECTIONS[heading], heading
                place = list(schema.SECTIONS).index(heading)
                if place <= order:
                    problems.append(
                        Problem(
                            path,
                            number,
                            "section-order",
                            f"'## {heading}' is out of order or stands twice",
                        )
                    )
                order = place
            elif (
                marks == "###"
                and section.partition(".")[0] == "found"
                and heading in schema.SUBSECTIONS
            ):
                section, title = f"found.{schema.SUBSECTIONS[heading]}", heading
            else:
                known = schema.SECTIONS if marks == "##" else schema.SUBSECTIONS
                problems.append(
                    Problem(
                        path,
                        number,
                        "unknown-section",
                        f"unknown heading '{stripped}'; known: {', '.join(known)}",
                    )
                )
        elif not stripped:
            close()
        else:
            if stripped.startswith("- "):
                close()
                stripped = stripped[2:].strip()
            if not block:
                block_line = number
            block.append(stripped)
    close()
    return tuple(statements), problems


def _parse_ranges(rows: Any, path: str, line: int) -> tuple[tuple[Range, ...], list[Problem]]:
    problems, ranges = [], []
    for row in rows if isinstance(rows, list) else [rows]:
        wrong = _find_range_fault(row)
        if wrong:
            problems.append(Problem(path, line, "bad-range", wrong))
            continue
        ranges.append(
            Range(
                label=row["label"],
                meaning=row["meaning"],
                citations=tuple(row["cite"]),
                value=row.get("value"),
                also=tuple(row.get("also") or ()),
                low=None if row.get("from") is None else float(row["from"]),
                high=None if row.get("to") is None else float(row["to"]),
                unit=row.get("unit"),
            )
        )
    return tuple(ranges), problems


def _find_range_fault(row: Any) -> str | None:
    if not isinstance(row, dict):
        return 'each row of \'ranges\' is a map: {from: 0, to: 0, label: "0", meaning: "...", cite: [key]}'
    if unknown := sorted(set(row) - schema.RANGE_KEYS):
        return f"unknown key '{unknown[0]}' in a row of 'ranges'"
    if not all(isinstance(row.get(k), str) and row[k] for k in ("label", "meaning")):
        return "a row of 'ranges' needs 'label' and 'meaning' as text; quote numbers"
    if (
        not isinstance(row.get("cite"), list)
        or not row["cite"]
        or not all(isinstance(c, str) for c in row["cite"])
    ):
        return f"row '{row['label']}' of 'ranges' needs 'cite: [key]'"
    if row.get("value") is None and row.get("from") is None and row.get("to") is None:
        return f"row '{row['label']}' of 'ranges' needs 'value', or 'from' and 'to'"
    if row.get("value") is not None and not isinstance(row["value"], str):
        return f"'value' of row '{row['label']}' must be text; quote it"
    if not all(row.get(k) is None or isinstance(row[k], int | float) for k in ("from", "to")):
        return f"'from' and 'to' of row '{row['label']}' must be numbers"
    if len(row["meaning"].split()) > schema.MAX_STATEMENT_WORDS:
        return f"the meaning of row '{row['label']}' has over {schema.MAX_STATEMENT_WORDS} words"
    return None
