"""Experiments: designs of many runs, living them, measuring, comparing and exporting them."""
