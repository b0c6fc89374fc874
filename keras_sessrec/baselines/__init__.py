"""Baselines every model has to beat: `fit(log, catalog)`, then `score(items)`."""

from keras_sessrec.baselines.bpr_mf import BPRMF
from keras_sessrec.baselines.item_knn import ItemKNN
from keras_sessrec.baselines.markov_chain import MarkovChain
from keras_sessrec.baselines.popularity import Popularity
from keras_sessrec.baselines.rules import AssociationRules, SequentialRules
from keras_sessrec.baselines.session_knn import SessionKNN
from keras_sessrec.baselines.session_popularity import SessionPopularity
from keras_sessrec.baselines.slist import SLIST
from keras_sessrec.baselines.stan import STAN, VSTAN

__all__ = [
    "BPRMF",
    "SLIST",
    "STAN",
    "VSTAN",
    "AssociationRules",
    "ItemKNN",
    "MarkovChain",
    "Popularity",
    "SequentialRules",
    "SessionKNN",
    "SessionPopularity",
]
