"""Servers of one's own that speak OpenAI's API: what they tell of themselves, and asking by it."""
