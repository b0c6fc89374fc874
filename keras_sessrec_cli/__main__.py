"""`python -m keras_sessrec_cli`, the same as `keras-sessrec`."""

import sys

from keras_sessrec_cli.command import main

if __name__ == "__main__":
    sys.exit(main())
