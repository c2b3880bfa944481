"""CPU time and memory of Godwit's daemons while nobody asks anything of them."""

import os
import time

from figures import last_line, medians, parser, prepare, say
from lab.client import tied_lab

SECONDS, QUICK_SECONDS = 60, 10
NODES = {"ctl": ["scheduler"], "front": ["gateway"], "h1": ["source", "target"],
         "h2": ["source", "target"]}
RSS_GOAL_KIB = 30 * 1024


def sample(lab, node, name):
    """(CPU time in us, resident KiB) of a program of the lab."""
    pid = lab.ask_node(node, op="list")["programs"][name]["pid"]
    text = lab.run(node, ["cat", f"/proc/{pid}/stat", f"/proc/{pid}/status"], check=True).stdout
    fields = text.splitlines()[0].rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])  # utime, stime: proc(5) counts them as 14 and 15
    resident = next(line for line in text.splitlines() if line.startswith("VmRSS:"))
    return ticks * 1_000_000 // os.sysconf("SC_CLK_TCK"), int(resident.split()[1])


def main(argv):
    arguments = parser("idle", __doc__).parse_args(argv)
    seconds = QUICK_SECONDS if arguments.quick else SECONDS
    build = prepare(arguments)
    programs = [(node, name) for node, names in NODES.items() for name in names]
    rows = {name: [] for _, name in programs}
    with tied_lab(build, n_hosts=2, accelerator="tcg") as lab:
        before = {program: sample(lab, *program) for program in programs}
        time.sleep(seconds)
        for node, name in programs:
            cpu_us, rss_kib = sample(lab, node, name)
            used_us = (cpu_us - before[node, name][0]) / seconds
            rows[name].append({"cpu_us_per_s": used_us, "rss_kib": rss_kib})
            say(f"{node:6} {name:10} {used_us:7.0f} us of CPU per second, {rss_kib} KiB")
    result = {name: medians(values) for name, values in rows.items()}
    goals = {"rss": all(figure["rss_kib"] <= RSS_GOAL_KIB for figure in result.values())}
    last_line({"bench": "idle", "n": 1, "seconds": seconds, **result, "goals": goals})
    return 0
