"""A task goes to one queue: two queues behind one exchange would both be given it."""

from __future__ import annotations

import pytest
from kombu.connection import Connection

from kefu_project.celery import app


@pytest.mark.parametrize("queue", ["celery", "bot"])
def test_a_task_is_delivered_once(queue: str) -> None:
    with Connection("memory://") as connection:  # type: ignore[no-untyped-call]
        channel = connection.channel()
        for declared in app.amqp.queues.values():
            declared.bind(channel).declare()
        with app.amqp.Producer(channel) as producer:
            app.send_task("nobody.takes.it", queue=queue, producer=producer, connection=connection)
        # Other tests of this process may have left tasks here, and their threads may add some.
        waiting = {
            name: sum(each["headers"]["task"] == "nobody.takes.it" for each in channel._queue_for(name).queue)
            for name in app.amqp.queues
        }
        for name in app.amqp.queues:
            channel._purge(name)
    assert waiting == {name: int(name == queue) for name in app.amqp.queues}


def test_inference_has_a_queue_of_its_own() -> None:
    routes = {
        name: app.amqp.router.route({}, name)["queue"].name
        for name in ("bot.answer", "chat.persist", "bot.sweep")
    }
    assert routes == {"bot.answer": "bot", "chat.persist": "celery", "bot.sweep": "celery"}
