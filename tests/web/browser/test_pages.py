"""Each page for everyone: axe-core, keyboard, zoom, forced colours, print, weight."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DESKTOP, PHONE, Open
from .tour import STOPS, Places, Stop, list_page_templates

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
MOST_BYTES = 150_000
# What Tab has to reach; of radio buttons, one of each group.
_COUNT_CONTROLS = """() => {
  const seen = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter(e => e.type !== 'hidden' && !e.disabled && e.checkVisibility());
  const groups = new Set(seen.filter(e => e.type === 'radio').map(e => e.name + '/' + (e.form?.action ?? '')));
  const rest = seen.filter(e => e.type !== 'radio');
  rest.forEach(e => e.dataset.walk = 'no');
  return rest.length + groups.size;
}"""
_LOOK_AT_FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e.dataset.walk === 'yes') return null;
  e.dataset.walk = 'yes';
  const shown = [e, ...e.querySelectorAll('svg *')].map(x => getComputedStyle(x));
  const ring = shown[0].outlineStyle !== 'none' && parseFloat(shown[0].outlineWidth) >= 2;
  const stroke = [...e.children].some(x => x instanceof SVGElement && parseFloat(getComputedStyle(x).strokeWidth) >= 3);
  const box = e.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {name: (e.textContent || e.name || e.id).trim().slice(0, 60), visible: (ring || stroke) && inside};
}"""


NAMES = [
    f"{n}-{s.template.removesuffix('.html')}-{s.member or 'anyone'}" for n, s in enumerate(STOPS)
]
every_stop = pytest.mark.parametrize("stop", STOPS, ids=NAMES)


@pytest.fixture
def visit(open_as: Open, open_browser: Open, places: Places, watch: Any) -> Open:
    """Open a stop of the tour; each is the page that it says it is."""

    def go(stop: Stop, **options: Any) -> Any:
        page = open_as(stop.member, **options) if stop.member else open_browser(**options)
        stop.go(page, places)
        assert page.get_by_role("heading", level=1).inner_text().startswith(stop.heading)
        return page

    return go


def test_every_page_is_on_the_tour() -> None:
    assert list_page_templates() <= {stop.template for stop in STOPS}


@every_stop
def test_axe_finds_nothing(visit: Open, stop: Stop) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit(stop)
    for details in page.locator("details").all():
        details.evaluate("e => e.open = true")
    found = []
    for scheme in ("light", "dark"):
        for size in (DESKTOP, PHONE):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            for violation in axe.run(page, options=AXE).response["violations"]:
                nodes = [n["html"][:160] + n["failureSummary"] for n in violation["nodes"][:3]]
                found.append((scheme, size["width"], violation["id"], nodes))
    assert found == []


@every_stop
def test_tab_reaches_every_control_and_goes_on(visit: Open, stop: Stop) -> None:
    page = visit(stop)
    wanted = page.evaluate(_COUNT_CONTROLS)
    walked = []
    for _ in range(2 * wanted + 10):  # a date has several parts; a page may begin in a field
        page.keyboard.press("Tab")
        if focus := page.evaluate(_LOOK_AT_FOCUS):
            walked.append(focus)
        if len(walked) == wanted:
            break
    assert len(walked) == wanted, page.locator("[data-walk=no]").all_inner_texts()
    assert [f["name"] for f in walked if not f["visible"]] == []
    if page.locator("header.site").count() and not page.locator("[autofocus]").count():
        assert walked[0]["name"] == "Skip to the content"


@every_stop
def test_nothing_is_cut_off_at_four_times_the_size(visit: Open, stop: Stop) -> None:
    page = visit(stop)
    # 1280 pixels at 400 % are 320; at 200 %, 640.
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 512})
        wide = page.evaluate(
            "() => [...document.querySelectorAll('body *')]"
            ".filter(e => !e.closest('.skip, .unseen, svg, .wide, .text, figure, .diff')"
            " && e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 120))"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, wide
        assert wide == []


@every_stop
def test_a_page_weighs_little(visit: Open, stop: Stop) -> None:
    page = visit(stop)
    # All that the page is made of, as if nothing of it were cached or compressed.
    html = len(page.content().encode())
    addresses = page.evaluate(
        "[...document.querySelectorAll('link[rel=stylesheet], link[rel=icon], script[src], img')]"
        ".map(e => e.href || e.src).filter(a => !a.startsWith('data:'))"
    )
    bodies = {address: len(page.request.get(address).body()) for address in addresses}
    assert html + sum(bodies.values()) < MOST_BYTES, (html, bodies)


def test_the_skip_link_skips(visit: Open) -> None:
    page = visit(STOPS[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(
    "media", [{"forced_colors": "active"}, {"media": "print"}], ids=["forced", "print"]
)
def test_a_status_is_a_word_where_colours_are_gone(
    visit: Open, places: Places, media: dict[str, str]
) -> None:
    by_name = dict(zip(NAMES, STOPS, strict=True))
    page = visit(next(s for s in STOPS if s.template == "pages/reading.html"))
    page.emulate_media(**media)
    statuses = page.locator(".status")
    assert [s.inner_text()[2:] for s in statuses.all()][:3] == [
        "Found",
        "Possible, not certain",
        "Looked for and not found",
    ]
    assert all(s.is_visible() for s in statuses.all())
    for mark in page.locator("pre mark").all():
        assert mark.locator("sup").inner_text()[0] in "●◐○◇◁△"
        assert mark.evaluate("e => getComputedStyle(e).textDecorationLine") == "underline"
    page = visit(next(s for n, s in by_name.items() if "thread-clara" in n))
    page.emulate_media(**media)
    assert page.get_by_text("Automatic answer, not yet reviewed").first.is_visible()
    assert page.locator(".notice.emergency").first.is_visible()
    if "media" in media:
        assert not page.get_by_role("navigation", name="Main").is_visible()
        assert not page.get_by_label("Your reply").is_visible()
