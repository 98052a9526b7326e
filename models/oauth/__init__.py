"""Signing in with an account elsewhere: who is asked, how, and what of the answer is believed."""
