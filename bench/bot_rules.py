"""5,000 rules of three kinds against hostile and ordinary messages of 2,000 characters: ms a message.

python -m bench.bot_rules
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Final

from bot.strategies.rules import RuleBook, RuleSpec

RULES: Final = 5_000
LENGTH: Final = 2_000
ROUNDS: Final = 20


def _word(dice: random.Random) -> str:
    return chr(dice.randint(0x4E00, 0x9000)) + chr(dice.randint(0x4E00, 0x9000))


def book(dice: random.Random, words: list[str]) -> RuleBook:
    """A third of the rules of each kind; patterns share their first words, as people's do."""
    rules = []
    for number in range(RULES):
        kind = ("exact", "keyword", "pattern")[number % 3]
        expression = {
            "exact": dice.choice(words) * 2,
            "keyword": f"{dice.choice(words)}+{dice.choice(words)}-{dice.choice(words)}",
            "pattern": f"(什么时候|多久).{{0,6}}{dice.choice(words)}.*{dice.choice(words)}",
        }[kind]
        rules.append(RuleSpec(str(number), str(number), kind, (expression,), answer="x"))
    return RuleBook(rules)


def messages(dice: random.Random, words: list[str]) -> dict[str, str]:
    """By name: what the rules' authors did not think of."""
    return {
        "openings only": ("什么时候多久" * LENGTH)[:LENGTH],
        "all words": "".join(dice.choice(words) for _ in range(LENGTH))[:LENGTH],
        "openings and words": "".join("多久" + dice.choice(words) for _ in range(LENGTH))[:LENGTH],
        "near misses": "".join(dice.choice(words)[0] * 2 for _ in range(LENGTH))[:LENGTH],
        "one letter": "a" * LENGTH,
        "a question": "我的包裹什么时候能到呀",
    }


def main() -> None:
    """Print the slowest and the median time of each kind of message."""
    dice = random.Random(7)
    words = [_word(dice) for _ in range(3_000)]
    began = time.perf_counter()
    rules = book(dice, words)
    print(f"{RULES} rules made ready in {time.perf_counter() - began:.2f} s")
    for name, text in messages(dice, words).items():
        took = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            rules.matching(text)
            took.append((time.perf_counter() - began) * 1000)
        print(
            f"{name:20} first {took[0]:6.2f} ms   slowest {max(took):6.2f}"
            f"   median {statistics.median(took):6.2f}"
        )


if __name__ == "__main__":
    main()
