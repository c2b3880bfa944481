#!/usr/bin/python3
"""The scheduler of the model moves between the same states as lib/core/migration_table.c."""
import os
import pathlib
import re
import subprocess
import unittest

TREE = pathlib.Path(os.environ.get("GW_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
MODEL = TREE / "docs" / "model"
LEFT_OUT = {"PLANNED"}  # nothing of the handover is sent before PREPARING
ENDS = {"FAILED": "ENDED", "CANCELLED": "ENDED"}
SAME_AS = {("RETIRING", "SUCCEEDED")}  # the model ends in RETIRING
NOT_OF_THE_TABLE = {"ENDED"}  # a Start by hand, and the next migration


def arguments(call):
    """The arguments of a macro call, up to its closing parenthesis."""
    depth, start, found = 0, 0, []
    for at, letter in enumerate(call):
        if letter == "(":
            depth += 1
        elif letter in ",)" and depth == 0:
            found.append(call[start:at].strip())
            start = at + 1
            if letter == ")":
                return found
        elif letter == ")":
            depth -= 1
    raise ValueError(call[:80])


def moves_of_the_table():
    text = (TREE / "lib" / "core" / "migration_table.c").read_text()
    text = text[text.index("gw_migration_rows[]"):]
    moves = set()
    for row in re.finditer(r"\b(MOVE|UNDONE)\(", text):
        args = arguments(text[row.end():])
        moves |= {(args[0], args[3])} if row.group(1) == "MOVE" else {(args[0], "FAILED")}
    return {(a, ENDS.get(b, b)) for a, b in moves if a not in LEFT_OUT} - SAME_AS


def names_of_states():
    text = (MODEL / "handover.pml").read_text()
    text = text[text.index("#define PREPARING"):text.index("st_s = PREPARING")]
    return {number: name for name, number in re.findall(r"#define (\w+) (\d+)", text)}


def scheduler_text(define):
    """The rows of the scheduler with all macros expanded, without those of not_built.pml."""
    text = subprocess.run(["gcc", "-E", "-x", "c", f"-D{define}", MODEL / "handover.pml"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    kept, file = [], ""
    for line in text.splitlines():
        marker = re.match(r'# \d+ "(.*?)"', line)
        file = pathlib.Path(marker.group(1)).name if marker else file
        if not marker and file == "scheduler.pml":
            kept.append(line)
    return "\n".join(kept)


def moves_of_the_model():
    names = names_of_states()
    moves = set()
    for define in ("LIVE", "COLD"):
        for row in scheduler_text(define).split(":: d_step")[1:]:
            guard, _, rest = row.partition("->")
            froms = re.findall(r"st_s == (\d+)", guard)
            targets = re.search(r"st_s = ([^;]*);", rest)
            numbers = re.findall(r"\b(\d+)\b", targets.group(1)) if targets else []
            moves |= {(names[a], names[b]) for a in froms for b in numbers}
    return {(a, b) for a, b in moves if a not in NOT_OF_THE_TABLE}


class Rows(unittest.TestCase):
    def test_model_and_table_move_between_the_same_states(self):
        table = moves_of_the_table()
        self.assertGreater(len(table), 15)
        self.assertEqual(moves_of_the_model(), table)

    def test_model_knows_every_state_of_the_table(self):
        header = (TREE / "lib" / "core" / "migration.h").read_text()
        states = set(re.findall(r"GW_MIGRATION_([A-Z_]+),", header)) - {"STATE_COUNT"}
        known = set(names_of_states().values()) | LEFT_OUT | set(ENDS) | {"SUCCEEDED"}
        self.assertEqual(states - known, set())


if __name__ == "__main__":
    unittest.main()
