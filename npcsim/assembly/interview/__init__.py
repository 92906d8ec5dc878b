"""Asking an NPC of a kept run about what it did: from what it remembered and decided by then."""
