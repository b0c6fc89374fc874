"""What setup.cfg cannot say: the trained models at the top are installed within the package."""

from setuptools import find_packages, setup

MODELS = "keras_sessrec.saved_models"

setup(
    packages=[*find_packages(include=["keras_sessrec*"]), MODELS],
    package_dir={MODELS: "saved_models"},
)
