"""Addresses of the pages app."""

from django.contrib.sitemaps.views import index, sitemap
from django.urls import path

from pellucid.web.pages import probes, report_views, setup, views

app_name = "pages"
urlpatterns = [
    path("", views.home, name="home"),
    path("c/", views.letters, name="letters"),
    path("c/<slug:concept>", views.concept, name="concept"),
    path("letter/<slug:letter>", views.letter, name="letter"),
    path("body/<slug:site>", views.body, name="body"),
    path("search", views.search, name="search"),
    path("read", report_views.read, name="read"),
    path("read/download", report_views.download, name="download"),
    path("about", views.about, name="about"),
    path("setup/<str:token>", setup.setup, name="setup"),
    path("healthz", probes.health, name="health"),
    path("readyz", probes.readiness, name="readiness"),
    path("robots.txt", probes.robots, name="robots"),
    path(
        "sitemap.xml",
        index,
        {"sitemaps": probes.SITEMAPS, "sitemap_url_name": "pages:sitemap-section"},
        name="sitemap",
    ),
    path(
        "sitemap-<section>.xml",
        sitemap,
        {"sitemaps": probes.SITEMAPS},
        name="sitemap-section",
    ),
]
