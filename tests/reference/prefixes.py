"""Training sequences of Tan et al. (2016), from the paper's text, one session at a time."""


def pairs(sessions, max_length):
    """All (prefix, target): [x1], x2; [x1, x2], x3; ...; the last events of long prefixes."""
    return [
        (tuple(session[max(0, at - max_length) : at]), session[at])
        for session in sessions
        for at in range(1, len(session))
    ]


def futures(sessions, max_length):
    """x* = [x_n, ..., x_{r+2}] of each pair with label x_{r+1}, its nearest events."""
    found = []
    for session in sessions:
        for at in range(1, len(session)):
            backwards = session[at + 1 :][::-1]
            found.append(tuple(backwards[max(0, len(backwards) - max_length) :]))
    return found
