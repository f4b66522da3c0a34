"""Addresses of the site."""

from django.contrib import admin
from django.urls import include, path

from pellucid.web.accounts.elsewhere import come_back, leave

urlpatterns = [
    path("", include("pellucid.web.pages.urls")),
    path("read/saved/", include("pellucid.web.saved.urls")),
    path("forum/", include("pellucid.web.forum.urls")),
    path("members/", include("pellucid.web.accounts.urls")),
    path("", include("pellucid.web.api.urls")),
    # These two stand before allauth's own of the same names.
    path("accounts/oidc/<str:provider_id>/login/", leave, name="openid_connect_login"),
    path(
        "accounts/oidc/<str:provider_id>/login/callback/", come_back, name="openid_connect_callback"
    ),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

#: Of a fault, and of a database that is away.
handler500 = "pellucid.web.config.faults.fault"
