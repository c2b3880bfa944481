"""The fault sweep: every fault point that a move passes × what can go wrong there, on real daemons.

python3 sweep.py [--flow NAME]... [--sample] [--resume FILE] [--victim ROLE] [--point PREFIX]

First each flow is run once with the points logged; then, for each point of each daemon, the move is
made with the fault set, the daemon is healed (started anew), and it must hold that the move has a
verdict, the guest is in one place, unharmed, and nothing is left over. --sample: one action per
point. --resume: verdicts are kept in FILE, and those in it are not tried again."""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from cluster import Cluster, points_of  # noqa: E402
from flows import ACTIONS, FLOWS, VICTIMS, is_swept  # noqa: E402
from harness import BUILD, Broken, check_equal, print_logs  # noqa: E402
from lab import client  # noqa: E402
from lab.lines import LabError  # noqa: E402

FAULT_S = 12  # a fault that neither kills nor fails the move is over by then
LAB = {"n_hosts": 2, "accelerator": "tcg",
       "settings": {"scheduler": {"heartbeat_interval_ms": 200, "host_silent_after_ms": 2000}}}


def discover(cluster):
    """[(victim, point)] that one undisturbed move passes."""
    found = []
    for victim in VICTIMS:
        log = cluster.lab.folder / "points"
        log.unlink(missing_ok=True)
        daemon = cluster.restart(victim, {"GODWIT_FAILPOINT_LOG": str(log)})
        cluster.submit()
        moved = cluster.wait_verdict()
        check_equal(moved.get("phase"), "MIGRATION_PHASE_SUCCEEDED",
                    f"an undisturbed move: {moved.get('failure')}")
        cluster.check_one_guest()
        found += [(victim, point) for point in points_of(log) if is_swept(point)]
        cluster.heal(daemon)
        cluster.wait_hosts_up()
    return found


def try_one(cluster, victim, point, action):
    """One move under one fault; gives the outcome, raises Broken."""
    daemon = cluster.restart(victim, {"GODWIT_FAILPOINT": f"{point}={action}"})
    moved = cluster.submit()
    cluster.wait_over_or_dead(moved, daemon, FAULT_S)
    died = not cluster.is_alive(daemon)
    cluster.heal(daemon)
    newest = cluster.wait_verdict()
    cluster.wait_hosts_up()
    cluster.check_one_guest()
    cluster.check_files()
    phase = newest["phase"].removeprefix("MIGRATION_PHASE_") if moved else "refused"
    return f"{'died, ' if died else ''}{phase.lower()}"


def cases(points, sample):
    for i, (victim, point) in enumerate(points):
        for action in [ACTIONS[i % len(ACTIONS)]] if sample else ACTIONS:
            yield victim, point, action


class Report:
    def __init__(self, path):
        self.path, self.rows = path, {}
        if path and os.path.exists(path):
            for line in Path(path).read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.rows[tuple(row["case"])] = row

    def add(self, case, outcome, trouble, seconds):
        row = {"case": case, "outcome": outcome, "trouble": trouble, "seconds": round(seconds, 1)}
        self.rows[tuple(case)] = row
        if self.path:
            with open(self.path, "a", encoding="utf-8") as out:
                out.write(json.dumps(row) + "\n")
        mark = "FAILED" if trouble else "ok"
        print(f"{mark:6} {' '.join(case):75} {seconds:5.1f} s  {trouble or outcome}", flush=True)

    def summary(self):
        print(f"\n{'flow':15}{'runs':>6}{'points':>8}{'moved':>7}{'undone':>8}{'refused':>9}{'FAILED':>8}")
        for flow in dict.fromkeys(case[0] for case in self.rows):
            rows = [row for case, row in self.rows.items() if case[0] == flow]
            count = lambda word: sum(word in row["outcome"] for row in rows)  # noqa: E731
            points = len({tuple(row["case"][1:3]) for row in rows})
            failed = sum(bool(row["trouble"]) for row in rows)
            print(f"{flow:15}{len(rows):6}{points:8}{count('succeeded'):7}"
                  f"{count('failed') + count('cancelled'):8}{count('refused'):9}{failed:8}")
        return sum(bool(row["trouble"]) for row in self.rows.values())


def sweep_flow(flow, arguments, report):
    """Sweep one flow. A lab in which something went wrong is replaced."""
    points, todo = None, None
    while todo is None or todo:
        with client.tied_lab(BUILD, **LAB) as lab:
            cluster = Cluster(lab, flow)
            cluster.begin()
            if todo is None:
                points = [p for p in discover(cluster)
                          if p[0].startswith(arguments.victim) and p[1].startswith(arguments.point)]
                todo = [c for c in cases(points, arguments.sample)
                        if (flow.name, *c) not in report.rows]
            while todo:
                case, begun, trouble, outcome = todo.pop(0), time.monotonic(), "", ""
                try:
                    outcome = try_one(cluster, *case)
                except (Broken, LabError, subprocess.SubprocessError, KeyError) as problem:
                    trouble = f"{type(problem).__name__}: {problem}"
                    if arguments.logs:
                        print_logs(lab)
                report.add((flow.name, *case), outcome, trouble, time.monotonic() - begun)
                if trouble:
                    break


def main():
    parser = argparse.ArgumentParser(prog="scripts/fault-sweep", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flow", action="append", choices=[flow.name for flow in FLOWS])
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--resume", metavar="FILE")
    parser.add_argument("--victim", default="", help="only daemons whose role begins so")
    parser.add_argument("--point", default="", help="only points whose name begins so")
    parser.add_argument("--logs", action="store_true", help="print the logs of what failed")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        print("skipped: namespaces and taps need root", file=sys.stderr)
        return 77
    report = Report(arguments.resume)
    for flow in FLOWS:
        if not arguments.flow or flow.name in arguments.flow:
            sweep_flow(flow, arguments, report)
    check_equal(bool(report.rows), True, "anything swept")
    return 1 if report.summary() else 0


if __name__ == "__main__":
    sys.exit(main())
