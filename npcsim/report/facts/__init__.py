"""From the log to plain data: what happened, by whom, decided how."""
