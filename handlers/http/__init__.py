"""What a browser can only do over HTTP."""
