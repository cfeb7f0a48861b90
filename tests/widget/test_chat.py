"""A visitor and an agent talk, through the page a visitor sees and the real server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.support.client import Session, Socket, agent_session, joined, rest
from tests.support.server import Server
from tests.widget.browser import Visitor, photo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def follow(agent: Socket, conversation: str) -> None:
    """Have the agent see the conversation live."""
    await agent.send("subscribe", {"conversation": conversation, "after_seq": 0})
    await agent.expect("resumed")


def act(agent: Session, conversation: str, name: str, **body: Any) -> None:
    """One of the acts, as the agent."""
    with rest(agent.server, agent.token) as http:
        answer = http.post(f"/api/v1/conversations/{conversation}/{name}/", json=body)
    assert answer.status_code in (200, 201), answer.text


async def meet(visitor: Visitor, agent: Socket, text: str) -> str:
    """The visitor's first words; the conversation, followed by the agent."""
    await visitor.write(text)
    await visitor.state_of(text, "sent")
    conversation = await visitor.conversation()
    await follow(agent, conversation)
    return conversation


async def test_words_go_both_ways_with_receipts_and_typing(browser: Browser, shared_server: Server) -> None:
    visitor = await Visitor.arrive(browser, shared_server)
    who = agent_session(shared_server)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "Is the green tea in stock?")
        status = visitor.where.locator("#head-status")
        await expect(status).to_have_text("We have your message")
        act(who, conversation, "accept")
        await expect(status).to_have_text("In conversation with you")
        first = await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "text")
        assert first["payload"]["text"] == "Is the green tea in stock?"

        await agent.send("receipt", {"conversation": conversation, "delivered": 2})
        await visitor.state_of("Is the green tea in stock?", "delivered")
        await agent.send("receipt", {"conversation": conversation, "delivered": 2, "read": 2})
        await visitor.state_of("Is the green tea in stock?", "read")

        await agent.send("typing", {"conversation": conversation, "on": True})
        await expect(visitor.where.locator(".typing")).to_be_visible()
        await agent.say(conversation, "Yes: https://shop.example/tea?a=1.")
        await expect(visitor.where.locator(".typing")).to_have_count(0)
        link = visitor.where.locator("#log .theirs a")
        await expect(link).to_have_attribute("href", "https://shop.example/tea?a=1")
        await expect(link).to_have_attribute("rel", re.compile("noopener.*nofollow"))

        await visitor.where.type("#text", "Then I")
        await agent.expect("typing", where=lambda frame: frame["payload"]["on"])
        receipt = await agent.expect("receipt", where=lambda frame: frame["payload"]["read"] == 3)
        assert receipt["payload"]["sender"]["kind"] == "visitor"
    await visitor.leave()


async def test_pictures_and_files(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "Look at this cup")
        await visitor.attach("cup.png", "image/png", photo())
        picture = visitor.where.locator("#log .own .picture img")
        frame = await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "image")
        assert (frame["payload"]["attachment"]["width"], frame["payload"]["attachment"]["height"]) == (
            900,
            640,
        )
        await expect(picture).to_have_js_property("complete", True)
        await picture.click()
        box = visitor.where.get_by_role("dialog", name="cup.png")
        await expect(box).to_be_visible()
        await visitor.where.press("body", "Escape")
        await expect(box).to_have_count(0)

        await visitor.attach("guide.txt", "text/plain", b"Pour at 80 degrees.")
        file = await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "file")
        await expect(visitor.where.locator("#log .attached .filename")).to_have_text("guide.txt")
        with rest(shop) as http:
            got = http.get(file["payload"]["attachment"]["url"])
        assert got.content == b"Pour at 80 degrees."

        await visitor.attach("huge.bin", "application/x-msdownload", b"MZ")
        await expect(visitor.where.locator("#notice")).to_have_text("Files of this kind cannot be sent here.")
        # From the clipboard, as a screenshot is pasted.
        await visitor.where.evaluate(
            """async () => {
              const canvas = document.createElement("canvas");
              const blob = await new Promise((done) => canvas.toBlob(done));
              const data = new DataTransfer();
              data.items.add(new File([blob], "paste.png", { type: "image/png" }));
              const options = { clipboardData: data, bubbles: true, cancelable: true };
              document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", options));
            }"""
        )
        await agent.expect("message", where=lambda frame: frame["payload"]["kind"] == "image")
        assert conversation == await visitor.conversation()
    await visitor.page.reload()
    await visitor.connected()
    await expect(picture.first).to_have_js_property("naturalWidth", 320)
    await visitor.leave()


async def test_a_reload_shows_the_same_thread(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    async with joined(agent_session(shop)) as agent:
        conversation = await meet(visitor, agent, "number 0")
        for number in range(1, 70):
            await agent.say(conversation, f"number {number}")
    await expect(visitor.message("number 69")).to_be_visible()
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("number 69")).to_be_in_viewport()
    await expect(visitor.message("number 3")).to_have_count(0)
    for _ in range(2):
        shown = await visitor.where.locator("#log .said").count()
        await visitor.where.locator("#scroll").evaluate("node => { node.scrollTop = 0; }")
        await expect(visitor.where.locator("#log .said")).not_to_have_count(shown)
    assert await visitor.texts() == [f"number {number}" for number in range(70)]
    await visitor.leave()


async def test_closing_asks_for_a_rating_and_writing_goes_on(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "Thank you")
        act(who, conversation, "accept")
        act(who, conversation, "close")
        await visitor.where.locator('.star[data-value="4"]').click()
        await visitor.where.fill(".rating textarea", "Quick and kind")
        await visitor.where.locator(".rating .primary").click()
        await expect(visitor.where.locator(".rating")).to_have_text("Thank you for your rating!")
        rated = await agent.expect(
            "message", where=lambda frame: (frame["payload"]["event"] or {}).get("name") == "rated"
        )
        assert rated["payload"]["event"]["data"] == {"rating": 4, "text": "Quick and kind"}
        await visitor.write("One more thing")
        await visitor.state_of("One more thing", "sent")
        await expect(visitor.where.get_by_text("The conversation goes on")).to_be_visible()
        assert await visitor.conversation() == conversation
    await visitor.leave()


async def test_an_ended_conversation_is_still_there_after_a_reload(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    who = agent_session(shop)
    async with joined(who) as agent:
        conversation = await meet(visitor, agent, "See you")
        act(who, conversation, "accept")
        act(who, conversation, "close")
        await expect(visitor.where.locator(".rating")).to_be_visible()
    await visitor.page.reload()
    await visitor.connected()
    await expect(visitor.message("See you", own=True)).to_be_visible()
    await expect(visitor.where.locator(".rating")).to_be_visible()
    await visitor.leave()


async def test_enter_never_sends_while_an_input_method_composes(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop, locale="zh-CN")
    field = visitor.where.locator("#text")
    await field.focus()
    devtools = await visitor.context.new_cdp_session(visitor.page)
    composing = {"text": "ni hao", "selectionStart": 6, "selectionEnd": 6}
    await devtools.send("Input.imeSetComposition", composing)
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.where.locator("#log .message")).to_have_count(0)
    # A real input method swallows that Enter, this one inserts it: settle, then write what was chosen.
    await devtools.send("Input.insertText", {"text": "你好"})
    await field.fill("你好")
    # Safari ends the composition before it tells of the Enter that ended it: only keyCode 229 is left.
    await field.evaluate(
        "node => node.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229}))"
    )
    await expect(field).to_have_value("你好")
    await visitor.page.keyboard.press("Shift+Enter")
    await visitor.page.keyboard.type("second line")
    await visitor.page.keyboard.press("Enter")
    await visitor.state_of("你好\nsecond line", "sent")
    await visitor.leave()


async def test_emoji_by_keyboard(browser: Browser, shop: Server) -> None:
    visitor = await Visitor.arrive(browser, shop)
    await visitor.where.locator("#text").fill("Tea ")
    await visitor.where.locator("#emoji").click()
    await expect(visitor.where.locator(".emojis .emoji").first).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "Enter", "Escape"):
        await visitor.page.keyboard.press(key)
    await expect(visitor.where.locator("#text")).to_have_value(f"Tea {chr(0x1F605)}")
    await expect(visitor.where.locator("#emoji")).to_be_focused()
    await expect(visitor.where.locator(".emojis")).to_have_count(0)
    await visitor.leave()


async def test_an_answer_that_grows(browser: Browser, shop: Server) -> None:
    """Frames that the server sends once there are bots, put between the real ones."""
    visitor = await Visitor.arrive(browser, shop, block_socket=False)
    await visitor.write("Which tea is mild?")
    await visitor.state_of("Which tea is mild?", "sent")
    conversation = await visitor.conversation()
    for text in ("The", "The white", "The white one."):
        visitor.inject("message.partial", {"conversation": conversation, "stream": "s1", "text": text})
    growing = visitor.where.locator("#log .growing")
    await expect(growing).to_contain_text("The white one.")
    whole = {
        **{"conversation": conversation, "id": "b1", "seq": 2, "client_msg_id": "s1", "kind": "text"},
        **{"text": "The white one.", "sender": {"kind": "bot", "id": "b", "name": "Leaf"}, "created_at": 1},
    }
    visitor.inject("message", whole)
    await expect(growing).to_have_count(0)
    await expect(visitor.message("The white one.")).to_be_visible()
    card = {"title": "White peony", "text": "Mild, 50 g", "url": "https://shop.example/w", "image": ""}
    visitor.inject(
        "message", {**whole, "id": "b2", "seq": 3, "client_msg_id": "s2", "kind": "card", "card": card}
    )
    await expect(visitor.where.locator("#log a.goods")).to_have_attribute("href", "https://shop.example/w")
    card = {"title": "Trap", "url": "javascript:alert(1)", "image": "javascript:alert(1)"}
    visitor.inject(
        "message", {**whole, "id": "b3", "seq": 4, "client_msg_id": "s3", "kind": "card", "card": card}
    )
    trap = visitor.where.locator("#log .goods", has_text="Trap")
    assert await trap.evaluate("node => [node.tagName, node.querySelectorAll('[src], [href]').length]") == [
        "DIV",
        0,
    ]
    await visitor.leave()
