"""What an author needs before a run: schema, first steps, trying a tool, looking at the machine."""
