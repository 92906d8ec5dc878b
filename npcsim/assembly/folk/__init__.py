"""Who lives there: archetypes, traits, societies and their ties."""
