"""Members of the site, who do what people do: sign up, sign in, ask, reply."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .server import SiteServer

PASSWORD = "green-lamp-by-the-river-42"


@dataclass(frozen=True)
class Member:
    """A member with a confirmed address; ``state`` is the browser's storage once signed in."""

    name: str
    state: Any = None

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.name}@example.org"


def sign_up(page: Any, site: SiteServer, name: str) -> Member:
    """Make an account and confirm its address by the mailed link."""
    member = Member(name)
    mark = site.get_mark()
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign Up").click()
    link = site.find_printed(r"(http://\S+/accounts/confirm-email/\S+)", mark)
    page.goto(link)
    page.get_by_role("button", name="Confirm").click()
    return member


def sign_in(page: Any, member: Member, address: str = "/accounts/login/") -> None:
    """Sign in on the page that an address leads to."""
    page.goto(address)
    fill_in_sign_in(page, member)


def fill_in_sign_in(page: Any, member: Member) -> None:
    """Sign in on the page that is open."""
    page.get_by_label("Email").fill(member.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign In", exact=True).click()


def set_up_staff(chromium: Any, site: SiteServer) -> dict[str, Member]:
    """An administrator by the printed link, who gives two others their roles; two plain members."""

    def keep(name: str, page: Any) -> Member:
        state = page.context.storage_state()
        page.context.close()
        return Member(name, state)

    def open_page() -> Any:
        return chromium.new_context(base_url=site.origin).new_page()

    page = open_page()
    page.goto(site.setup_link)
    site.setup_page = page.content()  # to be seen once only
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password confirmation").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    members = {"ada": keep("ada", page)}
    for name in ("mo", "clara", "ann", "ben"):
        page = open_page()
        member = sign_up(page, site, name)
        if "/login/" in page.url:
            fill_in_sign_in(page, member)
        members[name] = keep(name, page)
    page = chromium.new_context(base_url=site.origin, storage_state=members["ada"].state).new_page()
    for name, role in (("mo", "moderator"), ("clara", "clinician")):
        page.goto(f"/members/@{name}/staff/")
        page.get_by_label("Role").select_option(role)
        if role == "clinician":
            page.get_by_label("Verified field").fill("Radiology")
            page.get_by_label("The credential was verified").check()
        page.get_by_role("button", name="Give the role").click()
    page.context.close()
    return members


def get_number(address: str) -> str:
    """The number of the thread whose page this is."""
    found = re.search(r"/forum/thread/(\d+)/", address)
    assert found, address
    return found[1]
