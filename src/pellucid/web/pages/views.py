"""Questions, concepts, lists and search."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from pellucid import Answer, PellucidError, UnknownConceptError
from pellucid.web.config.engine import get_engine
from pellucid.web.drawings import Drawing, find_drawings
from pellucid.web.pages.answers import (
    describe_page,
    get_description,
    view_answer,
    write_data_block,
)
from pellucid.web.pages.catalogue import Entry, get_catalogue, get_other_names, list_publishers
from pellucid.web.pages.forms import AskForm
from pellucid.web.pages.kinds import is_short, looks_like_report
from pellucid.web.pages.limits import TooOftenError, count_use
from pellucid.web.pages.report_views import show_reading

_MAX_FOUND = 40


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """The one box. It posts: a short question moves on to its address, anything else stays out of it."""
    if request.method != "POST":
        question = request.GET.get("q", "").strip()
        return _answer(request, question) if question else _show_home(request, AskForm())
    form = AskForm(request.POST)
    if not form.is_valid():
        return _show_home(request, form, status=422)
    text = form.cleaned_data["text"]
    kind = request.POST.get("as")
    if kind == "report" or (kind != "question" and looks_like_report(text)):
        return show_reading(request, text)
    if is_short(text):
        return redirect(f"{reverse('pages:home')}?{_write_query(text)}")
    return _answer(request, text)


def _write_query(question: str) -> str:
    query = QueryDict(mutable=True)
    query["q"] = question
    return query.urlencode()


def _show_home(
    request: HttpRequest, form: AskForm, status: int = 200, **context: Any
) -> HttpResponse:
    context = {"form": form, "sites": _list_main_sites(), **context}
    return render(request, "pages/home.html", context, status=status)


def _list_main_sites(count: int = 16) -> list[Entry]:
    catalogue = get_catalogue()
    most = sorted(catalogue.sites, key=lambda s: -len(catalogue.bodies[s.concept]))[:count]
    return sorted(most, key=lambda s: s.name)


@never_cache
def _answer(request: HttpRequest, question: str) -> HttpResponse:
    form = AskForm(initial={"text": question})
    try:
        count_use(request, "ask")
        answer = get_engine().ask(question)
    except TooOftenError as error:
        response = _show_home(request, form, 429, error=str(error))
        response["Retry-After"] = str(error.wait)
        return response
    except PellucidError as error:
        return _show_home(request, form, 422, error=str(error))
    context = {
        "form": form,
        "view": view_answer(answer),
        "drawings": _find_drawings(answer),
        "question": question,
        "query": _write_query(question) if is_short(question) else "",
    }
    return render(request, "pages/answer.html", context)


def _find_drawings(answer: Answer) -> list[Drawing]:
    """Drawings of the first thing that an answer is about, with the value that was asked about."""
    if not answer.focus or answer.status == "emergency":
        return []
    concept = answer.focus[0].concept
    value = next((n.label or n.value for n in answer.numbers if n.concept == concept), None)
    return find_drawings(concept, value, link=find_body_address)


def find_body_address(site: str) -> str:
    """The address of a body part: its list if there is one, else its own page."""
    name = "body" if site in get_catalogue().bodies else "concept"
    return reverse(f"pages:{name}", args=[site])


@require_safe
def concept(request: HttpRequest, concept: str) -> HttpResponse:
    """All that is known about one concept."""
    engine = get_engine()
    if concept not in get_catalogue().entries:
        try:  # another of its names leads to its page
            known = engine.get_concept_id(concept.replace("-", " "))
        except UnknownConceptError:
            raise Http404 from None
        return redirect("pages:concept", known, permanent=True)
    answer = engine.show(concept)
    view = view_answer(answer)
    names = get_other_names(concept)
    address = request.build_absolute_uri(reverse("pages:concept", args=[concept]))
    context = {
        "view": view,
        "headings": view.lead + view.more,
        "focus": answer.focus[0],
        "names": names,
        "drawings": find_drawings(concept, link=find_body_address),
        "description": get_description(answer),
        "site": get_catalogue().entries.get(answer.focus[0].site or ""),
        "here": get_catalogue().bodies.get(concept, ()),
        "data": write_data_block(describe_page(answer, names, address, settings.SITE_NAME)),
    }
    return render(request, "pages/concept.html", context)


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    """The letters and the body parts, each with how much it has."""
    catalogue = get_catalogue()
    context = {
        "letters": [(letter, len(entries)) for letter, entries in catalogue.letters.items()],
        "sites": [(site, len(catalogue.bodies[site.concept])) for site in catalogue.sites],
        "count": len(catalogue.entries),
    }
    return render(request, "pages/letters.html", context)


@require_safe
def letter(request: HttpRequest, letter: str) -> HttpResponse:
    """All concepts that begin with one letter."""
    catalogue = get_catalogue()
    if letter not in catalogue.letters:
        raise Http404
    return _list(request, f"Terms that begin with {letter.upper()}", catalogue.letters[letter])


@require_safe
def body(request: HttpRequest, site: str) -> HttpResponse:
    """All concepts of one body part and of the parts within it."""
    catalogue = get_catalogue()
    if site not in catalogue.bodies:
        raise Http404
    place = catalogue.entries[site]
    return _list(request, f"Body part: {place.name}", catalogue.bodies[site], place)


def _list(
    request: HttpRequest, title: str, entries: list[Entry], site: Entry | None = None
) -> HttpResponse:
    context = {
        "heading": title,
        "entries": entries,
        "site": site,
        "letters": get_catalogue().letters,
    }
    return render(request, "pages/list.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Concepts by words; the one that goes by exactly this name comes first."""
    words = request.GET.get("q", "").strip()
    long = not is_short(words)
    found: list[Entry] = []
    if words and not long:
        engine, entries = get_engine(), get_catalogue().entries
        ids = [related.concept for related in engine.search(words, _MAX_FOUND)]
        with suppress(UnknownConceptError):
            ids.insert(0, engine.get_concept_id(words))
        found = [entries[i] for i in dict.fromkeys(ids)]
    context = {"words": words, "found": found, "long": long, "query": _write_query(words)}
    return render(request, "pages/search.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the site is, where its statements come from, and what it does with what is typed."""
    context = {"count": len(get_catalogue().entries), "publishers": list_publishers()}
    return render(request, "pages/about.html", context)
