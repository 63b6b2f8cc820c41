"""A Sendmail of our own, unpacked beside (packaging/peers): it relays all to one port, for everybody.

Needs root. It runs under a host name of its own, for it waits a minute for one with a dot.
"""

import os
import shutil
import subprocess

import harness
import unpacked

PACKAGE = "sendmail-bin"
PROGRAM = unpacked.path(PACKAGE, "usr/libexec/sendmail/sendmail")
CF = unpacked.path(PACKAGE, "usr/share/sendmail/cf/")
NAME = "sm.example.org"

# m4's quotes are ` and '. Names are looked up in files only.
CONFIGURATION = """\
divert(0)dnl
OSTYPE(`linux')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`confPID_FILE', `{folder}/pid')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/switch')dnl
define(`STATUS_FILE', `')dnl
define(`HELP_FILE', `')dnl
define(`ALIAS_FILE', `')dnl
define(`confDOMAIN_NAME', `{name}')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe')dnl
define(`confTO_IDENT', `0')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`SMART_HOST', `relay:[127.0.0.1]')dnl
define(`RELAY_MAILER_ARGS', `TCP $h {relay}')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
FEATURE(`promiscuous_relay')dnl
DAEMON_OPTIONS(`Port={port}, Addr=127.0.0.1, Name=inbound')dnl
{settings}MAILER(`smtp')dnl
"""

# It asks the milter at the address ${milter}, which is in libmilter's notation.
MILTER = "INPUT_MAIL_FILTER(`postern', `S={milter}, F=T, T=S:30s;R:30s;E:5m')dnl\n"

# Mail for ${domain} is its own, and goes to the port ${inside}; all is sent on before the reply to the dot.
INSIDE = """\
LOCAL_DOMAIN(`{domain}')dnl
define(`MAIL_HUB', `esmtp:[127.0.0.1]')dnl
define(`ESMTP_MAILER_ARGS', `TCP $h {inside}')dnl
define(`confDELIVERY_MODE', `interactive')dnl
define(`ALIAS_FILE', `null:none')dnl
"""


def usable():
    """Why it cannot run here, or None."""
    if not shutil.which("m4") or not shutil.which("unshare"):
        return "there is no m4 or no unshare"
    return unpacked.usable(PACKAGE)


class Sendmail:
    """Listens on ${port}; ${settings} are lines such as MILTER; ${relay} is the port that gets all mail."""

    def __init__(self, folder, relay, settings):
        self.port = harness.free_port()
        os.makedirs(os.path.join(folder, "queue"), mode=0o700)
        with open(os.path.join(folder, "switch"), "w", encoding="ascii") as file:
            file.write("hosts\tfiles\naliases\tfiles\n")
        text = CONFIGURATION.format(
            folder=folder, name=NAME, relay=relay, port=self.port, settings=settings
        )
        made = subprocess.run(
            ["m4", "-D_CF_DIR_=" + CF, CF + "m4/cf.m4", "-"], input=text, capture_output=True, text=True,
            check=True,
        )
        self.configuration = os.path.join(folder, "sendmail.cf")
        with open(self.configuration, "w", encoding="ascii") as file:
            file.write(made.stdout)
        self.process = subprocess.Popen(
            ["unshare", "--uts", "sh", "-c", f'hostname {NAME} && exec "$0" "$@"', PROGRAM, "-C",
             self.configuration, "-bD"], stdin=subprocess.DEVNULL,
            env=unpacked.environment(PACKAGE),
        )
        try:
            harness.wait_for(lambda: harness.answers(self.port), "Sendmail")
        except AssertionError:
            self.stop()
            raise

    def stop(self):
        self.process.terminate()
        self.process.wait()
