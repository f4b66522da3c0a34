"""Addresses of the forum app."""

from django.urls import path

from pellucid.web.forum import feeds
from pellucid.web.forum.views import posting, reacting, reading, staff

app_name = "forum"
urlpatterns = [
    path("", reading.index, name="index"),
    path("feed/", feeds.LatestFeed(), name="feed"),
    path("new/", posting.new_thread, name="new"),
    path("similar/", posting.similar, name="similar"),
    path("search/", reading.search, name="search"),
    path("category/<slug:slug>/", reading.category, name="category"),
    path("category/<slug:slug>/feed/", feeds.CategoryFeed(), name="category_feed"),
    path("concept/<slug:concept>/", reading.concept, name="concept"),
    path("thread/<int:number>/feed/", feeds.ThreadFeed(), name="thread_feed"),
    path("thread/<int:number>/reply/", posting.reply, name="reply"),
    path("thread/<int:number>/follow/", reacting.follow, name="follow"),
    path("thread/<int:number>/bookmark/", reacting.bookmark, name="bookmark"),
    path("thread/<int:number>/review/", staff.review, name="review"),
    path("thread/<int:number>/tools/", staff.tools, name="tools"),
    path("thread/<int:number>/", reading.thread, name="thread_number"),
    path("thread/<int:number>/<slug:slug>/", reading.thread, name="thread"),
    path("post/<int:number>/", reading.post, name="post"),
    path("post/<int:number>/edit/", posting.edit, name="edit"),
    path("post/<int:number>/delete/", posting.delete_own, name="delete"),
    path("post/<int:number>/history/", reading.history, name="history"),
    path("post/<int:number>/vote/", reacting.vote, name="vote"),
    path("post/<int:number>/accept/", reacting.accept, name="accept"),
    path("post/<int:number>/endorse/", reacting.endorse, name="endorse"),
    path("post/<int:number>/flag/", reacting.flag, name="flag"),
    path("post/<int:number>/decide/", staff.decide, name="decide"),
    path("staff/review/", staff.review_queue, name="review_queue"),
    path("staff/moderation/", staff.moderation_queue, name="moderation"),
    path("staff/log/", staff.audit, name="audit"),
]
