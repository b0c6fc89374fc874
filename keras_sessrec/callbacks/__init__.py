"""Callbacks that Keras lacks."""

from keras_sessrec.callbacks.network_health import NetworkHealth
from keras_sessrec.callbacks.projector import Projector
from keras_sessrec.callbacks.recommendation_tables import RecommendationTables
from keras_sessrec.callbacks.throughput import Throughput

__all__ = ["NetworkHealth", "Projector", "RecommendationTables", "Throughput"]
