"""The author's Python: files of tools, tools made in code, and their reload."""
