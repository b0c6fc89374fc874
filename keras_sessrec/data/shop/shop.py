"""A made-up shop whose best possible recommendations are known."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.best_predictor import BestPredictor, Ceiling, best_possible
from keras_sessrec.data.shop.sessions import DAY_SECONDS, draw_log
from keras_sessrec.data.shop.thumbnails import Thumbnails
from keras_sessrec.data.shop.titles import CATEGORY_NOUNS, STYLE_WORDS, draw_titles
from keras_sessrec.data.shop.world import ShopWorld, build_world

MONDAY = 1_704_067_200  # 2024-01-01 00:00 UTC.


class SyntheticShop:
    """Click log, titles and thumbnails of a made-up shop. Made by `synthetic_shop`.

    Attributes:
        log: `SessionLog` of all sessions, in days from `start_time`, whole seconds UTC.
        item_ids: object(str) `[items]`, raw ids such as "teapot-0042"; `log.item_ids` is the
            same array, and everything "per item" is aligned with it.
        categories: object(str) `[items]`, category of each item.
        styles: object(str) `[items]`, style of each item.
        titles: object(str) `[items]`.
        world: `ShopWorld`, the parameters of the generating process.
        start_time: int. Unix time of the first day's midnight.
    """

    def __init__(
        self,
        log: SessionLog,
        world: ShopWorld,
        titles: np.ndarray,
        thumbnails: Thumbnails,
        start_time: int,
    ) -> None:
        self.log = log
        self.item_ids = log.item_ids
        self.categories = np.array(list(CATEGORY_NOUNS), dtype=object)[world.category]
        self.styles = np.array(list(STYLE_WORDS), dtype=object)[world.style]
        self.titles = titles
        self.world = world
        self.start_time = start_time
        self._thumbnails = thumbnails

    def __repr__(self) -> str:
        return f"<SyntheticShop of {len(self.item_ids):,} items, {self.world.num_days} days>"

    def thumbnails(self, item_ids: Iterable[Any] | None = None) -> np.ndarray:
        """Draws the small pictures of items.

        Args:
            item_ids: Sequence of raw ids. Defaults to all items, in the order of `item_ids`.

        Returns:
            uint8 `[n, 32, 32, 3]`, RGB; the same picture for the same item at every call.

        Raises:
            ValueError: An id is not one of this shop's.
        """
        items = np.arange(len(self.item_ids)) if item_ids is None else self._codes(item_ids)
        return self._thumbnails.draw(items)

    def ceiling(
        self, log: SessionLog | None = None, k: int = 20, candidates: Iterable[Any] | None = None
    ) -> Ceiling:
        """Finds the best Recall@k and MRR@k that any predictor can reach on a log.

        The best predictor knows the generating process, and of a session its day and its
        clicks so far. It ranks the items by their exact probability to be clicked next, which
        the forward algorithm gives (see `IntentFilter`); no other ranking has a greater
        expected Recall@k or MRR@k.

        Args:
            log: `SessionLog` of whole sessions, this shop's log or part of it. Where a split
                dropped clicks from inside sessions, those before and after are taken for
                neighbours, as any model must take them. Defaults to `log`.
            k: int, cut-off, inclusive. Defaults to 20.
            candidates: Sequence of the raw ids that may be recommended, such as
                `catalog.item_ids`; all targets must be among them. Defaults to all items.

        Returns:
            A `Ceiling`: realised and expected Recall@k and MRR@k.

        Raises:
            ValueError: `log` is not from this shop or has nothing to predict, a target is no
                candidate, or `k` is not positive.
        """
        log = self.log if log is None else log
        if k < 1:
            raise ValueError(f"`k` must be at least 1. Received: {k}.")
        if log.num_events <= log.num_sessions:
            raise ValueError(
                "`log` must have a session of two or more events. "
                f"Received: {log.num_events} events in {log.num_sessions} sessions."
            )
        items = self._codes(log.item_ids)[log.item_codes]
        days = (log.start_times - self.start_time) // DAY_SECONDS
        self._check_in_shop(items, np.repeat(days, log.lengths))
        allowed = np.ones(len(self.item_ids), bool)
        if candidates is not None:
            allowed[:] = False
            allowed[self._codes(candidates)] = True
            is_target = np.ones(len(items), bool)
            is_target[log.offsets[:-1]] = False
            if not allowed[items[is_target]].all():
                missing = items[is_target & ~allowed[items]][0]
                raise ValueError(
                    "`candidates` must hold every item to predict in `log`. Received: none with "
                    f"id {self.item_ids[missing]!r}. Drop its events first."
                )
        return best_possible(self.world, days, items, log.offsets, k, allowed)

    def predictor(self, item_ids: Iterable[Any], day: int | None = None) -> BestPredictor:
        """Makes the best possible predictor as a scorer, for the top row of a table.

        Args:
            item_ids: Raw ids of items 1..N: `catalog.item_ids`.
            day: int, day of the sessions to be scored, from 0. Defaults to the last one.

        Returns:
            A `BestPredictor` with `score(items)`.

        Raises:
            ValueError: An id is not one of this shop's, or there is no such day.
        """
        day = self.world.num_days - 1 if day is None else day
        if not 0 <= day < self.world.num_days:
            raise ValueError(f"`day` must be in 0..{self.world.num_days - 1}. Received: {day}.")
        return BestPredictor(self.world, day, self._codes(item_ids))

    @cached_property
    def _index(self) -> pd.Index:
        return pd.Index(self.item_ids)

    def _codes(self, item_ids: Iterable[Any]) -> np.ndarray:
        item_ids = np.array(list(item_ids), dtype=object)
        codes = self._index.get_indexer(item_ids)
        if (codes < 0).any():
            raise ValueError(
                f"Item ids must be of this shop. Received: {item_ids[codes < 0][0]!r}."
            )
        return codes

    def _check_in_shop(self, items: np.ndarray, days: np.ndarray) -> None:
        is_sold = (self.world.birth[items] <= days) & (days < self.world.death[items])
        if not is_sold.all():
            event = int((~is_sold).argmax())
            raise ValueError(
                "`log` must be this shop's log or part of it. Received: a click on "
                f"{self.item_ids[items[event]]!r} on day {days[event]}, when it is not sold."
            )


def synthetic_shop(
    num_sessions: int = 30_000,
    num_items: int = 2_000,
    num_days: int = 28,
    num_categories: int = 12,
    num_styles: int = 6,
    mean_length: float = 4.5,
    min_length: int = 2,
    max_length: int = 50,
    drift: float = 0.03,
    turnover: float = 0.03,
    title_category: float = 0.95,
    title_style: float = 0.5,
    thumbnail_category: float = 0.5,
    thumbnail_style: float = 0.95,
    start_time: int = MONDAY,
    seed: int = 0,
) -> SyntheticShop:
    """Makes a shop's click log of any size, with titles, thumbnails and a known ceiling.

    A session has a hidden intent: a category and a style. The style stays; the category
    changes now and then (a Markov chain). A click is either on one of the few items that go
    with the previous one, in another category, or on an item of the intent's category, in
    proportion to its popularity and mostly of the intent's style. So the last click tells
    much, but not all: after an accessory, what was looked at before it counts, and the style
    shows only over several clicks. Popularities (of items, categories and styles) drift from
    day to day, and items come and go. Item frequencies have a heavy tail (Zipf's law).

    As the process is known, so is the best possible prediction: `SyntheticShop.ceiling`.

    Args:
        num_sessions: int. Up to tens of millions: about 70 bytes each, no Python objects.
        num_items: int. Items sold at any time of the period.
        num_days: int. The first day is a Monday, unless `start_time` says otherwise; the
            6th and 7th of each seven days are the busiest.
        num_categories: int, 2..24.
        num_styles: int, 2..8.
        mean_length: float. Clicks a session; lengths are geometric from `min_length` on.
        min_length: int. Fewest clicks a session.
        max_length: int. Most clicks a session; longer ones are cut.
        drift: float. Standard deviation of the daily step of each log popularity.
        turnover: float. Share of the items on sale that is replaced in a week.
        title_category: float in 0..1. Share of titles whose noun is of the item's category;
            the noun of the others is of any category.
        title_style: float in 0..1. Share of titles whose adjective is of the item's style.
        thumbnail_category: float in 0..1. Share of thumbnails with their category's shape.
        thumbnail_style: float in 0..1. Share of thumbnails in their style's colours.
        start_time: int. Unix time of the first midnight. Defaults to 2024-01-01, a Monday.
        seed: int. The same arguments and seed give the same shop. Titles, thumbnails and the
            process do not change with `num_sessions`.

    Returns:
        A `SyntheticShop`.

    Raises:
        ValueError: An argument is out of range.

    Example:

    >>> shop = synthetic_shop(num_sessions=1000, num_items=100, num_categories=5, seed=1)
    >>> shop.log.num_sessions
    1000
    >>> shop.thumbnails(shop.item_ids[:2]).shape
    (2, 32, 32, 3)
    >>> best = shop.ceiling(k=20)
    >>> 0.5 < best.recall < 1
    True
    """
    _check_range("num_sessions", num_sessions, 1)
    _check_range("num_days", num_days, 1)
    _check_range("num_categories", num_categories, 2, len(CATEGORY_NOUNS))
    _check_range("num_styles", num_styles, 2, len(STYLE_WORDS))
    _check_range("num_items", num_items, num_categories)
    _check_range("min_length", min_length, 1)
    _check_range("max_length", max_length, min_length)
    _check_range("mean_length", mean_length, min_length, max_length)
    _check_range("drift", drift, 0)
    _check_range("turnover", turnover, 0)
    _check_range("title_category", title_category, 0, 1)
    _check_range("title_style", title_style, 0, 1)
    _check_range("thumbnail_category", thumbnail_category, 0, 1)
    _check_range("thumbnail_style", thumbnail_style, 0, 1)
    of_world, of_log, of_titles, of_thumbnails = np.random.SeedSequence(seed).spawn(4)
    world = build_world(
        np.random.default_rng(of_world),
        num_items, num_days, num_categories, num_styles, drift, turnover,
    )  # fmt: skip
    log = draw_log(
        of_log, world, _item_ids(world),
        num_sessions, mean_length, min_length, max_length, start_time,
    )  # fmt: skip
    latent = (world.category, world.style, num_categories, num_styles)
    titles = draw_titles(np.random.default_rng(of_titles), *latent, title_category, title_style)
    thumbnails = Thumbnails(of_thumbnails, *latent, thumbnail_category, thumbnail_style)
    return SyntheticShop(log, world, titles, thumbnails, start_time)


def _item_ids(world: ShopWorld) -> np.ndarray:
    """Category name and number in the category, e.g. "teapot-0042"."""
    names = list(CATEGORY_NOUNS)
    numbers = np.arange(world.num_items) - world.category_starts[world.category] + 1
    pairs = zip(world.category, numbers, strict=True)
    return np.array([f"{names[c]}-{number:04d}" for c, number in pairs], dtype=object)


def _check_range(name: str, value: float, low: float, high: float = np.inf) -> None:
    if not low <= value <= high:
        wanted = f"at least {low}" if high == np.inf else f"in {low}..{high}"
        raise ValueError(f"`{name}` must be {wanted}. Received: {value!r}.")
