"""Who may do what: a row for every event, by what it is about."""
