"""What an encoder is worth on golden questions; an operator's own folder in the place of the shipped one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client

from bot.answering import encoding
from bot.encoders.base import Vectors
from bot.learning.gain import Gain, Wanted, compare
from chat.models import Site
from knowledge.lexicon import Lexicon
from knowledge.models import GoldenQuestion, Question
from knowledge.search import Entry, SearchIndex
from tests.bot.encoders.tiny import write_folder

SHELF = SearchIndex.build(
    [
        Entry("refund", "question", "退款多久到账", (), "三天。"),
        Entry("freight", "question", "运费谁出", (), "我们。"),
        Entry("invoice", "question", "怎么开发票", (), "在订单页。"),
    ],
    Lexicon.load(),
)
ASKED = (Wanted("退款几天到", "refund"), Wanted("谁来付邮寄的钱", "freight"), Wanted("已经没有了", "gone"))


class Knowing:
    """Stands where a model would: it knows which question each text means, or gets all wrong."""

    name, languages, dimensions = "knowing", ("zh",), 3

    def __init__(self, right: bool) -> None:
        self._right = right

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One axis for each question."""
        axes = np.eye(3, dtype=np.float32)
        rows = [0 if "退" in text else 1 if "运费" in text or "谁" in text else 2 for text in texts]
        asked = [one.query for one in ASKED]
        return np.stack(
            [
                axes[row if self._right or text not in asked else (row + 1) % 3]
                for row, text in zip(rows, texts, strict=True)
            ]
        )

    def states(self, texts: Sequence[str]) -> Vectors:
        """The same."""
        return self.encode(texts)


def test_it_gains_where_it_knows_and_loses_where_it_does_not() -> None:
    good, bad = compare(ASKED, SHELF, Knowing(True)), compare(ASKED, SHELF, Knowing(False))
    assert (good.asked, good.encoder) == (2, 2) and bad.encoder == 0
    assert good.both >= max(good.search, bad.both) and good.search == bad.search
    assert compare((), SHELF, Knowing(True)) == Gain(0)


@pytest.fixture
def _own(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tiny model in the operator's folder, loaded as a new process would."""
    settings.KEFU_DATA_DIR = tmp_path
    write_folder(tmp_path / "models" / "own", name="ours")
    monkeypatch.setattr(encoding, "_looked", False)
    monkeypatch.setattr(encoding, "_encoder", None)


@pytest.mark.django_db
@pytest.mark.usefixtures("_own")
def test_an_operator_s_own_folder_is_loaded_shown_and_measured(
    admin_client: Client, shop: Site, teach: Callable[..., list[Question]]
) -> None:
    page = "/admin/bot/trainedmodel/"
    encoder = encoding.english()
    assert encoder is not None and encoder.name.startswith("ours")
    assert encoder.name in admin_client.get(page).content.decode()
    nothing = admin_client.post(f"{page}measure/", follow=True).content.decode()
    assert 'class="warning"' in nothing
    refund, *_ = teach()
    GoldenQuestion.objects.create(query="退款多久到账呀", expected=refund, site_id=shop.pk)
    done = admin_client.post(f"{page}measure/", follow=True, headers={"Accept-Language": "en"})
    assert 'class="success"' in done.content.decode()
    assert admin_client.get(f"{page}measure/").status_code == 405
