"""The cache of sites and the folder of files, fresh for every test."""

from tests.api.conftest import _fresh_sites, _own_media  # noqa: F401
