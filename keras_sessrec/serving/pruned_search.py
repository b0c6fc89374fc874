"""How a large catalog is searched: the settings of a caller."""

from __future__ import annotations

import dataclasses
from numbers import Real

from keras_sessrec.data.session_log import SessionLog, check_log
from keras_sessrec.ops.identifiers import shown


@dataclasses.dataclass(frozen=True, eq=False)
class PrunedSearch:
    """Looks at the part of a large catalog where the best items are, for `export(search=...)`.

    Items are put into groups of 64 whose vectors are alike. An answer scores the groups, screens
    the items of the best ones with 8 bits a number, and scores the best of those with 12.
    How many groups are looked at is chosen at export: as few as give the stated share of the items
    that a search of everything gives. Half of a sample of `sessions` decides, the other half
    tests it; the model card says what came out. Worth it from some 100,000 items on, for a trained
    model: vectors without any order cannot be pruned.

    Excluded items are never answered, and k items are wherever there are: a request
    that leaves too few of what was looked at is answered from the whole catalog.

    Args:
        sessions: `SessionLog` that the model was not trained on, of sessions as they will be asked;
            50 with an item of the catalog at least, 4,096 are enough. Each is cut at a random
            place.
        agreement: float above 0 and below 1, the share of the exact best `k` items that answers
            hold on average. Defaults to 0.99.

    Raises:
        TypeError: `sessions` is no log.
        ValueError: `agreement` is out of range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=300, num_sessions=600, seed=1).log
    >>> model = ksr.models.GRU4Rec(ksr.Catalog.from_log(log), units=[4], seed=1)
    >>> search = PrunedSearch(log, agreement=0.95)
    >>> folder = ksr.serving.export(model, "saved_models/large", version=1, search=search)
    >>> card = (folder / "assets.extra" / "model_card.md").read_text()
    >>> "groups of 64 items" in card
    True
    """

    sessions: SessionLog
    agreement: float = 0.99

    def __post_init__(self) -> None:
        check_log(self.sessions, "sessions")
        is_number = isinstance(self.agreement, Real) and not isinstance(self.agreement, bool)
        if not is_number or not 0 < self.agreement < 1:
            raise ValueError(
                "`agreement` must be a share above 0 and below 1, such as 0.99; for all of the "
                f"exact items export without `search`. Received: agreement={shown(self.agreement)}."
            )
