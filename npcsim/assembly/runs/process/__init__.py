"""A live run in a process of its own, for a window that has an interpreter to itself."""
