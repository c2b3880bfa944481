"""What benchmarks share: the command line, the build they measure, and the last line."""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from lab.client import SOURCE_TREE, end_on_signals
from lab.command import build_image


def parser(name, about):
    top = argparse.ArgumentParser(prog=f"scripts/bench {name}", description=about)
    top.add_argument("--quick", action="store_true", help="fewer rounds: a look, not a measurement")
    top.add_argument("--build", help="measure the programs of this folder (default: build a release)")
    return top


def prepare(arguments):
    """The build folder to measure, with its guest image."""
    if os.geteuid() != 0:
        raise SystemExit("bench: namespaces and taps need root")
    end_on_signals("bench")
    if arguments.build:
        folder = Path(arguments.build).resolve()
    else:
        folder = SOURCE_TREE / "build" / "release"
        for argv in (["cmake", "--preset", "release", "--log-level=WARNING"],
                     ["ninja", "-C", str(folder), "--quiet"]):
            subprocess.run(argv, check=True, cwd=SOURCE_TREE, stdout=sys.stderr)
    build_image(folder)
    return folder


def medians(rows):
    """Of each figure of several rounds."""
    return {key: round(statistics.median(row[key] for row in rows)) for key in rows[0]}


def ratio(part, whole):
    return round(part / whole, 3) if whole else None


def say(text):
    print(text, flush=True)


def last_line(result):
    say(json.dumps(result))
