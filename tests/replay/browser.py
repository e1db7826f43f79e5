# SPDX-License-Identifier: BSD-3-Clause
"""A headless Chromium through chromedriver's WebDriver interface (W3C), standard library only."""
import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--hide-scrollbars",
             # Not a port: where nothing resolves "localhost" chromedriver does not find it.
             "--remote-debugging-pipe"]
CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def missing():
    """Why there can be no browser here, None when there can."""
    for name, path in ("chromium", CHROMIUM), ("chromedriver", CHROMEDRIVER):
        if not path:
            return name + " is not installed"
    return None if os.path.exists("/proc/self") else "chromium needs /proc, it is not mounted"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """One chromedriver and one session of it, both ended by close()."""

    def __init__(self, width=1200, height=900):
        self.profile = tempfile.TemporaryDirectory(prefix="sluice-chromium-",
                                                   ignore_cleanup_errors=True)
        port = free_port()
        self.base = "http://127.0.0.1:%d" % port
        # pylint: disable=consider-using-with
        self.driver = subprocess.Popen([CHROMEDRIVER, "--port=%d" % port],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self._wait()
            self.base += "/session/" + self._begin(width, height)
        except BaseException:
            self.close()
            raise

    def _wait(self):
        for _ in range(200):
            try:
                if self.call("GET", "/status")["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def _begin(self, width, height):
        options = {"binary": CHROMIUM, "args": ARGUMENTS + [
            "--window-size=%d,%d" % (width, height), "--user-data-dir=" + self.profile.name]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options,
                  "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        return answer["sessionId"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode(errors="replace")[:2000]) from error

    def open(self, path):
        self.call("POST", "/url", {"url": "file://" + path})

    def leave(self):
        """So that the next open() loads its file even when only the fragment differs."""
        self.call("POST", "/url", {"url": "about:blank"})

    def run(self, script, *arguments):
        """The value of a JavaScript function's body."""
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def devtools(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def scheme(self, name, media=""):
        self.devtools("Emulation.setEmulatedMedia", media=media,
                      features=[{"name": "prefers-color-scheme", "value": name}])

    def size(self, width, height):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=False)

    def log(self, kind):
        return self.call("POST", "/se/log", {"type": kind})

    def print_pdf(self):
        return base64.b64decode(self.call("POST", "/print", {}))

    def screenshot(self, whole=False):
        if not whole:
            return base64.b64decode(self.call("GET", "/screenshot"))
        answer = self.devtools("Page.captureScreenshot", captureBeyondViewport=True,
                               format="png")
        return base64.b64decode(answer["data"])

    def close(self):
        try:
            if "/session/" in self.base:
                self.call("DELETE", "")
        except (RuntimeError, OSError):
            pass
        self.driver.terminate()
        self.driver.wait(20)
        self.profile.cleanup()
