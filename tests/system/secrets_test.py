# SPDX-License-Identifier: Apache-2.0
"""A canary for each secret option and each credential of every platform: it goes to its platform, and nowhere else. Not
into a frame to a plugin (the memory of the plugins' processes is looked through), a file, a log, an answer to a tool, or a
core dump."""

import base64
import http.server
import json
import os
import re
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import BIN, PLUGINS, ROOT, SystemTest, until, write_private  # noqa: E402
from harness.sandbox import ask  # noqa: E402

PREFIX = "canary" + secrets.token_hex(5)
SANITIZED = any(name in (BIN / "posternd").read_bytes() for name in (b"__asan_init", b"__tsan_init"))


def forms():
    """The beginning that all canaries share, as it could be written down."""
    raw = PREFIX.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield raw.decode().encode("utf-16-le")
    for shift in range(3):  # base64 of a text that holds it, whatever stands before it
        inner = base64.b64encode(b"\0" * shift + raw)
        yield inner[4 if shift else 0 : -4]


FORMS = tuple(forms())


def holds_canary(content):
    return any(form in content for form in FORMS)


class Everywhere(http.server.ThreadingHTTPServer):
    """All platforms: takes anything and says little. Keeps what it was shown."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.shown = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def take(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("latin-1")
        self.server.shown.append(f"{self.path}\n{self.headers}\n{body}")
        answer = json.dumps({"ok": True, "id": "4711", "data": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_DELETE = take

    def log_message(self, *_):
        pass


def platforms():
    """name -> what the plugin says of itself; those that have a policy pack."""
    for plugin in sorted(PLUGINS.glob("*.so")):
        told = json.loads(subprocess.run([BIN / "postern-plugin-host", "--describe", plugin], capture_output=True,
                                         timeout=60, check=True).stdout)
        if told["kind"] == "platform" and (ROOT / "config/policies" / told["facts"]["platform"]).is_dir():
            yield plugin.stem, told


class Secrets(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = Everywhere()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.canaries, self.checked, tables = {}, set(), []
        for name, told in platforms():
            if "check" in told["facts"]["traits"]["tasks"]:
                self.checked.add(name)
            tables += self.tables(name, told)
        brand = Brand(accounts=(), top='log_level = "debug"\n', platforms="\n".join(tables))
        self.daemon = Daemon(self.folder, brand)
        self.addCleanup(self.daemon.stop)

    def canary(self, platform, name, told):
        value = f"{PREFIX}-{platform}-{name}"
        signature = told["facts"]["signature"]
        if signature["secret"] == name and signature.get("secret_form") == "base64":
            value = signature.get("secret_prefix", "") + base64.b64encode(value.encode()).decode()
        self.canaries[platform, name] = value
        write_private(self.folder / "canaries" / f"{platform}-{name}", value)
        return f'{name} = {{ file = "canaries/{platform}-{name}" }}'

    def tables(self, name, told):
        section = [f'[platform.{name}]\nplugin = "{name}"\nisolation = "process"\nbase_url = "{self.url()}"']
        account = [f'[account.acme-{name}]\nplatform = "{name}"\nid = "4711"']
        for option in told["options"]:
            where = account if option["per_account"] else section
            if option["type"] == "secret":
                where.append(self.canary(name, option["name"], told))
            elif option["name"] == "webhook_url":
                where.append('webhook_url = "https://example.org/webhooks"')
            elif option["required"]:
                where.append(f'{option["name"]} = "sample"')
        of_section = {option["name"] for option in told["options"]}
        for credential in told["facts"]["credentials"]:
            if credential["name"] not in of_section:
                account.append(self.canary(name, credential["name"], told))
        return ["\n".join(section), "\n".join(account)]

    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def live(self):
        """Whatever makes use of a secret: tokens are shown, refreshed and checked, webhooks are judged."""
        self.answers = []
        for platform in {platform for platform, _ in self.canaries}:
            code, text = self.daemon.ctl("--timeout", "30", "account", "connect", f"acme-{platform}", fails=True)
            self.assertIn(code, (0, 69), text)
            self.answers.append(text)
            for path in (platform, f"{platform}/acme-{platform}"):
                url = f"{self.daemon.url}/webhooks/{path}"
                ask(url, "POST", b'{"forged": true}', {"X-Signature": "sha256=00", "Content-Type": "application/json"})
                ask(url + "?hub.mode=subscribe&hub.verify_token=wrong&crc_token=a1&challenge=7&challengeCode=b2")
        self.daemon.ctl("reload", "--wait")
        time.sleep(0.3)

    def memory(self, pid):
        """All that a process can write to."""
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            for line in maps:
                begin, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
                if "rw" not in mode or "[v" in line:
                    continue
                memory.seek(int(begin, 16))
                yield memory.read(int(end, 16) - int(begin, 16))

    def test_a_secret_goes_to_its_platform_alone(self):
        self.assertGreater(len(self.canaries), 12)
        self.daemon.start()
        self.live()
        shown = "\n".join(self.server.shown)
        silent = [name for name in self.canaries if name[1] == "token" and self.canaries[name] not in shown]
        silent = [name for name in silent if name[0] in self.checked]
        self.assertEqual(silent, [], f"the canaries did sing: {self.answers}")
        for text in (*self.answers, json.dumps(self.daemon.ctl("status")), json.dumps(self.daemon.ctl("account", "list"))):
            self.assertFalse(holds_canary(text.encode()), text)
        for page in ("metrics", "readyz", "healthz"):
            self.assertFalse(holds_canary(ask(f"{self.daemon.admin_url}/{page}")[2]), page)
        hosts = {section: plugin["pid"] for section, plugin in self.daemon.plugins().items() if plugin["isolation"] == "process"}
        self.assertGreaterEqual(len(hosts), 7)
        # These processes do not let themselves be looked into; and a sanitizer's shadow has terabytes.
        if os.geteuid() == 0 and not SANITIZED:
            for section, pid in hosts.items():
                words = list(self.memory(pid))
                self.assertTrue(any(b"postern" in each for each in words), section)
                self.assertFalse(any(map(holds_canary, words)), f"memory of {section}")
        for pid in (self.daemon.process.pid, *hosts.values()):
            for name in ("cmdline", "environ"):
                try:
                    self.assertFalse(holds_canary(Path(f"/proc/{pid}/{name}").read_bytes()), f"{name} of {pid}")
                except PermissionError:
                    pass
        self.assertEqual(self.daemon.stop(), 0)
        self.assert_files_are_clean()

    def assert_files_are_clean(self):
        for file in (*self.daemon.state.rglob("*"), self.daemon.log_file):
            if file.is_file() and file.name != "sign.key":
                self.assertFalse(holds_canary(file.read_bytes()), file.name)

    def test_a_crash_leaves_no_core(self):
        pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if "/" in pattern or pattern.startswith("|"):
            self.skipTest(f"cores go elsewhere here: {pattern}")
        limit, most = resource.getrlimit(resource.RLIMIT_CORE)
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (most, most))
        except ValueError:
            self.skipTest("cores are not allowed here")
        here = os.getcwd()
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (limit, most))
        self.addCleanup(os.chdir, here)
        os.chdir(self.folder)
        other = subprocess.Popen(["sleep", "60"])
        other.send_signal(signal.SIGABRT)
        other.wait()
        if not self.cores():
            self.skipTest("this machine writes no cores")
        for core in self.cores():
            core.unlink()
        self.daemon.start()
        self.live()
        os.kill(self.daemon.process.pid, signal.SIGABRT)
        self.assertEqual(self.daemon.ended(), -signal.SIGABRT)
        self.assertEqual(self.cores(), [])
        self.assert_files_are_clean()

    def cores(self):
        return [file for file in self.folder.iterdir() if file.name.startswith("core")]

    @unittest.skipUnless(shutil.which("gcore") and os.geteuid() == 0, "only root's debugger gets in")
    @unittest.skipIf(SANITIZED, "a sanitizer's shadow has terabytes")
    def test_what_a_debugger_dumps_holds_no_secret_at_rest(self):
        self.daemon.start()
        until(lambda: "ready" in self.daemon.log(), "ready")
        done = subprocess.run(["gcore", "-o", self.folder / "dump", str(self.daemon.process.pid)], capture_output=True,
                              timeout=120)
        dumps = list(self.folder.glob("dump.*"))
        self.assertTrue(dumps, done.stderr)
        content = dumps[0].read_bytes()
        self.assertIn(b"acme-messenger", content, "it is the daemon's memory")
        # What was sent a moment ago, to refresh tokens, may still lie in buffers of libcurl's.
        shown = "\n".join(self.server.shown)
        resting = {name: value for name, value in self.canaries.items() if value not in shown}
        self.assertGreater(len(resting), 12)
        self.assertEqual([name for name, value in resting.items() if value.encode() in content], [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
