"""What the bot counts, as Prometheus objects in the default registry; see `chat.metrics` for the rules."""

from prometheus_client import Counter, Gauge, Histogram

ANSWERS = Counter("kefu_bot_answers", "Answers by outcome and level.", ["outcome", "level"])
"""outcome: answered, asked, choices, honest, handed."""

DROPPED = Counter("kefu_bot_answers_dropped", "Answers computed and not said, by why.", ["reason"])
"""reason: overtaken (the visitor wrote on), or the code of the refusal (conflict: a person has it)."""

FAILURES = Counter("kefu_bot_failures", "Questions on which the bot itself failed; they went to people.")
LATE = Counter("kefu_bot_late", "Questions that waited longer than the patience; they went to people.")
OWED = Gauge("kefu_bot_owed", "Questions that wait for the bot.")
ACTIONS = Counter("kefu_bot_actions", "Calls of customers' endpoints by outcome.", ["outcome"])
"""outcome: ok, refused, timeout, unreachable, open (the breaker's), invalid."""

MODEL_CALLS = Counter("kefu_bot_model_calls", "Calls of language models by outcome.", ["outcome"])
"""outcome: ok, unsourced (no citation: not said), budget, timeout, refused, unreachable, open, invalid."""

ENGINE_FAILURES = Counter(
    "kefu_bot_engine_failures", "Calls of remote NLP engines that failed; the local one took over.",
    ["engine", "error"],
)  # fmt: skip
"""error: a name of `bot.nlp.errors`."""

COMPUTE_SECONDS = Histogram(
    "kefu_bot_compute_seconds",
    "Time of understanding one question, levels 1 to 3.",
    buckets=(0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1),
)
SAY_SECONDS = Histogram(
    "kefu_bot_say_seconds",
    "Time of the last check and the post.",
    buckets=(0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1),
)
ANSWER_SECONDS = Histogram(
    "kefu_bot_answer_seconds",
    "From a question being stored to its answer being stored, the pause included.",
    buckets=(0.01, 0.02, 0.03, 0.06, 0.125, 0.25, 0.5, 1, 2, 3, 5, 10),
)
