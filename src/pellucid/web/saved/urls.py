"""Addresses of the saved app."""

from django.urls import path

from pellucid.web.saved import views

app_name = "saved"
urlpatterns = [
    path("", views.index, name="index"),
    path("save/", views.save, name="save"),
    path("<uuid:number>/", views.open_report, name="open"),
    path("<uuid:number>/delete/", views.delete, name="delete"),
]
