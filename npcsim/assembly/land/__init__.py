"""The ground NPCs live on: maps, places, what stands there."""
