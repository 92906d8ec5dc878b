"""Questionnaires put to the NPCs of kept runs: what is asked, putting it, and the answers."""
