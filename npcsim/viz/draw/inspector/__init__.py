"""The right of the window: one NPC under six tabs, or the run."""
