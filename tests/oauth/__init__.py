"""Signing in with Google and Spotify, played by a real provider on loopback."""
