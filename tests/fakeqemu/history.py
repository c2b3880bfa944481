"""What fake QEMUs wrote down (GW_FAKE_QEMU_LOG), and what is wrong with it.

  python3 history.py FILE    print what is wrong; exit status 1 when there is anything

docs/fake-qemu.md explains the lines."""

import sys
from collections import defaultdict, namedtuple
from pathlib import Path

Line = namedtuple("Line", "word us pid host guest fields")
NUMBERS = {"ticks", "generation", "on_disk", "in_memory", "acked", "status", "error"}


def _parse(text):
    word, *pairs = text.split(" ")
    fields = dict(pair.split("=", 1) for pair in pairs)
    us, pid = int(fields.pop("us")), int(fields.pop("pid"))
    host, guest = fields.pop("host"), fields.pop("guest")
    fields = {key: int(v) if key in NUMBERS else v for key, v in fields.items()}
    return Line(word, us, pid, host, guest, fields)


def read(path):
    """All lines, oldest first; a file that is not there has none."""
    path = Path(path)
    return [_parse(line) for line in path.read_text().splitlines()] if path.exists() else []


def _who(line):
    return f"{line.host} pid {line.pid}"


def runs(lines, guest=None):
    """(begin, end) lines of each run, in the order of their begins; end is None for one that goes on
    or was killed."""
    found, open_runs = [], {}
    for line in lines:
        if guest and line.guest != guest:
            continue
        key = (line.guest, line.host, line.pid)
        if line.word == "begin":
            open_runs[key] = len(found)
            found.append((line, None))
        elif line.word == "end" and key in open_runs:
            number = open_runs.pop(key)
            found[number] = (found[number][0], line)
    return found


def _doubled(lines):
    """Begun while another process held the guest: the kernel says so, also of one that was killed
    or stopped."""
    for line in lines:
        if line.word == "overlap":
            yield f"{line.us}: guest {line.guest} ran twice: {_who(line)} began in spite of another"


def _overlapping(lines):
    """The same by the clock, for those that ended in an orderly way."""
    by_guest = defaultdict(list)
    for begin, end in runs(lines):
        by_guest[begin.guest].append((begin, end))
    for guest, intervals in by_guest.items():
        for (a, a_end), (b, _) in zip(intervals, intervals[1:]):
            if a_end is not None and b.us < a_end.us:
                yield f"{b.us}: guest {guest} ran on {_who(b)} while it ran on {_who(a)}"


def _forked(lines):
    """The same memory was let run twice: two futures of one guest."""
    seen = {}
    for line in lines:
        if line.word != "begin":
            continue
        key = (line.guest, line.fields["boot"], line.fields["ticks"])
        if key in seen:
            yield (f"{line.us}: guest {line.guest} forked at tick {key[2]}: "
                   f"{_who(seen[key])}, and again {_who(line)}")
        seen[key] = line


def _faults(lines):
    for line in lines:
        if line.word == "fault":
            told = " ".join(f"{key}={value}" for key, value in line.fields.items())
            yield f"{line.us}: guest {line.guest} on {_who(line)}: {told}"


def problems(lines):
    """What must never be, in words; empty when all is well."""
    return [problem for check in (_doubled, _overlapping, _forked, _faults)
            for problem in check(lines)]


if __name__ == "__main__":
    found_wrong = problems(read(sys.argv[1]))
    print("\n".join(found_wrong) or "nothing is wrong")
    sys.exit(1 if found_wrong else 0)
