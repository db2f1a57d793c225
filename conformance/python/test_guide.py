"""The Python program of docs/testing.md, as it is copied."""
import pathlib
import re
import unittest

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "testing.md"


class Guide(unittest.TestCase):
    def test_example(self):
        program = re.search(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE).group(1)
        names = {}
        exec(compile(program, str(PAGE), "exec"), names)  # the page is part of this repository
        tests = [value for name, value in names.items() if name.startswith("test_")]
        self.assertEqual(len(tests), 1)
        tests[0]()
