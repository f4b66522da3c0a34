"""A report, read: every form shows the same content, and nothing is found that is not said."""

from __future__ import annotations

import itertools
import json
import re
from base64 import b64decode
from html import unescape
from typing import Any
from xml.etree import ElementTree

import html5lib
import jsonschema
import pytest
import yaml
from fhir.resources.R4B.bundle import Bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from conftest import ROOT, SCHEMAS
from pellucid.app.render import READING_FORMATS, render_reading
from pellucid.explain.arrange import describe_finding, get_status, quote_finding
from pellucid.values.report import Finding, Reading

#: Longest report that is read, in characters.
MAX_REPORT = 2_000_000
SCHEMA = json.loads((SCHEMAS / "reading.schema.json").read_text(encoding="utf-8"))

REPORTS = {
    "mammography": """\
SCREENING MAMMOGRAM
INDICATION: Screening. Mother had breast cancer. Question of a breast cyst.
COMPARISON: Mammogram of last year.
FINDINGS:
Scattered fibroglandular tissue. There are popcorn calcifications in the left breast, unchanged.
No suspicious calcification. No architectural distortion.
IMPRESSION: Popcorn calcifications. BI-RADS 2.
RECOMMENDATION: Screening mammogram in 1 year is recommended.
""",
    "chest CT": """\
CT CHEST WITHOUT CONTRAST
CLINICAL HISTORY: Smoker with cough, rule out pneumonia.
LUNGS: A solid nodule in the right upper lobe measures 8 x 6 mm, increased from 5 mm.
There is a calcified granuloma in the left lower lobe. Possible mild emphysema.
PLEURA: No pleural effusion. No pneumothorax.
HEART: Coronary artery calcification is present.
IMPRESSION:
1. Growing pulmonary nodule in the right upper lobe.
2. Small right pleural effusion.
Follow-up CT of the chest in 3 months is recommended.
""",
    "ultrasound": """\
THYROID ULTRASOUND <script>alert('x')</script> & <b>bold</b>
REASON FOR EXAM: Palpable nodule <img src=x onerror=alert(1)>.
FINDINGS: There is a 1.2 x 0.8 cm hypoechoic nodule in the left lobe of the thyroid with
microcalcifications </pre><script src="https://evil.invalid/x.js"></script>.
A thyroid cyst is seen on the right, 4 mm. No lymphadenopathy.
IMPRESSION: Thyroid nodule on the left. Ultrasound-guided biopsy <script>is recommended</script>.
""",
    "radiograph": """

CHEST X-RAY, TWO VIEWS
History: Prior pneumonia, now better.
Findings: The heart is not enlarged. History of rib fracture. The pleural effusion has resolved.
No focal consolidation. Mild scoliosis of the thoracic spine.
Impression: No acute cardiopulmonary abnormality. Cannot exclude a small pneumothorax.
""",
    "MRI": """\
MRI BRAIN
INDICATION: Headache, evaluate for meningioma.
FINDINGS: No brain hemorrhage. There is mild cerebral atrophy.
If symptoms persist, hydrocephalus should be considered. Family history of aneurysm.
A 9 mm cyst is stable.
IMPRESSION: Stable cyst.
""",
    "abdomen CT": """\
CT ABDOMEN AND PELVIS
HISTORY: Kidney stones.
FINDINGS:
Liver: Multiple hepatic cysts, the largest 2.3 cm.
Gallbladder: Gallstones are present.
Kidneys: 3 mm stone in the left kidney. No hydronephrosis.
Aorta: Atherosclerotic calcification of the aorta, no aneurysm.
IMPRESSION:
1. No gallstones.
2. Nonobstructing left kidney stone.
""",
}

#: concept, group, laterality, change, lengths in mm, of every finding.
FOUND = {
    "mammography": [
        ("popcorn-calcification", "present", "left", "stable", []),
        ("breast-calcification", "absent", None, None, []),
        ("architectural-distortion", "absent", None, None, []),
        ("popcorn-calcification", "present", None, None, []),
        ("bi-rads", "present", None, None, []),
    ],
    "chest CT": [
        ("pulmonary-nodule", "present", "right", "larger", [8, 6]),
        ("calcified-lung-granuloma", "present", "left", None, []),
        ("emphysema", "possible", None, None, []),
        ("pleural-effusion", "absent", None, None, []),
        ("pneumothorax", "absent", None, None, []),
        ("coronary-artery-calcification", "present", None, None, []),
        ("pulmonary-nodule", "present", "right", "larger", []),
        ("pleural-effusion", "present", "right", None, []),
    ],
    "ultrasound": [
        ("thyroid-nodule", "present", "left", None, [12, 8]),
        ("thyroid-microcalcification", "present", "left", None, []),
        ("thyroid-cyst", "present", "right", None, [4]),
        ("lymphadenopathy", "absent", None, None, []),
        ("thyroid-nodule", "present", "left", None, []),
    ],
    "radiograph": [
        ("cardiomegaly", "absent", None, None, []),
        ("rib-fracture", "historical", None, None, []),
        ("pleural-effusion", "absent", None, "resolved", []),
        ("consolidation", "absent", None, None, []),
        ("scoliosis", "present", None, None, []),
        ("pneumothorax", "possible", None, None, []),
    ],
    "MRI": [
        ("hemorrhage-brain", "absent", None, None, []),
        ("cerebral-atrophy", "present", None, None, []),
        ("hydrocephalus", "conditional", None, None, []),
        ("aneurysm", "other", None, None, []),
        ("cyst", "present", None, "stable", [9]),
        ("cyst", "present", None, "stable", []),
    ],
    "abdomen CT": [
        ("liver-cyst", "present", None, None, [23]),
        ("gallstone", "present", None, None, []),
        ("kidney-stone", "present", "left", None, [3]),
        ("hydronephrosis", "absent", None, None, []),
        ("aortic-calcification", "present", None, None, []),
        ("aortic-aneurysm", "absent", None, None, []),
        ("gallstone", "absent", None, None, []),
        ("kidney-stone", "present", "left", None, []),
    ],
}


@pytest.fixture(params=REPORTS, ids=[name.replace(" ", "-") for name in REPORTS])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def reading(name: str, engine: pellucid.Engine) -> Reading:
    return engine.read(REPORTS[name])


def normalise(text: str) -> str:
    return " ".join(text.split())


def read_html(page: str) -> ElementTree.Element:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def get_resources(reading: Reading) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The DiagnosticReport of a reading, and its Observations in the order of its results."""
    bundle = json.loads(render_reading(reading, "fhir"))
    resources = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    report = next(iter(resources.values()))
    return report, [resources[r["reference"]] for r in report.get("result", ())]


def get_spans(reading: Reading) -> list[Any]:
    """Everything that was found at a place of the report's text."""
    sizes = [m for f in reading.findings for m in f.measurements]
    return [*reading.findings, *sizes, *reading.words, *reading.recommendations]


def check_spans(reading: Reading) -> None:
    """Every offset is inside the text, and points at the words that it says."""
    text = reading.report.text
    for span in get_spans(reading):
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
    assert all(0 <= s.start <= s.end <= len(text) for s in reading.sections)
    spans = {(f.start, f.end) for f in reading.findings}
    for contradiction in reading.contradictions:
        assert {contradiction.present, contradiction.absent} <= spans


# What is understood


def test_findings_are_those_of_the_report(name: str, reading: Reading) -> None:
    found = [
        (
            finding.concept,
            get_status(finding),
            finding.laterality,
            finding.change,
            [length for m in finding.measurements for length in m.dims],
        )
        for finding in reading.findings
    ]
    assert found == FOUND[name]


def test_reports_cover_what_they_should() -> None:
    groups = {finding[1] for found in FOUND.values() for finding in found}
    assert groups == {"present", "absent", "possible", "conditional", "historical", "other"}
    changes = {finding[3] for found in FOUND.values() for finding in found}
    assert {"stable", "larger", "resolved"} <= changes


def test_spans_slice_back(reading: Reading) -> None:
    check_spans(reading)


def test_background_is_no_finding(reading: Reading) -> None:
    background = [
        s for s in reading.sections if s.key in ("indication", "history", "technique", "comparison")
    ]
    assert background
    for finding in reading.findings:
        assert not any(s.start <= finding.start < s.end for s in background)


def test_background_speaks_of_something(engine: pellucid.Engine) -> None:
    """What is left out is known: it is left out for its place."""
    for name, concept in (
        ("mammography", "breast-cyst"),
        ("chest CT", "pneumonia"),
        ("MRI", "meningioma"),
    ):
        assert concept in [f.concept for f in engine.find(REPORTS[name])]
        assert concept not in [f.concept for f in engine.read(REPORTS[name]).findings]


def test_explanations_are_cited(reading: Reading) -> None:
    explained = [*reading.findings, *reading.words]
    cited = {key for e in explained for s in e.explanation for key in s.citations}
    assert cited == set(reading.sources)
    for finding in reading.findings:
        assert finding.explanation
        assert all(statement.citations for statement in finding.explanation)


def test_contradictions(engine: pellucid.Engine) -> None:
    contradictions = {
        name: [c.concept for c in engine.read(text).contradictions]
        for name, text in REPORTS.items()
    }
    assert {name: found for name, found in contradictions.items() if found} == {
        "chest CT": ["pleural-effusion"],
        "abdomen CT": ["gallstone"],
    }


def test_recommendations_are_as_stated(engine: pellucid.Engine) -> None:
    (advice,) = engine.read(REPORTS["chest CT"]).recommendations
    assert advice.text == "Follow-up CT of the chest in 3 months is recommended"
    assert advice.interval == "3 months"
    (advice,) = engine.read(REPORTS["mammography"]).recommendations
    assert advice.interval == "1 year"
    assert not engine.read(REPORTS["radiograph"]).recommendations


def test_no_suspicious_calcification_is_never_under_found(engine: pellucid.Engine) -> None:
    reading = engine.read("Mammogram.\nFINDINGS: No suspicious calcification.\n")
    (finding,) = reading.findings
    assert (finding.assertion.status, finding.text) == ("absent", "calcification")
    for form in ("text", "markdown", "html"):
        shown = render_reading(reading, form)
        assert "Looked for and not found" in shown
        assert not re.search(r"^(## )?Found$|● Found", shown, re.MULTILINE)
        assert "●" not in shown
    _, (observation,) = get_resources(reading)
    assert [c["code"] for c in observation["valueCodeableConcept"]["coding"]] == [
        "absent",
        "LA9634-2",
    ]
    shown = render_reading(engine.read(REPORTS["mammography"]))
    found, _, absent = shown.partition("Looked for and not found")
    assert "suspicious calcification" not in found
    assert "suspicious calcification”" in absent


# Forms


def test_json_follows_its_schema(reading: Reading) -> None:
    data = json.loads(render_reading(reading, "json"))
    jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert data["report"]["text"] == reading.report.text
    assert [f["concept"] for f in data["findings"]] == [f.concept for f in reading.findings]
    assert [[s["text"] for s in f["explanation"]] for f in data["findings"]] == [
        [s.text for s in f.explanation] for f in reading.findings
    ]


def test_schema_is_closed_and_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object":
                assert "additionalProperties" in node, path
                assert set(node.get("required", ())) <= set(node.get("properties", ())), path
                assert node["additionalProperties"] is not True, path
            for key, value in node.items():
                walk(value, f"{path}/{key}")

    walk(SCHEMA, "#")
    top = SCHEMA["properties"]
    assert set(top) == set(Reading._fields)
    assert set(top["findings"]["items"]["properties"]) == set(Finding._fields)


def check_content(reading: Reading, shown: str, short: bool) -> None:
    """Everything that is to be shown is; ``short`` explains what is absent by one statement."""
    for finding in reading.findings:
        # Said again with no more to it ("the nodule"), a fact is not shown again.
        assert normalise(describe_finding(finding)) in shown or any(
            f is not finding
            and f.concept == finding.concept
            and get_status(f) == get_status(finding)
            for f in reading.findings
        )
        count = 1 if short and get_status(finding) == "absent" else None
        for statement in finding.explanation[:count]:
            assert normalise(statement.text) in shown
    for word in reading.words:
        for statement in word.explanation:
            assert normalise(statement.text) in shown
    for advice in reading.recommendations:
        assert normalise(advice.text) in shown
    for contradiction in reading.contradictions:
        assert f"that it is not: {contradiction.name}." in shown
    for notice in reading.notices:
        assert normalise(notice.text) in shown
    for source in reading.sources.values():
        assert normalise(source.title) in shown


def test_text_has_all_content(reading: Reading) -> None:
    shown = render_reading(reading, "text", width=100)
    check_content(reading, normalise(shown), short=True)
    for source in reading.sources.values():
        assert source.url in shown


def test_text_keeps_to_the_width(reading: Reading) -> None:
    for line in render_reading(reading, "text", width=60).splitlines():
        assert len(line) <= 60 or "http" in line


def test_markdown_has_all_content(reading: Reading) -> None:
    page = render_reading(reading, "markdown")
    check_content(reading, normalise(re.sub(r"\\(.)", r"\1", page)), short=False)
    for source in reading.sources.values():
        assert source.url in page
    assert not re.search(r"(?<!\\)<(?!https?://)", page)


def test_html_page_has_all_content_and_is_well_formed(reading: Reading) -> None:
    page = render_reading(reading, "html")
    tree = read_html(page)
    check_content(reading, normalise("".join(tree.itertext())), short=False)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids
    assert {unescape(u) for u in re.findall(r'href="(http[^"]+)"', page)} == {
        s.url for s in reading.sources.values()
    }


def test_html_page_loads_and_runs_nothing(reading: Reading) -> None:
    page = render_reading(reading, "html")
    assert "<script" not in page
    for element in read_html(page).iter():
        assert element.tag not in ("script", "link", "img", "iframe", "object", "embed", "base")
        assert not any(key in ("src", "style") or key.startswith("on") for key in element.attrib)
    assert not re.search(r"@import|url\(", page)


def test_html_page_holds_the_whole_report_with_each_finding_marked(reading: Reading) -> None:
    pre = read_html(render_reading(reading, "html")).find(".//pre")
    marks = pre.findall("mark")
    for mark in marks:
        mark.remove(mark.find("sup"))
    assert "".join(pre.itertext()) == reading.report.text
    assert [(m.text, m.get("class")) for m in marks] == [
        (f.text, get_status(f)) for f in reading.findings
    ]


def test_findings_in_any_order_are_marked(engine: pellucid.Engine) -> None:
    reading = engine.read(REPORTS["chest CT"])
    turned = reading._replace(findings=reading.findings[::-1])
    assert render_reading(turned, "html").count("<mark") == len(reading.findings)


def test_each_form_says_that_nothing_was_found(engine: pellucid.Engine) -> None:
    reading = engine.read("Nothing to see here.")
    assert not reading.findings
    for form in ("text", "markdown", "html"):
        assert "No finding that Pellucid knows" in render_reading(reading, form)
    _, observations = get_resources(reading)
    assert not observations


def test_control_characters_of_a_report_are_not_passed_on(engine: pellucid.Engine) -> None:
    text = "FINDINGS: Pleural \x1b[2J\x07effusion. Biopsy \x1b[31m\x9b\ufffe\ud800 is recommended."
    reading = engine.read(text)
    assert reading.recommendations
    for form in READING_FORMATS:
        shown = render_reading(reading, form)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
        assert shown.encode("utf-8")
    read_html(render_reading(reading, "html"))
    assert json.loads(render_reading(reading, "json"))["report"]["text"] == text


def test_unknown_form_is_refused(engine: pellucid.Engine) -> None:
    with pytest.raises(pellucid.InputError, match="fhir"):
        render_reading(engine.read("No effusion."), "docx")


# FHIR


def test_fhir_is_valid(reading: Reading) -> None:
    text = render_reading(reading, "fhir")
    bundle = Bundle.model_validate_json(text)
    assert bundle.type == "collection"
    assert [e.resource.get_resource_type() for e in bundle.entry] == [
        "DiagnosticReport",
        *["Observation"] * len(reading.findings),
    ]
    assert "extension" not in text


def test_fhir_report(name: str, reading: Reading) -> None:
    report, observations = get_resources(reading)
    assert report["status"] == "final"
    assert report["code"]["coding"][0]["code"] == "18748-4"
    (form,) = report["presentedForm"]
    assert b64decode(form["data"]).decode("utf-8") == REPORTS[name]
    impression = re.split("impression:", REPORTS[name], flags=re.IGNORECASE)[1]
    assert report["conclusion"] == impression.partition("RECOMMENDATION:")[0].strip()
    assert len(observations) == len(reading.findings)


def test_fhir_observations(reading: Reading) -> None:
    _, observations = get_resources(reading)
    for finding, observation in zip(reading.findings, observations, strict=True):
        assert observation["status"] == "final"
        assert observation["code"]["text"] == finding.name
        codings = {(c["system"], c["code"]) for c in observation["code"]["coding"]}
        assert ("https://pellucid.invalid/concept", finding.concept) in codings
        for code in finding.codes.get("icd10cm", ()):
            assert ("http://hl7.org/fhir/sid/icd-10-cm", code) in codings
        values = [c["code"] for c in observation["valueCodeableConcept"]["coding"]]
        assert values[0] == get_status(finding)
        # Present, in LOINC's words, is only what this patient has now.
        assert ("LA9633-4" in values) == (get_status(finding) == "present")
        sizes = [
            c["valueQuantity"] for c in observation.get("component", ()) if "valueQuantity" in c
        ]
        assert [(s["value"], s["code"]) for s in sizes] == [
            (m.value_mm, "mm") for m in finding.measurements
        ]
        changes = [i["text"] for i in observation.get("interpretation", ())]
        assert changes == [finding.change][: bool(finding.change)]
        site = observation.get("bodySite", {}).get("text", "")
        assert (finding.laterality or "") in site
        assert (finding.site or "").replace("-", " ") in site


def test_fhir_loses_no_explanation(reading: Reading) -> None:
    report, observations = get_resources(reading)
    for finding, observation in zip(reading.findings, observations, strict=True):
        evidence, *notes = [note["text"] for note in observation["note"]]
        assert finding.text in evidence
        assert f"characters {finding.start} to {finding.end} " in evidence
        for statement, note in zip(finding.explanation, notes, strict=True):
            assert note.startswith(statement.text)
            for key in statement.citations:
                assert reading.sources[key].url in note
    narrative = ElementTree.fromstring(report["text"]["div"])
    shown = normalise("".join(narrative.itertext()))
    for word in reading.words:
        for statement in word.explanation:
            assert normalise(statement.text) in shown
    for said in (*reading.recommendations, *reading.notices):
        assert normalise(said.text) in shown
    for contradiction in reading.contradictions:
        assert contradiction.name in shown
    tags = {element.tag.rpartition("}")[2] for element in narrative.iter()}
    assert tags <= {"div", "p", "b", "ul", "li", "a"}


def test_fhir_names_the_category_and_the_scan(engine: pellucid.Engine) -> None:
    reading = engine.read(REPORTS["mammography"])
    scan = reading.report._replace(modality="MG", body_part="breast")
    report, observations = get_resources(reading._replace(report=scan))
    assert report["code"]["text"] == "MG breast"
    (component,) = observations[-1]["component"]
    assert (component["code"]["text"], component["valueString"]) == ("Category", "2")


def test_fhir_ids_are_the_same_each_time_and_for_each_place(engine: pellucid.Engine) -> None:
    def get_ids(text: str) -> list[str]:
        bundle = json.loads(render_reading(engine.read(text), "fhir"))
        return [entry["fullUrl"] for entry in bundle["entry"]]

    ids = {name: get_ids(text) for name, text in REPORTS.items()}
    assert all(get_ids(text) == ids[name] for name, text in REPORTS.items())
    every = [i for found in ids.values() for i in found]
    assert len(every) == len(set(every))
    assert all(
        re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", i) for i in every
    )


# Any input


@pytest.mark.parametrize(
    "report",
    [
        "",
        " \n\t ",
        b"",
        b" \n ",
        "No effusion.\x00",
        b"\x00\x01\x02\xff\xfe" * 40,
        "a" * (MAX_REPORT + 1),
        b"a b " * (MAX_REPORT // 4 + 1),
    ],
    ids=["empty", "blank", "no-bytes", "blank-bytes", "NUL", "binary", "long", "long-bytes"],
)
def test_what_is_no_report_is_refused(engine: pellucid.Engine, report: str | bytes) -> None:
    with pytest.raises(pellucid.InputError) as caught:
        engine.read(report)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_bytes_and_text_read_the_same(engine: pellucid.Engine) -> None:
    text = REPORTS["chest CT"].strip()
    assert engine.read(text.replace("\n", "\r\n").encode()) == engine.read(text)


def check_any(engine: pellucid.Engine, text: str) -> None:
    try:
        reading = engine.read(text)
    except pellucid.InputError:
        return
    check_spans(reading)
    for form in READING_FORMATS:
        assert render_reading(reading, form)
    jsonschema.validate(
        json.loads(render_reading(reading, "json")), SCHEMA, cls=jsonschema.Draft202012Validator
    )


PIECES = sorted(
    {
        piece
        for report in REPORTS.values()
        for words in [report.split()]
        for pair in itertools.pairwise(words)
        for piece in (pair[0], " ".join(pair))
    }
    | {
        "\n",
        "\n\n",
        ".",
        ";",
        ":",
        "\nFINDINGS:",
        "\nIMPRESSION:",
        "no",
        "and",
        "\u0663 mm",
        "\x1b",
    }
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=300))
def test_any_text_is_read(engine: pellucid.Engine, text: str) -> None:
    check_any(engine, text)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=40))
def test_any_run_of_a_report_s_words_is_read(engine: pellucid.Engine, pieces: list[str]) -> None:
    check_any(engine, " ".join(pieces))


def test_summary_says_what_the_report_says_and_no_more(engine: pellucid.Engine) -> None:
    reading = engine.read(
        "INDICATION: Rule out pneumonia.\nFINDINGS: 6 mm nodule in the right upper lobe. "
        "Possible renal cyst. No pleural effusion or pneumothorax. Follow-up CT is recommended."
    )
    assert reading.summary == (
        "The report describes: pulmonary nodule on the right. Possible, but not certain: kidney cyst. "
        "2 things were looked for and not found. It makes 1 recommendation."
    )
    for form in ("text", "markdown", "html", "json"):
        assert "It makes 1 recommendation" in normalise(render_reading(reading, form))
    assert engine.read("Nothing to see here.").summary == ""


def test_a_denial_is_quoted_from_its_beginning(engine: pellucid.Engine) -> None:
    shown = render_reading(
        engine.read(
            "MAMMOGRAM. No suspicious masses, calcifications, or architectural distortion. "
            "Stable benign calcifications in the right breast. BI-RADS 2."
        )
    )
    assert "○ Breast calcification: “No suspicious masses, calcifications”" in shown
    assert "BI-RADS category 2" in shown.partition("Found")[0]


@pytest.mark.parametrize(
    ("report", "quote"),
    [
        ("No nodules or enlarged lymph nodes.", "No nodules or enlarged lymph nodes"),
        ("A pneumothorax\nis not seen.", "pneumothorax is not seen"),
        ("- Pneumothorax: none\n- Pleural effusion: none", "Pleural effusion: none"),
        ("Findings suggestive of pneumonia.", "suggestive of pneumonia"),
        (
            "No masses, nodules, infiltrates, consolidation, atelectasis, scarring, adenopathy, "
            "cardiomegaly, pericardial effusion, fractures, or suspicious calcified granuloma.",
            "No masses, nodules, infiltrates, consolidation, atelectasis, scarring, … "
            "pericardial effusion, fractures, or suspicious calcified granuloma",
        ),
    ],
)
def test_a_quotation_never_loses_the_words_that_decide(
    engine: pellucid.Engine, report: str, quote: str
) -> None:
    finding = engine.read(report).findings[-1]
    assert finding.assertion.cue
    assert quote_finding(report, finding) == quote


def test_places_are_those_of_the_text_as_given(engine: pellucid.Engine) -> None:
    text = "FINDINGS:\r\nNo effusion or pneumothorax.\r\n\r\nIMPRESSION:\r6 mm nodule.\r\n"
    reading = engine.read(text)
    assert "\r" not in reading.report.text
    assert [text[f.start : f.end] for f in reading.findings][-1] == "nodule"
    check_spans(reading)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SPLEEN: A 2 cm laceration in the upper pole.", [("splenic-laceration", "present")]),
        ("In the spleen there is a small laceration.", [("splenic-laceration", "present")]),
        ("UTERUS: A polyp in the endometrium.", [("endometrial-polyp", "present")]),
        ("BLADDER: No diverticulum.", [("bladder-diverticulum", "absent")]),
        (
            "No laceration of the liver, spleen or kidneys.",
            [
                ("liver-laceration", "absent"),
                ("splenic-laceration", "absent"),
                ("renal-laceration", "absent"),
            ],
        ),
        (
            "Suspicious for aspiration or pneumonia.",
            [("aspiration-pneumonia", "possible"), ("pneumonia", "possible")],
        ),
        ("GALLBLADDER: A stone in the neck.", [("gallstone", "present")]),
        (
            "ABDOMEN: Hepatic lesions, likely cysts.",
            [("liver-lesion", "present"), ("liver-cyst", "possible")],
        ),
        ("There is a laceration.", []),
    ],
)
def test_a_word_and_its_organ_are_put_together(
    engine: pellucid.Engine, text: str, expected: list[tuple[str, str]]
) -> None:
    assert [(f.concept, f.assertion.status) for f in engine.find(text)] == expected


@pytest.mark.parametrize(
    ("text", "span", "temporality"),
    [
        (
            "PAST MEDICAL HISTORY: The patient has gallstones and wears glasses.",
            "gallstones",
            "historical",
        ),
        ("PAST MEDICAL HISTORY: Gallstones. PHYSICAL EXAM: a hernia.", "hernia", "current"),
        (
            "A man with a history of gallstones, who was admitted with a hernia.",
            "hernia",
            "current",
        ),
    ],
)
def test_a_heading_of_the_past_reaches_to_the_next_heading(
    engine: pellucid.Engine, text: str, span: str, temporality: str
) -> None:
    start = text.lower().index(span)
    assert engine.assert_span(text, start, start + len(span)).temporality == temporality


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pneumothorax: no\nPleural effusion: small", ["absent", "present"]),
        ("Pneumothorax: No\nPleural effusion: Yes\nFracture: no", ["absent", "present", "absent"]),
        ("Pneumothorax: absent\nPleural effusion: present", ["absent", "present"]),
        ("Fracture - none\nDislocation - yes", ["absent", "present"]),
        ("Pneumothorax:\n not seen.\nPleural effusion:\nSmall on the left.", ["absent", "present"]),
        ("Pneumothorax:\nNone\n\nPleural effusion:\nSmall", ["absent", "present"]),
        ("No pneumothorax\nLeft pleural effusion\nNo fracture", ["absent", "present", "absent"]),
        ("NO PNEUMOTHORAX\nSMALL LEFT PLEURAL EFFUSION", ["absent", "present"]),
        ("No pneumothorax or\npleural effusion", ["absent", "absent"]),
        ("No evidence of\nPE or dissection", ["absent", "absent"]),
        (
            "NO EVIDENCE OF PNEUMOTHORAX OR FOCAL AIRSPACE\nCONSOLIDATION IS SEEN",
            ["absent", "absent"],
        ),
    ],
)
def test_each_line_of_a_template_has_its_own_answer(
    engine: pellucid.Engine, text: str, expected: list[str]
) -> None:
    for report in (text, f"FINDINGS:\n{text}"):
        assert [f.assertion.status for f in engine.find(report)] == expected


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("CT CHEST\nFINDINGS: Small left effusion.", "pleural-effusion"),
        ("MRI OF THE LEFT KNEE\nFINDINGS: Small effusion.", "joint-effusion"),
        ("LUNGS: Clear. Small left effusion.", "pleural-effusion"),
        ("FINDINGS: Small effusion.", "effusion"),
    ],
)
def test_an_effusion_is_where_the_scan_was(
    engine: pellucid.Engine, text: str, concept: str
) -> None:
    assert [f.concept for f in engine.find(text)] == [concept]


@pytest.mark.parametrize(
    ("then", "change"),
    [("9 mm", "larger"), ("14 mm", None), ("15 mm", "stable"), ("2.1 cm", "smaller")],
)
def test_sizes_that_differ_by_measuring_alone_are_no_change(
    engine: pellucid.Engine, then: str, change: str | None
) -> None:
    (nodule,) = engine.find(f"1.5 cm adrenal nodule, previously {then}.")
    assert nodule.change == change


def test_a_place_is_not_what_changed_or_was_measured(engine: pellucid.Engine) -> None:
    distortion, site = engine.find(
        "Architectural distortion at the right lumpectomy site is stable and measures 2 cm."
    )
    assert (distortion.laterality, distortion.change) == ("right", "stable")
    assert (site.laterality, site.change, site.measurements) == ("right", None, ())


def test_a_normal_statement_denies_each_thing_that_it_names(engine: pellucid.Engine) -> None:
    found = engine.find("Heart size and pulmonary vascularity are normal.")
    assert [(f.concept, f.assertion.status) for f in found] == [
        ("cardiomegaly", "absent"),
        ("vascular-congestion", "absent"),
    ]


URGENT = yaml.safe_load(
    (ROOT / "src/pellucid_packs/core/language/boundaries.yaml").read_text(encoding="utf-8")
)["urgent"]


def test_what_is_urgent_is_known(engine: pellucid.Engine) -> None:
    assert set(URGENT) <= set(engine.concepts)


@pytest.mark.parametrize(
    ("report", "named"),
    [
        ("FINDINGS: Filling defect, consistent with acute pulmonary embolism.", True),
        ("IMPRESSION: Possible aortic dissection.", True),
        ("FINDINGS: No pulmonary embolism. No aortic dissection.", False),
        ("INDICATION: Rule out appendicitis.\nFINDINGS: The appendix is normal.", False),
        ("FINDINGS: History of stroke. No acute infarct.", False),
        ("FINDINGS: Small left pneumothorax, unchanged.", False),
        ("FINDINGS: A 4 mm nodule in the right upper lobe.", False),
    ],
)
def test_what_can_need_care_at_once_comes_first(
    engine: pellucid.Engine, report: str, named: bool
) -> None:
    reading = engine.read(report)
    assert (reading.notices[0].kind == "emergency") == named
    for form in ("text", "markdown", "html"):
        page = pellucid.render_reading(reading, form)
        assert ("call the clinic" in " ".join(page.split())) == named
    if named:
        text = pellucid.render_reading(reading, "text")
        assert text.startswith("!! This report names something that can need care at once")
