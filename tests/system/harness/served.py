# SPDX-License-Identifier: Apache-2.0
"""A test that has a daemon and, on the other side, the platforms."""

from .daemon import Daemon
from .places import SystemTest
from .sandbox import Sandbox


class ServedTest(SystemTest):
    def gateway(self):
        """Where the sandbox posts its webhooks."""
        return self.daemon.url

    def serve(self, brand, configure=None, quirks=""):
        """Starts both and connects them. `configure` writes the configuration when the sandbox's address is known."""
        self.brand = brand
        self.daemon = Daemon(self.folder, brand)
        self.sandbox = Sandbox(self.folder, brand.scenario(quirks=quirks), self.gateway())
        self.addCleanup(self.sandbox.stop)
        brand.base_url = self.sandbox.url
        (configure or self.daemon.write_config)()
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.sandbox.connect()
