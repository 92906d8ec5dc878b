"""Forking from the tick that is shown, with a change, and the fork beside its parent at once."""
