"""Milters of others: unpacked (packaging/peers), never installed, each with its files below one folder.

OpenDKIM signs or verifies, rspamd and ClamAV judge by one rule and one signature. None needs root or a network.
"""

import base64
import os
import signal
import socket
import subprocess

import harness
import unpacked

SELECTOR, SIGNER = "gw", "example.org"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GTUBE = b"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"


def usable(*packages):
    """Why one of them cannot run here, or None."""
    return next(filter(None, map(unpacked.absent, packages)), None)


class Daemon:
    """A program of a package in the foreground, a process group of its own, that is there when somebody
    listens at ${ready}: a path or a port."""

    def __init__(self, folder, package, program, ready):
        self.folder, self.ready, self.process = folder, ready, None
        self.package, self.place = package, unpacked.path(package)
        self.command = [os.path.join(self.place, program)]
        os.makedirs(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(self.path(name), 0o600)
        return self.path(name)

    def listens(self):
        unix = isinstance(self.ready, str)
        try:
            with socket.socket(socket.AF_UNIX if unix else socket.AF_INET) as probe:
                probe.connect(self.ready if unix else ("127.0.0.1", self.ready))
                return True
        except OSError:
            return False

    def start(self):
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env=unpacked.environment(self.package))
        harness.wait_for(lambda: self.process.poll() is not None or self.listens(), self.command[0])
        if self.process.poll() is not None:
            raise harness.Trouble(f"{self.command[0]} does not start:\n{self.log()}")

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def hang(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """At once, all of it."""
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait(20)
            self.process = None
            if isinstance(self.ready, str) and os.path.exists(self.ready):
                os.unlink(self.ready)

    stop = kill  # nothing of it is kept

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as file:
            return file.read()


DKIM = """\
Mode {mode}
Socket {address}
Syslog no
Canonicalization relaxed/relaxed
KeyTable file:{folder}/keys
SigningTable refile:{folder}/signing
InternalHosts file:{folder}/internal
AuthservID gw.example.org
AlwaysAddARHeader {verifies}
RequireSafeKeys no
FinalPolicyScript {folder}/final.lua
{known}
"""
# Runs at the end of each message, and holds a `slow` one up.
FINAL = """\
if string.match(odkim.get_header(ctx, 'Subject', 0) or '', '^%s*slow$') then
  os.execute('sleep 60')
end
"""


def key():
    """A private key in PEM, and the text of its DNS record."""
    private = subprocess.run(
        ["openssl", "genrsa", "2048"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, check=True).stdout
    return private, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


class OpenDkim(Daemon):
    """Signs whatever comes, as SIGNER; or, without a private key, verifies, with ${record} for all DNS. It takes a
    minute for the Subject `slow`. It listens on a port, or, as it is quicker, at a path."""

    package = "opendkim"

    def __init__(self, folder, private=b"", record=b"", path=False):
        ready = os.path.join(folder, "milter") if path else harness.free_port()
        super().__init__(folder, self.package, "usr/sbin/opendkim", ready)
        self.address = f"unix:{ready}" if path else f"inet:{ready}@127.0.0.1"
        signs = bool(private)
        self.write("key", private)
        self.write("record", f"{SELECTOR}._domainkey.{SIGNER} ".encode() + record + b"\n")
        self.write("keys", f"own {SIGNER}:{SELECTOR}:{folder}/key\n" if signs else "")
        self.write("signing", "* own\n" if signs else "")
        self.write("internal", "127.0.0.0/8\n" if signs else "192.0.2.1\n")
        self.write("final.lua", FINAL)
        config = self.write("conf", DKIM.format(
            mode="s" if signs else "v", address=self.address, folder=folder,
            verifies="no" if signs else "yes",
            known="" if signs else f"TestPublicKeys {folder}/record"))
        self.command += ["-f", "-x", config]


RSPAMD = """\
options {{
  filters = "regexp";
  url_tld = "{folder}/tld";
  tempdir = "{folder}";
  control_socket = "{folder}/control mode=0600";
  words_decay = 0;
  disable_hyperscan = true;
  task_timeout = 60s;
  dns {{ nameserver = ["127.0.0.1:{resolver}"]; timeout = 60s; retransmits = 1; }}
}}
logging {{ type = "console"; level = "info"; color = false; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{port}";
  milter = yes;
  timeout = 60s;
  count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }}
}}
actions {{ reject = 15; rewrite_subject = 10; subject = "[spam] %s"; add_header = 6; }}
group "tests" {{
  symbols {{ "CASINO" {{ score = 8; }} "JACKPOT" {{ score = 12; }} }}
}}
regexp {{ CASINO = "Subject=/casino/i"; JACKPOT = "Subject=/jackpot/i"; }}
modules {{ path = "${{PLUGINSDIR}}/milter_headers.lua"; }}
milter_headers {{ use = ["x-spam-level"]; skip_local = false; skip_authenticated = false; }}
lua = "{folder}/slow.lua";
"""
SLOW = """\
rspamd_config.SLOW = {
  callback = function(task)
    if task:get_subject() == 'slow' then
      task:get_resolver():resolve_a({ task = task, name = 'nobody.test', callback = function() end })
    end
  end
}
"""


class Rspamd(Daemon):
    """Marks a casino in the Subject (X-Spam: Yes), rewrites the Subject with a jackpot and refuses GTUBE. With the
    Subject `slow` it asks the name server at ${resolver} and waits for the answer."""

    package = "rspamd"

    def __init__(self, folder, resolver=1):
        port = harness.free_port()
        super().__init__(folder, self.package, "usr/bin/rspamd", port)
        self.address = f"inet:127.0.0.1:{port}"
        self.write("tld", "com\norg\ntest\n")
        self.write("slow.lua", SLOW)
        config = self.write("conf", RSPAMD.format(folder=folder, port=port, resolver=resolver))
        share = os.path.join(self.place, "usr/share/rspamd")
        places = {
            "SHAREDIR": share, "PLUGINSDIR": share + "/plugins", "RULESDIR": share + "/rules",
            "LUALIBDIR": share + "/lualib", **dict.fromkeys(
                ("DBDIR", "RUNDIR", "LOGDIR", "CONFDIR", "LOCAL_CONFDIR"), folder)}
        self.command += ["-f", "-i", "-c", config]
        for name, value in places.items():
            self.command += ["--var", f"{name}={value}"]


CLAMD = """\
LocalSocket {folder}/clamd
Foreground yes
DatabaseDirectory {folder}
TemporaryDirectory {folder}
"""
CLAMAV = """\
MilterSocket unix:{folder}/milter
ClamdSocket unix:{scanner}
Foreground yes
TemporaryDirectory {folder}
OnInfected Reject
RejectMsg Found %v
AddHeader Replace
"""


class Scanner(Daemon):
    """clamd, which knows EICAR and nothing else."""

    package = "clamav-daemon"

    def __init__(self, folder):
        super().__init__(folder, self.package, "usr/sbin/clamd", os.path.join(folder, "clamd"))
        self.write("eicar.ndb", b"Eicar-Test:0:*:" + EICAR.hex().encode() + b"\n")
        self.command += ["-c", self.write("conf", CLAMD.format(folder=folder))]


class ClamAv(Daemon):
    """clamav-milter before ${scanner}."""

    package = "clamav-milter"

    def __init__(self, folder, scanner):
        super().__init__(folder, self.package, "usr/sbin/clamav-milter", os.path.join(folder, "milter"))
        self.address = f"unix:{self.ready}"
        self.command += [
            "-c", self.write("conf", CLAMAV.format(folder=folder, scanner=scanner.ready))]
