"""Reinforcement learning with mixed rewards for creative writing.

A writing reward model says how good a text is, constraints say whether it did what was asked, and
`rlmr.mixing` turns both into the advantages of GRPO: quality ranks the texts, and a text that breaks
a hard constraint always gets a negative advantage.

Importing this package, or `rlmr.constraints`, loads neither torch nor transformers.
"""

__version__ = "0.1.0"
