"""The forum: questions, automatic answers, replies, staff."""
