"""What the gateway's process has in memory: its pieces, and how much it ever was."""

import re

from kit.words import Failure

PIECE_MAX = 1 << 28  # bytes; larger ones are a sanitizer's own maps
UNIT = {"K": 1 << 10, "M": 1 << 20}
NOBODYS = ("[vvar]", "[vvar_vclock]", "[vsyscall]")  # the kernel's own, which nobody may read


def pieces(pid):
    """(Name, bytes) of everything the process may write to. OSError when it cannot be read."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps:
        found = [line.split() for line in maps]
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for piece in found:
            start, end = (int(x, 16) for x in piece[0].split("-"))
            if piece[1].startswith("rw") and end - start <= PIECE_MAX and piece[-1] not in NOBODYS:
                mem.seek(start)
                yield piece[-1], read_whole(mem, end - start)


def read_whole(mem, size):
    """The kernel gives at most so much at once; a piece that was given back meanwhile ends early."""
    data = b""
    while len(data) < size:
        got = mem.read(size - len(data))
        if not got:
            break
        data += got
    return data


def sanitized(binary):
    """Whether a sanitizer has the allocator, whose memory says nothing about the program's."""
    with open(binary, "rb") as program:
        return b"__asan_init" in program.read()


def most(pid):
    """Bytes that were resident at a time, at most, since its start."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.MULTILINE).group(1)) << 10


def expect(gateway, text):
    """The step `memory < NUMBER[K|M]`."""
    match = re.fullmatch(r"memory < (\d+)([KM])", text)
    if not match:
        raise Failure("a step", "gateway " + text)
    limit = int(match.group(1)) * UNIT[match.group(2)]
    got = most(gateway.process.pid)
    if got >= limit and not sanitized(gateway.binary):
        raise Failure(f"a gateway that never had {match.group(1)}{match.group(2)} of memory", f"{got >> 10} KiB")
