#!/usr/bin/python3
"""scripts/check-protos finds fields without a comment, and nothing else."""
import pathlib
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "scripts" / "check-protos"
CLEAN = """syntax = "proto3";
package godwit.v1;
option optimize_for = SPEED;

enum Colour {
  COLOUR_UNSPECIFIED = 0;  // taken as RED
  // Of a ripe tomato.
  COLOUR_RED = 1;
}

message Fruit {
  string name = 1;  // unique in its basket
  // Grams; default: 0, not weighed.
  uint32 weight_g = 2;
  repeated godwit.v1.Colour colours = 3;  // of its skin
}

message Empty {
}
"""


class CheckProtos(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root, "protos", "godwit", "v1")
            folder.mkdir(parents=True)
            if text is not None:
                (folder / "fruit.proto").write_text(text, encoding="utf-8")
            return subprocess.run([SCRIPT, "--root", root], capture_output=True, text=True,
                                  check=False)

    def assert_found(self, text, name):
        done = self.check(text)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)
        self.assertIn("protos/godwit/v1/fruit.proto:", done.stdout)
        self.assertIn(name, done.stdout)

    def test_a_commented_contract_passes_silently(self):
        done = self.check(CLEAN)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done)

    def test_a_field_without_comment_is_found(self):
        self.assert_found(CLEAN.replace("  // unique in its basket", ""), "Fruit.name")

    def test_a_repeated_field_of_a_qualified_type_is_found(self):
        self.assert_found(CLEAN.replace("  // of its skin", ""), "Fruit.colours")

    def test_an_enum_value_without_comment_is_found(self):
        self.assert_found(CLEAN.replace("  // taken as RED", ""), "Colour.COLOUR_UNSPECIFIED")

    def test_an_empty_comment_is_none(self):
        self.assert_found(CLEAN.replace("// unique in its basket", "//"), "Fruit.name")

    def test_the_comment_of_the_field_before_does_not_count(self):
        text = CLEAN.replace("uint32 weight_g = 2;", "uint32 weight_g = 2;\n  bool is_ripe = 4;")
        self.assert_found(text, "Fruit.is_ripe")

    def test_a_tree_without_a_contract_is_an_error(self):
        self.assertEqual(self.check(None).returncode, 1)


if __name__ == "__main__":
    unittest.main()
