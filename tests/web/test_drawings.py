from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from math import inf
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from django.template import Context, Engine

import pellucid
from pellucid.app.scale import find_range
from pellucid.app.settings import get_core_pack
from pellucid.errors import UnknownConceptError
from pellucid.knowledge.grade import get_grade
from pellucid.knowledge.readability import count_text
from pellucid.values.concept import Range
from pellucid.web.drawings import (
    draw_body,
    draw_pattern,
    draw_scale,
    find_drawings,
    list_patterns,
)
from pellucid.web.drawings.body import find_region, is_everywhere, list_regions
from pellucid.web.drawings.patterns import find_pattern
from pellucid.web.drawings.svg import build_element

ROOT = Path(__file__).parents[2]
DATA = Path(get_core_pack(), "drawings")
SVG = "{http://www.w3.org/2000/svg}"
WANTED = (
    "nodular punctate coarse popcorn laminated eggshell rim linear branching amorphous tram-track "
    "powdery diffuse central eccentric stippled layering clustered"
).split()


def parse(svg: str) -> ElementTree.Element:
    """Parse a drawing and hold it to what each must be: named, told in words, and inert."""
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert all((child.text or "").strip() for child in root[:2])
    allowed = "svg title desc g a path circle ellipse rect text".split()
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in allowed
        for name, value in element.attrib.items():
            assert name not in ("style", "id"), "strict CSP; a page may hold a drawing twice"
            assert not name.startswith("on")
            assert "url(" not in value
            assert "javascript" not in value
            if name in ("fill", "stroke"):
                assert value in ("none", "currentColor") or value.endswith(", currentColor)")
    return root


@pytest.fixture(scope="module")
def kinds(engine: pellucid.Engine) -> dict[str, str]:
    return {concept: engine.get_concept(concept).kind for concept in engine.concepts}


# Patterns


def test_each_pattern_asked_for_is_drawn() -> None:
    assert set(WANTED) <= set(list_patterns())


@pytest.mark.parametrize("name", list_patterns())
def test_a_pattern_is_inert_small_and_inside_its_frame(name: str) -> None:
    svg = draw_pattern(name)
    root = parse(svg)
    assert len(svg.encode()) < 12_000
    assert root.get("role") == "img"
    assert root.get("viewBox") == "0 0 200 200"
    assert not root.findall(f".//{SVG}text")
    for path in root.iter(f"{SVG}path"):
        line = re.sub(r"A.*?0 0 1", "L", re.sub(r"h\.01", "", path.attrib["d"]))
        numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", line)]
        assert numbers
        assert all(2 <= n <= 198 for n in numbers), line


@pytest.mark.parametrize("name", list_patterns())
def test_a_pattern_shows_calcium_on_tissue(name: str) -> None:
    root = parse(draw_pattern(name))
    inks = [value for e in root.iter() for value in e.attrib.values() if value.startswith("var(")]
    assert any("--drawing-calcium" in ink for ink in inks)
    assert any("--drawing-tissue" in ink for ink in inks)


def test_no_two_patterns_look_alike_or_read_alike() -> None:
    drawn = [draw_pattern(name).partition("</desc>")[2] for name in list_patterns()]
    texts = [parse(draw_pattern(name))[1].text for name in list_patterns()]
    assert len(set(drawn)) == len(set(texts)) == len(drawn)


def test_a_pattern_is_the_same_in_every_process() -> None:
    code = (
        "from hashlib import sha256; from pellucid.web.drawings import draw_pattern, list_patterns;"
        "print(sha256(''.join(map(draw_pattern, list_patterns())).encode()).hexdigest())"
    )
    seen = set()
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1


def test_patterns_are_found_by_their_concepts(
    engine: pellucid.Engine, kinds: dict[str, str]
) -> None:
    for name in list_patterns():
        pattern = find_pattern(name)
        assert pattern is not None
        assert engine.show(pattern.concept).focus[0].pattern == name
        assert draw_pattern(pattern.concept) == draw_pattern(name)


def test_each_pattern_of_calcium_in_the_pack_has_a_drawing(
    engine: pellucid.Engine, kinds: dict[str, str]
) -> None:
    head = yaml.safe_load((DATA / "patterns.yaml").read_text(encoding="utf-8"))["head"]
    patterns = [c for c, k in kinds.items() if k == "pattern" and head in engine.get_broader(c)]
    assert len(patterns) > 20
    assert [c for c in patterns if find_pattern(c) is None] == []


def test_an_unknown_pattern_is_refused_in_one_line() -> None:
    with pytest.raises(UnknownConceptError) as error:
        draw_pattern("zorb\n" * 200)
    assert "popcorn" in str(error.value)
    assert len(str(error.value)) < 500


def test_the_words_are_plain() -> None:
    texts = [find_pattern(name).text for name in list_patterns()]  # type: ignore[union-attr]
    for name in ("patterns", "body", "scale"):
        content = yaml.safe_load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
        texts += [content[key] for key in ("note", "all", "unmarked", "marked") if key in content]
    for text in texts:
        assert get_grade(count_text(text)) <= 6, text


# The body


def test_each_body_part_of_the_pack_has_a_place(
    engine: pellucid.Engine, kinds: dict[str, str]
) -> None:
    sites = [concept for concept, kind in kinds.items() if kind == "site"]
    assert len(sites) > 300
    for site in sites:
        chain = engine.get_broader(site)
        assert find_region(chain) or any(is_everywhere(s) for s in chain), site


def test_each_place_is_a_body_part_of_the_pack(kinds: dict[str, str]) -> None:
    content = yaml.safe_load((DATA / "body.yaml").read_text(encoding="utf-8"))
    named = {site for region in list_regions() for site in region.sites}
    for site in named | set(content["everywhere"]):
        assert kinds.get(site) == "site", site
    assert len({region.site for region in list_regions()}) == len(list_regions())
    assert len({region.title for region in list_regions()}) == len(list_regions())


@pytest.mark.parametrize(
    ("site", "region"),
    [
        ("heart", "heart"),
        ("right-coronary-artery", "heart"),  # an artery, too, and those are everywhere
        ("mandible", "mandible"),  # a bone, too
        ("rib", "rib"),
        ("femoral-head", "hip"),
        ("abdominal-aorta", "abdominal-aorta"),
        ("cerebellum", "brain"),
        ("renal-artery", "kidney"),
        ("right-upper-lobe", "lung"),
        ("skull-base", "skull"),
        ("skin", None),
        ("artery", None),
    ],
)
def test_the_nearest_place_wins(engine: pellucid.Engine, site: str, region: str | None) -> None:
    found = find_region(engine.get_broader(site))
    assert (found.site if found else None) == region


def test_what_is_marked_shows_without_colour() -> None:
    plain, marked = parse(draw_body()), parse(draw_body(["liver"]))
    assert not plain.findall(f".//{SVG}text")
    assert [t.text for t in marked.iter(f"{SVG}text")] == ["Liver"]
    [group] = [g for g in marked.iter(f"{SVG}g") if g.get("stroke-width") == "3"]
    assert group[0].text == "Liver"
    assert "Liver" in (marked[1].text or "")
    assert "Liver" not in (plain[1].text or "")


def test_what_has_no_one_place_marks_the_whole_outline() -> None:
    root = parse(draw_body([["dermal-thing", "skin"], "knee"]))
    assert [t.text for t in root.iter(f"{SVG}text")] == ["No single place", "Knee"]
    assert "whole outline" in (root[1].text or "")
    assert "Knee" in (root[1].text or "")


def test_a_body_part_that_is_unknown_marks_nothing() -> None:
    assert draw_body(["zorb"]) == draw_body()


def test_each_region_is_a_link_with_a_name() -> None:
    root = parse(draw_body(["liver"], link=lambda site: f"/body/{site}?a=1&b=<"))
    links = list(root.iter(f"{SVG}a"))
    base = [region for region in list_regions() if not region.inner]
    assert len(links) == len(base) + 1 > 15
    assert {a.get("href") for a in links} == {
        f"/body/{site}?a=1&b=<" for site in [*(r.site for r in base), "liver"]
    }
    assert all(a.get("aria-label") == a[0].text for a in links)
    assert [a.get("aria-label") for a in links if a.get("aria-current")] == ["Liver"]
    assert root.get("role") == "group"
    without = parse(draw_body(["liver"]))
    assert without.get("role") == "img"
    assert not list(without.iter(f"{SVG}a"))


def test_each_link_is_large_enough_to_press() -> None:
    for region in list_regions():
        if region.inner:  # drawn when marked only, and then the row of its name is its target
            continue
        if region.form in ("circle", "oval"):
            size = [2 * n for n in region.numbers[2:]]
        elif region.form == "box":
            size = list(region.numbers[2:])
        else:
            xs, ys = zip(*region.numbers, strict=True)
            size = [max(xs) - min(xs), max(ys) - min(ys)]
        assert min(size) >= 24, (region.title, size)  # at its own size; pages draw it larger
    marked = parse(draw_body([r.site for r in list_regions()], link=str))
    rows = [r for r in marked.iter(f"{SVG}rect") if r.get("pointer-events")]
    assert len(rows) == len(list_regions())
    assert all(float(r.attrib["height"]) >= 24 for r in rows)


def test_names_beside_the_map_do_not_run_into_each_other() -> None:
    sites = "foot ankle toe knee liver spleen kidney gallbladder stomach pancreas brain eye".split()
    root = parse(draw_body(sites))
    heights = sorted(float(t.attrib["y"]) for t in root.iter(f"{SVG}text"))
    assert len(heights) == len(sites)
    assert all(b - a >= 25.9 for a, b in pairwise(heights))
    assert heights[0] > 10
    assert heights[-1] < 530
    assert max(len(region.title) for region in list_regions()) <= 20  # what fits beside the map


# Scales


def test_each_row_of_each_score_is_found_by_its_value_and_its_bounds(
    engine: pellucid.Engine,
) -> None:
    pages = [page for concept in engine.concepts if (page := engine.get_page(concept)).ranges]
    assert len(pages) >= 17
    for page in pages:
        for row in page.ranges:
            values = [v for v in (row.value, *row.also, row.low, row.high) if v is not None]
            assert values, (page.concept.id, row.label)
            for value in values:
                assert find_range(page.ranges, value) == row, (page.concept.id, value)
                assert find_range(page.ranges, str(value)) == row, (page.concept.id, value)


def test_nothing_is_above_the_end_of_a_scale(engine: pellucid.Engine) -> None:
    ranges = engine.get_page("mesa-percentile").ranges
    assert find_range(ranges, 74.9) == ranges[0]
    assert find_range(ranges, 100) == ranges[1]
    assert find_range(ranges, 100.5) is None


@pytest.mark.parametrize(
    ("score", "value", "label"),
    [
        ("coronary-calcium-score", 212, "100-399"),
        ("coronary-calcium-score", "212", "100-399"),
        ("coronary-calcium-score", 0, "0"),
        ("coronary-calcium-score", 99.6, "1-99"),
        ("coronary-calcium-score", "5000", "400 and above"),
        ("bi-rads", "4B", "Category 4B"),
        ("bi-rads", "4b", "Category 4B"),
        ("bosniak", "2F", "Bosniak IIF"),
        ("ti-rads", "4", "TR4 (4-6 points)"),
        ("li-rads", "LR-5", "LR-5"),
        ("t-score", -2.5, "-2.5 or lower"),
        ("t-score", "-1.0", "+1 to -1"),
        ("fleischner-guideline", 5.9, "Under 6 mm"),
    ],
)
def test_a_value_is_marked_and_told(
    engine: pellucid.Engine, score: str, value: str | float, label: str
) -> None:
    rows = engine.get_page(score).ranges
    root = parse(draw_scale(rows, value, score))
    texts = [(t.text, t.get("font-weight")) for t in root.iter(f"{SVG}text")]
    assert [t for t, weight in texts if weight] == [label, str(value)]
    assert [t for t, _ in texts[:-1]] == [row.label for row in rows]
    step = [row.label for row in rows].index(label) + 1
    told = root[1].text or ""
    assert f"The value {value} falls in step {step} of {len(rows)}: {label}." in told


@pytest.mark.parametrize("value", ["7", "-1", "nan", "inf", "-inf", "", "1e999", "zorb", inf])
def test_a_value_off_the_scale_is_told_and_marks_nothing(
    engine: pellucid.Engine, value: str | float
) -> None:
    root = parse(draw_scale(engine.get_page("bi-rads").ranges, value))
    assert not [t for t in root.iter(f"{SVG}text") if t.get("font-weight")]
    assert "on no step of this scale" in (root[1].text or "")


def test_the_pointer_stands_where_the_value_is(engine: pellucid.Engine) -> None:
    def height(score: str, value: float) -> float:
        root = parse(draw_scale(engine.get_page(score).ranges, value))
        return [float(t.attrib["y"]) for t in root.iter(f"{SVG}text")][-1]

    rising = [height("coronary-calcium-score", v) for v in (0, 1, 50, 99, 100, 212, 399, 400)]
    assert rising == sorted(set(rising))
    falling = [height("t-score", v) for v in (2.0, 1.0, 0.0, -1.0, -1.5, -2.4, -2.5)]
    assert falling == sorted(set(falling))


def test_what_was_typed_is_escaped() -> None:
    rows = [Range("<b>&", "m", ("s",), value='"><script>x</script>')]
    svg = draw_scale(rows, '"><script>x</script>\x00', name="<i>")
    root = parse(svg)
    assert "<script" not in svg
    assert "<b>" not in svg
    assert next(t.text for t in root.iter(f"{SVG}text")) == "<b>&"
    link = build_element("a", "<&", href='"><x y="')
    assert link == '<a href="&quot;&gt;&lt;x y=&quot;">&lt;&amp;</a>'


def test_a_scale_needs_rows(engine: pellucid.Engine) -> None:
    assert engine.get_page("liver").ranges == ()
    with pytest.raises(ValueError, match="at least one row"):
        draw_scale([])


# The page of a concept


@pytest.mark.parametrize(
    ("concept", "titles"),
    [
        ("popcorn-calcification", ["Popcorn calcification"]),
        ("thyroid-rim-calcification", ["Rim calcification", "Body map"]),
        ("breast-milk-of-calcium", ["Milk of calcium (layering)", "Body map"]),
        ("pulmonary-nodule", ["Body map"]),  # "nodular", but not of calcium
        ("bi-rads", ["BI-RADS: the steps of the scale", "Body map"]),
        ("cac-drs", ["CAC-DRS category: the steps of the scale"]),
        ("fibroadenoma-calcification", ["Body map"]),  # its place is that of a broader concept
        ("liver", ["Body map"]),
        ("skin", ["Body map"]),
        ("contralateral", []),
    ],
)
def test_a_page_has_its_drawings(engine: pellucid.Engine, concept: str, titles: list[str]) -> None:
    assert [parse(d.svg)[0].text for d in find_drawings(concept, engine=engine)] == titles


def test_captions_say_what_the_drawings_show(engine: pellucid.Engine) -> None:
    look, place = find_drawings("thyroid-rim-calcification", engine=engine)
    assert parse(look.svg)[1].text in look.caption
    assert parse(place.svg)[1].text in place.caption
    scale, _ = find_drawings("bi-rads", "4B", engine=engine)
    assert parse(scale.svg)[1].text in scale.caption
    assert "step 7 of 10" in scale.caption


def test_drawings_of_every_concept_are_sound_and_small(engine: pellucid.Engine) -> None:
    drawn = 0
    for concept in engine.concepts:
        drawings = find_drawings(concept, engine=engine)
        assert sum(len(d.svg) + len(d.caption) for d in drawings) < 20_000, concept
        for drawing in drawings:
            parse(drawing.svg)
            drawn += 1
    assert drawn > 1000


def test_names_find_drawings_too_and_unknown_ones_are_refused(engine: pellucid.Engine) -> None:
    named = find_drawings("Popcorn calcification", engine=engine)
    assert named == find_drawings("popcorn-calcification", engine=engine)
    with pytest.raises(UnknownConceptError):
        find_drawings("zorbzorb", engine=engine)


def test_templates_print_a_drawing_as_it_is(engine: pellucid.Engine) -> None:
    template = Engine().from_string("{{ drawing.svg }}|{{ drawing.caption }}")
    [drawing] = find_drawings("popcorn-calcification", engine=engine)
    assert template.render(Context({"drawing": drawing})).startswith(f"{drawing.svg}|Popcorn")


def test_the_contact_sheet_is_up_to_date() -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "drawings"), "--check"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
