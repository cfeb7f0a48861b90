"""The tasks computed here, each for many texts at once."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import numpy as np

from bot.answering.bundle import Bundle, bundle_now
from bot.answering.encoding import english
from bot.encoders.base import Vectors
from bot.engine import language_of
from bot.entities import extract
from bot.nlp.errors import NlpError
from bot.nlp.keywords import keywords
from bot.nlp.request import Request, Result
from bot.safety.sentiment import anger
from knowledge.search.terms import wording
from knowledge.text import fold

VERSION: Final = "1"
"""Of the tasks without a learnt model; it grows when their results change."""
ANGRY: Final = 0.7
UPSET: Final = 0.3
DIGITS: Final = 6


def compute(requests: Sequence[Request]) -> list[Result]:
    """Results in the order of requests, which are all of one task. Raises `NlpError`, `DatabaseError`."""
    began = time.perf_counter_ns()
    bundle = bundle_now()
    task = requests[0].task
    match task:
        case "intent":
            found = _intents(requests, bundle)
        case "embed":
            found = _embedded(requests)
        case "similarity":
            found = _similar(requests, bundle)
        case "entities":
            found = [(_entities(request, bundle), "rules", VERSION) for request in requests]
        case "sentiment":
            found = [(_sentiment(request.text), "rules", VERSION) for request in requests]
        case "keywords":
            lexicon = bundle.live.lexicon
            found = [
                (keywords(request.text, lexicon, request.options.get("top", 5)), "lexicon", VERSION)
                for request in requests
            ]
    share = (time.perf_counter_ns() - began) // 1000 // len(requests)
    return [
        Result(task, result, model, version, share, language_of(request.text, "zh"))
        for request, (result, model, version) in zip(requests, found, strict=True)
    ]


def _intents(requests: Sequence[Request], bundle: Bundle) -> list[tuple[Any, str, str]]:
    """By model: what was asked for, else the canary's share, else the one that answers."""
    chosen: dict[int, list[int]] = {}
    for at, request in enumerate(requests):
        chosen.setdefault(_model_for(request, bundle), []).append(at)
    found: dict[int, tuple[Any, str, str]] = {}
    for number, places in chosen.items():
        model = bundle.models[number][0]
        predictions = model.predict_many([fold(requests[at].text) for at in places])
        for at, prediction in zip(places, predictions, strict=True):
            top = requests[at].options.get("top", 5)
            result = {
                "intent": prediction.intent if prediction.in_scope else None,
                "confidence": round(prediction.confidence, 4),
                "in_scope": prediction.in_scope,
                "margin": round(prediction.margin, 4),
                "ranking": [
                    {"intent": name, "confidence": round(share, 4)}
                    for name, share in prediction.ranking[:top]
                ],
            }
            found[at] = (result, "intents", f"v{number}")
    return [found[at] for at in range(len(requests))]


def _model_for(request: Request, bundle: Bundle) -> int:
    wanted = str(request.options.get("model", ""))
    if wanted:
        number = int(wanted[1:]) if wanted[:1] == "v" and wanted[1:].isdigit() and len(wanted) < 10 else -1
        if number not in bundle.models:
            raise NlpError(1101, f"no model {wanted} answers here")
        return number
    number = bundle.choose(str(request.options.get("key") or request.text))
    if number not in bundle.models:
        raise NlpError(1101, "nothing was learnt yet")
    return number


def _embedded(requests: Sequence[Request]) -> list[tuple[Any, str, str]]:
    encoder = english()
    if encoder is None:
        raise NlpError(1102, "no sentence encoder is installed")
    vectors = encoder.encode([request.text for request in requests])
    return [
        (
            {
                "vector": [round(float(x), request.options.get("digits", DIGITS)) for x in vector],
                "dimensions": encoder.dimensions,
                "suited": not encoder.languages or language_of(request.text, "zh") in encoder.languages,
            },
            encoder.name,
            VERSION,
        )
        for request, vector in zip(requests, vectors, strict=True)
    ]


def _similar(requests: Sequence[Request], bundle: Bundle) -> list[tuple[Any, str, str]]:
    """By the encoder where it knows the language of both, by words, characters and concepts else."""
    encoder = english()
    texts = list(
        dict.fromkeys(text for request in requests for text in (request.text, *request.options["with"]))
    )
    by_encoder = encoder is not None and all(
        not encoder.languages or language_of(text, "zh") in encoder.languages for text in texts
    )
    likeness: dict[str, Vectors] = {}
    if by_encoder:
        assert encoder is not None
        likeness = dict(zip(texts, encoder.encode(texts), strict=True))
    found: list[tuple[Any, str, str]] = []
    for request in requests:
        targets = request.options["with"]
        if by_encoder:
            scores = [float(np.dot(likeness[request.text], likeness[target])) for target in targets]
        else:
            scores = [lexical(request.text, target, bundle) for target in targets]
        best = max(range(len(targets)), key=lambda at: scores[at])
        result = {"scores": [round(max(0.0, min(1.0, score)), 4) for score in scores], "best": best}
        model = encoder.name if by_encoder and encoder is not None else "lexicon"
        found.append((result, model, VERSION))
    return found


def lexical(one: str, other: str, bundle: Bundle) -> float:
    """0 to 1: the cosine of what the search index would make of the two."""
    lexicon = bundle.live.lexicon
    first, second = wording(one, lexicon), wording(other, lexicon)
    shared = sum(weight * second[term] for term, weight in first.items() if term in second)
    lengths = [sum(weight * weight for weight in terms.values()) ** 0.5 for terms in (first, second)]
    return shared / (lengths[0] * lengths[1]) if all(lengths) else 0.0


def _entities(request: Request, bundle: Bundle) -> Any:
    text = request.options.get("now")
    try:
        now = datetime.fromisoformat(text) if text else datetime.now(UTC)
    except ValueError:
        raise NlpError(1006, "now is a moment such as 2026-11-20T10:00:00+08:00") from None
    types = request.options.get("types")
    found = extract(request.text, now, bundle.lists)
    return [msgspec.to_builtins(entity) for entity in found if types is None or entity.type in types]


def _sentiment(text: str) -> Any:
    score = anger(text)
    label = "angry" if score >= ANGRY else "upset" if score >= UPSET else "calm"
    return {"label": label, "anger": round(score, 4)}
