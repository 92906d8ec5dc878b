"""Drawing with pygame: ground, figures, bubbles and panels of the window."""
