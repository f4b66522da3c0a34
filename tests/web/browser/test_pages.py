"""Each page for everyone: axe-core, keyboard, zoom, forced colours, print, weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import DESKTOP, PHONE, Open, Watch, open_browsers
from .members import Member
from .server import SiteServer
from .tour import STOPS, Places, Stop, list_page_templates

AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Of a page that is dark nothing is different but its colours.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
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


def visit(open_one: Open, staff: dict[str, Member], places: Places, stop: Stop) -> Any:
    """Open a stop of the tour; each is the page that it says it is."""
    page = open_one(storage_state=staff[stop.member].state if stop.member else None)
    stop.go(page, places)
    assert page.get_by_role("heading", level=1).inner_text().startswith(stop.heading)
    return page


@pytest.fixture(scope="module", params=STOPS, ids=NAMES)
def visited(
    request: Any, chromium: Any, site: SiteServer, staff: dict[str, Member], places: Places
) -> Iterator[Any]:
    watch = Watch(site.origin)
    with open_browsers(chromium, watch) as open_one:
        yield visit(open_one, staff, places, request.param)
    assert watch.seen == []


@pytest.fixture
def page(visited: Any) -> Any:
    """A page of the tour: opened once, looked at by each test, as large and light as at first."""
    visited.set_viewport_size(DESKTOP)
    visited.emulate_media(color_scheme="light")
    return visited


@pytest.fixture
def go(open_browser: Open, staff: dict[str, Member], places: Places) -> Callable[[Stop], Any]:
    """Open a stop of the tour for one test."""
    return lambda stop: visit(open_browser, staff, places, stop)


def test_every_page_is_on_the_tour() -> None:
    assert list_page_templates() <= {stop.template for stop in STOPS}


def test_tab_reaches_every_control_and_goes_on(page: Any) -> None:
    from_the_top = page.evaluate("document.activeElement === document.body")
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
    if page.locator("header.site").count() and from_the_top:
        assert walked[0]["name"] == "Skip to the content"


def test_axe_finds_nothing(page: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for details in page.locator("details").all():
        details.evaluate("e => e.open = true")
    page.evaluate(axe.axe_script)
    found = []
    for scheme, options in (("light", AXE), ("dark", COLOURS)):
        for size in (DESKTOP, PHONE):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            for violation in page.evaluate("o => axe.run(o)", options)["violations"]:
                nodes = [n["html"][:160] + n["failureSummary"] for n in violation["nodes"][:3]]
                found.append((scheme, size["width"], violation["id"], nodes))
    assert found == []


def test_nothing_is_cut_off_at_four_times_the_size(page: Any) -> None:
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


def test_a_page_weighs_little(page: Any) -> None:
    # All that the page is made of, as if nothing of it were cached or compressed.
    html = len(page.content().encode())
    addresses = page.evaluate(
        "[...document.querySelectorAll('link[rel=stylesheet], link[rel=icon], script[src], img')]"
        ".map(e => e.href || e.src).filter(a => !a.startsWith('data:'))"
    )
    bodies = {address: len(page.request.get(address).body()) for address in addresses}
    assert html + sum(bodies.values()) < MOST_BYTES, (html, bodies)


def test_the_skip_link_skips(go: Callable[[Stop], Any]) -> None:
    page = go(STOPS[0])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize(
    "media", [{"forced_colors": "active"}, {"media": "print"}], ids=["forced", "print"]
)
def test_a_status_is_a_word_where_colours_are_gone(
    go: Callable[[Stop], Any], media: dict[str, str]
) -> None:
    by_name = dict(zip(NAMES, STOPS, strict=True))
    page = go(next(s for s in STOPS if s.template == "pages/reading.html"))
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
    page = go(next(s for n, s in by_name.items() if "thread-clara" in n))
    page.emulate_media(**media)
    assert page.get_by_text("Automatic answer, not yet reviewed").first.is_visible()
    assert page.locator(".notice.emergency").first.is_visible()
    if "media" in media:
        assert not page.get_by_role("navigation", name="Main").is_visible()
        assert not page.get_by_label("Your reply").is_visible()
