"""The window's time: what has been read of a run ahead of the picture, and scenes at any tick."""
