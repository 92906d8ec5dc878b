"""A simulation under way: a session, headless, watched, or as one call."""
