"""What holds when processes, Redis or PostgreSQL end without a word, or clients come at once."""
