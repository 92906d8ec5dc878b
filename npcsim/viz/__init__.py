"""The window: a picture of a run, folded from its events and from nothing else."""
