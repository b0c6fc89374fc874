"""The console command `keras-sessrec`, for who has a file of clicks and no wish to program.

A package of its own: it reads arguments and the environment and prints, which the library does not,
and it answers `--help` before TensorFlow is loaded, which importing the library does.
"""

from keras_sessrec_cli.quiet import without_notes

__all__ = ["without_notes"]
