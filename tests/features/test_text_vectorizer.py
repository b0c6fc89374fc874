import re
import sys
from collections import Counter

import numpy as np
import pytest

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import synthetic_shop
from keras_sessrec.features import TextVectorizer

STOP = {"of", "the", "with", "and"}


def terms_of(text, ngrams):
    """Words without stop words, then runs of 1 to `ngrams` of what is left."""
    words = [w for w in re.findall(r"\b\w\w+\b", text.lower()) if w not in STOP]
    return [
        " ".join(words[i : i + n]) for n in range(1, ngrams + 1) for i in range(len(words) - n + 1)
    ]


def plain_tf_idf(texts, ngrams=2, min_count=2):
    """Vocabulary and dense float64 table by the formula of the docstring."""
    counts = [Counter(terms_of(text, ngrams)) for text in texts]
    num_items = Counter(term for count in counts for term in count)
    vocabulary = sorted(term for term, num in num_items.items() if num >= min_count)
    num_texts = sum(bool(text) for text in texts)
    table = np.zeros((len(texts), len(vocabulary)))
    for row, count in zip(table, counts, strict=True):
        for column, term in enumerate(vocabulary):
            idf = np.log((1 + num_texts) / (1 + num_items[term])) + 1
            row[column] = count[term] * idf
        row /= np.linalg.norm(row) or 1
    return vocabulary, table


def made_up_texts(seed, size):
    words = ["tea", "cup", "Blue", "of", "the", "pot", "with", "7up", "x", "saucer", "und"]
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(words, size=rng.integers(1, 9))) for _ in range(size)]
    texts[3] = None
    return texts


def by_id(catalog, texts):
    return dict(zip(catalog.item_ids.tolist(), texts, strict=True))


@pytest.mark.parametrize(("ngrams", "min_count"), [(2, 2), (1, 1), (3, 4)])
def test_equals_the_formula(ngrams, min_count):
    texts = made_up_texts(0, 25)
    catalog = Catalog(np.arange(25) * 3 + 100)
    vectorizer = TextVectorizer(STOP, ngrams=ngrams, min_count=min_count)
    features = vectorizer.fit(catalog, by_id(catalog, texts))
    vocabulary, table = plain_tf_idf([text or "" for text in texts], ngrams, min_count)
    assert vectorizer.vocabulary == vocabulary
    assert features.is_sparse
    assert features.width == len(vocabulary)
    np.testing.assert_allclose(features.to_dense(), table, atol=1e-6)


def test_terms_by_hand():
    catalog = Catalog(["a", "b", "c"])
    titles = {"c": "Cup of Tea", "a": "cup, tea!", "b": "saucer and pot"}
    vectorizer = TextVectorizer()
    features = vectorizer.fit(catalog, titles)
    # The pair goes over the stop word; what one item only has is dropped.
    assert vectorizer.vocabulary == ["cup", "cup tea", "tea"]
    np.testing.assert_allclose(features.to_dense()[[0, 2]], 1 / np.sqrt(3), rtol=1e-6)
    assert features.is_zero().tolist() == [False, True, False]
    with_text = catalog.with_features("text", features)
    assert with_text.items_without_features("text").tolist() == ["b"]


def test_a_term_twice_in_one_item_is_in_one_item_only():
    vectorizer = TextVectorizer()
    vectorizer.fit(Catalog([1, 2]), {1: "tea tea pot", 2: "pot"})
    assert vectorizer.vocabulary == ["pot"]


def test_descriptions_and_missing_items():
    catalog = Catalog([1, 2, 3, 4])
    titles = {1: "Blue cup", 2: "Blue pot", 3: "pot"}
    descriptions = {"1": "Blue cup from Japan", 2: "from Japan", 3: None}
    texts = ["Blue cup from Japan", "Blue pot from Japan", "pot", ""]
    vectorizer = TextVectorizer(STOP)
    vocabulary, table = plain_tf_idf(texts)
    np.testing.assert_allclose(
        vectorizer.fit(catalog, titles, descriptions).to_dense(), table, atol=1e-6
    )
    assert vectorizer.vocabulary == vocabulary


def test_transform_gives_the_same_as_fit_and_takes_unseen_texts():
    texts = made_up_texts(1, 20)
    vectorizer = TextVectorizer(STOP)
    features = vectorizer.fit(Catalog(range(20)), dict(enumerate(texts)))
    assert vectorizer.transform(texts) == features
    unseen = vectorizer.transform(["unheard-of words", "the tea unheard"])
    expected = np.zeros((2, features.width))
    expected[1, vectorizer.vocabulary.index("tea")] = 1
    np.testing.assert_allclose(unseen.to_dense(), expected)


def test_stop_words_of_english_own_and_none():
    titles = {1: "die Tasse of tea", 2: "die Tasse of tea"}
    vocabularies = []
    for stop_words in ("english", (word for word in ["Die", "OF"]), None, []):
        vectorizer = TextVectorizer(stop_words, ngrams=1)
        vectorizer.fit(Catalog([1, 2]), titles)
        vocabularies.append(vectorizer.vocabulary)
    assert vocabularies == [
        ["die", "tasse", "tea"],
        ["tasse", "tea"],
        *[["die", "of", "tasse", "tea"]] * 2,
    ]


@pytest.mark.parametrize(
    ("stop_words", "message"),
    [("the", "'the'. Put a single word into a list"), ([1, 2], r"\[1, 2\]")],
)
def test_unusable_stop_words(stop_words, message):
    with pytest.raises(ValueError, match=f"`stop_words` must be 'english'.* Received: {message}"):
        TextVectorizer(stop_words)


def test_titles_of_the_synthetic_shop_tell_the_categories_apart():
    shop = synthetic_shop(num_items=300, num_sessions=50, seed=0)
    catalog = Catalog.from_log(shop.log)
    titles = dict(zip(shop.item_ids.tolist(), shop.titles, strict=True))
    table = TextVectorizer().fit(catalog, titles).to_dense()
    category = dict(zip(shop.item_ids.tolist(), shop.categories, strict=True))
    categories = np.array([category[i] for i in catalog.item_ids.tolist()])
    same = categories[:, None] == categories
    np.fill_diagonal(same, False)
    other = categories[:, None] != categories
    similarity = table @ table.T
    assert similarity[same].mean() > 3 * similarity[other].mean()


def test_nothing_left():
    with pytest.raises(ValueError, match=r"terms that occur in 2 items. Received: 2 texts without"):
        TextVectorizer().fit(Catalog([1, 2]), {1: "tea", 2: "cup"})
    with pytest.raises(ValueError, match="Received: 0 texts without any"):
        TextVectorizer().fit(Catalog([1, 2]), {1: None, 2: ""})


def test_a_wrong_text_names_the_item():
    with pytest.raises(ValueError, match=r"strings .*Received: \['tea'\] for item id 20"):
        TextVectorizer().fit(Catalog([10, 20]), {20: ["tea"]})
    with pytest.raises(ValueError, match=r"strings .*Received: 7 for item id 'b'"):
        TextVectorizer().fit(Catalog(["a", "b"]), {"a": "tea", "b": 7})


@pytest.mark.parametrize("name", ["ngrams", "min_count"])
def test_out_of_range(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0"):
        TextVectorizer(**{name: 0})


def test_transform_before_fit():
    with pytest.raises(RuntimeError, match="call `fit` first"):
        TextVectorizer().transform(["tea"])


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(ImportError, match=r'pip install "keras_sessrec\[features\]"'):
        TextVectorizer()
