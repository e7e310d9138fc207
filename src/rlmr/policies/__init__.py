"""A run's policy for others: found, tried on a prompt, exported with its card."""
