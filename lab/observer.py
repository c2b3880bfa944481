"""The guests' peer as Python sees it: questions to gw-lab-peer's control socket (lab/peer/peer.h)."""

from lab import layout
from lab.lines import LineClient


class Observer:
    def __init__(self, path):
        self.path = path

    def _ask(self, line, timeout=120.0):
        with LineClient(self.path, timeout) as peer:
            return peer.ask_text(line)

    def stats(self, ip):
        return self._ask(f"stats {ip}")

    def mark(self, ip):
        """Stats up to now; gaps and losses are then counted anew."""
        return self._ask(f"mark {ip}")

    def wait(self, ip, what, number, timeout):
        """Stats when `what` (beats since the mark, boots, passes, writes, scanned) reached number;
        LabError when that takes longer than timeout seconds."""
        return self._ask(f"wait {ip} {what} {number} {int(timeout * 1000)}", timeout + 10)

    def connect(self, ip, timeout=10.0):
        """Open the TCP connection that is kept from then on; returns at its first echo."""
        return self._ask(f"connect {ip} {layout.ECHO_PORT} {int(timeout * 1000)}", timeout + 10)
