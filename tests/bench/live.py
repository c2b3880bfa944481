"""A running guest with a local disk, moved live between two hosts in turn by Godwit and by bare QMP
commands, one guest running at a time."""

from figures import last_line, medians, parser, prepare, ratio, say
from lab.client import tied_lab
from movers import FloorMover, GodwitMover

MOVERS = {mover.name: mover for mover in (FloorMover, GodwitMover)}
HOSTS = ["h1", "h2"]
ROUNDS, QUICK_ROUNDS = 7, 3
# Goals: blackout at most 1.5 x the floor's + 10 ms, total at most 1.3 x.
BLACKOUT_RATIO, BLACKOUT_EXTRA_US, TOTAL_RATIO = 1.5, 10_000, 1.3


def one_move(mover, round_number):
    """Boot, move, end; the direction changes from round to round."""
    origin, to = HOSTS if round_number % 2 == 0 else HOSTS[::-1]
    mover.boot(origin)
    try:
        row = mover.move(to)
    finally:
        mover.end()
    say(f"{mover.name:7} {origin} -> {to}: total {row['total_us'] / 1e6:.3f} s, "
        f"blackout {row['blackout_us'] / 1e3:.1f} ms")
    return row


def compare(godwit, floor):
    limit_us = BLACKOUT_RATIO * floor["blackout_us"] + BLACKOUT_EXTRA_US
    total = ratio(godwit["total_us"], floor["total_us"])
    return {
        "ratios": {
            "total": total,
            "total_with_start": ratio(godwit["total_us"], floor["with_start_us"]),
            "blackout": ratio(godwit["blackout_us"], floor["blackout_us"]),
        },
        "goals": {
            "total": total <= TOTAL_RATIO,
            "blackout": godwit["blackout_us"] <= limit_us,
        },
    }


def main(argv):
    top = parser("live", __doc__)
    top.add_argument("--only", choices=list(MOVERS), help="measure one side alone")
    top.add_argument("--rounds", type=int, help=f"default {ROUNDS}, or {QUICK_ROUNDS} when quick")
    arguments = top.parse_args(argv)
    rounds = arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS)
    names = [arguments.only] if arguments.only else list(MOVERS)
    build = prepare(arguments)
    rows = {name: [] for name in names}
    options = {"n_hosts": 2, "accelerator": "tcg", "with_daemons": "godwit" in names}
    with tied_lab(build, **options) as lab:
        movers = [MOVERS[name](lab, number) for number, name in enumerate(names, start=1)]
        for round_number in range(rounds):
            for mover in movers:
                rows[mover.name].append(one_move(mover, round_number))
    result = {"bench": "live", "n": rounds, **{name: medians(rows[name]) for name in names}}
    if len(names) == 2:
        result |= compare(result["godwit"], result["floor"])
    last_line(result)
    return 0
