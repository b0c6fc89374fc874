"""Text features: TF-IDF of the words and word pairs of titles and descriptions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.features.item_texts import aligned, joined
from keras_sessrec.ops.identifiers import shown


class TextVectorizer:
    """Makes sparse TF-IDF features of items from their titles and descriptions.

    Hidasi et al. (RecSys 2016): title and description are joined, the title not
    repeated where the description begins with it; stop words are left out; the terms are
    single words and pairs of neighbours; terms seen once are dropped; a term's weight is

        tf * (ln((1 + n) / (1 + df)) + 1)

    with tf its occurrences in the item's text, df the number of the items that have it and n
    the number of items with a text; each item's weights are divided by their L2 norm. The
    paper names TF-IDF without a formula: this one is scikit-learn's. "Seen once" is taken as
    "in one item only". Words are runs of two or more letters and digits, in small letters.
    Pairs are formed after the stop words were removed, so "cup of tea" has the pair "cup tea".

    Nothing is ever dense: 700,000 items with millions of terms fit into memory. An item without
    a text, or with none of the terms, gets a row of zeros.

    Needs scikit-learn: `pip install "keras_sessrec[features]"`.

    Args:
        stop_words: "english" (default), scikit-learn's list; a list of words, in capitals or
            small letters; or `None`.
        ngrams: int, longest run of words that makes a term. Defaults to 2.
        min_count: int, number of items a term must occur in. Defaults to 2.

    Attributes:
        vocabulary: List of the terms, the column names, after `fit`.

    Raises:
        ImportError: scikit-learn is not installed.
        ValueError: An argument is out of range, or `stop_words` is something else.

    Example:

    >>> catalog = ksr.Catalog([7, 8, 9])
    >>> vectorizer = TextVectorizer()
    >>> titles = {7: "Cup of green tea", 8: "Green tea", 9: "Blue cup"}
    >>> features = vectorizer.fit(catalog, titles)
    >>> vectorizer.vocabulary
    ['cup', 'green', 'green tea', 'tea']
    >>> print(features.to_dense().round(2))
    [[0.5  0.5  0.5  0.5 ]
     [0.   0.58 0.58 0.58]
     [1.   0.   0.   0.  ]]
    >>> catalog.with_features("text", features)
    <Catalog of 3 items, 3 events, features text (4 sparse)>
    """

    def __init__(
        self,
        stop_words: str | Iterable[str] | None = "english",
        ngrams: int = 2,
        min_count: int = 2,
    ) -> None:
        for name, value in (("ngrams", ngrams), ("min_count", min_count)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
        except ImportError as error:
            raise ImportError(
                "`TextVectorizer` needs scikit-learn. "
                'Install it with `pip install "keras_sessrec[features]"`.'
            ) from error
        self.vocabulary = None
        self._tfidf = TfidfVectorizer(
            stop_words=_read_stop_words(stop_words),
            ngram_range=(1, ngrams),
            min_df=min_count,
            dtype=np.float32,
        )

    def fit(
        self,
        catalog: Catalog,
        titles: Mapping[Any, str],
        descriptions: Mapping[Any, str] | None = None,
    ) -> ItemFeatures:
        """Learns the terms and their weights; returns the features of a catalog's items.

        Args:
            catalog: `Catalog` of N items.
            titles: Mapping of raw id -> str (unknown ids are left out). `None` and NaN are no
                text.
            descriptions: The same. Defaults to none.

        Returns:
            Sparse `ItemFeatures` `[N, terms]`, in the catalog's order.

        Raises:
            ValueError: Texts do not fit the catalog, one is no string, or no term is left.
        """
        more = None
        if descriptions is not None:
            more = aligned(catalog, "descriptions", descriptions)
        ids = catalog.item_ids.tolist()
        own = aligned(catalog, "titles", titles)
        texts = _texts(own, more, lambda row: f"item id {ids[row]!r}")
        # Only items with a text say how rare a term is.
        rows = np.flatnonzero([bool(text) for text in texts])
        try:
            matrix = self._tfidf.fit_transform([texts[row] for row in rows])
        except ValueError as error:
            raise ValueError(
                f"`titles` must have terms that occur in {self._tfidf.min_df} items. Received: "
                f"{len(rows)} texts without any. Check the texts, or lower `min_count`."
            ) from error
        self.vocabulary = self._tfidf.get_feature_names_out().tolist()
        places = np.full(catalog.num_items, -1)
        places[rows] = np.arange(len(rows))
        return _features(matrix).take(places)

    def transform(
        self, titles: Sequence[str], descriptions: Sequence[str] | None = None
    ) -> ItemFeatures:
        """Returns the features of items that were not there at `fit`.

        Args:
            titles: Sequence of n str; `None` and NaN are no text.
            descriptions: Sequence of n str. Defaults to none.

        Returns:
            Sparse `ItemFeatures` `[n, terms]`; terms unknown to `fit` are left out.

        Raises:
            RuntimeError: `fit` was not called.
            ValueError: A text is no string, or the lengths differ.
        """
        if self.vocabulary is None:
            raise RuntimeError("`transform` needs terms: call `fit` first.")
        return _features(self._tfidf.transform(_texts(titles, descriptions, "place {}".format)))


def _read_stop_words(stop_words: str | Iterable[str] | None) -> str | list[str] | None:
    """As scikit-learn takes them, whose tokens are in small letters."""
    if stop_words is None or stop_words == "english":
        return stop_words
    words = stop_words if isinstance(stop_words, str) else list(stop_words)
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise ValueError(
            "`stop_words` must be 'english', a list of words, or None. "
            f"Received: {shown(words)}. Put a single word into a list."
        )
    return sorted({word.lower() for word in words}) or None


def _texts(
    titles: Sequence[Any], descriptions: Sequence[Any] | None, name_of: Callable[[int], str]
) -> list[str]:
    return joined(titles, [None] * len(titles) if descriptions is None else descriptions, name_of)


def _features(matrix: Any) -> ItemFeatures:
    return ItemFeatures.sparse(matrix.indptr, matrix.indices, matrix.data, matrix.shape[1])
