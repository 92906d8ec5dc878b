"""Model files on this machine: what they are, where they lie, how many NPCs they leave room for."""
