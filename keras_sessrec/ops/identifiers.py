"""Objects by name: every family of classes is looked up in a dict of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras


def resolve(
    argument: str,
    identifier: Any,
    kind: type,
    family: Mapping[str, Callable[[], Any]],
    example: str,
) -> Any:
    """Returns an object of a kind given as itself, by its name in a family, or as its config.

    Args:
        argument: str, what the argument is called in an error.
        identifier: What a user hands in.
        kind: Class of the objects.
        family: dict from names to what makes an object.
        example: str, an object as a user writes it.

    Raises:
        ValueError: The name is unknown, or the config is of no such object.
        TypeError: It is something else; a class, for instance.

    Example:

    >>> resolve("size", "small", int, {"small": lambda: 1}, "3")
    1
    """
    if isinstance(identifier, kind):
        return identifier
    if isinstance(identifier, str) and identifier in family:
        return family[identifier]()
    if isinstance(identifier, dict) and "class_name" in identifier:
        try:
            made = keras.saving.deserialize_keras_object(identifier)
        except (TypeError, ValueError):  # their messages print the whole config
            made = None
        if isinstance(made, kind):
            return made
    wanted = "an object, not a class" if isinstance(identifier, type) else a_or_an(kind)
    error = ValueError if isinstance(identifier, (str, dict)) else TypeError
    raise error(
        f"`{argument}` must be {wanted}, e.g. `{example}`, or one of {sorted(family)}. "
        f"Received: {shown(identifier)}."
    )


def a_or_an(kind: type) -> str:
    """The name of a class with its article, for error messages."""
    return f"a{'n' * (kind.__name__[0] in 'AEIOU')} `{kind.__name__}`"


def shown(value: Any, length: int = 200) -> str:
    """Returns what an error says it received: the value's `repr`, cut if it is long.

    Example:

    >>> shown("20"), shown(range(9), length=8)
    ("'20'", 'range...')
    """
    text = repr(value)
    return text if len(text) <= length else text[: length - 3] + "..."
