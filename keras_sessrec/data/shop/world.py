"""The synthetic shop's generating process: what is sold when, and how sessions choose."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# How often the next click follows the previous item's "goes with" list, and how often the
# shopper turns to another category; the rest of the clicks stay with the session's intent.
LINK = 0.25
SWITCH = 0.05
# Weight of an item whose style is not the session's, relative to one whose style is. One click
# must leave the style in doubt: this is what a model with memory can learn and a Markov chain
# cannot.
MISMATCH = 0.10
SUCCESSOR_SHARES = np.array([0.5, 0.25, 0.15, 0.1])
# How much items of one category and style differ in what goes with them.
OWN_TASTE = 0.1
ZIPF = 1.0
SHORTEST_LIFE_DAYS = 3


@dataclass(frozen=True, eq=False)
class ShopDay:
    """The process on one day, with all that is not in the shop taken out.

    Attributes:
        intent: float64 `[categories, styles]`, probability of a session's first intent.
        choice: float64 `[styles, items]`, probability of an item given the session's style
            and the item's category; sums to 1 over each category's items.
        link: float64 `[items]`, probability that the click after this item follows its
            "goes with" list: 0 where no item of the list is in the shop.
        successor_weights: float64 `[items, successors]`, rows sum to 1 where `link > 0`.
        alive: bool `[items]`.
    """

    intent: np.ndarray
    choice: np.ndarray
    link: np.ndarray
    successor_weights: np.ndarray
    alive: np.ndarray


@dataclass(frozen=True, eq=False)
class ShopWorld:
    """All parameters of the generating process.

    A session has an intent (category, style). The style stays; the category follows the
    Markov chain `transition`. A click follows the previous item's successor list with
    probability `link`, else it is drawn from the intent's category in proportion to
    popularity times the match of styles.

    Attributes:
        category: int32 `[items]`, ascending, so that a category is a slice of items.
        category_starts: int64 `[categories + 1]`, the slices.
        style: int32 `[items]`.
        birth: int32 `[items]`, first day in the shop.
        death: int32 `[items]`, first day no longer in the shop.
        log_popularity: float32 `[days, items]`, drifts from day to day.
        intent: float64 `[days, categories, styles]`, drifts from day to day.
        transition: float64 `[categories, categories]`, rows sum to 1.
        successors: int32 `[items, successors]`, the distinct items of the "goes with" lists.
        successor_weights: float64 `[items, successors]`.
    """

    category: np.ndarray
    category_starts: np.ndarray
    style: np.ndarray
    birth: np.ndarray
    death: np.ndarray
    log_popularity: np.ndarray
    intent: np.ndarray
    transition: np.ndarray
    successors: np.ndarray
    successor_weights: np.ndarray

    @property
    def num_items(self) -> int:
        """Number of items ever sold."""
        return len(self.category)

    @property
    def num_days(self) -> int:
        """Number of simulated days."""
        return len(self.intent)

    def day(self, day: int) -> ShopDay:
        """Returns the process on day 0..`num_days - 1`."""
        num_styles = self.intent.shape[2]
        alive = (self.birth <= day) & (day < self.death)
        match = np.where(np.arange(num_styles)[:, None] == self.style, 1.0, MISMATCH)
        choice = match * (np.exp(self.log_popularity[day], dtype=np.float64) * alive)
        totals = np.add.reduceat(choice, self.category_starts[:-1], axis=1)
        choice /= np.repeat(totals, np.diff(self.category_starts), axis=1)
        weights = self.successor_weights * alive[self.successors]
        total = weights.sum(axis=1, keepdims=True)
        weights /= np.where(total > 0, total, 1)
        return ShopDay(
            intent=self.intent[day],
            choice=choice,
            link=np.where(total[:, 0] > 0, LINK, 0.0),
            successor_weights=weights,
            alive=alive,
        )


def build_world(
    rng: np.random.Generator,
    num_items: int,
    num_days: int,
    num_categories: int,
    num_styles: int,
    drift: float,
    turnover: float,
) -> ShopWorld:
    """Draws the parameters of a shop; arguments as in `synthetic_shop`."""
    # The first draws see to it that no category is empty.
    extra = rng.choice(
        num_categories, num_items - num_categories, p=rng.dirichlet(np.full(num_categories, 8.0))
    )
    category = np.sort(np.concatenate([np.arange(num_categories), extra])).astype(np.int32)
    starts = np.searchsorted(category, np.arange(num_categories + 1))
    style = rng.integers(num_styles, size=num_items, dtype=np.int32)
    rank = rng.permutation(num_items) + 1
    log_popularity = _walk(rng, -ZIPF * np.log(rank), drift, num_days)
    birth, death = _lives(rng, rank, starts, num_days, turnover)
    category_walk = _walk(rng, rng.normal(0, 0.5, num_categories), drift, num_days)
    style_walk = _walk(rng, rng.normal(0, 0.3, num_styles), drift, num_days)
    intent = np.exp(category_walk[:, :, None] + style_walk[:, None, :], dtype=np.float64)
    intent /= intent.sum(axis=(1, 2), keepdims=True)
    successors, weights = _goes_with(rng, rank, style, birth, death, starts)
    return ShopWorld(
        category=category,
        category_starts=starts,
        style=style,
        birth=birth,
        death=death,
        log_popularity=log_popularity,
        intent=intent,
        transition=_category_chain(rng, num_categories),
        successors=successors,
        successor_weights=weights,
    )


def _walk(rng: np.random.Generator, start: np.ndarray, drift: float, num_days: int) -> np.ndarray:
    """Random walk float32 `[days, len(start)]` with steps of standard deviation `drift`."""
    steps = rng.normal(0, drift, (num_days, len(start))).astype(np.float32)
    steps[0] = start
    return np.cumsum(steps, axis=0, dtype=np.float32)


def _lives(
    rng: np.random.Generator,
    rank: np.ndarray,
    starts: np.ndarray,
    num_days: int,
    turnover: float,
) -> tuple[np.ndarray, np.ndarray]:
    """First day in the shop and first day out of it, int32 `[items]` each.

    As many items arrive as leave: with turnover r a week, 1 of 1 + r * weeks of all items is
    there on day 0 and the others come evenly over the days after; lives last 1/r weeks on
    average, three days and an exponential time.
    """
    num_items = len(rank)
    later = rng.random(num_items) < 1 - 1 / (1 + turnover * num_days / 7)
    birth = np.where(later, rng.integers(min(1, num_days - 1), num_days, num_items), 0)
    beyond = max(7 / turnover - SHORTEST_LIFE_DAYS, 0) if turnover else np.inf
    life = SHORTEST_LIFE_DAYS + rng.exponential(1.0, num_items) * beyond
    death = np.minimum(birth + np.minimum(life, num_days), num_days)
    # Each category's most popular item is always there: no category is ever sold out.
    for first, last in pairwise(starts):
        anchor = first + rank[first:last].argmin()
        birth[anchor], death[anchor] = 0, num_days
    return birth.astype(np.int32), np.floor(death).astype(np.int32)


def _category_chain(rng: np.random.Generator, num_categories: int) -> np.ndarray:
    """Transition matrix: stay with probability 1 - SWITCH, else move to a few others."""
    moves = rng.dirichlet(np.full(num_categories, 0.3), size=num_categories) + 1e-3
    np.fill_diagonal(moves, 0)
    moves *= SWITCH / moves.sum(axis=1, keepdims=True)
    return moves + (1 - SWITCH) * np.eye(num_categories)


def _goes_with(
    rng: np.random.Generator,
    rank: np.ndarray,
    style: np.ndarray,
    birth: np.ndarray,
    death: np.ndarray,
    starts: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Successor lists: items of one other category, mostly popular, of like style and time.

    Items of one category and style agree about the other category and nearly about the list.
    As the intent stays behind in the own category, what comes after an accessory depends on
    what was looked at before it.
    """
    num_categories, num_styles = len(starts) - 1, int(style.max()) + 1
    num_successors = min(len(SUCCESSOR_SHARES), int(np.diff(starts).min()))
    successors = np.empty((len(rank), num_successors), np.int32)
    for own in range(num_categories):
        others = np.delete(np.arange(num_categories), own)
        for of_style in range(num_styles):
            partner = rng.choice(others)
            pool = np.arange(starts[partner], starts[partner + 1])
            appeal = rng.gumbel(size=len(pool)) - 0.5 * np.log(rank[pool])
            appeal += np.where(style[pool] == of_style, 1.5, 0.0)
            items = starts[own] + np.flatnonzero(style[starts[own] : starts[own + 1]] == of_style)
            # Blocks of rows keep the [rows, pool] matrices small for big catalogs.
            for rows in np.array_split(items, len(items) // 1024 + 1):
                key = appeal + rng.gumbel(scale=OWN_TASTE, size=(len(rows), len(pool)))
                overlap = np.minimum.outer(death[rows], death[pool]) - np.maximum.outer(
                    birth[rows], birth[pool]
                )
                key[overlap <= 0] -= 100  # Only if nothing else is left.
                successors[rows] = pool[np.argsort(-key, axis=1)[:, :num_successors]]
    shares = SUCCESSOR_SHARES[:num_successors]
    return successors, np.tile(shares / shares.sum(), (len(rank), 1))
