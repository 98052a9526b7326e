"""What lies between python-socketio and the handlers: frames, order, fan-out over processes."""
