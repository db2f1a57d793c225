"""Runs the checks: python3 run.py [MODULE[.CLASS[.test]]]... With COUNTS=FILE it
writes "PASSED FAILED" there."""

import logging
import os
import sys
import unittest

os.chdir(os.path.dirname(os.path.abspath(__file__)))
logging.disable(logging.CRITICAL)  # the SDKs log what the checks cause on purpose
loader = unittest.TestLoader()
suite = loader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else loader.discover(".")
result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses) + len(result.skipped)
if "COUNTS" in os.environ:
    with open(os.environ["COUNTS"], "w") as counts:
        counts.write(f"{max(result.testsRun - failed, 0)} {failed}\n")
sys.exit(failed > 0)
