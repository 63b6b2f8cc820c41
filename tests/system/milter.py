"""`postern milter`, run for a test."""

import os
import signal

import harness


class Milter(harness.Gateway):
    """Listens at ${address}, an inet port of its own or a unix socket; the rest is the gateway's."""

    command, reload_signal = "milter", signal.SIGUSR1

    def __init__(self, folder, settings, socket=None, group=""):
        self.socket, self.group = socket, group
        super().__init__(folder, settings)

    @property
    def address(self):
        """In the notation of Postfix and of our own."""
        return f"unix:{self.socket}" if self.socket else f"inet:127.0.0.1:{self.port}"

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(
                f'hostname = "gw.example.org";\nmilter = {{ address = "{self.address}"; {self.group} }};\n'
                + settings
            )

    def path(self, name):
        return os.path.join(self.folder, name)
