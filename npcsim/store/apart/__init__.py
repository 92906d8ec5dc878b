"""Where two runs part, whom that reached, and how they end: out of their logs alone."""
