"""The web door: a site that answers, reads reports and holds a forum (the ``web`` extra)."""
