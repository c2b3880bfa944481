"""Daemons that nobody asks anything of."""

import sys

from harness import SOURCE_TREE, check, flow, lab_options

sys.path.insert(0, str(SOURCE_TREE / "tests" / "bench"))

import idle  # noqa: E402

SECONDS = 10


@flow
@lab_options(n_hosts=2)
def idle_daemons_are_idle(lab):
    """With a guest running, each daemon uses under 1 % of a CPU and under 30 MiB."""
    idle.start_guest(lab)
    for (node, name), figures in idle.measure(lab, SECONDS).items():
        print(f"{node} {name}: {figures['cpu_us_per_s']} us of CPU per second, "
              f"{figures['rss_kib']} KiB")
        check(figures["cpu_us_per_s"] < idle.CPU_GOAL_US_PER_S, f"{name} on {node} is busy")
        check(figures["rss_kib"] < idle.RSS_GOAL_KIB, f"{name} on {node} is fat")
