"""Settings of the servers that tests start: the project's own, with a cheap hash of passwords.

Proving a password takes a third of a second of purpose; a run does it some hundred times and tests nothing by
it.
"""

from kefu_project.settings import *  # noqa: F403

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
