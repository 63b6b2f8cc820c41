"""A Postfix of our own, Debian's, unpacked: its configuration, queue and mail below one folder, its ports on loopback.

The machine's own instance, if there is one, is neither used nor touched. Needs root, as Postfix does.
"""

import glob
import os
import pwd
import shutil
import subprocess

import harness
import maildir
import unpacked

PACKAGE = "postfix"

# Its own accounts are made by installing it. These two are everywhere, and nothing else here runs as them.
OWNER, GROUP = "uucp", "news"

MAIN = """\
compatibility_level = 3.6
mail_owner = {owner}
setgid_group = {group}
daemon_directory = {root}/usr/lib/postfix/sbin
command_directory = {root}/usr/sbin
shlib_directory = {root}/usr/lib/postfix
meta_directory = {root}/etc/postfix
sendmail_path = {root}/usr/sbin/sendmail
mailq_path = {root}/usr/bin/mailq
newaliases_path = {root}/usr/bin/newaliases
import_environment = MAIL_CONFIG MAIL_LOGTAG LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME LD_LIBRARY_PATH
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.org
mydestination =
alias_maps =
mynetworks = 127.0.0.1/32
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{ busy@example.org = 450 4.2.1 Mailbox busy }},
    {{ gone@example.org = 550 5.1.1 Mailbox gone }} }}
smtpd_peername_lookup = no
in_flow_delay = 0
smtpd_error_sleep_time = 0
smtpd_client_event_limit_exceptions = 127.0.0.0/8
disable_dns_lookups = yes
default_transport = discard:
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""

MASTER = """\
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{xclient} inet n - n - - smtpd
  -o smtpd_authorized_xclient_hosts=127.0.0.1/32
127.0.0.1:{xforward} inet n - n - - smtpd
  -o smtpd_authorized_xforward_hosts=127.0.0.1/32
127.0.0.1:{proxied} inet n - n - - smtpd
  -o smtpd_upstream_proxy_protocol=haproxy
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
smtp      unix  - - n - - smtp
virtual   unix  - n n - - virtual
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""


def usable():
    """Why it cannot run here, or None."""
    return unpacked.usable(PACKAGE)


def tool(name):
    """The path of one of its programs, such as smtp-source, which runs in environment()."""
    return unpacked.path(PACKAGE, "usr/sbin/" + name)


def environment():
    return unpacked.environment(PACKAGE)


def overridden(text, settings):
    """main.cf with each name once. Every program of Postfix would warn of a second one, and before its own log writer
    runs so many warnings block the master, for good."""
    names = {line.split("=")[0].strip() for line in settings.splitlines() if line[:1].strip()}
    kept, keep = [], True
    for line in text.splitlines(keepends=True):
        if line[:1].strip():  # else it goes on
            keep = line.split("=")[0].strip() not in names
        kept += [line] if keep else []
    return "".join(kept) + settings


class Postfix(maildir.Maildir):
    """plain, xclient, xforward and proxied are the ports of four listeners, the last of which wants a
    PROXY header; mail for anybody at example.org
    lands in one Maildir, any other recipient is relayed (thrown away) for 127.0.0.1 alone.
    ${settings} are further lines of main.cf, which replace ours."""

    def __init__(self, folder, settings=""):
        super().__init__(os.path.join(folder, "mail", "inbox"))
        self.folder = folder
        self.running = False
        os.makedirs(os.path.join(folder, "queue"))
        for name, owner in (("data", OWNER), ("mail", "nobody")):
            os.mkdir(os.path.join(folder, name))
            shutil.chown(os.path.join(folder, name), owner)
        nobody = pwd.getpwnam("nobody")
        self._write("main.cf", overridden(MAIN.format(
            folder=folder, root=unpacked.path(PACKAGE), owner=OWNER, group=GROUP,
            uid=nobody.pw_uid, gid=nobody.pw_gid), settings))
        ports = (harness.free_port() for _ in range(4))
        self.plain, self.xclient, self.xforward, self.proxied = ports
        self._write("master.cf", MASTER.format(**vars(self)))

    def held(self):
        """The queue ids of what is on hold."""
        paths = glob.glob(os.path.join(self.folder, "queue", "hold", "**", "*"), recursive=True)
        return [os.path.basename(path) for path in paths if os.path.isfile(path)]

    def _write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
            file.write(text)

    def _control(self, verb):
        return subprocess.run(
            [tool("postfix"), "-c", self.folder, verb], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=60,
            env=environment(),
        )

    def start(self):
        result = self._control("start")
        if result.returncode != 0:
            raise harness.Trouble(f"Postfix does not start:\n{result.stdout}{self.log()}")
        self.running = True
        for port in (self.plain, self.xclient, self.xforward):
            harness.wait_for(lambda: harness.answers(port), f"Postfix on port {port}")

    def stop(self):
        if self.running:
            self._control("stop")
            self.running = False

    def log(self):
        try:
            with open(os.path.join(self.folder, "mail.log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""
