"""Constraints out of free-form prompts: by rules, and by a language model where one is given."""

from rlmr.extraction.read import Dropped, Extracted, Extraction, extract

__all__ = ["Dropped", "Extracted", "Extraction", "extract"]
