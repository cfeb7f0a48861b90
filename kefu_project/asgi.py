"""ASGI entry (first form: Django only)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kefu_project.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
