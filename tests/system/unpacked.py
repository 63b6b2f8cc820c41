"""Programs that are not installed but unpacked, each package with the libraries it needs: packaging/peers.

What the machine has installed is neither used nor touched, so a test is the same everywhere.
"""

import functools
import os

FOLDER = os.environ.get("POSTERN_PEERS", "/var/cache/postern-peers")


def absent(package):
    """Why no program of it can run here, or None."""
    if not os.path.isdir(os.path.join(FOLDER, package)):
        return f"{package} is not unpacked: see packaging/peers"
    return None


def usable(package):
    """Why a server of it, which starts as root, cannot run here, or None."""
    if os.geteuid() != 0:
        return f"{package} starts as root only"
    return absent(package)


def path(package, name=""):
    """Where the package's file ${name} lies."""
    return os.path.join(FOLDER, package, name.lstrip("/"))


@functools.cache
def libraries(package):
    """The folders of the libraries that came with it."""
    return sorted(place for place, _, names in os.walk(path(package)) if any(".so" in name for name in names))


def environment(package):
    """For a program of it: ours, and with it the libraries that came with the package."""
    return {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries(package))}
