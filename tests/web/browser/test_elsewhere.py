"""Signing in with an account elsewhere, at a real OpenID Connect provider and in a real browser."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import Open, Watch
from .members import Member, sign_in
from .provider import Provider
from .server import SiteServer

NAME = "The Clinic"  # as conftest.py names the provider

pytestmark = pytest.mark.usefixtures("staff")


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def scripted(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(open_browser: Open, watch: Watch, provider: Provider) -> Iterator[Any]:
    """A browser that may also go to the provider."""
    watch.others.append(provider.origin)
    return open_browser()


def go_there(page: Any, number: str, button: str = f"Sign in with {NAME}") -> None:
    """Leave for the provider and come back as somebody."""
    page.get_by_role("button", name=button).click()
    page.wait_for_url("http://localhost:*/**")
    page.get_by_role("button", name=number).click()
    page.wait_for_url("http://127.0.0.1:*/**")


def sign_up_there(page: Any, number: str, name: str) -> None:
    page.goto("/accounts/login/")
    go_there(page, number)
    page.get_by_label("Username").fill(name)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()


def test_who_has_an_account_elsewhere_needs_no_password(
    open_browser: Open, watch: Watch, provider: Provider, site: SiteServer, scripted: bool
) -> None:
    watch.others.append(provider.origin)
    page = open_browser(java_script_enabled=scripted)
    page.goto("/accounts/login/?next=/forum/new/")
    go_there(page, "1001")
    if scripted:  # the first time
        assert page.get_by_label("Username").input_value() == ""  # no name is taken over
        page.get_by_label("Username").fill("quietowl")
        page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    assert page.url.endswith("/forum/new/")
    page.goto("/members/me/")
    assert page.get_by_role("heading", level=1).inner_text() == "quietowl"
    assert site.find_kept(b"Realname") == []
    page.goto("/accounts/3rdparty/")
    assert NAME in page.get_by_role("main").inner_text()


def test_an_address_that_the_provider_has_not_proved_is_proved_here(
    page: Any, site: SiteServer
) -> None:
    mark = site.get_mark()
    sign_up_there(page, "1002", "unsure")
    assert "confirm-email" in page.url
    page.goto(site.find_printed(r"(http://\S+/accounts/confirm-email/\S+)", mark))
    page.get_by_role("button", name="Confirm").click()
    if "/login/" in page.url:
        go_there(page, "1002")
    page.goto("/members/me/")
    assert page.get_by_role("heading", level=1).inner_text() == "unsure"


def test_an_account_elsewhere_does_not_open_a_members_account(
    page: Any, open_browser: Open, site: SiteServer
) -> None:
    """Not by the same address: the member adds the account, signed in."""
    sign_up_there(page, "1003", "notben")
    page.goto("/members/me/")
    assert "/login/" in page.url
    sign_in(page, Member("ben"), "/accounts/login/?next=/accounts/3rdparty/")
    go_there(page, "1003", f"Add {NAME}")
    other = open_browser()
    other.goto("/accounts/login/")
    go_there(other, "1003")
    other.goto("/members/me/")
    assert other.get_by_role("heading", level=1).inner_text() == "ben"
    # And away again: a password is left to sign in with.
    page.get_by_role("radio").check()
    page.get_by_role("button", name="Remove").click()
    assert "no third-party accounts" in page.get_by_role("main").inner_text()


def test_who_changes_their_mind_there_is_not_signed_in(page: Any) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("button", name=f"Sign in with {NAME}").click()
    page.wait_for_url("http://localhost:*/**")
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url("http://127.0.0.1:*/**")
    page.goto("/members/me/")
    assert "/login/" in page.url


def test_who_signs_in_elsewhere_can_delete_the_account(page: Any, site: SiteServer) -> None:
    sign_up_there(page, "1004", "briefly")
    page.goto("/members/delete/")
    page.get_by_label("user name").fill("briefly")
    page.get_by_role("main").get_by_role("button").click()
    with sqlite3.connect(f"file:{site.database}?mode=ro", uri=True) as database:
        kept = database.execute("SELECT uid FROM socialaccount_socialaccount").fetchall()
    database.close()
    assert "1004" not in {uid for (uid,) in kept}


def test_a_provider_that_is_away_is_a_clear_page(
    tmp_path_factory: pytest.TempPathFactory, chromium: Any
) -> None:
    folder = tmp_path_factory.mktemp("away")
    site = SiteServer(folder, PELLUCID_OIDC_URL="http://127.0.0.1:9", **CLIENT)
    try:
        page = chromium.new_context(base_url=site.origin).new_page()
        page.goto("/accounts/login/")
        page.get_by_role("button", name="Sign in with 127.0.0.1").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You are not signed in"
        page.goto("/accounts/oidc/127-0-0-1-9/login/callback/?code=1&state=2")  # of nobody's
        assert page.get_by_role("heading", level=1).inner_text() == "You are not signed in"
        assert page.goto("/accounts/oidc/another/login/").status == 404
        page.context.close()
    finally:
        site.stop()


CLIENT = {"PELLUCID_OIDC_CLIENT": "pellucid", "PELLUCID_OIDC_SECRET": "secret"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"PELLUCID_OIDC_URL": "http://clinic.example.org", **CLIENT}, "https://"),
        ({"PELLUCID_OIDC_URL": "clinic.example.org", **CLIENT}, "https://"),
        ({"PELLUCID_OIDC_URL": "https://clinic.example.org"}, "PELLUCID_OIDC_CLIENT"),
    ],
)
def test_settings_that_cannot_work_are_one_line(
    said: dict[str, str], told: str, tmp_path: Any
) -> None:
    environment = os.environ | {"PELLUCID_DATA_DIR": str(tmp_path)} | said
    command = [sys.executable, "-m", "pellucid", "serve", "--port", "0"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert told in done.stderr
