"""Baselines every model has to beat: `fit(log, catalog)`, then `score(items)`."""

from keras_sessrec.baselines.bpr_mf import BPRMF as BPRMF
from keras_sessrec.baselines.item_knn import ItemKNN as ItemKNN
from keras_sessrec.baselines.markov_chain import MarkovChain as MarkovChain
from keras_sessrec.baselines.popularity import Popularity as Popularity
from keras_sessrec.baselines.session_knn import SessionKNN as SessionKNN
from keras_sessrec.baselines.session_popularity import SessionPopularity as SessionPopularity
