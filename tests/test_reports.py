"""Reports of every format, made by the field's own writers, and bytes that are none."""

from __future__ import annotations

import base64
import io
import json
import logging
import sys
import time
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.errors import MissingExtraError, PellucidError, ReportFormatError
from pellucid.reports import limits, open_report

FINDINGS = "There is a 6 mm solid nodule in the right upper lobe. No pleural effusion."
IMPRESSION = "Indeterminate pulmonary nodule; CT in 6 to 12 months is advised."
LINES = ["CT OF THE CHEST", "FINDINGS:", FINDINGS, "IMPRESSION:", IMPRESSION]
TEXT = "\n".join(LINES)


# Makers: each writes the report with the usual library of its field.


def make_pdf(*pages: list[str], password: str | None = None, picture: object = None) -> bytes:
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    lock = StandardEncryption(password, "owner", strength=128) if password is not None else None
    canvas = Canvas(out, encrypt=lock, invariant=1)
    for lines in pages:
        if picture is not None:
            canvas.drawImage(ImageReader(picture), 20, 300, 555, preserveAspectRatio=True)
        for number, line in enumerate(lines):
            canvas.drawString(60, 780 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def make_docx(build: Callable[[object], None] | None = None) -> bytes:
    import docx

    document = docx.Document()
    if build:
        build(document)
    else:
        for line in LINES:
            document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_fhir(**fields: object) -> bytes:
    from fhir.resources.diagnosticreport import DiagnosticReport

    code = {"text": "CT OF THE CHEST"}
    report = DiagnosticReport(**{"status": "final", "code": code, **fields})
    return report.model_dump_json().encode()


def make_form(data: bytes, kind: str) -> dict[str, str]:
    return {"contentType": kind, "data": base64.b64encode(data).decode()}


def make_hl7(*segments: str, end: str = "\r", framed: bool = False) -> bytes:
    import hl7

    head = r"MSH|^~\&|RIS|HOSP|EHR|HOSP|20260102||ORU^R01|1|P|2.5"
    text = str(hl7.parse("\r".join((head, "PID|1||42", *segments)))).rstrip("\r")
    data = text.replace("\r", end).encode()
    return b"\x0b" + data + b"\x1c\r" if framed else data


def make_obx(kind: str, name: str, value: str, unit: str = "", status: str = "F") -> str:
    return f"OBX|1|{kind}|{name}||{value}|{unit}|||||{status}"


def code_of(value: str, meaning: str, scheme: str = "DCM"):
    from highdicom.sr import CodedConcept

    return CodedConcept(value, scheme, meaning)


def make_image_dataset():
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    image = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        setattr(image, keyword, generate_uid())
    image.Modality = "CT"
    for keyword in "PatientID PatientName PatientBirthDate PatientSex AccessionNumber".split():
        setattr(image, keyword, "")
    for keyword in "StudyID StudyDate StudyTime ReferringPhysicianName".split():
        setattr(image, keyword, "")
    return image


def save(dataset) -> bytes:
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def make_sr(kind: str = "ComprehensiveSR") -> bytes:
    """A report after TID 2000, with an image library that tells the modality."""
    from highdicom import sr
    from pydicom.uid import generate_uid

    contains = sr.RelationshipTypeValues.CONTAINS

    def section(value: str, title: str, *items: object):
        container = sr.ContainerContentItem(code_of(value, title), relationship_type=contains)
        container.ContentSequence = sr.ContentSequence(items)
        return container

    def text(value: str, title: str, words: str):
        return sr.TextContentItem(code_of(value, title), words, contains)

    root = sr.ContainerContentItem(code_of("18747-6", "CT Report", "LN"))
    root.ContentSequence = sr.ContentSequence(
        [
            sr.CodeContentItem(
                code_of("121049", "Language of Content Item and Descendants"),
                code_of("en", "English", "RFC5646"),
                sr.RelationshipTypeValues.HAS_CONCEPT_MOD,
            ),
            sr.PnameContentItem(
                code_of("121008", "Person Observer Name"),
                "Doe^Jane",
                sr.RelationshipTypeValues.HAS_OBS_CONTEXT,
            ),
            section(
                "111028",
                "Image Library",
                sr.CodeContentItem(
                    code_of("121139", "Modality"), code_of("CT", "Computed Tomography"), contains
                ),
                sr.CodeContentItem(
                    code_of("123014", "Target Region"),
                    code_of("51185008", "Chest", "SCT"),
                    contains,
                ),
            ),
            section(
                "121070",
                "Findings",
                text("121071", "Finding", FINDINGS),
                sr.NumContentItem(
                    code_of("81827009", "Diameter", "SCT"),
                    6.0,
                    code_of("mm", "millimeter", "UCUM"),
                    relationship_type=contains,
                ),
            ),
            section("121072", "Impressions", text("121073", "Impression", IMPRESSION)),
        ]
    )
    report = getattr(sr, kind)(
        evidence=[make_image_dataset()],
        content=root,
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="Us",
    )
    return save(report)


def make_dicom_document(content: bytes, kind: str = "1.2.840.10008.5.1.4.1.1.104.1") -> bytes:
    document = make_image_dataset()
    document.SOPClassUID = document.file_meta.MediaStorageSOPClassUID = kind
    document.Modality, document.BodyPartExamined = "DOC", "CHEST"
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    document.EncapsulatedDocumentLength = len(content)
    return save(document)


def make_cda(*sections: tuple[str, str], body: str | None = None) -> bytes:
    name = "urn:hl7-org:v3"
    ElementTree.register_namespace("", name)
    root = ElementTree.Element(f"{{{name}}}ClinicalDocument")
    ElementTree.SubElement(root, f"{{{name}}}title").text = "CT OF THE CHEST"
    component = ElementTree.SubElement(root, f"{{{name}}}component")
    if body is not None:
        nonxml = ElementTree.SubElement(component, f"{{{name}}}nonXMLBody")
        ElementTree.SubElement(nonxml, f"{{{name}}}text", representation="B64").text = body
        return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    structured = ElementTree.SubElement(component, f"{{{name}}}structuredBody")
    for title, narrative in sections:
        part = ElementTree.SubElement(structured, f"{{{name}}}component")
        section = ElementTree.SubElement(part, f"{{{name}}}section")
        ElementTree.SubElement(section, f"{{{name}}}title").text = title
        section.append(ElementTree.fromstring(f'<text xmlns="{name}">{narrative}</text>'))
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


@cache
def draw_report():
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1100, 330), "white")
    for number, line in enumerate(LINES):
        place = (30, 30 + 54 * number)
        ImageDraw.Draw(picture).text(place, line, "black", ImageFont.load_default(24))
    return picture


def make_image(kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    draw_report().save(out, kind, **options)
    return out.getvalue()


def make_html(text: str = TEXT) -> bytes:
    rows = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return f"<!DOCTYPE html><html><head><title>x</title></head><body>{rows}</body></html>".encode()


FIVE_OBX = tuple(make_obx("TX", "GDT^Body", line) for line in LINES)


@cache
def make_all() -> dict[str, bytes]:
    return {
        "text": TEXT.encode(),
        "pdf": make_pdf(LINES),
        "docx": make_docx(),
        "html": make_html(),
        "fhir": make_fhir(presentedForm=[make_form(TEXT.encode(), "text/plain")]),
        "hl7": make_hl7(*FIVE_OBX),
        "dicom-sr": make_sr(),
        "dicom-pdf": make_dicom_document(make_pdf(LINES)),
        "cda": make_cda(
            ("FINDINGS", f"<paragraph>{FINDINGS}</paragraph>"),
            ("IMPRESSION", f"<list><item>{IMPRESSION}</item></list>"),
        ),
        "image": make_image(),
        "scanned-pdf": make_pdf([], picture=draw_report()),
    }


KINDS = tuple("text pdf docx html fhir hl7 dicom-sr dicom-pdf cda image scanned-pdf".split())


# What is read.


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_gives_the_report_in_order(kind: str) -> None:
    report = open_report(make_all()[kind])
    assert report.format == kind
    places = [report.text.find(part) for part in (FINDINGS, IMPRESSION)]
    assert -1 < places[0] < places[1], report.text
    assert report.text.isprintable() or set("\n\t") & set(report.text)
    if kind != "dicom-sr":
        assert report.text.split("\n")[0].rstrip(":") == LINES[0]
        assert [line for line in report.text.split("\n") if line in LINES][-4:] == LINES[-4:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_plain_text(encoding: str, end: str) -> None:
    text = (
        "CT – “no change”:\n3 µm café lesion ≥ 5"
        if encoding != "cp1252"
        else "CT – café and a long line\n3 µm"
    )
    report = open_report(text.replace("\n", end).encode(encoding))
    assert (report.text, report.format) == (text, "text")


def test_plain_text_is_tidied_only() -> None:
    assert open_report(b"\n  A:  b  \n\n  c\x0cd\n").text == "A:  b\n\n  c\nd"
    assert open_report("5\u00a0mm \ufb01nding\u200b".encode()).text == "5 mm finding"
    assert open_report("caf\u00e9".encode()[:-1]).text == "caf"
    assert open_report(b"<5 mm nodule, >3 others {a} [b]").format == "text"


def test_pdf_order_pages_and_hyphens() -> None:
    first = ["Left", "A calcifi-", "cation is seen; follow-", "up is advised."]
    report = open_report(make_pdf(first, ["Second page"]))
    assert report.text == "Left\nA calcification is seen; follow-up is advised.\nSecond page"


def test_pdf_drawn_out_of_order_is_read_from_the_top() -> None:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    for height, line in ((700, "second"), (650, "third"), (750, "first"), (600, "fourth")):
        canvas.drawString(60, height, line)
    for height, line in ((700, "right one"), (650, "right two")):
        canvas.drawString(300, height, line)
    canvas.save()
    lines = open_report(out.getvalue()).text.split("\n")
    assert lines == ["first", "second", "third", "fourth", "right one", "right two"]


def test_pdf_locked_against_change_only_is_read() -> None:
    assert FINDINGS in open_report(make_pdf(LINES, password="")).text


def test_pdf_with_one_scanned_page() -> None:
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(60, 700, "The first page holds text enough to be read as it is.")
    canvas.showPage()
    canvas.drawImage(ImageReader(draw_report()), 20, 300, 555, preserveAspectRatio=True)
    canvas.save()
    report = open_report(out.getvalue())
    assert report.text.startswith("The first page")
    assert FINDINGS in report.text


def test_docx_paragraphs_tables_headers_and_controls() -> None:
    def build(document) -> None:
        from docx.oxml import parse_xml
        from docx.oxml.ns import nsdecls

        document.sections[0].header.paragraphs[0].text = "City Hospital"
        document.sections[0].footer.paragraphs[0].text = "Page foot"
        document.add_paragraph("Before the table")
        table = document.add_table(2, 2)
        for cell, text in zip(table._cells, ("Liver", "14 cm", "Spleen", "10 cm"), strict=True):
            cell.text = text
        paragraph = document.add_paragraph("No ")
        paragraph.add_run("struck ").font.strike = True
        paragraph.add_run("nodule.\nNext line")
        control = f"<w:sdt {nsdecls('w')}><w:sdtContent><w:p><w:r><w:t>In a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        document.element.body.insert(-1, parse_xml(control))
        added = f"<w:p {nsdecls('w')}><w:ins><w:r><w:t>Added</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>"
        document.element.body.insert(-1, parse_xml(added))

    report = open_report(make_docx(build))
    assert report.text.split("\n") == [
        "City Hospital",
        "Before the table",
        "Liver\t14 cm",
        "Spleen\t10 cm",
        "No nodule.",
        "Next line",
        "In a control",
        "Added",
        "Page foot",
    ]
    assert report.skipped == ("text that is struck through or deleted was left out",)


def test_html_blocks_tables_and_what_is_dropped() -> None:
    page = (
        "<html><head><title>T</title><style>p{}</style></head><body><h2>Report</h2>"
        "<script>var x = '<p>no</p>'</script><p>5&nbsp;mm &lt; 6 mm<br>two  \n spaces</p>"
        "<table><tr><th>Organ</th><th>Size</th></tr><tr><td><p>Liver</p></td><td>14 cm</td></tr>"
        "<tr><td><p>a</p><p>b</p></td><td>c</td></tr></table><!-- no --><pre>A\n  B\n</pre>"
        "<ul><li>one<li>two</ul><del>old</del>end</body></html>"
    )
    report = open_report(page.encode())
    lines = "Report|5 mm < 6 mm|two spaces|Organ\tSize|Liver\t14 cm|a|b|c|A|B|one|two|end"
    assert report.text.split("\n") == lines.split("|")
    assert report.format == "html"
    assert open_report(b"FINDINGS:<br>None.<br/>IMPRESSION:<br>None.").format == "html"
    latin = "<html><meta charset='iso-8859-1'><p>caf\u00e9</p>".encode("latin-1")
    assert open_report(latin).text == "caf\u00e9"


def test_deep_html_takes_no_time() -> None:
    start = time.perf_counter()
    assert open_report(b"<div>" * 200_000 + b"deep").text == "deep"
    with pytest.raises(ReportFormatError):
        open_report(b"<table><tr><td>x" * 50_000)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("kind", "data"),
    [("text/plain", TEXT.encode()), ("text/html", make_html()), ("application/pdf", None)],
)
def test_fhir_presented_forms(kind: str, data: bytes | None) -> None:
    form = make_form(data or make_pdf(LINES), kind)
    report = open_report(make_fhir(presentedForm=[form], conclusion=IMPRESSION))
    assert report.text == TEXT
    assert not report.skipped


def test_fhir_forms_of_the_same_report_are_read_once() -> None:
    forms = [make_form(make_pdf(LINES), "application/pdf"), make_form(TEXT.encode(), "text/plain")]
    report = open_report(make_fhir(presentedForm=forms))
    assert report.text == TEXT
    assert report.skipped == ("application/pdf: another form of the same report",)


def test_fhir_narrative_conclusion_and_observations() -> None:
    from fhir.resources.bundle import Bundle
    from fhir.resources.observation import Observation

    def observe(name: str, **fields: object) -> dict[str, object]:
        made = Observation(**{"status": "final", "code": {"text": name}, **fields})
        return json.loads(made.model_dump_json())

    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{FINDINGS}</p></div>'
    report = make_fhir(
        text={"status": "generated", "div": div},
        conclusion=IMPRESSION,
        contained=[observe("Density", id="d", valueString="solid")],
        result=[
            {"reference": "#d"},
            {"reference": "urn:uuid:1"},
            {"reference": "Observation/2"},
            {"reference": "Observation/none"},
        ],
    )
    size = observe(
        "Size",
        valueQuantity={"value": 6, "unit": "mm", "comparator": "<"},
        interpretation=[{"text": "low"}],
        component=[{"code": {"text": "Side"}, "valueCodeableConcept": {"text": "right"}}],
    )
    range_ = observe("Range", id="2", valueRange={"low": {"value": 1}, "high": {"value": 2}})
    study = {
        "resourceType": "ImagingStudy",
        "series": [{"modality": {"code": "CT"}, "bodySite": {"display": "Chest"}}],
    }
    entries = [{"fullUrl": "urn:uuid:1", "resource": size}, {"resource": range_}]
    bundle = Bundle(type="collection", entry=[{"resource": json.loads(report)}, *entries])
    data = json.loads(bundle.model_dump_json())
    data["entry"].append({"resource": study})
    read = open_report(json.dumps(data).encode("utf-8-sig"))
    assert read.text.split("\n") == [
        "CT OF THE CHEST",
        FINDINGS,
        f"Conclusion: {IMPRESSION}",
        "Density: solid",
        "Size: < 6 mm (low)",
        "Side: right",
        "Range: 1 to 2",
    ]
    assert (read.modality, read.body_part) == ("CT", "Chest")
    assert read.skipped == ("results that are given only as links",)


def test_fhir_against_the_standard_is_still_read() -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "status": 7,
        "code": [{"coding": [{"display": "CT"}]}],
        "presentedForm": [{"url": "http://x"}, None, make_form(b"\0\1\2", "text/plain")],
        "conclusion": FINDINGS,
        "result": "none",
        "extension": [[]],
    }
    read = open_report(json.dumps([report]).encode())
    assert read.text == f"CT\nConclusion: {FINDINGS}"
    assert len(read.skipped) == 2


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("framed", [True, False])
def test_hl7_line_ends_and_framing(end: str, framed: bool) -> None:
    report = open_report(make_hl7(*FIVE_OBX, end=end, framed=framed))
    assert (report.text, report.format) == (TEXT, "hl7")


def test_hl7_escapes_repetitions_types_and_headings() -> None:
    pdf = base64.b64encode(make_pdf(["Addendum as PDF: no change."])).decode()
    data = make_hl7(
        "OBR|1|||71250^CT chest^C4",
        make_obx(
            "FT", "1^Findings^L", r"A \T\ B\.br\5\S\3 \F\ \R\ \E\ \X41\ \X0D\\H\bold\N\~second"
        ),
        make_obx("ST", "1^Findings^L", "third & raw ^ marks"),
        "NTE|1||a note",
        make_obx("TX", "71250&IMP^CT chest^C4", IMPRESSION),
        make_obx("TX", "71250&IMP^CT chest^C4", "IMPRESSION done"),
        "OBR|2|||2^Second",
        make_obx("NM", "8^Diameter", "6", "mm^millimetre"),
        make_obx("CWE", "9^Side", "R^right^L"),
        make_obx("TX", "9^Wrong", "not this", status="W"),
        make_obx("ED", "PDF^Report", f"RIS^application^PDF^Base64^{pdf}"),
        make_obx("RP", "7^Link", "http://x"),
    )
    report = open_report(data)
    assert report.text.split("\n") == [
        "CT chest",
        "FINDINGS:",
        "A & B",
        "5^3 | ~ \\ A",
        "bold",
        "second",
        "third & raw ^ marks",
        "a note",
        "IMPRESSION:",
        IMPRESSION,
        "IMPRESSION done",
        "Second",
        "Diameter: 6 mm",
        "Side: right",
        "Addendum as PDF: no change.",
    ]
    assert len(report.skipped) == 2


def test_hl7_own_separators_broken_lines_and_batches() -> None:
    message = "MSH#*!?@#A#B\rOBX#1#TX#1*IMPRESSION##one\ntwo ?T? three ?F?!four\r"
    assert open_report(message.encode()).text == "IMPRESSION:\none\ntwo @ three #\nfour"
    batch = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + make_hl7(make_obx("TX", "1", "x")) + b"\rBTS|1\rFTS|1"
    assert open_report(batch).text == "x"


@pytest.mark.parametrize("kind", ["EnhancedSR", "ComprehensiveSR"])
def test_dicom_structured_report(kind: str) -> None:
    report = open_report(make_sr(kind))
    assert report.text.split("\n") == [
        "CT Report:",
        "Person Observer Name: Doe Jane",
        "Image Library:",
        "Modality: Computed Tomography",
        "Target Region: Chest",
        "Findings:",
        FINDINGS,
        "Diameter: 6.0 mm",
        "Impressions:",
        IMPRESSION,
    ]
    assert (report.modality, report.body_part) == ("CT", "Chest")


def test_dicom_basic_text_and_without_preamble() -> None:
    from pydicom import dcmread

    dataset = dcmread(io.BytesIO(make_sr("EnhancedSR")))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = (
        "1.2.840.10008.5.1.4.1.1.88.11"
    )
    data = save(dataset)
    assert FINDINGS in open_report(data).text
    assert open_report(data[132:]).text == open_report(data).text


def test_dicom_encapsulated_documents() -> None:
    report = open_report(make_all()["dicom-pdf"])
    assert (report.text, report.modality, report.body_part) == (TEXT, None, "CHEST")
    inner = make_dicom_document(make_all()["cda"], "1.2.840.10008.5.1.4.1.1.104.2")
    assert open_report(inner).format == "dicom-cda"


def test_cda_narrative() -> None:
    narrative = (
        "before<br/>after<list><item>one</item><item><content>two</content></item></list>"
        "<table><tbody><tr><td>Liver</td><td>14 cm</td></tr></tbody></table>"
        "<content revised='delete'>gone</content>cm<sup>3</sup>"
    )
    report = open_report(make_cda(("Findings", narrative), ("Impression:", IMPRESSION)))
    lines = [
        "CT OF THE CHEST:",
        "Findings:",
        "before",
        "after",
        "one",
        "two",
        "Liver\t14 cm",
        "cm3",
    ]
    assert report.text.split("\n") == [*lines, "Impression:", IMPRESSION]
    attached = make_cda(body=base64.b64encode(make_pdf(LINES)).decode())
    assert open_report(attached).text.endswith(TEXT)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_pictures_are_read_line_by_line(kind: str) -> None:
    report = open_report(make_image(kind))
    assert report.format == "image"
    assert report.text == TEXT


def test_picture_turned_by_the_camera_and_pages_of_a_tiff() -> None:
    from PIL import Image

    turned = draw_report().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    turned.save(out, "JPEG", exif=exif)
    assert open_report(out.getvalue()).text == TEXT
    pages = make_image("TIFF", save_all=True, append_images=[draw_report()])
    assert open_report(pages).text == f"{TEXT}\n{TEXT}"


# What is refused, in one line.


def make_blank(width: int, height: int) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def make_zip(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name.replace("__", "/"), data)
    return out.getvalue()


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>&b;</title></ClinicalDocument>"""
OUTSIDE = BOMB.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/hostname"')

BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "empty"),
    "blank": (lambda: b" \r\n\t", "empty"),
    "only marks": (lambda: "\ufeff\u200b".encode(), "no text"),
    "PDF with a password": (lambda: make_pdf(LINES, password="secret"), "password"),
    "PDF cut short": (lambda: make_all()["pdf"][:300], "damaged"),
    "PDF without text": (lambda: make_pdf([]), "no text"),
    "PDF of 501 pages": (lambda: make_pdf(*[["x"]] * 501), "500 pages"),
    "Word with a password": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "password",
    ),
    "old Word": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Office"),
    "Word cut short": (lambda: make_all()["docx"][:2000], "damaged"),
    "Word without text": (lambda: make_docx(lambda _: None), "no text"),
    "Word of a picture": (
        lambda: make_docx(lambda d: d.add_picture(io.BytesIO(make_image()))),
        "picture",
    ),
    "Word that expands": (
        lambda: make_zip(word__document=b"x", word__big=b"\0" * 20_000_000),
        "expands",
    ),
    "zip": (lambda: make_zip(a=b"x"), "zip archive"),
    "Excel": (lambda: make_zip(xl__workbook=b"x"), "Excel"),
    "program of Linux": (lambda: b"\x7fELF\2\1\1" + b"\0" * 99, "program"),
    "program of Windows": (lambda: b"MZ\x90\0\3" + b"\0" * 99, "program"),
    "binary": (lambda: bytes(range(256)) * 4, "binary"),
    "rich text": (lambda: b"{\\rtf1 Text}", "RTF"),
    "picture of a phone": (lambda: b"\0\0\0\x18ftypheic", "HEIC"),
    "picture cut short": (lambda: make_image()[:3000], "damaged"),
    "picture too large": (lambda: make_blank(10_000, 9_000), "million pixels"),
    "picture far too large": (lambda: make_blank(20_000, 10_000), "million pixels"),
    "too many bytes": (lambda: b"x" * (limits.MAX_FILE_BYTES + 1), "50 MB"),
    "too much text": (lambda: b"word " * 500_000, "2,000,000"),
    "entities": (lambda: BOMB, "entities"),
    "outside entities": (lambda: OUTSIDE, "entities"),
    "XML": (lambda: b'<?xml version="1.0"?><a/>', "no CDA"),
    "XML of FHIR": (lambda: b'<DiagnosticReport xmlns="http://hl7.org/fhir"/>', "no CDA"),
    "CDA cut short": (lambda: make_all()["cda"][:-40], "damaged"),
    "JSON": (lambda: b'{"resourceType": "Patient"}', "DiagnosticReport"),
    "JSON cut short": (lambda: make_all()["fhir"][:-9], "damaged"),
    "deep JSON": (lambda: b"[" * 100_000, "damaged"),
    "FHIR without text": (lambda: make_fhir(code={"id": "x"}), "no text"),
    "FHIR with a locked PDF": (
        lambda: make_fhir(
            code={"id": "x"},
            presentedForm=[make_form(make_pdf(LINES, password="x"), "application/pdf")],
        ),
        "password",
    ),
    "HL7 without result": (lambda: make_hl7("EVN|A01"), "no report"),
    "DICOM image": (lambda: save(make_image_dataset()), "image"),
    "DICOM cut short": (lambda: make_all()["dicom-sr"][:200], ""),
    "DICOM deflated": (lambda: b"\0" * 128 + b"DICM1.2.840.10008.1.2.1.99\0\0", "deflated"),
    "HL7 of a HL7 of a HL7": (lambda: nest(5), "too deep"),
}


def nest(depth: int) -> bytes:
    data = b"text"
    for _ in range(depth):
        data = make_hl7(make_obx("ED", "1", f"a^b^c^Base64^{base64.b64encode(data).decode()}"))
    return data


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_report_is_refused_in_one_line(name: str) -> None:
    make, words = BAD[name]
    data = make()
    start = time.perf_counter()
    with pytest.raises(ReportFormatError) as caught:
        open_report(data)
    assert time.perf_counter() - start < 30
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from pellucid.reports import ocr

    ocr.get_engine.cache_clear()
    files = make_all()
    for kind, library, extra in (
        ("pdf", "pypdfium2", "formats"),
        ("docx", "docx", "formats"),
        ("html", "lxml", "formats"),
        ("hl7", "hl7", "formats"),
        ("dicom-sr", "pydicom", "formats"),
        ("cda", "defusedxml", "formats"),
        ("image", "rapidocr", "ocr"),
        ("scanned-pdf", "rapidocr", "ocr"),
    ):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, library, None)
            with pytest.raises(MissingExtraError) as caught:
                open_report(files[kind])
        assert f"pip install 'pellucid[{extra}]'" in str(caught.value)
    assert open_report(files["text"]).text == TEXT


# Whatever comes.


def open_any(data: bytes) -> None:
    """The one rule for all bytes: a report, or an error of ours, within seconds."""
    start = time.perf_counter()
    message = text = ""
    try:
        text = open_report(data).text
    except PellucidError as error:
        message = str(error)
    assert "\n" not in message
    assert bool(message) != bool(text.strip())
    assert "\r" not in text
    text.encode()
    assert time.perf_counter() - start < 30


FUZZ = settings(deadline=None, suppress_health_check=list(HealthCheck))
STARTS = [b"", b"%PDF-1.7\n", b"MSH|^~\\&|", b'{"resourceType":', b"<html><p>", b"<?xml", b"PK\3\4"]
STARTS += [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"\0" * 128 + b"DICM", b"\xff\xfe"]


@FUZZ
@given(st.sampled_from(STARTS), st.binary(max_size=400))
def test_random_bytes(start: bytes, rest: bytes) -> None:
    open_any(start + rest)


@FUZZ
@given(st.text(max_size=200))
def test_random_text(text: str) -> None:
    open_any(text.encode("utf-8", "replace"))
    open_any(b"MSH|^~\\&|\rOBX|1|TX|||" + text.encode("utf-8", "replace"))
    open_any(b"<p>" + text.encode("utf-8", "replace"))


Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "code text div coding display presentedForm data contentType conclusion result entry "
                "resource contained reference valueQuantity value component note media id".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@FUZZ
@given(
    st.dictionaries(
        st.sampled_from("code text presentedForm conclusion result contained note entry".split()),
        Json,
    )
)
def test_any_json_of_a_report(fields: dict[str, object]) -> None:
    open_any(json.dumps({"resourceType": "DiagnosticReport", **fields}).encode())


@pytest.mark.parametrize("kind", KINDS)
@settings(FUZZ, max_examples=50)
@given(data=st.data())
def test_cut_and_changed_files(kind: str, data: st.DataObject) -> None:
    content = bytearray(make_all()[kind])
    if kind in ("image", "scanned-pdf") and data.draw(st.integers(0, 5)):
        return
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(content)) | st.integers(0, len(content)))
    start = data.draw(st.just(0) | st.integers(0, len(content)))
    open_any(bytes(content[start:end]))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_a_report_is_logged(
    kind: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    content = make_all()[kind]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for data in (content, content[:-7], content.replace(b"o", b"\xff\\", 40)):
            open_any(data)
    said = caplog.text + "".join(capfd.readouterr()) + "".join(str(w.message) for w in warned)
    for words in ("nodule", "effusion", "Indeterminate"):
        assert words not in said
