"""Verse: syllables, rhyme and metre, English forms and Chinese ones."""
