"""The site's own settings, for one machine that does within minutes what hundreds of readers do.

The limits stay; they are only as high as the number of these readers. Passwords are hashed quickly.
"""

from pellucid.web.config.settings import *  # noqa: F403

SITE_LIMITS = {"ask": 200, "read": 400}
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "signup": "200/m/ip",
    "reauthenticate": "100/m/user",
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
