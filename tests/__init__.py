"""Tests: sentences over a real socket, on SQLite and on PostgreSQL with Redis."""
