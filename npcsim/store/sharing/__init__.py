"""A run as one file, for others: written whole, and read as what strangers wrote."""
