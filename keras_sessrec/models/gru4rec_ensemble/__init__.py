"""Several GRU4Recs that score together."""

from keras_sessrec.models.gru4rec_ensemble.gru4rec_ensemble import GRU4RecEnsemble

__all__ = ["GRU4RecEnsemble"]
