"""A little world in one line, for the tests of tools."""
