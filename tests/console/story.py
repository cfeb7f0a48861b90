"""A morning at two shops, told through the public API: what the console's pictures show."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw

from tests.console.people import Shops
from tests.support.client import Session


@dataclass(frozen=True)
class Morning:
    """The conversations by what they are good for."""

    main: Session
    waiting: Session
    other: Session
    closed: Session


def photo(tint: tuple[int, int, int] = (196, 120, 74)) -> bytes:
    """A jacket's seam as somebody would photograph it: shapes enough to be seen as a picture."""
    image = Image.new("RGB", (960, 720), (226, 222, 214))
    draw = ImageDraw.Draw(image)
    for y in range(720):
        draw.line([(0, y), (960, y)], fill=(226 - y // 30, 222 - y // 26, 214 - y // 22))
    draw.polygon([(180, 720), (260, 180), (430, 90), (560, 90), (720, 190), (800, 720)], fill=tint)
    draw.polygon([(430, 90), (495, 190), (560, 90)], fill=tuple(part - 40 for part in tint))
    draw.line([(495, 190), (490, 720)], fill=tuple(part - 70 for part in tint), width=6)
    for y in range(230, 700, 26):
        draw.line([(482, y), (504, y + 10)], fill=(240, 232, 220), width=3)
    draw.ellipse([(560, 420), (700, 520)], outline=(198, 47, 47), width=8)
    data = io.BytesIO()
    image.save(data, "JPEG", quality=88)
    return data.getvalue()


def chinese(shops: Shops) -> Morning:
    """青禾商城: one being answered, some waiting, one with a colleague, one closed."""
    closed = shops.visit("qinghe", "周航", phone="138 0013 8000")
    shops.say(closed, "发票抬头写错了，能重开吗？")
    shops.act("wangfang", closed.conversation, "accept")
    shops.answer("wangfang", closed.conversation, "可以的，新发票已经发到您的邮箱。")
    shops.say(closed, "收到了，谢谢")
    shops.act("wangfang", closed.conversation, "close")

    earlier = shops.visit("qinghe", "陈小雨", verified=True, id="vip-20931")
    shops.say(earlier, "积分可以换运费券吗")
    shops.act("liwei", earlier.conversation, "accept")
    shops.answer("liwei", earlier.conversation, "可以，在“我的积分”里兑换就行。")
    shops.act("liwei", earlier.conversation, "close")
    return Morning(_chen(shops), *_queue(shops), closed)


def _chen(shops: Shops) -> Session:
    chen = shops.visit(
        "qinghe",
        "陈小雨",
        verified=True,
        id="vip-20931",
        email="xiaoyu.chen@example.cn",
        phone="139 1020 3344",
        attributes={
            "会员等级": "金卡",
            "累计消费": "¥12,860",
            "最近订单": "QH20261118-0831",
            "收货城市": "杭州",
        },
        page={
            "url": "https://qinghe.example.cn/orders/QH20261118-0831",
            "title": "订单详情 · 青禾商城",
            "referrer": "https://www.example.com/search?q=风衣",
        },
    )
    shops.say(chen, "你好，昨天收到的风衣有点问题")
    shops.say(chen, "右边口袋的缝线开了，我拍了张照片")
    shops.show(chen, "口袋缝线.jpg", photo())
    shops.act("wangfang", chen.conversation, "accept")
    shops.answer("wangfang", chen.conversation, "陈女士您好，我是王芳。照片看到了，非常抱歉给您添麻烦了。")
    shops.answer("wangfang", chen.conversation, "这种情况可以免费换新，也可以退款，您更倾向哪一种？")
    shops.say(chen, "换新吧，周五之前能到吗？周末要出差")
    shops.act(
        "wangfang", chen.conversation, "notes", text="金卡会员，上次退货是 9 月。换新走加急，运费由我们承担。"
    )
    shops.answer(
        "wangfang",
        chen.conversation,
        "可以，今天从杭州仓发出，预计周四送达。快递上门时把旧的交给他就行，"
        "进度在这里查：https://qinghe.example.cn/exchange/831",
    )
    shops.say(chen, "太好了，那我等快递")
    return chen


def _queue(shops: Shops) -> tuple[Session, Session]:
    liu = shops.visit("qinghe", "刘洋")
    shops.say(liu, "退款三天了还没有到账")
    shops.say(liu, "能帮我看一下吗？订单尾号 7742")
    unnamed = shops.visit("qinghe")
    shops.say(unnamed, "请问支持货到付款吗")
    zhao = shops.visit("qinghe", "赵一鸣")
    shops.say(zhao, "我要批量采购 200 件工服，找谁谈？")
    sun = shops.visit("qinghe", "孙悦")
    shops.say(sun, "尺码表里的 M 对应身高多少？")
    shops.act("wangfang", sun.conversation, "accept")
    shops.answer("wangfang", sun.conversation, "M 码适合 165–170 厘米，版型偏宽松。")
    shops.say(sun, "好的，那我拍 M")
    other = shops.visit("qinghe", "高峰")
    shops.say(other, "优惠券提示不可用")
    shops.act("liwei", other.conversation, "accept")
    shops.answer("liwei", other.conversation, "这张券满 300 可用，再添一件就可以了。")
    return liu, other


def english(shops: Shops) -> Morning:
    """Northwind Outdoor: the same kinds of conversations in English."""
    closed = shops.visit("northwind", "Priya Nair", email="priya@example.org")
    shops.say(closed, "Do you ship to Ireland?")
    shops.act("emma", closed.conversation, "accept")
    shops.answer("emma", closed.conversation, "We do, three to five days, free above £60.")
    shops.act("emma", closed.conversation, "close")

    daniel = shops.visit(
        "northwind",
        "Daniel Okafor",
        verified=True,
        id="cust-48812",
        email="daniel.okafor@example.com",
        phone="+44 20 7946 0321",
        attributes={"Plan": "Trail Club", "Orders": 14, "Last order": "NW-58213"},
        page={
            "url": "https://northwind.example.com/tents/ridge-2?colour=moss",
            "title": "Ridge 2 tent – Northwind Outdoor",
            "referrer": "https://www.example.com/best-two-person-tents",
        },
    )
    shops.say(daniel, "Hi! The zip on my Ridge 2 jammed on the first night out.")
    shops.show(daniel, "zip.jpg", photo((92, 122, 88)))
    shops.act("emma", daniel.conversation, "accept")
    shops.answer(
        "emma",
        daniel.conversation,
        "Sorry to hear that, Daniel. Thanks for the photo, I can see the slider has split.",
    )
    shops.answer(
        "emma",
        daniel.conversation,
        "I can send a new inner tent today, or a repair kit if you would rather fix it yourself.",
    )
    shops.act(
        "emma",
        daniel.conversation,
        "notes",
        text="Third zip complaint for the September batch. Tell purchasing.",
    )
    shops.say(daniel, "A new inner would be great. I leave for Skye on Saturday.")
    shops.answer(
        "emma",
        daniel.conversation,
        "It will be with you on Thursday. Track it here: https://northwind.example.com/track/58213",
    )
    shops.say(daniel, "Perfect, thank you")

    sofia = shops.visit("northwind", "Sofia Rossi")
    shops.say(sofia, "Is the Alder jacket waterproof or just water resistant?")
    unnamed = shops.visit("northwind")
    shops.say(unnamed, "My discount code does not work")
    tom = shops.visit("northwind", "Tom Becker")
    shops.say(tom, "Can I change the delivery address?")
    shops.act("emma", tom.conversation, "accept")
    shops.answer("emma", tom.conversation, "Of course. Which address should it go to?")
    return Morning(daniel, sofia, tom, closed)
