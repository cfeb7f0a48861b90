"""A language model writes the answer of a running bot: streamed, with its sources; without it, level 3's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from bot.llm import writing
from bot.llm.client import ModelSpec
from bot.models import BotSettings, LanguageModel
from chat.models import Site
from knowledge.models import Question
from tests.bot.elsewhere import send, serving
from tests.bot.live import is_bot, start, visit
from tests.bot.test_llm import PASSAGES, chunk
from tests.support.client import joined
from tests.support.server import Server, ServerFactory

Teach = Callable[..., list[Question]]
PLAY = "/admin/bot/playground/"


def _speak(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """A model that answers refunds in pieces, and cites nothing for anything else."""
    asked = json.loads(body)["messages"][-1]["content"]
    request.send_response(200)
    request.end_headers()
    pieces = ("两个工作日", "内就到", "账了 [1]") if "退款" in asked else ("大概吧",)
    for piece in pieces:
        request.wfile.write(chunk(piece))
        request.wfile.flush()
    usage = b'data: {"choices": [], "usage": {"total_tokens": 77}}\n\n'
    request.wfile.write(usage + b"data: [DONE]\n\n")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose demo site has a model that writes."""
    factory = ServerFactory(tmp_path_factory.mktemp("server"))
    with serving(_speak) as url:
        try:
            server = start(factory, "embedded")
            code = (
                "from bot.models import LanguageModel\nfrom bot.changes import taught\n"
                f"LanguageModel.objects.create(base_url='{url}/v1', model='writer')\ntaught()"
            )
            assert server.manage("shell", "-c", code, check=False).returncode == 0
            yield server
        finally:
            factory.close()


async def test_a_model_writes_what_level_three_found(server: Server) -> None:
    session = await visit(server)
    async with joined(session) as socket:
        for _ in range(20):
            await socket.say(session.conversation, "退款多久到账")
            said = (await socket.expect(is_bot, 15))["payload"]
            if "就到账了" in said["text"]:
                break
            await asyncio.sleep(0.2)  # the process learns of the model within two seconds
        assert said["text"] == "两个工作日内就到账了" and "[1]" not in said["card"]["markdown"]
        assert [source["title"] for source in said["card"]["sources"]] == ["退款多久到账"]
        grown = [frame for frame in socket.frames if frame["type"] == "message.partial"]
        assert grown and said["text"].startswith(grown[0]["payload"]["text"])
        await socket.say(session.conversation, "运费怎么算")
        said = (await socket.expect(is_bot, 15))["payload"]
        assert "99" in said["text"]  # it named no passage, so level 3 says it


@pytest.fixture
def model(shop: Site, botted: BotSettings, teach: Teach) -> Iterator[LanguageModel]:
    """The shop's model, in this process."""
    with serving(_speak) as url:
        row = LanguageModel.objects.create(site=shop, base_url=f"{url}/v1", model="writer")
        writing.forget()
        teach()
        yield row
    writing.forget()


def _play(client: Client, site: Site, text: str, **more: Any) -> tuple[str, dict[str, Any]]:
    page = client.post(PLAY, {"site": str(site.pk), "text": text, **more}, follow=True).content.decode()
    return page, client.session["bot_playground"]["turns"][-1]


@pytest.mark.django_db
def test_the_playground_asks_it_when_told_to(admin_client: Client, shop: Site, model: LanguageModel) -> None:
    _page, turn = _play(admin_client, shop, "退款多久到账")
    assert turn["level"] == "retrieval" and turn["seen"]["writing"] is None
    page, turn = _play(admin_client, shop, "退款多久到账", ask_model="on")
    assert (turn["level"], turn["answer"]) == ("model", "两个工作日内就到账了")
    written = turn["seen"]["writing"]
    assert (written["outcome"], written["tokens"], written["model"]) == ("ok", 77, "writer")
    assert written["text"].endswith("[1]") and written["passages"][0]["title"] == "退款多久到账？"
    assert turn["seen"]["steps"][-1]["level"] == "model" and "77" in page and "writer" in page
    _page, turn = _play(admin_client, shop, "运费谁出", ask_model="on")
    assert (turn["level"], turn["seen"]["writing"]["outcome"]) == ("retrieval", "unsourced")
    _page, turn = _play(admin_client, shop, "我要人工", ask_model="on", priority=0)
    assert turn["seen"]["writing"]["outcome"] in ("none", "unsourced")


@pytest.mark.django_db
def test_the_budget_of_a_day_holds(admin_client: Client, shop: Site, model: LanguageModel) -> None:
    LanguageModel.objects.update(tokens_a_day=100)
    writing.forget()
    cache.clear()
    asked = ("退款多久到账", "退款多久能到账", "请问退款多久到账")  # the same three times would be a circle
    found = [_play(admin_client, shop, text, ask_model="on")[1] for text in asked]
    assert [turn["seen"]["writing"]["outcome"] for turn in found] == ["ok", "ok", "budget"]
    assert found[-1]["level"] == "retrieval" and found[-1]["answer"]


@pytest.mark.django_db
def test_a_silent_model_is_not_waited_for(shop: Site, model: LanguageModel) -> None:
    def silent(request: BaseHTTPRequestHandler, _: bytes) -> None:
        request.send_response(200)
        request.end_headers()
        request.rfile.read(1)  # until whoever asked hangs up

    with serving(silent) as url:
        LanguageModel.objects.update(base_url=f"{url}/v1")
        writing.forget()
        writer = writing.writer_of(str(shop.pk))
        assert writer is not None
        written = writing.write(writer, "退款", PASSAGES, (), first_ms=300)
    assert written.outcome == "timeout" and written.took_ms < 3_000


@pytest.mark.django_db
def test_one_process_has_it_written(shop: Site, model: LanguageModel) -> None:
    writer = writing.writer_of(str(shop.pk))
    assert writer is not None
    assert writing.claim(writer, "c", 7) and not writing.claim(writer, "c", 7)
    assert writing.claim(writer, "c", 9)


def test_a_refused_model_says_why() -> None:
    with serving(lambda request, _: send(request, 401, b"{}")) as url:
        spec = ModelSpec(f"{url}/v1", "", "m")
        written = writing.write(writing.Writer("w", spec, "", 1000), "退款", (), ())
    assert (written.outcome, written.words, written.tokens) == ("refused", "", 0)
