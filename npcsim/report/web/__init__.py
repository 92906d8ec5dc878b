"""The story as one self-contained web page."""
