"""Exit codes: what every command returns, from the one tree of errors."""

from lodeline.domain.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LodelineError,
    NotFound,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unsupported,
)

OK = 0
NEGATIVE = 1
INVALID = 2
UNAVAILABLE = 4
UNSUPPORTED = 6
INCONCLUSIVE = 7
PROGRAM_FAILED = 8
INTERNAL = 70
INTERRUPTED = 130
BROKEN_PIPE = 141

_CODES: tuple[tuple[type[LodelineError], int], ...] = (
    (NotFound, NEGATIVE),
    (Invalid, INVALID),
    (TooLarge, INVALID),
    (Unauthenticated, 3),
    (Forbidden, 3),
    (Unavailable, UNAVAILABLE),
    (Conflict, 5),
    (Unsupported, UNSUPPORTED),
)
MEANINGS: tuple[tuple[int, str], ...] = (
    (OK, "done; of a question: yes"),
    (NEGATIVE, "the answer is no: not found, a check that found something wrong, a question not answered with yes"),
    (INVALID, "wrong usage, or a value that the server refuses"),
    (3, "not signed in, or not allowed"),
    (UNAVAILABLE, "the server or the store cannot be reached or cannot do this now; try again"),
    (5, "in conflict with what there is: a taken name, something deleted, a store in use"),
    (UNSUPPORTED, "this server or store cannot do this at all"),
    (INCONCLUSIVE, "a gate could not be decided: too little data"),
    (PROGRAM_FAILED, "the program of an evaluation failed by itself"),
    (INTERNAL, "something unforeseen; please report it"),
    (INTERRUPTED, "stopped by Ctrl-C"),
    (BROKEN_PIPE, "the reader of the output went away"),
)
"""Every code and what it says, for the reference page."""


class OutputClosed(Exception):
    """The reader of standard output went away: there is nobody to tell more."""


def exit_code(error: LodelineError) -> int:
    """Return the exit code of an error; subclasses count as what they derive from."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), INTERNAL)
