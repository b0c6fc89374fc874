"""Prints the lowest versions that setup.cfg allows, as constraints for pip."""

import configparser
import pathlib

SETUP = pathlib.Path(__file__).parents[1] / "setup.cfg"


def main() -> None:
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    parts = [setup["options"]["install_requires"], setup["options.extras_require"]["test"]]
    for requirement in "\n".join(parts).split("\n"):
        name, _, version = requirement.partition(">=")
        if version:
            print(f"{name}=={version}")


if __name__ == "__main__":
    main()
