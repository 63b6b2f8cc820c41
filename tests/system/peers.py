"""A server that is unpacked, and cannot be told where its files lie: in a root of its own.

It runs by chroot(8) in a folder with its package, the libraries it needs and its own users: nothing outside
is written, and it finds all it has at the paths it was built with.
"""

import os
import re
import shutil
import subprocess

import harness
import maildir
import unpacked
from harness import tls

FOLDERS = ("dev", "etc", "tmp", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "run", "var/empty")


class Root:
    """Its users are a map from names to numbers. Each program gets the libraries that ldd(1) names."""

    def __init__(self, folder, package, users):
        self.folder = folder
        self.package = unpacked.path(package)
        for name in ("", "usr", "var", *FOLDERS):
            self.make(name)
        for name in ("lib", "lib64", "sbin", "bin"):
            os.symlink(f"usr/{name}", self.path(name))
        os.symlink("../run", self.path("var/run"))
        self.write("dev/null", "", 0o666)
        people = {"root": 0, "nobody": 65534, **users}
        self.write("etc/passwd", "".join(f"{n}:x:{i}:{i}::/var/empty:/bin/sh\n" for n, i in people.items()))
        self.write("etc/group", "".join(f"{n}:x:{i}:\n" for n, i in {**people, "mail": 8}.items()))
        self.write("etc/hosts", "127.0.0.1 localhost\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")

    def path(self, name):
        return os.path.join(self.folder, name.lstrip("/"))

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(file.name, mode)
        return file.name

    def make(self, name, owner=0, group=0, mode=0o755):
        """A folder with its owner."""
        os.makedirs(self.path(name), exist_ok=True)
        os.chown(self.path(name), owner, group)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def certificate(self, owner=0):
        """/etc/gw.pem and /etc/gw.key, for gw.example.org."""
        for name in ("gw.pem", "gw.key"):
            shutil.copyfile(os.path.join(tls.folder(), name), self.path("etc/" + name))
            os.chown(self.path("etc/" + name), owner, 0)
            os.chmod(self.path("etc/" + name), 0o400)

    def read(self, *names):
        """What the files hold, one after the other; those that are not there hold nothing."""
        text = ""
        for name in names:
            if os.path.exists(self.path(name)):
                with open(self.path(name), encoding="utf-8", errors="replace") as file:
                    text += file.read()
        return text

    def know_itself(self):
        """Its folder's path then leads to it from inside, too, so that a path means the same on both sides."""
        self.make(os.path.dirname(self.folder))
        os.symlink("/", self.path(self.folder))

    def add(self, *names):
        """Programs of the package, and libraries that are loaded by name. None is set-uid."""
        self._copy({name: os.path.join(self.package, name.lstrip("/")) for name in names})

    def add_own(self, name):
        """A program of this system."""
        self._copy({name: name})

    def _copy(self, sources):
        for name, source in sources.items():
            self._put(source, name)
        for library in self._libraries(sources.values()):
            place = library if "ld-linux" in library else "/usr/lib/" + os.path.basename(library)
            if not os.path.exists(self.path(place)):
                self._put(library, place)

    def _put(self, source, name):
        self.make(os.path.dirname(name))
        shutil.copyfile(source, self.path(name))
        os.chmod(self.path(name), 0o755)

    def _libraries(self, programs):
        said = subprocess.run(
            ["ldd", *programs], stdout=subprocess.PIPE, text=True, check=True,
            env=unpacked.environment(os.path.basename(self.package))).stdout
        return re.findall(r"(/\S+) \(0x", said)


class Server(maildir.Maildir):
    """One whose Maildir is /mail in its root; ${arguments} start it in the foreground. plain and proxied
    are its ports, of which the second wants a PROXY header."""

    def __init__(self, folder, package, users, arguments):
        self.plain, self.proxied = harness.free_port(), harness.free_port()
        self.package, self.arguments, self.process = package, arguments, None
        self.root = Root(folder, package, users)
        super().__init__(self.root.path("/mail"))

    def start(self):
        with open(self.root.path("/output"), "wb") as output:
            self.process = subprocess.Popen(
                ["chroot", self.root.folder, *self.arguments], stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, env={"PATH": "/usr/sbin:/usr/bin"})
        try:
            harness.wait_for(lambda: harness.answers(self.plain), self.package)
        except AssertionError as error:
            self.stop()
            raise harness.Trouble(f"{self.package} does not start:\n{self.log()}") from error

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(60)  # on a busy machine
            self.process = None

    def log(self):
        return self.root.read("/output")
