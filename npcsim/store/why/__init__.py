"""Why an NPC did what it did, out of the log alone: no code of the run is executed."""
