"""Callbacks that Keras lacks."""

from keras_sessrec.callbacks.backup_and_restore import BackupAndRestore
from keras_sessrec.callbacks.network_health import NetworkHealth
from keras_sessrec.callbacks.projector import Projector
from keras_sessrec.callbacks.recommendation_tables import RecommendationTables
from keras_sessrec.callbacks.throughput import Throughput

__all__ = ["BackupAndRestore", "NetworkHealth", "Projector", "RecommendationTables", "Throughput"]
