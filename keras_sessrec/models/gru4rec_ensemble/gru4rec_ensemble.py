"""Several GRU4Recs that score together."""

from __future__ import annotations

from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.models.gru4rec_ensemble.network import GRU4RecEnsembleNetwork
from keras_sessrec.models.session_recommender import SessionRecommender


@keras.saving.register_keras_serializable(package="keras_sessrec")
class GRU4RecEnsemble(SessionRecommender):
    """The mean of the scores of several GRU4Recs, which differ in their start and dropout.

        r_j = 1/M sum_m r_j^(m)

    Each member is trained as if it were alone (`training.Separate`), on the same mini-batches, but
    that all carry the states of the weights which a mini-batch leaves, undropped but for the last
    member's: one `fit`, one file, one export. What random starts and dropout leave to chance in
    one member averages out. Members can be small: three of 128 units score as fast as one of 384.

    Args:
        catalog: `Catalog`.
        members: int, number M of members. Defaults to 3.
        seed: int or `None`, of initial weights, dropout and sampling.
        **kwargs: Arguments of `GRU4Rec`, all members', and those of `keras.Model`.

    Raises:
        ValueError: `members` is not positive, or `GRU4Rec` refuses its arguments.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = GRU4RecEnsemble(catalog, members=2, units=[8], tie_embeddings=True, seed=1)
    >>> model.compile(negatives=ksr.samplers.Uniform(8))
    >>> history = model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), verbose=0)
    >>> sorted(history.history)
    ['loss', 'member_0_loss', 'member_1_loss', 'stage']
    """

    def __init__(
        self, catalog: Catalog, members: int = 3, seed: int | None = None, **kwargs: Any
    ) -> None:
        if isinstance(members, bool) or int(members) != members or members < 1:
            raise ValueError(f"`members` must be a positive int. Received: members={members!r}.")
        of_keras = {key: kwargs.pop(key) for key in ("name", "dtype") if key in kwargs}
        arguments = {"members": int(members), **kwargs}
        network = GRU4RecEnsembleNetwork(
            catalog, **arguments, seed=seed, dtype=of_keras.get("dtype")
        )
        super().__init__(catalog, network, arguments, seed=seed, **of_keras)

    def compile(self, *args: Any, strategy: Any = "separate", **kwargs: Any) -> None:
        """Configures training, see `SessionRecommender.compile`.

        Args:
            *args: As there.
            strategy: `training.Strategy` or its name. Defaults to `"separate"`; with
                `"simultaneous"` the members' mean is trained, as one network.
            **kwargs: As there.
        """
        super().compile(*args, **{"strategy": strategy, **kwargs})
