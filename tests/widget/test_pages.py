"""The pages around the chat: who may frame them, what they tell, what they refuse."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from django.http import HttpResponseBase
from django.test import Client

from chat import sites
from chat.models import Site

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def shop() -> Site:
    """The demo site, with two origins and one line that is none."""
    site = Site.objects.create(
        public_key="demo",
        name="Tea </script> & more",
        greeting="你好",
        accent_color="#2f6a45",
        allowed_origins=["https://shop.example", "HTTPS://Other.Example:443", "nonsense; script-src *"],
    )
    sites.forget()
    return site


def directives(response: HttpResponseBase) -> dict[str, list[str]]:
    """The Content-Security-Policy, by directive."""
    parts = response["Content-Security-Policy"].split(";")
    return {words[0]: words[1:] for words in (part.split() for part in parts)}


def test_the_frame_is_for_the_sites_origins_only(client: Client) -> None:
    response = client.get("/widget/demo/")
    policy = directives(response)
    assert policy["frame-ancestors"] == ["'self'", "https://other.example", "https://shop.example"]
    assert policy["default-src"] == ["'self'"]
    assert "script-src" not in policy and "style-src" not in policy
    assert "X-Frame-Options" not in response


def test_the_full_page_is_framed_by_nobody(client: Client) -> None:
    response = client.get("/h/demo/")
    assert directives(response)["frame-ancestors"] == ["'none'"]
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/widget/demo/", "/h/demo/"])
def test_the_page_carries_public_facts_and_no_secret(client: Client, shop: Site, path: str) -> None:
    response = client.get(path)
    page = response.content.decode()
    found = re.search(r'<script id="kefu-config" type="application/json">(.*?)</script>', page)
    assert found is not None
    config = json.loads(found[1])
    assert config["site"] == {
        "key": "demo",
        "name": "Tea </script> & more",
        "greeting": "你好",
        "accent": "#2f6a45",
        "locale": "zh-CN",
    }
    assert config["limits"]["max_bytes"] == 20 * 1024 * 1024
    assert shop.secret not in page
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("path", ["/widget/{}/", "/h/{}/"])
def test_an_unknown_or_closed_site_has_no_page(client: Client, shop: Site, path: str) -> None:
    assert client.get(path.format("nobody")).status_code == 404
    Site.objects.filter(pk=shop.pk).update(is_active=False)
    sites.forget()
    assert client.get(path.format("demo")).status_code == 404
    assert client.get("/demo/").status_code == 404


def test_only_reading(client: Client) -> None:
    for path in ("/widget/demo/", "/h/demo/", "/demo/", "/sdk.js"):
        assert client.post(path).status_code == 405


def test_a_theme_can_be_asked_for_and_nothing_else_gets_in(client: Client) -> None:
    assert 'data-theme="dark"' in client.get("/h/demo/?theme=dark").content.decode()
    assert "data-theme" not in client.get('/h/demo/?theme="><script>').content.decode()


def test_the_loader_is_for_everybody_and_kept_for_an_hour(client: Client) -> None:
    response = client.get("/sdk.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response["Cache-Control"] == "public, max-age=3600"
    small = client.get("/sdk.js", headers={"Accept-Encoding": "gzip, br"})
    assert small["Content-Encoding"] == "gzip" and "Accept-Encoding" in small["Vary"]
    assert gzip.decompress(small.content) == response.content and len(small.content) <= 5 * 1024
    again = client.get("/sdk.js", headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_demo_embeds_the_chat_and_names_every_door(client: Client) -> None:
    page = client.get("/demo/", headers={"Accept-Language": "en"}).content.decode()
    assert '<script src="/sdk.js" data-website-token="demo" async></script>' in page
    for door in ("/h/demo/", "/console/", "/admin/", "/api/docs/"):
        assert f'href="{door}"' in page
