"""A recurrent network that predicts the next item's embedding (Tan et al. 2016, model M4)."""

from keras_sessrec.models.embedding_gru4rec.cosine_scorer import CosineScorer
from keras_sessrec.models.embedding_gru4rec.embedding_gru4rec import EmbeddingGRU4Rec

__all__ = ["CosineScorer", "EmbeddingGRU4Rec"]
