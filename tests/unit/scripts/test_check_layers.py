#!/usr/bin/python3
"""scripts/check-layers finds what is planted, and nothing else."""
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "check-layers"
TABLE = """
| level | folder | what | beside | third-party libraries |
|---|---|---|---|---|
| 0 | `lib/base` | errors | | |
| 1 | `lib/core` | pure | | |
| 1 | `lib/loop` | events | | libevent |
| 2 | `lib/qmp` | monitors | `lib/wire` | json-c |
| 2 | `lib/wire` | messages | | protobuf-c |
| 5 | `services/source` | a program | | protobuf-c (in `*_rpc.*` `front*`) |
| 5 | `services/target` | a program | | |
"""
CLEAN = {
    "lib/base/error.h": "",
    "lib/core/plan.h": '#include "base/error.h"\n#include <stdint.h>\n',
    "lib/loop/loop.c": '#include "loop/loop.h"\n#include <event2/event.h>\n',
    "lib/loop/loop.h": "#include <sys/types.h>\n",
    "lib/wire/wire.h": '#include "godwit/v1/guest.pb-c.h"\n',
    "lib/qmp/qmp.c": '#include "wire/wire.h"\n  #  include <json-c/json.h>\n',
    "services/source/front.h": '#include "godwit/v1/source.pb-c.h"\n',
    "services/source/own.h": "",
    "services/source/source_rpc.c": '#include "own.h"\n#include "godwit/v1/source.pb-c.h"\n',
    "services/target/target.c": '#include "loop/loop.h"\n',
}


class CheckLayers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.put("ARCHITECTURE.md", TABLE)
        for path, text in CLEAN.items():
            self.put(path, text)

    def put(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def check(self):
        return subprocess.run([SCRIPT, "--root", self.root], capture_output=True, text=True,
                              check=False)

    def assert_planted(self, path, text, *parts):
        self.put(path, text)
        done = self.check()
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)
        for part in (path, *parts):
            self.assertIn(part, done.stdout)

    def test_a_clean_tree_passes_silently(self):
        done = self.check()
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_including_upwards_is_found_with_its_line(self):
        self.assert_planted("lib/base/x.c", '\n#include "loop/loop.h"\n',
                            "lib/base/x.c:2: ", "includes up into lib/loop")

    def test_including_sideways_is_found(self):
        self.assert_planted("lib/core/x.c", '#include "loop/loop.h"\n', "sideways into lib/loop")

    def test_beside_has_a_direction(self):
        self.put("lib/qmp/qmp.h", "")
        self.assert_planted("lib/wire/x.c", '#include "qmp/qmp.h"\n', "sideways into lib/qmp")

    def test_one_program_including_another_is_found_however_it_is_spelled(self):
        for name in ("source/own.h", "../source/own.h", "services/source/own.h"):
            self.assert_planted("services/target/x.c", f'#include "{name}"\n',
                                "sideways into services/source")

    def test_a_library_outside_its_folder_is_found(self):
        for header in ("event2/event.h", "json-c/json.h", "sqlite3.h", "libnbd.h", "nng/nng.h",
                       "microhttpd.h", "openssl/evp.h", "protobuf-c/protobuf-c.h"):
            self.assert_planted("services/target/x.c", f"#include <{header}>\n",
                                "is not for services/target")

    def test_generated_types_outside_the_front_files_are_found(self):
        self.assert_planted("services/source/x.c", '#include "godwit/v1/source.pb-c.h"\n',
                            "protobuf-c is for *_rpc.* front* alone")

    def test_generated_types_in_the_core_are_found(self):
        self.assert_planted("lib/core/x.h", '#include "godwit/v1/guest.pb-c.h"\n',
                            "protobuf-c is not for lib/core")

    def test_a_folder_that_is_not_in_the_table_is_found(self):
        self.assert_planted("lib/new/x.c", "", "add a row")

    def test_a_tree_without_a_table_is_an_error(self):
        self.put("ARCHITECTURE.md", "no table here")
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn("no level table", done.stderr)


if __name__ == "__main__":
    unittest.main()
