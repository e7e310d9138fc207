"""One module per command: what it takes, what it prints. The work itself stands in the rooms below."""
