"""What every page of the server says to the browser."""

import re

import pytest

from tests.support.client import rest
from tests.support.server import Server

PAGES = ("/admin/login/", "/api/docs/", "/console/login/")


@pytest.mark.parametrize("path", PAGES)
def test_pages_forbid_inline_code_and_have_none(shared_server: Server, path: str) -> None:
    with rest(shared_server) as http:
        answer = http.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", answer.text, re.DOTALL):
        assert "src=" in attributes and not body.strip(), path
    assert not re.search(r"<style|\son\w+=|\sstyle=", answer.text), path


def test_foreign_host_names_are_refused(shared_server: Server) -> None:
    with rest(shared_server) as http:
        assert http.get("/admin/login/", headers={"Host": "evil.example"}).status_code == 400


def test_every_static_file_of_a_page_exists(shared_server: Server) -> None:
    with rest(shared_server) as http:
        for path in PAGES:
            page = http.get(path, headers={"Accept": "text/html"}).text
            for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page):
                assert http.get(address).status_code == 200, address


@pytest.mark.parametrize(("language", "word"), [("zh-CN,zh;q=0.9", "登录"), ("en-GB,en;q=0.9", "Log in")])
def test_pages_follow_the_readers_language(shared_server: Server, language: str, word: str) -> None:
    with rest(shared_server) as http:
        assert word in http.get("/admin/login/", headers={"Accept-Language": language}).text
