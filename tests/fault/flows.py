"""What is swept: each way a guest moves, and the daemons whose faults can matter to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    name: str
    pool: str
    options: tuple  # of godwit migrate
    runs: bool      # the guest runs before, and must run afterwards


FLOWS = [
    Flow("live-mirrored", "local", ("--live",), True),
    Flow("live-shared", "shared", ("--live",), True),
    Flow("cold-copied", "local", ("--cold",), False),
    Flow("cold-shared", "shared", ("--cold",), False),
]

# Roles; which host's agent it is depends on the way of the move.
VICTIMS = ["scheduler", "from.source", "from.target", "to.source", "to.target"]

ACTIONS = ["kill", "error", "nospace", "sleep:400"]

# Passed all the time by everyone, whatever moves.
BACKGROUND = ("rpc.Heartbeat.", "rpc.Watch.", "rpc.GetMigration.", "rpc.GetVersion.", "rpc.ListHosts.",
              "rpc.GetGuest.", "rpc.ListMigrations.")


def is_swept(point):
    return not point.startswith(BACKGROUND)
