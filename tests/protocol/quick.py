"""The server with a heartbeat so short that a test can wait for it: `python -m …quick`."""

import sys

from realtime.server import RealtimeServer
from server import main

PING_INTERVAL_S = 1
PING_TIMEOUT_S = 1

if __name__ == "__main__":
    heartbeat = {"ping_interval": PING_INTERVAL_S, "ping_timeout": PING_TIMEOUT_S}
    RealtimeServer.options = {**RealtimeServer.options, **heartbeat}
    sys.exit(main())
