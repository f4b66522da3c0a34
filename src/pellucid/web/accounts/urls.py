"""Addresses of the accounts app."""

from django.urls import path

from pellucid.web.accounts import staff, views

app_name = "accounts"
urlpatterns = [
    path("me/", views.me, name="me"),
    path("notifications/", views.notifications, name="notifications"),
    path("bookmarks/", views.bookmarks, name="bookmarks"),
    path("preferences/", views.preferences, name="preferences"),
    path("export/", views.export, name="export"),
    path("delete/", views.delete, name="delete"),
    path("unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("@<str:username>/", views.profile, name="profile"),
    path("@<str:username>/block/", views.block, name="block"),
    path("@<str:username>/staff/", staff.decide, name="staff"),
]
