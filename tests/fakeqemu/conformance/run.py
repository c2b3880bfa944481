"""python3 run.py FLOW: run one flow against the real QEMU and against the fake, and compare. Without
a name, list the flows. `run.py FLOW real` and `run.py FLOW fake` print what one of them said."""

import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from flows import FLOWS  # noqa: E402
from normal import transcript  # noqa: E402
from pair import Pair  # noqa: E402

SOURCE_TREE = Path(__file__).resolve().parents[3]
BUILD = os.environ.get("GW_BUILD_DIR", str(SOURCE_TREE / "build" / "dev"))
REAL, FAKE = "qemu-system-x86_64", str(Path(BUILD, "bin", "gw-fake-qemu"))
VERSION = "version 7.2."  # whose behaviour the fake plays
SKIPPED = 77


def reason_to_skip():
    if not shutil.which(REAL):
        return f"{REAL} is not installed"
    told = subprocess.run([REAL, "-version"], capture_output=True, text=True, check=True).stdout
    return "" if VERSION in told else f"the fake plays QEMU {VERSION}x; this is {told.split()[3]}"


def play(name, is_fake):
    """Everything said in the flow, as lines."""
    flow = FLOWS[name]
    # The guest of these flows has no system: it never writes to its disk.
    env = {"GW_FAKE_QEMU": flow.quirks, "GW_FAKE_QEMU_WRITE_MS": "0"}
    with tempfile.TemporaryDirectory(prefix="gw-conform-") as folder:
        with Pair(FAKE if is_fake else REAL, folder, is_fake, env) as pair:
            try:
                flow(pair)
            except Exception:
                for qemu in pair.qemus:
                    print(f"-- {qemu.name} (fake: {is_fake})", *qemu.qmp.heard, qemu.log(),
                          sep="\n", file=sys.stderr)
                raise
            lines = []
            for qemu in pair.qemus:
                for number, monitor in enumerate(qemu.monitors):
                    monitor.settle(0.05)
                    lines += [f"== {qemu.name}, session {number}", *transcript(monitor, flow.loose)]
            return [line.replace(folder, "FOLDER") for line in lines]


def main():
    if len(sys.argv) == 1:
        print("\n".join(FLOWS))
        return 0
    name = sys.argv[1]
    if len(sys.argv) == 3:
        print("\n".join(play(name, sys.argv[2] == "fake")))
        return 0
    reason = reason_to_skip()
    if reason:
        print(f"skipped: {reason}")
        return SKIPPED
    real, fake = play(name, is_fake=False), play(name, is_fake=True)
    difference = list(difflib.unified_diff(real, fake, "real QEMU", "gw-fake-qemu", lineterm="", n=6))
    if difference:
        print("\n".join(difference))
        return 1
    print(f"{name}: the same {len(real)} lines from both")
    return 0


if __name__ == "__main__":
    sys.exit(main())
