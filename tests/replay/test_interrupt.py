# SPDX-License-Identifier: BSD-3-Clause
"""No half results: whatever ends a run early, the output folder is not there and nothing else is
left beside it."""
import resource
import signal
import subprocess
import time
import unittest

import capture
import conversation
import program

MODEL = "--model", "ru-twitter-2021"


def content():
    return capture.pcap_bytes(conversation.tls("abs.twimg.com").download(1000000).frames)


class Signals(program.Case):
    def ended_by(self, number):
        data = content()
        with subprocess.Popen([program.SLUICE, "replay", "-", *MODEL, "-o", "out"],
                              cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdin.write(data[:len(data) // 2])
            process.stdin.flush()
            # It has begun when something is beside where the result will be.
            until = time.monotonic() + 20
            while not list(self.folder.iterdir()) and time.monotonic() < until:
                time.sleep(0.01)
            self.assertNotEqual(list(self.folder.iterdir()), [], "it never began")
            self.assertFalse((self.folder / "out").exists())
            process.send_signal(number)
            code = process.wait(20)
            errors = process.stderr.read().decode()
        self.assertNotEqual(code, 0)
        self.assertEqual(list(self.folder.iterdir()), [])
        self.assertLessEqual(len(errors.splitlines()), 1, errors)

    def test_interrupt(self):
        self.ended_by(signal.SIGINT)

    def test_terminate(self):
        self.ended_by(signal.SIGTERM)


class Disk(program.Case):
    """A file system that takes no more; here by the limit on a file's size."""

    def check(self, limit):
        def limited():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        trace = self.write("trace.pcap", content())
        # pylint: disable=subprocess-popen-preexec-fn
        done = subprocess.run([program.SLUICE, "replay", trace, *MODEL, "-o", "out"],
                              cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=limited, restore_signals=False, check=False, timeout=60)
        errors = done.stderr.decode()
        self.assertEqual(done.returncode, 3, errors)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertTrue(errors.startswith("sluice: "), errors)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["trace.pcap"])

    def test_full_at_once(self):
        self.check(0)

    def test_full_in_the_middle(self):
        self.check(60000)


if __name__ == "__main__":
    unittest.main()
