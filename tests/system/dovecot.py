"""A Dovecot of our own that checks passwords for a Postfix of our own, and delivers by LMTP."""

import glob
import os
import shutil
import subprocess

import harness

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols =
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-256
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener {folder}/sasl {{
    mode = 0666
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
DELIVERY = """\
protocols = lmtp
mail_location = maildir:{folder}/mail/%n
first_valid_uid = 1
mail_plugins = quota
lmtp_save_to_detail_mailbox = no
userdb {{
  driver = passwd-file
  args = {folder}/boxes
  default_fields = uid=nobody gid=nogroup home={folder}/mail
}}
plugin {{
  quota = maildir:User
}}
service lmtp {{
  unix_listener {folder}/lmtp {{
    mode = 0666
  }}
}}
"""
DOVECOT = "/usr/sbin/dovecot"


def usable():
    """Why it cannot run here, or None."""
    if os.geteuid() != 0:
        return "Dovecot starts as root only"
    if not os.access(DOVECOT, os.X_OK):
        return "Dovecot is not installed"
    return None


class Dovecot:
    """Its SASL service listens at the path ${sasl}; users are a map from names to passwords,
    ${boxes}, if given, one from addresses that LMTP delivers to to their quotas."""

    def __init__(self, folder, users, boxes=None):
        self.folder, self.process, self.boxes = folder, None, boxes
        self.sasl = os.path.join(folder, "sasl")
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        with open(os.path.join(folder, "users"), "w", encoding="utf-8") as file:
            file.write("".join(f"{name}:{{PLAIN}}{word}\n" for name, word in users.items()))
        shutil.chown(file.name, "dovecot")
        self.config = os.path.join(folder, "dovecot.conf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder))
        if boxes:
            self.deliver(boxes)

    def deliver(self, boxes):
        """Adds LMTP at the path ${lmtp}; ${boxes} maps addresses to their quota, "" is none."""
        self.lmtp = os.path.join(self.folder, "lmtp")
        os.mkdir(os.path.join(self.folder, "mail"))
        shutil.chown(os.path.join(self.folder, "mail"), "nobody", "nogroup")
        with open(os.path.join(self.folder, "boxes"), "w", encoding="ascii") as file:
            for address, quota in boxes.items():
                file.write(f"{address}::::::" + (f":userdb_quota_rule=*:{quota}" if quota else ":") + "\n")
        shutil.chown(file.name, "dovecot")
        with open(self.config, "r+", encoding="ascii") as file:
            text = file.read()
            begin, end = text.index("userdb {"), text.index("service auth")
            file.seek(0)
            file.write(text[:begin] + DELIVERY.format(folder=self.folder) + text[end:])
            file.truncate()

    def messages(self, box):
        """What was delivered to the local part ${box}."""
        found = []
        for path in glob.glob(os.path.join(self.folder, "mail", box, "new", "*")):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def start(self):
        self.process = subprocess.Popen(
            [DOVECOT, "-F", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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

    def log(self):
        try:
            with open(os.path.join(self.folder, "log"), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""
