"""Published against ours: train recipes and baselines on a log, and write a report."""

from keras_sessrec.reproduction.known_cuts import known_cut
from keras_sessrec.reproduction.measuring import measure
from keras_sessrec.reproduction.plan import Plan, find_recipes
from keras_sessrec.reproduction.report import write_report
from keras_sessrec.reproduction.reproduction import Reproduction
from keras_sessrec.reproduction.row import Row

__all__ = [
    "Plan",
    "Reproduction",
    "Row",
    "find_recipes",
    "known_cut",
    "measure",
    "write_report",
]
