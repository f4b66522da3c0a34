"""A spaCy pipeline component: ``nlp.add_pipe("pellucid")`` sets ``doc.ents`` from a report.

It needs the extra ``spacy``: ``pip install 'pellucid[spacy]'``. Each entity's label is its concept's id, and
``span._.pellucid`` its :class:`~pellucid.Finding`: assertion, side, sizes, change, explanation. ``span._.is_negated``,
``is_uncertain``, ``is_historical``, ``is_family`` and ``is_hypothetical`` are the names that medspaCy uses.
``doc._.pellucid`` is the whole :class:`~pellucid.Reading`, unless ``explain`` is off.
"""

from __future__ import annotations

from collections.abc import Sequence

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from pellucid.app.engine import Engine, load
from pellucid.values.report import Finding

Doc.set_extension("pellucid", default=None, force=True)
Span.set_extension("pellucid", default=None, force=True)
for _name in ("is_negated", "is_uncertain", "is_historical", "is_family", "is_hypothetical"):
    Span.set_extension(_name, default=False, force=True)


class ReportComponent:
    """Adds the findings of a report to a spaCy document.

    Where two findings overlap, ``doc.ents`` keeps the longer one; ``doc.spans["pellucid"]`` has both.
    """

    def __init__(self, engine: Engine, explain: bool) -> None:
        self._engine = engine
        self._explain = explain

    def __call__(self, doc: Doc) -> Doc:
        """Set the entities of a document and the extensions of its spans."""
        if self._explain and doc.text.strip():
            reading = self._engine.read(doc.text)
            doc._.pellucid = reading
            findings: Sequence[Finding] = reading.findings
        else:
            findings = self._engine.find(doc.text)
        spans = []
        for finding in findings:
            span = doc.char_span(
                finding.start, finding.end, label=finding.concept, alignment_mode="expand"
            )
            if span is not None:
                _annotate(span, finding)
                spans.append(span)
        doc.spans["pellucid"] = spans
        doc.ents = filter_spans([*spans, *doc.ents])
        return doc


def _annotate(span: Span, finding: Finding) -> None:
    said = finding.assertion
    span._.pellucid = finding
    span._.is_negated = said.status == "absent"
    span._.is_uncertain = said.status == "possible"
    span._.is_hypothetical = said.status == "conditional"
    span._.is_historical = said.temporality == "historical"
    span._.is_family = said.experiencer == "other"


@Language.factory("pellucid", default_config={"packs": [], "explain": True})
def create_component(nlp: Language, name: str, packs: list[str], explain: bool) -> ReportComponent:
    """Build the component; ``packs`` are folders of packs of your own."""
    return ReportComponent(load(*packs), explain)
