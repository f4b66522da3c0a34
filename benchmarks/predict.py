"""Write predictions for the scorers: python benchmarks/predict.py TASK --input X.jsonl --output Y.jsonl

TASK: iu_findings, oidm_ct, negex, mediqa_qa, rqe. Input and output are JSON lines, in the form that each scorer
exports and reads. mediqa_qa and rqe rank by meaning too where a package ships the model or --model names its folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pellucid
from pellucid.app.asking import open_asking
from pellucid.retrieval.condense import condense
from pellucid.retrieval.dense import find_model, load_encoder
from pellucid.retrieval.entail import compare, compare_meaning, encode_asked
from pellucid.retrieval.learned import load_learned
from pellucid.retrieval.rank import make_candidates, rank
from pellucid.values.report import Finding

#: The 30 headings of the Indiana scorer, and the concepts that they stand for.
HEADINGS = {
    "Opacity": ["opacity"],
    "Cardiomegaly": ["cardiomegaly"],
    "Pulmonary Atelectasis": ["atelectasis"],
    "Calcinosis": ["calcification", "lymph-node-calcification", "hilar-lymph-node-calcification", "lung-calcification", "pleural-calcification", "calcified-lung-nodule", "calcified-nodule", "aortic-calcification", "vascular-calcification", "mediastinal-mass-calcification"],
    "Lung/hypoinflation": ["low-lung-volumes"],
    "Calcified Granuloma": ["calcified-granuloma", "calcified-lung-granuloma"],
    "Thoracic Vertebrae/degenerative": ["degenerative-spine-change", "disc-degeneration"],
    "Lung/hyperdistention": ["hyperinflation"],
    "Cicatrix": ["scar"],
    "Spine/degenerative": ["degenerative-spine-change", "disc-degeneration"],
    "Markings": ["reticulation"],
    "Aorta/tortuous": ["tortuous-aorta", "aortic-dilation"],
    "Pleural Effusion": ["pleural-effusion"],
    "Atherosclerosis": ["atherosclerosis", "intimal-calcification"],
    "Airspace Disease": ["airspace-disease"],
    "Catheters, Indwelling": ["central-venous-catheter", "tunneled-catheter"],
    "Density": ["density"],
    "Granulomatous Disease": ["granulomatous-disease"],
    "Nodule": ["nodule", "pulmonary-nodule", "calcified-lung-nodule"],
    "Surgical Instruments": ["surgical-clip"],
    "Scoliosis": ["scoliosis"],
    "Aorta, Thoracic/tortuous": ["tortuous-aorta", "aortic-dilation"],
    "Diaphragm/elevated": ["elevated-hemidiaphragm"],
    "Fractures, Bone": ["fracture", "rib-fracture", "compression-fracture"],
    "Deformity": ["deformity", "vertebral-wedging"],
    "Costophrenic Angle/blunted": ["blunted-costophrenic-angle"],
    "Osteophyte": ["osteophyte"],
    "Pulmonary Congestion": ["vascular-congestion"],
    "Implanted Medical Device": ["pacemaker", "implantable-defibrillator"],
    "Spondylosis": ["spondylosis"],
}  # fmt: skip


#: Concepts under whose heading all their kinds are.
WITH_KINDS = ("atelectasis", "scar", "pleural-effusion", "fracture", "central-venous-catheter")

#: Headings that name one level of what is one concept here: a word that must (or must not) stand near it.
LEVELS = {
    "Thoracic Vertebrae/degenerative": ("thorac", True),
    "Spine/degenerative": ("thorac", False),
    "Aorta, Thoracic/tortuous": ("thorac", True),
    "Aorta/tortuous": ("thorac", False),
    "Airspace Disease": ("opacit", False),
}


def predict_iu(engine: pellucid.Engine, row: dict[str, Any]) -> dict[str, Any]:
    text = f"FINDINGS: {row['findings']}\nIMPRESSION: {row['impression']}"
    found = [f for f in engine.find(text) if counts(f)]
    said = {f.concept for f in found} | {"opacity" for f in found if "opacit" in f.text.lower()}
    said |= {c for f in found for c in engine.get_broader(f.concept) if c in WITH_KINDS}
    present = [h for h, concepts in HEADINGS.items() if said & set(concepts)]
    kept = []
    for heading in present:
        if heading in LEVELS:
            word, wanted = LEVELS[heading]
            near = [get_sentence(text, f).lower() for f in found if f.concept in HEADINGS[heading]]
            if not any((word in sentence) == wanted for sentence in near):
                continue
        kept.append(heading)
    return {"uid": row["uid"], "present": kept}


def get_sentence(text: str, finding: Finding) -> str:
    """The sentence that a finding stands in, roughly."""
    begin = max(text.rfind(". ", 0, finding.start), text.rfind("\n", 0, finding.start)) + 1
    end = text.find(". ", finding.end)
    return text[begin : end if end > 0 else len(text)]


def counts(finding: Finding) -> bool:
    return finding.assertion.status in STATUSES and finding.assertion.experiencer == "patient"


STATUSES = ("present",)


def predict_ct(engine: pellucid.Engine, row: dict[str, Any]) -> dict[str, Any]:
    findings: dict[tuple[str, str], dict[str, str]] = {}
    for f in engine.find(row["report"]):
        if f.kind in ("finding", "entity", "pattern", "type") and f.section not in BACKGROUND:
            presence = "absent" if f.assertion.status == "absent" else "present"
            name = name_finding(engine, f)
            findings.setdefault((name, presence), {"name": name, "presence": presence})
    # One entry a finding: where it is there, "no new nodule" and "no effusion on the right" add none.
    kept = [
        f
        for (name, p), f in findings.items()
        if p == "present" or (name, "present") not in findings
    ]
    return {"id": row["id"], "findings": kept}


BACKGROUND = ("indication", "technique", "comparison", "other")

#: Names of the Open Imaging Finding Models that the reference uses for a concept and its kinds.
MODELS = {
    "atelectasis": "atelectasis",
    "scar": "scarring",
    "lymphadenopathy": "lymphadenopathy",
    "chamber-enlargement": "cardiac chamber enlargement",
    "cardiomegaly": "cardiomegaly",
    "aortic-valve-calcification": "valve calcification",
    "mitral-valve-calcification": "valve calcification",
    "mitral-annular-calcification": "valve calcification",
    "coronary-artery-calcification": "vessel calcification",
    "aortic-calcification": "vessel calcification",
    "abdominal-aortic-calcification": "vessel calcification",
    "intimal-calcification": "vessel calcification",
    "atherosclerosis": "vessel calcification",
    "calcified-lung-granuloma": "calcified granuloma",
    "calcified-granuloma": "calcified granuloma",
    "mediastinal-mass-calcification": "mediastinal mass",
    "pulmonary-nodule": "nodule",
    "lung-mass": "mass",
    "degenerative-spine-change": "degenerative changes",
    "osteophyte": "degenerative changes",
    "dish": "diffuse idiopathic skeletal hyperostosis",
    "sternotomy": "sternotomy",
    "fatty-liver": "hepatic steatosis",
    "liver-cyst": "hepatic cyst",
    "renal-cyst": "renal cyst",
    "gallstone": "cholelithiasis",
    "aortic-aneurysm": "aortic aneurysm",
    "pulmonary-artery-enlargement": "pulmonary artery dilation",
    "post-radiation-change": "radiation changes",
    "postoperative-change": "post surgical changes",
    "lobectomy": "lobectomy",
    "port-catheter": "port-a-cath",
    "mucus-plugging": "mucus plugging",
    "ground-glass-opacity": "ground glass opacity",
    "axillary-dissection": "axillary nodal dissection",
    "kidney-atrophy": "atrophic kidney",
    "cholecystectomy": "cholecystectomy",
    "lipomatous-hypertrophy-of-the-interatrial-septum": "hypertrophy of the interatrial septum",
    "esophageal-dilation": "dilated esophagus",
    "esophageal-wall-thickening": "esophageal wall thickening",
    "aortic-dissection": "aortic dissection",
    "dissection": "aortic dissection",
    "volume-loss": "volume loss",
    "heterogeneous-thyroid": "heterogeneous thyroid gland",
    "breast-calcification": "breast calcifications",
    "lung-calcification": "calcification",
    "punctate-calcification": "calcification",
    "branching-calcification": "calcification",
    "coarse-calcification": "calcification",
}


GENERAL = ("mass", "lesion", "nodule", "cyst", "breast-cyst", "calcification")


def name_finding(engine: pellucid.Engine, finding: Finding) -> str:
    """The name of its finding model, else the report's own words, with the site where they are general."""
    for concept in engine.get_broader(finding.concept):
        if concept in MODELS:
            return MODELS[concept]
    words = finding.text.lower()
    try:
        own = engine.get_concept_id(words)
    except pellucid.UnknownConceptError:  # words with others between them
        own = ""
    if own in GENERAL and own != finding.concept:  # "cyst" in a sentence on the kidney
        words = finding.name.lower()
    if not own:
        words = finding.name.lower()
    if finding.assertion.cue == "normal":
        return finding.name.lower()
    if finding.concept in GENERAL and finding.site:
        return f"{finding.site.replace('-', ' ')} {words}"
    return words


def predict_negex(engine: pellucid.Engine, row: dict[str, Any]) -> dict[str, Any]:
    assertion = engine.assert_span(row["sentence"], *find_span(row["sentence"], row["concept"]))
    return {
        "id": row["id"],
        "negated": assertion.status == "absent",
        # A denied or a family history counts as history there.
        "historical": assertion.temporality == "historical" or "history" in str(assertion.cue),
    }


def find_span(sentence: str, concept: str) -> tuple[int, int]:
    """Where the condition stands in its sentence: in capitals, white space as it comes."""
    pattern = r"\s+".join(re.escape(word) for word in concept.upper().split())
    match = re.search(pattern, sentence) or re.search(pattern, sentence, re.IGNORECASE)
    return match.span() if match else (0, len(sentence))


TASKS: dict[str, Callable[[pellucid.Engine, dict[str, Any]], dict[str, Any]]] = {
    "iu_findings": predict_iu,
    "oidm_ct": predict_ct,
    "negex": predict_negex,
}


class Library:
    """The tasks of the retrieval room: rows that are read without the engine."""

    def __init__(self, model: str | None, lexical: bool) -> None:
        # One thread: on a shared machine the model's small products wait for each other longer than they take.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self.tables = open_asking()
        self.encoder = None if lexical or not (model or find_model()) else load_encoder(model)
        self.ranking = load_learned("ranking", dense=self.encoder is not None)
        self.entailment = load_learned("entailment", dense=self.encoder is not None)

    def mediqa_qa(self, row: dict[str, Any]) -> dict[str, Any]:
        answers = row["answers"]
        asked = condense(row["question"], self.tables)
        candidates = make_candidates([answer["text"] for answer in answers])
        ranked = rank(asked, candidates, self.tables, self.ranking, self.encoder)
        # A search gave these: the likeliest is taken for an answer, however unlikely.
        scores = [max(r.score, 0.5) if i == 0 else r.score for i, r in enumerate(ranked)]
        return {
            "qid": row["qid"],
            "ranking": [answers[r.place]["aid"] for r in ranked],
            "scores": [round(score, 6) for score in scores],
        }

    def rqe(self, row: dict[str, Any]) -> dict[str, Any]:
        asked, known = condense(row["chq"], self.tables), condense(row["faq"], self.tables)
        measures = compare(asked, known)
        if self.encoder:
            meant = self.encoder.encode([known.text], 128)[0]
            measures |= compare_meaning(encode_asked(asked, self.encoder), meant)
        return {"pid": row["pid"], "label": int(self.entailment.score(measures) >= 0.5)}


LIBRARY_TASKS = ("mediqa_qa", "rqe")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=[*TASKS, *LIBRARY_TASKS])
    parser.add_argument("--input", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--model", help="folder of all-MiniLM-L6-v2, where no package ships it")
    parser.add_argument("--lexical", action="store_true", help="no ranking by meaning")
    options = parser.parse_args()
    predict: Callable[[dict[str, Any]], dict[str, Any]]
    if options.task in LIBRARY_TASKS:
        predict = getattr(Library(options.model, options.lexical), options.task)
    else:
        predict = partial(TASKS[options.task], pellucid.load())
    with (
        options.input.open(encoding="utf-8") as source,
        options.output.open("w", encoding="utf-8") as target,
    ):
        for line in source:
            if line.strip():
                target.write(json.dumps(predict(json.loads(line)), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
