"""Words that types look for: clichés, idioms, names."""
