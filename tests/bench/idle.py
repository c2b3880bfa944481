"""CPU time and memory of Godwit's daemons while one guest runs and nobody asks anything of them."""

import json
import os
import time

from figures import last_line, medians, parser, prepare, say
from lab import guests, layout
from lab.client import tied_lab

SECONDS, QUICK_SECONDS = 60, 10
NODES = {"ctl": ["scheduler"], "front": ["gateway"], "h1": ["source", "target"],
         "h2": ["source", "target"]}
CPU_GOAL_US_PER_S = 10_000  # 1 %
RSS_GOAL_KIB = 30 * 1024


def sample(lab, node, name):
    """(CPU time in us, resident KiB) of a program of the lab."""
    pid = lab.ask_node(node, op="list")["programs"][name]["pid"]
    text = lab.run(node, ["cat", f"/proc/{pid}/stat", f"/proc/{pid}/status"], check=True).stdout
    fields = text.splitlines()[0].rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])  # utime, stime: proc(5) counts them as 14 and 15
    resident = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return ticks * 1_000_000 // os.sysconf("SC_CLK_TCK"), int(resident.split()[1])


def measure(lab, seconds):
    """{(node, program): {"cpu_us_per_s": n, "rss_kib": n}} of all daemons over so many seconds."""
    programs = [(node, name) for node, names in NODES.items() for name in names]
    before = {program: sample(lab, *program) for program in programs}
    time.sleep(seconds)
    found = {}
    for program in programs:
        cpu_us, rss_kib = sample(lab, *program)
        used_us = round((cpu_us - before[program][0]) / seconds)
        found[program] = {"cpu_us_per_s": used_us, "rss_kib": rss_kib}
    return found


def start_guest(lab):
    """On h1; returns when it works at full rate."""
    spec = lab.folder / "idle.json"
    spec.write_text(json.dumps(guests.spec("idle", pool="local")), encoding="utf-8")
    lab.godwit_text("guest", "create", "-f", str(spec), "--host", "h1", "--start")
    lab.observer().wait(layout.guest_address(1), "writes", 200, 90)


def main(argv):
    arguments = parser("idle", __doc__).parse_args(argv)
    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    build = prepare(arguments)
    rows = {}
    with tied_lab(build, n_hosts=2, accelerator="tcg") as lab:
        start_guest(lab)
        for (node, name), figures in measure(lab, seconds).items():
            rows.setdefault(name, []).append(figures)
            say(f"{node:6} {name:10} {figures['cpu_us_per_s']:7} us of CPU per second, "
                f"{figures['rss_kib']} KiB")
    result = {name: medians(values) for name, values in rows.items()}
    all_figures = [figures for values in rows.values() for figures in values]
    goals = {"cpu": all(f["cpu_us_per_s"] <= CPU_GOAL_US_PER_S for f in all_figures),
             "rss": all(f["rss_kib"] <= RSS_GOAL_KIB for f in all_figures)}
    last_line({"bench": "idle", "n": 1, "seconds": seconds, **result, "goals": goals})
    return 0
