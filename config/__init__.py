"""Settings, clock, database, state and logs: what the rest stands on."""
