"""Chromium on a site that ``pellucid serve`` runs; what no page may ever do is watched everywhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from .members import Member, set_up_staff
from .provider import Provider
from .server import SiteServer
from .tour import Places, prepare

_INSTALL = "the browser tests need Chromium: apt-get install chromium && pip install '.[test]'"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "")
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}


@pytest.fixture(scope="package")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    provider = Provider(tmp_path_factory.mktemp("provider"))
    yield provider
    provider.stop()


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[SiteServer]:
    server = SiteServer(
        tmp_path_factory.mktemp("site"),
        PELLUCID_OIDC_URL=provider.origin,
        PELLUCID_OIDC_CLIENT="pellucid",
        PELLUCID_OIDC_SECRET="secret",
        PELLUCID_OIDC_NAME="The Clinic",
    )
    yield server
    server.stop()


# Of the package, not of the session: Playwright's event loop would keep later tests from the database.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason=_INSTALL)
    if not CHROMIUM:
        pytest.skip(_INSTALL)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page did that it may not: each is a line that says what and where."""

    origin: str
    seen: list[str] = field(default_factory=list)
    others: list[str] = field(
        default_factory=list
    )  # sites to which a page may lead; what they do is theirs

    def watch(self, context: Any) -> None:
        """Look at all that the pages of a context do from now on."""
        context.on("dialog", lambda d: (self.seen.append(f"dialog {d.message}"), d.dismiss()))
        context.on("request", self._look_at_request)
        context.on("response", self._look_at_response)
        context.on("weberror", lambda e: self.seen.append(f"script error {e.error}"))
        context.on("console", self._look_at_console)

    def _look_at_request(self, request: Any) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("data", "blob", "about") or self._is_elsewhere(request.frame.url):
            return
        if not request.url.startswith(self.origin + "/") and not self._is_elsewhere(request.url):
            self.seen.append(f"request to {request.url}")

    def _is_elsewhere(self, address: str) -> bool:
        return address.startswith(tuple(f"{origin}/" for origin in self.others))

    def _look_at_response(self, response: Any) -> None:
        if response.status >= 500:
            self.seen.append(f"status {response.status} of {response.url}")

    def _look_at_console(self, message: Any) -> None:
        # A refused form is an answer of the site, which Chromium writes as a line of its own.
        if message.page and self._is_elsewhere(message.page.url):
            return
        if message.type in ("error", "warning") and "server responded with" not in message.text:
            self.seen.append(f"console: {message.text} at {message.page and message.page.url}")


Open = Callable[..., Any]


@pytest.fixture
def watch(site: SiteServer) -> Iterator[Watch]:
    watch = Watch(site.origin)
    yield watch
    assert watch.seen == []


@contextmanager
def open_browsers(chromium: Any, watch: Watch) -> Iterator[Open]:
    """Open browsers of their own (no cookies of another); options are those of Playwright's contexts."""
    contexts = []

    def open_one(**options: Any) -> Any:
        options = {"viewport": DESKTOP, "reduced_motion": "reduce"} | options
        context = chromium.new_context(base_url=watch.origin, **options)
        context.set_default_timeout(20_000)
        context.route("https://**", lambda route: route.abort())  # only this machine is reached
        watch.watch(context)
        contexts.append(context)
        return context.new_page()

    try:
        yield open_one
    finally:
        for context in contexts:
            context.close()


@pytest.fixture
def open_browser(chromium: Any, watch: Watch) -> Iterator[Open]:
    with open_browsers(chromium, watch) as open_one:
        yield open_one


@pytest.fixture(scope="package")
def staff(chromium: Any, site: SiteServer) -> dict[str, Member]:
    """The administrator, a moderator, a clinician and two members, each as the site made them."""
    return set_up_staff(chromium, site)


@pytest.fixture
def open_as(open_browser: Open, staff: dict[str, Member]) -> Open:
    """Open a browser in which a member is signed in."""
    return lambda name, **options: open_browser(storage_state=staff[name].state, **options)


@pytest.fixture(scope="package")
def places(chromium: Any, site: SiteServer, staff: dict[str, Member]) -> Places:
    """What the tour's addresses need."""

    def open_page(name: str) -> Any:
        return chromium.new_context(
            base_url=site.origin, storage_state=staff[name].state
        ).new_page()

    return prepare(open_page, site)
