"""What the search's weights are learnt from: the same each time, and every query has its entry."""

from bench.paraphrases import Source, make
from knowledge.lexicon import Lexicon
from knowledge.search.terms import known, wording


def test_a_made_base_is_the_same_each_time_and_its_queries_are_other_wordings() -> None:
    base, queries, left = make(Source(7), 400, 100)
    assert (base, queries, left) == make(Source(7), 400, 100)
    assert len(set(base)) == len(base) == 400
    assert len(queries) == 100
    assert all(query.strip("？?") != base[number].strip("？?") for number, query in queries)
    assert not any("{" in text for text in (*base, *left))


def test_words_outside_the_lexicon_are_told_from_those_of_service() -> None:
    lexicon = Lexicon.load()
    service = known(wording("退款多久到账", lexicon), lexicon)
    foreign = known(wording("耳鬓厮磨怎么念", lexicon), lexicon)
    assert service == 1.0
    assert foreign < 0.5
