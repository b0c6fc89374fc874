"""Layers: what a network reads of an item, what it remembers, how it scores."""

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.layers.click_dropout import ClickDropout
from keras_sessrec.layers.concatenated import Concatenated
from keras_sessrec.layers.cosine_scorer import CosineScorer
from keras_sessrec.layers.discounted_items import DiscountedItems
from keras_sessrec.layers.embedded_item import EmbeddedItem
from keras_sessrec.layers.feature_table import FeatureTable
from keras_sessrec.layers.fusion import Fusion
from keras_sessrec.layers.gru_cell import GRUCell
from keras_sessrec.layers.interaction_fusion import InteractionFusion
from keras_sessrec.layers.item_input import ItemInput
from keras_sessrec.layers.item_scorer import ItemScorer
from keras_sessrec.layers.lstm_cell import LSTMCell
from keras_sessrec.layers.masked_batch_normalization import MaskedBatchNormalization
from keras_sessrec.layers.one_hot_item import OneHotItem
from keras_sessrec.layers.parallel_fusion import ParallelFusion
from keras_sessrec.layers.rnn_cell import RNNCell
from keras_sessrec.layers.shared_fusion import SharedFusion
from keras_sessrec.layers.subnet import Subnet

__all__ = [
    "BlockUniform",
    "ClickDropout",
    "Concatenated",
    "CosineScorer",
    "DiscountedItems",
    "EmbeddedItem",
    "FeatureTable",
    "Fusion",
    "GRUCell",
    "InteractionFusion",
    "ItemInput",
    "ItemScorer",
    "LSTMCell",
    "MaskedBatchNormalization",
    "OneHotItem",
    "ParallelFusion",
    "RNNCell",
    "SharedFusion",
    "Subnet",
]
