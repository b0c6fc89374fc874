"""Published configurations as data: `list()`, `get(name).train(log)`."""

from keras_sessrec.recipes.expectation import Expectation
from keras_sessrec.recipes.recipe import Recipe
from keras_sessrec.recipes.registry import get
from keras_sessrec.recipes.registry import names as list

__all__ = ["Expectation", "Recipe", "get", "list"]
