"""Texts as vectors: the bundled model, models behind HTTP, and what was worked out before."""
