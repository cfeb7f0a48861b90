"""Finding what the sources want translated."""

from pathlib import Path

from kefu_project.messages import source_messages


def ids(root: Path, name: str, text: str) -> set[tuple[str, str | None]]:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return {(message.id, message.context) for message in source_messages(root)}


def test_python_calls_are_found(tmp_path: Path) -> None:
    text = (
        "from django.utils.translation import gettext_lazy as _, ngettext, pgettext\n"
        'A = _("one")\nB = ngettext("%d cat", "%d cats", 2)\nC = pgettext("verb", "close")\nD = _(A)\n'
        'E = _("long "\n      "text")\n'
    )
    assert ids(tmp_path, "chat/x.py", text) == {
        ("one", None),
        ("%d cat", None),
        ("close", "verb"),
        ("long text", None),
    }


def test_template_tags_are_found(tmp_path: Path) -> None:
    text = (
        '{% load i18n %}<p title="{% translate "A (b)" %}">{% trans "it\'s" %}</p>'
        '{% translate "close" context "verb" %}\n'
        "{% blocktranslate with n=name %}Hello {{ n }}{% endblocktranslate %}<b>_(not this)</b>"
    )
    assert ids(tmp_path, "templates/x.html", text) == {
        ("A (b)", None),
        ("it's", None),
        ("close", "verb"),
        ("Hello %(n)s", None),
    }


def test_each_message_once_with_its_place(tmp_path: Path) -> None:
    ids(tmp_path, "chat/a.py", '_("same")\n_("same")\n')
    (message,) = source_messages(tmp_path)
    assert message.place == "chat/a.py:1"
