"""GRU4Rec (Hidasi et al., ICLR 2016)."""

from keras_sessrec.models.gru4rec.gru4rec import GRU4Rec

__all__ = ["GRU4Rec"]
