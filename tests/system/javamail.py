"""JavaMail as a client: Send.java, compiled once, run once for a whole list of messages."""

import os
import shutil
import subprocess

import harness
from harness import tls

HERE = os.path.dirname(os.path.abspath(__file__))
JARS = ("/usr/share/java/javax.mail.jar", "/usr/share/java/javax.activation.jar")
JAVA, COMPILER = shutil.which("java"), shutil.which("ecj")


def usable():
    """Why it cannot run here, or None."""
    if JAVA is None or COMPILER is None:
        return "a Java runtime or the compiler ecj is not installed"
    if not all(map(os.path.exists, JARS)):
        return "JavaMail (libmail-java) is not installed"
    return None


class JavaMail:
    """Its folder holds the classes and what was sent."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)
        # The certificate has a name, and nothing but this file is asked for addresses.
        self.hosts = os.path.join(folder, "hosts")
        with open(self.hosts, "w", encoding="ascii") as file:
            file.write("127.0.0.1 gw.example.org client.example\n")
        result = subprocess.run(
            [COMPILER, "-11", "-proc:none", "-encoding", "UTF-8", "-cp", ":".join(JARS), "-d", folder,
             os.path.join(HERE, "Send.java")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=120, check=False)
        if result.returncode != 0:
            raise harness.Trouble(result.stdout)

    def send(self, port, mode, login, messages):
        """Messages are (token, kind, mechanism, recipients); a line of answer for each."""
        lines = [" ".join(login)] + [" ".join((*row[:3], *row[3])) for row in messages]
        result = subprocess.run(
            [JAVA, "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8",
             f"-Djdk.net.hosts.file={self.hosts}", "-cp", ":".join((self.folder, *JARS)), "Send",
             "gw.example.org", str(port), mode, f"{tls.folder()}/ca.pem", self.folder],
            input="".join(line + "\n" for line in lines), stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8", timeout=120, check=False)
        answers = result.stdout.splitlines()
        if len(answers) != len(messages):
            raise AssertionError(f"java ended with {result.returncode}: {result.stdout}{result.stderr}")
        return answers

    def sent(self, token):
        with open(os.path.join(self.folder, token), "rb") as file:
            return file.read()
