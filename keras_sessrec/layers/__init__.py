"""Layers: what a network reads of an item, what it remembers, how it scores."""

from keras_sessrec.layers.block_uniform import BlockUniform
from keras_sessrec.layers.click_dropout import ClickDropout
from keras_sessrec.layers.concatenated import Concatenated
from keras_sessrec.layers.discounted_items import DiscountedItems
from keras_sessrec.layers.embedded_item import EmbeddedItem
from keras_sessrec.layers.feature_table import FeatureTable
from keras_sessrec.layers.gru_cell import GRUCell
from keras_sessrec.layers.item_input import ItemInput, OneHotItem
from keras_sessrec.layers.item_scorer import ItemScorer
from keras_sessrec.layers.recurrent_cells import LSTMCell, RNNCell
from keras_sessrec.layers.subnet import Subnet

__all__ = [
    "BlockUniform",
    "ClickDropout",
    "Concatenated",
    "DiscountedItems",
    "EmbeddedItem",
    "FeatureTable",
    "GRUCell",
    "ItemInput",
    "ItemScorer",
    "LSTMCell",
    "OneHotItem",
    "RNNCell",
    "Subnet",
]
