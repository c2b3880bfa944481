#!/usr/bin/env python3
"""docs/limits.md names every limit that a header names, no other, and only tests that there are."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDERS = ("lib", "services", "gateway", "cli")
CONSTANT = re.compile(r"\b((?:GW|GWY|SCH|SRC|TGT|CLI)_\w*(?:MAX|KEPT)\w*)(?: = | \(UINT64_C)")
ROW = re.compile(r"^\| `(\w+)` \|", re.M)


def constants():
    found = set()
    for folder in FOLDERS:
        for header in (ROOT / folder).rglob("*.h"):
            found.update(CONSTANT.findall(header.read_text()))
    return found


def tests():
    found = set()
    for source in (ROOT / "tests").rglob("*.c"):
        found.update(re.findall(r"^static void (\w+)\(void \*\*", source.read_text(), re.M))
    return found


class LimitsDoc(unittest.TestCase):
    def setUp(self):
        self.text = (ROOT / "docs/limits.md").read_text()
        self.rows = ROW.findall(self.text)

    def test_every_constant_has_one_row(self):
        self.assertEqual(sorted(constants() - set(self.rows)), [], "constants without a row")
        self.assertEqual(sorted(set(self.rows) - constants()), [], "rows without a constant")
        self.assertEqual(len(self.rows), len(set(self.rows)), "rows that stand twice")

    def test_every_test_named_is_there(self):
        known = tests()
        named = {name for line in self.text.splitlines() if ROW.match(line)
                 for name in re.findall(r"`([a-z]\w+)`", line.rsplit("|", 2)[1])}
        self.assertEqual(sorted(named - known), [], "tests that are not there")

    def test_every_row_of_the_first_table_names_a_test(self):
        first = self.text.split("\n## ")[0]
        bare = [line for line in first.splitlines()
                if ROW.match(line) and not re.search(r"`[a-z]\w+` \|$", line)]
        self.assertEqual(bare, [])


if __name__ == "__main__":
    unittest.main()
