"""Models: Keras models that read a session and score the next items."""

from keras_sessrec.models.distillation import SoftLabels, live_soft_labels
from keras_sessrec.models.embedding_gru4rec import CosineScorer, EmbeddingGRU4Rec
from keras_sessrec.models.gru4rec import GRU4Rec
from keras_sessrec.models.gru4rec_ensemble import GRU4RecEnsemble
from keras_sessrec.models.hubs import upload_preset
from keras_sessrec.models.parallel_gru4rec import (
    Fusion,
    InteractionFusion,
    ParallelFusion,
    ParallelGRU4Rec,
    SharedFusion,
)
from keras_sessrec.models.session_network import SessionNetwork
from keras_sessrec.models.session_recommender import SessionRecommender

__all__ = [
    "CosineScorer",
    "EmbeddingGRU4Rec",
    "Fusion",
    "GRU4Rec",
    "GRU4RecEnsemble",
    "InteractionFusion",
    "ParallelFusion",
    "ParallelGRU4Rec",
    "SessionNetwork",
    "SessionRecommender",
    "SharedFusion",
    "SoftLabels",
    "live_soft_labels",
    "upload_preset",
]
