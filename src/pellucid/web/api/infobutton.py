"""HL7 Infobutton, as MedlinePlus Connect answers it: a portal changes only the address.

HL7 Context-Aware Knowledge Retrieval (Infobutton), URL-based implementations; the answer is an
Atom feed (RFC 4287), or the same in JSON.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pellucid import Answer, InputError, render
from pellucid.app.render import select_sections
from pellucid.web.api.concepts import SYSTEMS, find_by_code, find_by_name, find_system
from pellucid.web.api.gate import Gate
from pellucid.web.api.problems import Problem, endpoint, write_json
from pellucid.web.config.engine import get_engine

_ATOM = "http://www.w3.org/2005/Atom"
_CODE = "mainSearchCriteria.v.c"
_SYSTEM = "mainSearchCriteria.v.cs"
_NAME = "mainSearchCriteria.v.dn"
_LANGUAGE = "informationRecipient.languageCode.c"
_RESPONSE = "knowledgeResponseType"
_CRITERIA = (_CODE, _SYSTEM, _NAME, _LANGUAGE, "informationRecipient", "taskContext.c.c")
_XML_TYPES = ("", "text/xml", "application/xml", "application/atom+xml")
#: Code systems that portals send and no page carries, by their OID.
_ELSEWHERE = {
    "2.16.840.1.113883.6.96": "SNOMED CT",
    "2.16.840.1.113883.6.1": "LOINC",
    "2.16.840.1.113883.6.88": "RxNorm",
    "2.16.840.1.113883.6.69": "NDC",
    "2.16.840.1.113883.6.103": "ICD-9-CM",
}
_MAX_LENGTH = 500
# XML 1.0, 2.2: what no document may hold, even escaped.
_UNFIT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Feed(NamedTuple):
    """What is sent back, before it has a form."""

    address: str
    subtitle: str
    updated: str
    categories: list[tuple[str, str]]
    entries: list[tuple[str, str, str]]  # title, address, HTML


@endpoint("GET", "HEAD")
def infobutton(request: HttpRequest) -> HttpResponse:
    """Patient education for a code or, where it is not known, for its name."""
    Gate("concepts")(request)
    form = request.GET.get(_RESPONSE, "").partition(";")[0].strip().lower()
    if form not in (*_XML_TYPES, "application/json"):
        # A script that others may include could be read by any page.
        detail = f"{_RESPONSE} is text/xml or application/json, which a script may fetch (CORS)"
        raise Problem(406, "response-type", detail)
    given = {name: request.GET.get(name, "").strip() for name in _CRITERIA}
    if any(len(value) > _MAX_LENGTH for value in given.values()):
        raise Problem(400, "criteria", f"a criterion has more than {_MAX_LENGTH} characters")
    if not given[_NAME] and not (given[_CODE] and given[_SYSTEM]):
        raise Problem(400, "criteria", f"give {_CODE} and {_SYSTEM}, or {_NAME}")
    feed = build_feed(request, given)
    return write_json({"feed": to_json(feed)}) if form == "application/json" else to_atom(feed)


def build_feed(request: HttpRequest, given: dict[str, str]) -> Feed:
    """Find what the criteria name; the subtitle says why a feed is empty."""
    language = given[_LANGUAGE].lower()
    found: list[str] = []
    if language and language.split("-")[0] not in ("en", "eng"):
        subtitle = f"Only English (en) is available; nothing is given in '{given[_LANGUAGE]}'"
    else:
        found, subtitle = _find(given)
    engine = get_engine()
    entries = []
    for concept in found:
        address = request.build_absolute_uri(reverse("pages:concept", args=[concept]))
        answer = engine.show(concept)
        entries.append((answer.focus[0].name, address, render(_shorten(answer), "html")))
    categories = [(name, value) for name, value in given.items() if value]
    updated = datetime.now(UTC).isoformat(timespec="seconds")
    address = request.build_absolute_uri(request.path)
    return Feed(address, subtitle, updated, categories, entries)


def _find(given: dict[str, str]) -> tuple[list[str], str]:
    """Ids of the concepts, and what the feed is called."""
    system = find_system(given[_SYSTEM])
    if system and (found := find_by_code(system, given[_CODE])):
        return found, f"Results for {system.name} {given[_CODE]}"
    if given[_NAME]:
        try:
            if found := find_by_name(given[_NAME]):
                return found, f"Results for {given[_NAME]}"
        except InputError:
            pass  # a name of which nothing is left when cleaned names nothing
    if given[_SYSTEM] and not system:
        name = _ELSEWHERE.get(given[_SYSTEM].removeprefix("urn:oid:"), given[_SYSTEM])
        known = ", ".join(s.name for s in SYSTEMS)
        tried = (
            f"and nothing goes by the name {given[_NAME]}" if given[_NAME] else f"send {_NAME} too"
        )
        return [], f"No page has codes of {name} (only {known}); {tried}"
    shown = " ".join(filter(None, (system and system.name, given[_CODE] or given[_NAME])))
    return [], f"Nothing is known about {shown}"


def _shorten(answer: Answer) -> Answer:
    """The meaning alone, where the page has it: the rest is behind the link."""
    try:
        return select_sections(answer, "meaning")
    except InputError:
        return answer


def to_json(feed: Feed) -> dict[str, Any]:
    """The feed in JSON, with the names that MedlinePlus Connect uses."""
    return {
        "xsi": "http://www.w3.org/2001/XMLSchema-instance",
        "base": feed.address,
        "lang": "en",
        "title": {"_value": settings.SITE_NAME, "type": "text"},
        "subtitle": {"_value": feed.subtitle, "type": "text"},
        "updated": {"_value": feed.updated},
        "id": {"_value": _make_id(feed)},
        "author": {"name": {"_value": settings.SITE_NAME}, "uri": {"_value": feed.address}},
        "category": [{"scheme": scheme, "term": term} for scheme, term in feed.categories],
        "entry": [
            {
                "title": {"_value": title, "type": "text"},
                "link": [{"title": title, "rel": "alternate", "type": "html", "href": address}],
                "id": {"_value": address},
                "updated": {"_value": feed.updated},
                "summary": {"_value": summary, "type": "html"},
            }
            for title, address, summary in feed.entries
        ],
    }


def to_atom(feed: Feed) -> HttpResponse:
    """The feed in XML (RFC 4287)."""
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en", "xml:base": feed.address})
    _add(root, "title", settings.SITE_NAME, type="text")
    _add(root, "subtitle", feed.subtitle, type="text")
    author = ElementTree.SubElement(root, "author")
    _add(author, "name", settings.SITE_NAME)
    _add(author, "uri", feed.address)
    _add(root, "updated", feed.updated)
    for scheme, term in feed.categories:
        _add(root, "category", "", scheme=scheme, term=term)
    _add(root, "id", _make_id(feed))
    for title, address, summary in feed.entries:
        entry = ElementTree.SubElement(root, "entry")
        _add(entry, "title", title, type="text")
        _add(entry, "link", "", title=title, rel="alternate", type="html", href=address)
        _add(entry, "id", address)
        _add(entry, "updated", feed.updated)
        _add(entry, "summary", summary, type="html")
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(
        content, content_type="text/xml; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    element = ElementTree.SubElement(
        parent, name, {key: _UNFIT.sub("\ufffd", value) for key, value in attributes.items()}
    )
    element.text = _UNFIT.sub("\ufffd", text) or None


def _make_id(feed: Feed) -> str:
    """The same criteria give the same id."""
    return uuid5(NAMESPACE_URL, f"{feed.address} {sorted(feed.categories)}").urn
