"""scripts/demo: a guest moves live from h1 to h2 with its disk, then to h3 over shared storage, and a
peer on its network says what it noticed."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from lab import client, guests, layout
from lab.client import SOURCE_TREE, WITH_US, end_on_signals
from lab.command import build_image
from lab.lines import LabError

MOVES = [("h1", "h2", "live, local disk copied"), ("h2", "h3", "live, shared storage")]
PROGRAMS = ["godwit", "godwit-source", "godwit-target", "godwit-scheduler", "godwit-gateway",
            "gw-lab-peer", "gw-lab-witness"]
SETTLE_BEATS = 1500  # listened to after each move, before it is judged
FIGURES = ["flow", "from", "to", "total time", "bytes", "blackout", "beats lost", "memory errors",
           "disk errors", "TCP connection kept"]


def say(text):
    print(text, flush=True)


def run(argv, stdout=sys.stderr):
    subprocess.run([*WITH_US, *map(str, argv)], check=True, cwd=SOURCE_TREE, stdout=stdout)


def build(preset):
    say(f"building (preset {preset}; about a minute the first time)")
    folder = SOURCE_TREE / "build" / preset
    run(["cmake", "--preset", preset, "--log-level=WARNING"], stdout=subprocess.DEVNULL)
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    run(["ninja", "-C", folder, *quiet, *PROGRAMS])
    return folder


def start_guest(lab, name, ip):
    spec = lab.folder / "demo.json"
    spec.write_text(json.dumps(guests.spec(name)), encoding="utf-8")
    lab.godwit_text("guest", "create", "-f", str(spec), "--host", "h1")
    lab.godwit_text("guest", "start", name)
    observer = lab.observer()
    observer.wait(ip, "beats", 1, 60)
    say(f"guest {name} runs on h1; opening a TCP connection to it at {ip}")
    observer.connect(ip)
    observer.wait(ip, "scanned", 1, 60)
    observer.wait(ip, "writes", 200, 60)
    return observer


def move(lab, observer, name, ip, to):
    """Move and listen; gives the migration and the peer's stats."""
    observer.mark(ip)
    command = lab.godwit_popen("migrate", name, "--to", to, "--live", "--wait", stdout=sys.stderr)
    try:
        code = command.wait()
    finally:
        command.kill()
        command.wait()
    if code != 0:
        raise LabError(f"godwit migrate {name} --to {to} ended with {code}")
    listing = lab.godwit("migration", "list", "--guest", name, "--limit", "1")
    stats = observer.wait(ip, "beats", SETTLE_BEATS, 60)
    return listing["migrations"][0], stats


def is_clean(stats):
    return (
        stats["memory_errors"] == 0
        and stats["disk_errors"] == 0
        and stats["n_boots"] == 1
        and stats["tcp"]["kept"]
    )


def row(flow, origin, to, migration, stats):
    progress, timings = migration.get("progress", {}), migration.get("timings", {})
    disks = sum(int(disk.get("doneBytes", 0)) for disk in progress.get("disks", []))
    moved = (int(progress.get("memoryDoneBytes", 0)) + disks) / (1 << 20)
    return [
        flow,
        origin,
        to,
        f"{int(timings.get('totalUs', 0)) / 1e6:.2f} s",
        f"{moved:.0f} MiB",
        f"{stats['blackout_us'] / 1000:.0f} ms",
        str(stats["lost"]),
        str(stats["memory_errors"]),
        str(stats["disk_errors"]),
        "yes" if stats["tcp"]["kept"] else "no",
    ]


def print_table(rows):
    """A column per move, so that it fits 80 columns."""
    columns = [FIGURES, *rows]
    widths = [max(map(len, column)) for column in columns]
    for number, cells in enumerate(zip(*columns)):
        say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
        if number == 0:
            say("  ".join("-" * width for width in widths))


def demonstrate(folder, accelerator):
    ip, name = layout.guest_address(1), "demo"
    say("starting a lab of three hosts")
    with client.tied_lab(folder, accelerator=accelerator) as lab:
        observer = start_guest(lab, name, ip)
        rows, all_stats = [], []
        for origin, to, flow in MOVES:
            say(f"moving {name} from {origin} to {to}")
            migration, stats = move(lab, observer, name, ip, to)
            rows.append(row(flow, origin, to, migration, stats))
            all_stats.append(stats)
        say("")
        print_table(rows)
        last = all_stats[-1]
        say(f"\nThe guest checked {last['memory_checks']} pages of memory and {last['disk_checks']} "
            f"blocks of disk.\nIts peer heard of {last['n_boots']} boot, and got "
            f"{last['tcp']['echoes']} echoes on one TCP connection.")
        return all(is_clean(stats) for stats in all_stats)


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--build", help="use the programs of this build folder; build nothing")
    parser.add_argument("--accelerator", choices=["auto", "tcg", "kvm"], default="auto")
    arguments = parser.parse_args()
    end_on_signals("demo")
    if os.geteuid() != 0:
        print("demo: namespaces and taps need root", file=sys.stderr)
        return 1
    try:
        folder = Path(arguments.build).resolve() if arguments.build else build("release")
        build_image(folder)
        clean = demonstrate(folder, arguments.accelerator)
    except (LabError, subprocess.SubprocessError, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    say("The guest noticed nothing but the pauses." if clean else "demo: the guest was harmed")
    return 0 if clean else 1


if __name__ == "__main__":
    sys.exit(main())
