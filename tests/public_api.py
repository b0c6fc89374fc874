"""The public names and their arguments, one a line.

    python tests/public_api.py --write

writes them to tests/golden/public_api.txt, so that a change of them is seen in review.
"""

import inspect
import pathlib
import sys

import keras_sessrec as ksr

GOLDEN = pathlib.Path(__file__).parent / "golden" / "public_api.txt"


def packages():
    """The root and the packages that it names, by their dotted names."""
    yield "ksr", ksr
    for name in sorted(ksr.__all__):
        if inspect.ismodule(getattr(ksr, name)):
            yield f"ksr.{name}", getattr(ksr, name)


def signature(value):
    """Names and defaults of the arguments; annotations do not matter."""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return ""
    shown = [str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters]
    return f"({', '.join(shown)})"


def public_methods(cls):
    """Methods and properties that the package itself defines."""
    for name in sorted(dir(cls)):
        if name.startswith("_"):
            continue
        owner = next(base for base in cls.__mro__ if name in vars(base))
        if owner.__module__.startswith("keras_sessrec"):
            member = inspect.getattr_static(cls, name)
            yield name, "" if isinstance(member, property) else signature(getattr(cls, name))


def lines():
    """Every public name, with its methods."""
    for package, module in packages():
        for name in sorted(module.__all__):
            value = getattr(module, name)
            if inspect.ismodule(value):
                continue
            yield f"{package}.{name}{signature(value) if callable(value) else ''}"
            if inspect.isclass(value) and package != "ksr":
                yield from (f"{package}.{name}.{m}{s}" for m, s in public_methods(value))


if __name__ == "__main__":
    text = "\n".join(lines()) + "\n"
    GOLDEN.write_text(text) if "--write" in sys.argv else print(text)
