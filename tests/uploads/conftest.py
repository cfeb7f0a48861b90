"""The API's people, for uploads."""

from tests.api.conftest import (  # noqa: F401
    _fresh_sites,
    _no_limits,
    _own_media,
    agent,
    come,
    hire,
    nobody,
    other_shop,
    shop,
    stranger,
    visitor,
)
