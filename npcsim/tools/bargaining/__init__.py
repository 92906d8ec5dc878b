"""Negotiating: what is on the table, what it is worth to whom, and the moves one can make."""
