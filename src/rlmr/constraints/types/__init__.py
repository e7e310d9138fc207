"""The types that a program decides, by what of a text they look at; `rlmr.constraints.table` names them."""
