"""From the text of a scenario file to plain data whose every value knows where it stands."""
