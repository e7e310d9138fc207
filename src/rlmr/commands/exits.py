"""Exit codes of the command line, beside 0."""

BAD_INPUT = 2
"""Exit code: the command cannot run as it was given."""

INTERRUPTED = 130
"""Exit code: stopped by Ctrl-C; what was done until then is kept."""

PAUSED = 75
"""Exit code: a run stopped by itself because too much is unknown; it can be resumed."""
