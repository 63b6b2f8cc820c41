"""A Dovecot of our own that does nothing but check passwords, for a Postfix of our own."""

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
DOVECOT = "/usr/sbin/dovecot"


def usable():
    """Why it cannot run here, or None."""
    if os.geteuid() != 0:
        return "Dovecot starts as root only"
    if not os.access(DOVECOT, os.X_OK):
        return "Dovecot is not installed"
    return None


class Dovecot:
    """Its SASL service listens at the path ${sasl}; users are a map from names to passwords."""

    def __init__(self, folder, users):
        self.folder, self.process = folder, None
        self.sasl = os.path.join(folder, "sasl")
        os.makedirs(folder)
        os.chmod(folder, 0o755)
        with open(os.path.join(folder, "users"), "w", encoding="utf-8") as file:
            file.write("".join(f"{name}:{{PLAIN}}{word}\n" for name, word in users.items()))
        shutil.chown(file.name, "dovecot")
        self.config = os.path.join(folder, "dovecot.conf")
        with open(self.config, "w", encoding="ascii") as file:
            file.write(CONFIG.format(folder=folder))

    def start(self):
        self.process = subprocess.Popen(
            [DOVECOT, "-F", "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            harness.wait_for(lambda: os.path.exists(self.sasl), "Dovecot's socket")
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
