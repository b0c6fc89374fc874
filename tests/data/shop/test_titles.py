import numpy as np
import pytest

from keras_sessrec.data.shop.titles import CATEGORY_NOUNS, STYLE_WORDS, draw_titles


def titles(category_signal, style_signal, size=20_000):
    rng = np.random.default_rng(0)
    category, style = rng.integers(20, size=size), rng.integers(6, size=size)
    drawn = draw_titles(rng, category, style, 20, 6, category_signal, style_signal)
    return category, style, drawn


def shares(category, style, drawn):
    """How many titles hold a noun of their category, an adjective of their style."""
    nouns, adjectives = list(CATEGORY_NOUNS.values()), list(STYLE_WORDS.values())
    noun = [bool(set(nouns[c]) & set(t.split())) for c, t in zip(category, drawn, strict=True)]
    adjective = [
        bool(set(adjectives[s]) & set(t.split())) for s, t in zip(style, drawn, strict=True)
    ]
    return np.mean(noun), np.mean(adjective)


@pytest.mark.parametrize("category_signal, style_signal", [(0.95, 0.5), (0.3, 1.0), (0.0, 0.0)])
def test_titles_carry_the_stated_part_of_the_signal(category_signal, style_signal):
    noun, adjective = shares(*titles(category_signal, style_signal))
    # A noun of any category is the right one by chance once in 20, a style once in 6.
    assert noun == pytest.approx(category_signal + (1 - category_signal) / 20, abs=0.012)
    assert adjective == pytest.approx(style_signal + (1 - style_signal) / 6, abs=0.012)


def test_every_word_tells_at_most_one_thing():
    words = [w for group in CATEGORY_NOUNS.values() for w in group]
    words += [w for group in STYLE_WORDS.values() for w in group]
    assert len(words) == len(set(words))
    assert all(len(group) == 2 for group in CATEGORY_NOUNS.values())
    assert all(len(group) == 3 for group in STYLE_WORDS.values())


def test_other_words_tell_nothing():
    category, _, drawn = titles(1.0, 1.0)
    brands = np.array([t.split()[0] for t in drawn])
    for brand in np.unique(brands):
        counts = np.bincount(category[brands == brand], minlength=20)
        expected = counts.sum() / 20
        # Pearson's chi-square with 19 degrees of freedom: 99.9th percentile 43.8.
        assert ((counts - expected) ** 2 / expected).sum() < 50


def test_titles_of_one_kind_differ():
    _, _, drawn = titles(1.0, 1.0, size=2000)
    assert len(set(drawn)) > 1900
