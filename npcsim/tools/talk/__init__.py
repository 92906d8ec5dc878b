"""Conversations: what can be done by saying something in one, and the scene that they are."""
