#!/usr/bin/python3
"""scripts/run-ctest tells tests that were left out from tests that passed."""
import os
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "run-ctest"


class RunCtest(unittest.TestCase):
    def run_tests(self, *tests, allow_skip=False):
        """Each of @tests is a shell line; 77 means skipped."""
        text = ""
        for number, line in enumerate(tests):
            text += f'add_test(t{number} "/bin/sh" "-c" "{line}")\n'
            text += f"set_tests_properties(t{number} PROPERTIES SKIP_RETURN_CODE 77)\n"
        environment = {k: v for k, v in os.environ.items() if k != "GW_ALLOW_SKIP"}
        if allow_skip:
            environment["GW_ALLOW_SKIP"] = "1"
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "CTestTestfile.cmake").write_text(text, encoding="utf-8")
            return subprocess.run([SCRIPT, folder], capture_output=True, text=True, check=False,
                                  env=environment)

    def test_all_passed_is_success(self):
        done = self.run_tests("true", "true")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("left out", done.stdout)

    def test_a_failure_fails(self):
        self.assertNotEqual(self.run_tests("true", "false").returncode, 0)

    def test_a_skip_fails_and_tells_its_reason(self):
        done = self.run_tests("true", "echo no bridge here; exit 77")
        self.assertEqual(done.returncode, 1)
        self.assertIn("left out: t1: no bridge here", done.stdout)

    def test_a_skip_can_be_accepted_but_is_still_told(self):
        done = self.run_tests("true", "exit 77", allow_skip=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("left out: t1", done.stdout)

    def test_accepting_skips_accepts_no_failure(self):
        self.assertNotEqual(self.run_tests("false", "exit 77", allow_skip=True).returncode, 0)

    def test_no_tests_at_all_fails(self):
        self.assertNotEqual(self.run_tests().returncode, 0)


if __name__ == "__main__":
    unittest.main()
