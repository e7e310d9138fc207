"""The LLM judge: atomic questions, fenced texts, verbatim evidence; no valid answer is unknown."""

from rlmr.verifiers.judge.judge import Judge

__all__ = ["Judge"]
