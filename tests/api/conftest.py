"""People and places of the API's tests: two sites, visitors, agents and an administrator, over Django's client."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chat import sites
from chat.models import Site


@pytest.fixture(autouse=True)
def _fresh_sites() -> Iterator[None]:
    """No test sees the sites that another one has cached."""
    sites.forget()
    yield
    sites.forget()


@pytest.fixture
def shop(db: None) -> Site:
    """A site with one listed origin."""
    return Site.objects.create(
        public_key="shop", name="Shop", allowed_origins=["https://shop.example.com"], greeting="Hello"
    )


@pytest.fixture
def other_shop(db: None) -> Site:
    """Somebody else's site."""
    return Site.objects.create(
        public_key="other", name="Other", allowed_origins=["https://other.example.com"], greeting="Hi"
    )
