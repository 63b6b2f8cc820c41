"""mta: a Postfix as the system tests start it, with a listener for each milter, that discards all mail."""

import os
import time

import postfix
from peers import BenchError, free_port

TICKS = os.sysconf("SC_CLK_TCK")
IDLE_SECONDS = 30  # for the queue to be empty

# No mailbox, and no limit that a benchmark would reach.
SETTINGS = """
virtual_mailbox_domains =
default_process_limit = 200
smtpd_client_connection_count_limit = 0
milter_default_action = tempfail
"""
LISTENER = "127.0.0.1:{port} inet n - n - - smtpd\n  -o smtpd_milters={milters}\n"


def usable():
    return postfix.usable()


class Listener:
    """One port of the Postfix, and the milter that is asked there, or None; the processes are common."""

    def __init__(self, server, milter):
        self.server = server
        self.milter = milter
        self.name = "postfix" + (f"+{milter.name}" if milter else "")
        self.port = free_port()

    def master_lines(self):
        milters = f"inet:127.0.0.1:{self.milter.port}" if self.milter else ""
        return LISTENER.format(port=self.port, milters=milters)

    def cpu_ns(self):
        return self.server.cpu_ns()

    def settle(self):
        self.server.wait_idle()


class Server(postfix.Postfix):
    """The instance, a context. listeners: one without a milter and one for each of ${milters}."""

    def __init__(self, folder, milters):
        super().__init__(folder, SETTINGS)
        self.listeners = [Listener(self, milter) for milter in (None, *milters)]
        with open(os.path.join(folder, "master.cf"), "a", encoding="ascii") as file:
            file.writelines(listener.master_lines() for listener in self.listeners)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()

    def _master(self):
        with open(os.path.join(self.folder, "queue", "pid", "master.pid"), encoding="ascii") as file:
            return int(file.read())

    def cpu_ns(self):
        """Processor time of the master and of all that it has started, the ended ones included."""
        master, total = self._master(), 0
        for name in os.listdir("/proc"):
            if name.isdigit():
                total += ticks_below(int(name), master)
        return total * 10**9 // TICKS

    def wait_idle(self):
        """Until the queue is empty: delivery is part of what a message costs."""
        deadline = time.monotonic() + IDLE_SECONDS
        while self._queued():
            if time.monotonic() > deadline:
                raise BenchError(f"Postfix does not empty its queue: {self.log()[-400:]}")
            time.sleep(0.02)

    def _queued(self):
        return any(files for queue in ("maildrop", "incoming", "active", "deferred")
                   for _, _, files in os.walk(os.path.join(self.folder, "queue", queue)))


def ticks_below(pid, master):
    """Of the process itself, and of its ended children, if it is the master or one of its children."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    if master not in (pid, int(fields[1])):
        return 0
    return sum(map(int, fields[11:15]))
