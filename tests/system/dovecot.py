"""A Dovecot of our own, Debian's, unpacked, that checks passwords for a Postfix of our own, hands out what that delivers, and
delivers by LMTP."""

import glob
import imaplib
import os
import poplib
import shutil
import subprocess

import harness
import peers
import unpacked

PACKAGE = "dovecot"
USERS = {"dovecot": 301, "dovenull": 302}
MODULES = ("libssl_iostream_openssl.so", "lib10_quota_plugin.so")

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = {protocols}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-256
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
{userdb}
}}
service auth {{
  unix_listener {folder}/sasl {{
    mode = 0666
  }}
}}
{mail}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
NOBODY = """\
  driver = static
  args = uid=nobody gid=nobody home=/nonexistent"""
MAIL = """\
mail_location = maildir:{maildir}
first_valid_gid = 1
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    address = 127.0.0.1
    port = {pop3}
  }}
}}
"""
BOXES = """\
  driver = passwd-file
  args = {folder}/boxes
  default_fields = uid=nobody gid=nobody home={folder}/mail"""
DELIVERY = """\
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
mail_plugins = quota
lmtp_save_to_detail_mailbox = no
plugin {{
  quota = maildir:User
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
}}
"""


def usable():
    """Why it cannot run here, or None."""
    return unpacked.usable(PACKAGE)


def programs():
    """Its settings name far more services than are used, and each must be there."""
    folder = "/usr/lib/dovecot/"
    with os.scandir(unpacked.path(PACKAGE, folder)) as entries:
        helpers = [entry.name for entry in entries
                   if entry.is_file() and os.access(entry.path, os.X_OK) and "." not in entry.name]
    return ["/usr/sbin/dovecot", "/usr/bin/doveconf", *(folder + name for name in helpers)]


class Dovecot:
    """Its SASL service listens at the path ${sasl}; users are a map from names to passwords. With a
    ${maildir} below the folder, which is its root, each of them finds it at the ports imap and pop3; with
    ${boxes}, a map from addresses to quotas ("" is none), it delivers to these by LMTP at the path ${lmtp}."""

    def __init__(self, folder, users, maildir=None, boxes=None):
        self.folder, self.process = folder, None
        self.users, self.maildir, self.boxes = users, maildir, boxes
        self.sasl = os.path.join(folder, "sasl")
        self.imap, self.pop3 = harness.free_port(), harness.free_port()
        self.root = peers.Root(folder, PACKAGE, USERS)
        self.root.know_itself()
        self.root.add(*programs(), *(f"/usr/lib/dovecot/modules/{name}" for name in MODULES))
        with open(os.path.join(folder, "users"), "w", encoding="utf-8") as file:
            file.write("".join(f"{name}:{{PLAIN}}{word}\n" for name, word in users.items()))
        shutil.chown(file.name, USERS["dovecot"])
        self.config = os.path.join(folder, "dovecot.conf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder, **(self.delivery() if boxes else self.access())))

    def access(self):
        """The settings of POP3 and IMAP, if there is a maildir."""
        mail = MAIL.format(**vars(self)) if self.maildir else ""
        return {"protocols": "imap pop3" if self.maildir else "", "mail": mail, "userdb": NOBODY}

    def delivery(self):
        """The settings of LMTP, and the files it needs."""
        self.lmtp = os.path.join(self.folder, "lmtp")
        os.mkdir(os.path.join(self.folder, "mail"))
        shutil.chown(os.path.join(self.folder, "mail"), "nobody", "nogroup")
        with open(os.path.join(self.folder, "boxes"), "w", encoding="ascii") as file:
            for address, quota in self.boxes.items():
                file.write(f"{address}::::::" + (f":userdb_quota_rule=*:{quota}" if quota else ":") + "\n")
        shutil.chown(file.name, USERS["dovecot"])
        mail, userdb = DELIVERY.format(**vars(self)), BOXES.format(**vars(self))
        return {"protocols": "lmtp", "mail": mail, "userdb": userdb}

    def messages(self, box):
        """What was delivered to the local part ${box}."""
        found = []
        for path in glob.glob(os.path.join(self.folder, "mail", box, "new", "*")):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def start(self):
        self.process = subprocess.Popen(
            ["chroot", self.folder, "/usr/sbin/dovecot", "-F", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": "/usr/sbin:/usr/bin"},
        )
        try:
            harness.wait_for(lambda: os.path.exists(self.sasl), "Dovecot's socket")
            if self.boxes:
                harness.wait_for(lambda: os.path.exists(self.lmtp), "Dovecot's LMTP socket")
        except AssertionError as error:
            raise harness.Trouble(f"Dovecot does not start:\n{self.log()}") from error

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None

    def by_imap(self, token):
        """Waits for the one message that holds the token, and returns it with its UID."""
        name, word = next(iter(self.users.items()))
        with imaplib.IMAP4("127.0.0.1", self.imap, timeout=harness.WAIT_SECONDS) as client:
            client.login(name, word)
            client.select(readonly=True)
            found = []

            def look():
                client.noop()
                found[:] = client.uid("SEARCH", None, "TEXT", f'"{token}"')[1][0].split()
                return found

            harness.wait_for(look, f"a message with {token}")
            if len(found) != 1:
                raise AssertionError(f"{len(found)} messages with {token}")
            return client.uid("FETCH", found[0].decode(), "(BODY.PEEK[])")[1][0][1], found[0].decode()

    def by_pop3(self, token):
        """The message that holds the token, which is there, and its number."""
        name, word = next(iter(self.users.items()))
        client = poplib.POP3("127.0.0.1", self.pop3, timeout=harness.WAIT_SECONDS)
        try:
            client.user(name)
            client.pass_(word)
            for number in range(client.stat()[0], 0, -1):
                message = b"".join(line + b"\r\n" for line in client.retr(number)[1])
                if token.encode() in message:
                    return message, number
        finally:
            client.quit()
        raise AssertionError(f"no message with {token}")

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""
