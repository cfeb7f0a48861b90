"""Answers a second on one worker core: `python -m bench.bot_worker [--talks 3000] [--questions 10000]`.

PostgreSQL, a Redis journal, and `celery worker --queues bot` held to one core, as several machines run it.
This process posts the visitors' first messages as fast as the journal takes them and waits until every talk
has its answer in the log. Rate is from the first message to the last answer; the processor time is the
worker's, Celery included. The base is `bench/bot_base.py`'s; 9 of 10 visitors are Chinese.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.routing_assign import HERE, SPEAKERS, cpu_s
from bench.routing_floor import open_floor, visit

PATIENCE_S = 120.0
LANGUAGES = ("zh",) * 9 + ("en",)


def teach(site: str, questions: int) -> None:
    """The base, published; the site's bot, which answers without a pause."""
    from bench import bot_base
    from chat.models import Site
    from knowledge.ports import Person
    from knowledge.publishing.pending import waiting
    from knowledge.publishing.publish import publish

    Site.objects.filter(pk=site).update(public_key="demo")
    bot_base.teach(questions)
    person = Person("bench", None, True)
    publish(waiting(person).chosen(drafts=True), person, override_reason="bench")


def worker() -> subprocess.Popen[bytes]:
    """`celery worker` for the bot's queue, on the first core; ready when it has loaded the base."""
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, os.sched_getaffinity(0) - {core} or {core})
    command = [
        sys.executable, "-m", "celery", "-A", "kefu_project", "worker", "--queues", "bot",
        "--loglevel", "ERROR", "--pool", "threads", "--concurrency", "2",
    ]  # fmt: skip
    started = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    idle = cpu_s(started.pid)
    while True:  # until it has nothing to do any more
        time.sleep(3)
        before, idle = idle, cpu_s(started.pid)
        if idle - before < 0.1:
            return started


def run(site: str, talks: int, questions: int, process: int) -> None:
    """One measurement; prints a row."""
    from bench import bot_base
    from chat import posting
    from chat.conversation import Participant
    from chat.journal import journal
    from chat.models import Conversation
    from chat.posting_steps import load_many
    from chat.protocol.commands import Send
    from chat.protocol.entry import new_id

    people = visit(site, talks)
    conversations = [conversation for conversation, _ in people]
    Conversation.objects.filter(site_id=site).update(status="bot")
    for start in range(0, talks, 1000):
        load_many(conversations[start : start + 1000])
    texts = {each: bot_base.asked(talks, questions, each) for each in ("zh", "en")}
    spent, begun = cpu_s(process), time.perf_counter()

    def say(number: int) -> None:
        conversation, visitor = people[number]
        text = texts[LANGUAGES[number % len(LANGUAGES)]][number]
        who = Participant("visitor", visitor, None, frozenset((site,)))
        posting.post_blocking(Send(conversation, new_id(), text=text), who)

    with ThreadPoolExecutor(SPEAKERS) as speakers:  # each waits for the disk, so they share its writes
        for _ in speakers.map(say, range(talks)):
            pass
    said = time.perf_counter() - begun
    waiting = conversations
    while waiting:
        heads = journal().heads(waiting)
        waiting = [each for each in waiting if (head := heads.get(each)) is None or head.head < 2]
        if time.perf_counter() - begun > PATIENCE_S:
            raise SystemExit(f"{len(waiting)} of {talks} have no answer")
        time.sleep(0.25)
    took = time.perf_counter() - begun
    cost = (cpu_s(process) - spent) / talks * 1000
    print(f"| {talks:,} | {talks / said:,.0f}/s | {talks / took:,.0f}/s | {cost:.2f} ms |")


def main(given: Sequence[str] | None = None) -> None:
    """Parse arguments, measure once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--talks", type=int, default=3000)
    parser.add_argument("--questions", type=int, default=10_000)
    arguments = parser.parse_args(given)
    os.environ["KEFU_BOT"] = "on"
    with open_floor(scaled=True) as site:
        teach(site, arguments.questions)
        print("| talks | asked | answered | CPU an answer, the worker's |\n|---|---|---|---|", flush=True)
        process = worker()
        try:
            run(site, arguments.talks, arguments.questions, process.pid)
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
