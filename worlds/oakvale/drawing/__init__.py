"""The art of Oakvale, drawn by code."""
