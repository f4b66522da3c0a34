"""Pages of the forum: thin, they ask ``access`` and call ``actions``."""
