"""The story in words: a timeline, sentences, a page for the terminal."""
