"""Models: Keras models that read a session and score the next items."""

from keras_sessrec.models.embedding_gru4rec import EmbeddingGRU4Rec
from keras_sessrec.models.gru4rec import GRU4Rec
from keras_sessrec.models.parallel_gru4rec import ParallelGRU4Rec
from keras_sessrec.models.session_recommender import SessionRecommender

__all__ = ["EmbeddingGRU4Rec", "GRU4Rec", "ParallelGRU4Rec", "SessionRecommender"]
