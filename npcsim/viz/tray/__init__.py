"""What waits for leave, over the map: cards with who, what, why, what else, and the time left."""
