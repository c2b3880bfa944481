"""python3 run.py FLOW: one end-to-end flow; without a name, list them."""

import sys

sys.dont_write_bytecode = True

import harness  # noqa: E402
import bad_input, cancel, cold, floor, kills, lifetime, live, over_http, quiet, services, terminal, trash  # noqa: E401,E402,F401

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in harness.FLOWS:
        print("\n".join(harness.FLOWS))
        sys.exit(0 if len(sys.argv) == 1 else 2)
    sys.exit(harness.run(sys.argv[1]))
