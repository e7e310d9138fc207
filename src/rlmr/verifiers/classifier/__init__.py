"""A trained verifier: any sequence classifier that reads (prompt, requirement, response) and says pass or
fail.

data (labelled rows, splits) -> train -> calibrate -> classifier (verdicts); measure holds it against labels.
"""
