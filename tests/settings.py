"""Settings of in-process tests: the project's, with a data folder of this process and a cheap hash."""

import atexit
import os
import shutil
import tempfile

from tests.support import services

_DATA_DIR = tempfile.mkdtemp(prefix="kefu-tests-")
atexit.register(shutil.rmtree, _DATA_DIR, ignore_errors=True)
os.environ["KEFU_DATA_DIR"] = _DATA_DIR
os.environ["KEFU_SECRET_KEY"] = "tests-only-" + "k" * 64
if os.environ.get("KEFU_TEST_DATABASE") == "postgres":
    os.environ["DATABASE_URL"] = services.new_database()
else:
    os.environ.pop("DATABASE_URL", None)
for _name in ("KEFU_REDIS_URL", "KEFU_CELERY_BROKER_URL", "KEFU_PUBLIC_URL", "KEFU_DEBUG", "KEFU_EMAIL_URL"):
    os.environ.pop(_name, None)

from kefu_project.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["*"]
AXES_ENABLED = False
if "sqlite3" in DATABASES["default"]["ENGINE"]:  # noqa: F405
    # A file, as in production: the shared memory database answers readers with "table is locked" while a
    # worker's thread writes. Nobody needs these rows after a power cut.
    DATABASES["default"]["TEST"] = {"NAME": f"{_DATA_DIR}/test.sqlite3"}  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"  # noqa: F405
