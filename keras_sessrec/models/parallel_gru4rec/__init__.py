"""Parallel RNNs (Hidasi et al., RecSys 2016)."""

from keras_sessrec.models.parallel_gru4rec.fusions import (
    Fusion,
    InteractionFusion,
    ParallelFusion,
    SharedFusion,
)
from keras_sessrec.models.parallel_gru4rec.parallel_gru4rec import ParallelGRU4Rec

__all__ = ["Fusion", "InteractionFusion", "ParallelFusion", "ParallelGRU4Rec", "SharedFusion"]
