"""Plays one dialogue, in one of its variants, against a gateway of its own."""

import json
import os
import re
import shutil
import signal
import threading
import time

from kit import dns, kept, memory, milter, oracle, secrets, tls
from kit.client import Client
from kit.gateway import LISTENER_PORT, UPSTREAM_PORT, Gateway
from kit.upstream import Upstream
from kit.words import Failure, pattern, show, unescape

PATIENCE = 4  # seconds an expectation waits
STILL = 0.2  # seconds in which "nothing" must happen
HOLD = """rules = ( { name = "holds"; when = { raw_body = "/never to be found in these/"; };
  then = { reject = "550 5.7.1 found after all"; }; } );
"""
LMTP = 'protocol = "lmtp"'
WORKERS = 3  # of the variant that has more than one
SPOOL = 'limits = { memory_per_message = "16K"; spool_dir = "@DIR@"; };\n'


def expression(text):
    """Of a line of the log, written /like this/."""
    return re.compile(pattern(text).pattern.decode())


def matches(wanted, got, whole):
    expression = pattern(wanted)
    if expression:
        return bool(expression.search(got))
    plain = unescape(wanted)
    return got == plain if whole else got.startswith(plain)


class Player:
    def __init__(self, dialogue, variant, binary, host):
        self.dialogue, self.variant = dialogue, variant
        self.exchange, self.exchange_lock = [], threading.Lock()
        self.began = time.monotonic()
        config = dialogue.config
        if variant in ("hold", "spool"):
            config += HOLD + (SPOOL if variant == "spool" else "")
        self.gateway = Gateway(
            binary, host, config, dialogue.listener, dialogue.relay, WORKERS if variant == "workers" else 1)
        self.lmtp = LMTP in dialogue.listener
        self.dns = dns.Server(host)
        texts = config + "".join(line for step in dialogue.steps for line in step.block)
        self.milters = {
            who: milter.Milter(host, milter.PORT + number)
            for number, who in enumerate(("", "2")) if f"@MILTER{who}@" in texts
        }
        self.upstream = Upstream(host, UPSTREAM_PORT, self.record, LMTP in dialogue.relay)
        self.upstream.split = variant == "upsplit"
        self.clients, self.never, self.never_logged, self.once_logged = {}, [], [], []
        self.started, self.wants_listener = False, True
        self.event_at = self.audit_at = self.log_at = 0
        self.message_at = {}
        self.host = host

    def record(self, mark, data):
        with self.exchange_lock:
            self.exchange.append((time.monotonic() - self.began, mark, bytes(data)))

    # The run as a whole.

    def play(self):
        """Returns None, or (line, expected, got)."""
        step = None
        try:
            for index, step in enumerate(self.dialogue.steps):
                if time.monotonic() - self.began > self.dialogue.patience:
                    raise Failure(f"an end within {self.dialogue.patience} s", "a hang")
                self.step(index, step)
            step = None
            self.finish()
        except Failure as failure:
            return step.line if step else 0, failure.expected, failure.got
        except OSError as error:
            return step.line if step else 0, "no trouble of the runner's own", repr(error)
        finally:
            self.stop()
        return None

    def stop(self):
        for client in self.clients.values():
            client.close()
        died = self.gateway.process and self.gateway.process.poll()
        if died:
            self.record("G:", f"the gateway died: exit code {died}".encode())
        self.gateway.stop()
        self.upstream.stop()
        self.dns.stop()
        for each in self.milters.values():
            each.stop()

    def start(self):
        self.started = True
        if self.wants_listener:
            self.upstream.listen()
        self.gateway.start()

    def finish(self):
        """What holds after every dialogue."""
        for client in self.clients.values():
            self.probe(client)
        if self.dialogue.secrets:
            self.upstream.wait(lambda: all(c.ended for c in self.upstream.connections), STILL)
            secrets.judge_memory(self)
        for client in self.clients.values():
            client.close()
        self.gateway.signal(signal.SIGTERM)
        self.gateway.exits()
        self.upstream.wait(lambda: all(c.ended for c in self.upstream.connections), PATIENCE)
        oracle.judge(self)
        secrets.judge_outputs(self)

    def probe(self, client):
        """Nobody owes a reply: a NOOP and a QUIT get theirs and nothing else comes (I9)."""
        if client.sock is None or client.in_content or client.at_end:
            return
        if client.lmtp:
            client.ledgers[-1].judge()
        until = time.monotonic() + PATIENCE
        if client.farewell:
            if not client.closed(until):
                raise Failure("the connection closed after 421 or 221 (R9, R35)", "nothing")
            return
        client.split = 0
        client.send(b"NOOP\r\nQUIT\r\n")
        for code in (b"250", b"221"):
            reply = client.reply(until)
            if not reply or reply[0][:3] != code:
                got = show(b"\n".join(reply)) if reply else "nothing"
                raise Failure(f"{code.decode()} to the last probe (NOOP, QUIT)", got)
        if not client.closed(until):
            raise Failure("the connection closed after QUIT", "nothing")

    # The steps.

    def step(self, index, step):
        if step.kind == "upstream":
            return self.do_script(step.text)
        if step.kind == "dns":
            return self.dns.take(step.text)
        if step.kind == "milter":
            second = step.text.startswith("2 ")
            return self.milters["2" if second else ""].order(step.text[2 * second :])
        if step.kind == "make":
            return os.mkdir(os.path.join(self.gateway.dir, step.text))
        if step.kind == "file":
            return self.do_file(step)
        if step.kind == "install":
            return self.do_install(step)
        if not self.started:
            self.start()
        if step.kind[0] in "CS" and len(step.kind) < 3:
            return self.step_of_client(index, step)
        if step.kind == "M<":
            return self.milters[step.who].expect(step.text, False)
        if step.kind == "M":
            return self.milters[step.who].judge(step.text)
        if step.kind[0] == "U":
            return self.step_of_upstream(step)
        return getattr(self, "do_" + step.kind)(step)

    def client(self, who):
        if who not in self.clients:
            client = Client(who, (self.host, LISTENER_PORT), self.record, self.lmtp)
            client.split = 1 if self.variant == "split" else 0
            self.clients[who] = client
        return self.clients[who]

    def step_of_client(self, index, step):
        client = self.client(step.who)
        if step.kind in ("C:", "C!"):
            self.send_run(index, client)
        elif step.kind == "C":
            self.do_client(client, step.text)
        elif step.kind == "S:":
            self.expect_reply(client, step.text, PATIENCE)
        elif match := re.fullmatch(r"(\d+) times: (.*)", step.text):
            for _ in range(int(match.group(1))):
                self.expect_reply(client, match.group(2), PATIENCE)
        elif match := re.fullmatch(r"within ([\d.]+): (.*)", step.text):
            self.expect_reply(client, match.group(2), float(match.group(1)))
        elif match := re.fullmatch(r"nothing(?: for ([\d.]+))?", step.text):
            client.need()
            line = client.line(time.monotonic() + float(match.group(1) or STILL))
            if line is not None or client.at_end:
                raise Failure("nothing to the client", show(line) if line else "a close")
        elif step.text == "closed":
            client.need()
            if not client.closed(time.monotonic() + PATIENCE):
                raise Failure("the connection closed", "nothing")
        else:
            raise Failure("a step", step.text)

    def send_run(self, index, client):
        """Lines of one client that follow each other go out in one write."""
        steps, data = self.dialogue.steps, b""

        def part(i):
            return steps[i].kind in ("C:", "C!") and self.client(steps[i].who) is client

        if index and part(index - 1):
            return
        while index < len(steps) and part(index):
            data += unescape(steps[index].text) + (b"\r\n" if steps[index].kind == "C:" else b"")
            index += 1
        client.send(data)

    def usual(self, client, words):
        """The usual beginnings of a conversation, as far as ${words} says, with the usual answers."""
        lines = []
        if client.fresh:
            self.expect_reply(client, "220 ", PATIENCE)
            lines.append((("LHLO" if self.lmtp else "EHLO") + " client.example", "250"))
        if words != "hello":
            lines.append(("MAIL FROM:<a@client.example>", "250"))
            lines.append(("RCPT TO:<b@example.org>", "250"))
        if words in ("data", "message"):
            lines.append(("DATA", "354"))
        if words == "message":
            lines.append(("Subject: usual\r\n\r\nText.\r\n.", "250"))
        for line, code in lines:
            client.send(line.encode() + b"\r\n")
            self.expect_reply(client, code, PATIENCE)

    def do_client(self, client, text):
        words = text.split()
        if words[0] in ("hello", "envelope", "data", "message"):
            self.usual(client, words[0])
        elif words[0] in ("bdat", "last"):
            chunk = unescape(text.partition(" ")[2])
            end = b" LAST" if words[0] == "last" else b""
            client.send(b"BDAT %d%s\r\n%s" % (len(chunk), end, chunk))
        elif words[0] == "connect":
            client.close()
            sources = [word for word in words[1:] if word != "narrow"]
            client.connect(*sources, narrow="narrow" in words)
        elif words[0] in ("close", "reset"):
            client.close(words[0] == "reset")
        elif words[0] == "tls":
            self.do_tls(client, words[1:])
        elif words == ["half-close"]:
            client.half_close()
        elif words[0] == "split":
            client.split = int(words[1])
        else:
            raise Failure("a step", " ".join(words))

    def do_tls(self, client, words):
        """Settings NAME=VALUE, then the outcome that is expected: an expression."""
        settings = dict(word.split("=", 1) for word in words if "=" in word and word[0] != "/")
        wanted = [word for word in words if word[0] == "/"]
        got = client.secure(settings)
        if not wanted and client.sock is None:
            raise Failure("a TLS handshake", got)
        for word in wanted:
            if not pattern(word).search(got.encode()):
                raise Failure(f"TLS {word}", got)

    def expect_reply(self, client, wanted, seconds):
        until = time.monotonic() + seconds
        if re.match(r"\d\d\d-", wanted):
            line = client.line(until)
            if line is None or not matches(wanted, line, False):
                raise Failure(f"a reply line {wanted}", show(line) if line else "nothing")
            return
        reply = client.reply(until)
        if reply is None:
            raise Failure(f"reply {wanted}", "a close" if client.at_end else "nothing")
        if not matches(wanted, b"\n".join(reply), False):
            raise Failure(f"reply {wanted}", show(b"\n".join(reply)))

    def do_script(self, text):
        """`upstream EVENT [N]: ACTION`, and how it stands in the network."""
        up = self.upstream
        if text in ("refuse", "blackhole", "listen"):
            if self.started:
                up.stop_listening()
            self.wants_listener = self.wants_listener and text == "listen"
            if text == "blackhole" or (text == "listen" and self.started):
                getattr(up, text)()
            return
        if text == "speaks lmtp":
            up.lmtp = True
            return
        if text == "wants header":
            up.wants_header = True
            return
        match = re.fullmatch(r"(\w+)(?: (\d+))?: (.*)", text)
        if not match:
            raise Failure("a step", f"upstream {text}")
        event, number, action = match.groups()
        if event == "tls" or "STARTTLS" in action:
            tls.folder()  # made now, and not within somebody's patience
        if event == "tls":
            up.tls = dict(word.split("=", 1) for word in action.split())
        elif event == "offers":
            up.offers = [o.strip() for o in action.split(",")] if action != "nothing" else []
        else:
            up.script[event, number and int(number)] = action

    def step_of_upstream(self, step):
        if step.kind == "U<":
            self.expect_command(step.text, lambda i: True)
        elif step.kind in ("U>", "U!"):
            end = b"\r\n" if step.kind == "U>" else b""
            self.speaking().send(unescape(step.text) + end)
        elif step.kind == "U":
            word, _, rest = step.text.partition(" ")
            getattr(self, "up_" + word)(rest, step)

    def speaking(self):
        if not self.upstream.wait(lambda: self.upstream.last() is not None, PATIENCE):
            raise Failure("a connection to the upstream", "none")
        return self.upstream.last()

    def expect_command(self, wanted, stops):
        """The next event that ${stops} accepts must be the command ${wanted}."""
        events, at = self.upstream.events, self.event_at
        if wanted[:4] not in ("EHLO", "HELO", "LHLO") and at == 0 and stops(0):
            self.upstream.wait(lambda: len(events) > 0, PATIENCE)
            at += bool(events) and events[0][0] != "message" and events[0][0][:4] in (b"EHLO", b"LHLO")
        found = []

        def look():
            found[:] = [i for i in range(at, len(events))
                        if events[i][0] != "message" and stops(i)]
            return bool(found)

        if not self.upstream.wait(look, PATIENCE):
            raise Failure(f"upstream {wanted}", "nothing")
        got = events[found[0]][0]
        self.event_at = found[0] + 1
        if isinstance(got, str) or not matches(wanted, got, True):
            raise Failure(f"upstream {wanted}", got if isinstance(got, str) else show(got))

    def up_sees(self, wanted, _step):
        """Passes over what comes before."""
        def stops(i):
            got = self.upstream.events[i][0]
            return isinstance(got, bytes) and matches(wanted, got, True)
        self.expect_command(wanted, stops)

    def up_never(self, wanted, _step):
        self.never.append(wanted)

    def up_no(self, wanted, _step):
        """Not so far."""
        time.sleep(STILL)
        for connection in self.upstream.connections:
            if unescape(wanted) in connection.raw:
                raise Failure(f"no {wanted} upstream so far", show(bytes(connection.raw)))

    def up_skip(self, _rest, _step):
        self.event_at = len(self.upstream.events)

    def up_header(self, wanted, _step):
        """What the newest connection began with."""
        connection = self.speaking()
        self.upstream.wait(lambda: connection.header is not None, PATIENCE)
        if connection.header is None or not matches(wanted, connection.header, True):
            raise Failure(f"header {wanted}", show(connection.header or b""))

    def up_nothing(self, _rest, _step):
        time.sleep(STILL)
        rest = [e for e, _ in self.upstream.events[self.event_at :] if e != "message"]
        if self.event_at == 0 and rest and rest[0][:4] in (b"EHLO", b"HELO", b"LHLO"):
            rest.pop(0)
        if rest:
            raise Failure("nothing upstream", rest[0] if isinstance(rest[0], str) else show(rest[0]))

    def up_secure(self, wanted, _step):
        """What TLS the last connection is in; "no": none."""
        last = self.speaking()
        self.upstream.wait(lambda: last.raw or last.ended, PATIENCE)
        got = last.secure or "no"
        if not matches(wanted, got.encode(), False):
            raise Failure(f"an upstream connection in TLS: {wanted}", got)

    def up_unasked(self, _rest, _step):
        time.sleep(STILL)
        if self.upstream.connections:
            raise Failure("no connection to the upstream", "one")

    def up_connections(self, count, _step):
        """Just so many: a further one would come in a moment."""
        connections, wanted = self.upstream.connections, int(count)
        self.upstream.wait(lambda: len(connections) >= wanted, PATIENCE)
        if self.upstream.wait(lambda: len(connections) != wanted, STILL):
            raise Failure(f"{wanted} upstream connections", str(len(connections)))

    def up_end(self, how):
        events = self.upstream.events

        def look():
            return any(e == how for e, _ in events[self.event_at :])

        if not self.upstream.wait(look, PATIENCE):
            raise Failure(f"the gateway's connection {how}", "nothing")
        self.event_at += [e for e, _ in events[self.event_at :]].index(how) + 1

    def up_closed(self, _rest, _step):
        self.up_end("closed")

    def up_aborted(self, _rest, _step):
        self.up_end("aborted")

    def up_close(self, _rest, _step):
        self.speaking().close()

    def up_reset(self, _rest, _step):
        self.speaking().reset()

    def up_messages(self, count, _step):
        def accepted():
            return sum(t.accepted for t in self.upstream.transactions())

        self.upstream.wait(lambda: accepted() >= int(count), PATIENCE)
        if accepted() != int(count):
            raise Failure(f"{count} messages accepted upstream so far", str(accepted()))

    def up_content(self, number, step):
        """The bytes of a message on the wire."""
        got = bytes(self.message("content", number).content)
        if any(line.startswith("~") for line in step.block):
            self.compare_lines(step.block, got.split(b"\r\n")[:-1])
            return
        wanted = b"".join(line + b"\r\n" for line in self.block(step))
        if got != wanted:
            raise Failure(f"content {show(wanted, 800)}", show(got, 800))

    def up_bytes(self, wanted, _step):
        """All bytes of the next message, its last line ended or not."""
        got = bytes(self.message("content", "").content)
        if got != unescape(wanted):
            raise Failure(f"content {wanted}", show(got, 800))

    def compare_lines(self, wanted, got):
        """Line by line: |the line itself, or ~an expression."""
        if len(wanted) != len(got):
            raise Failure(f"{len(wanted)} lines of content", show(b"\r\n".join(got), 800))
        for want, line in zip(wanted, got):
            text = f"/{want[1:]}/" if want.startswith("~") else want[1:]
            if not matches(text, line, True):
                raise Failure(f"content line {want}", show(line))

    def up_envelope(self, number, step):
        """The MAIL and RCPT commands of a message that the upstream answered 2xx."""
        message, wanted = self.message("envelope", number), self.block(step)
        got = [message.sender] + message.recipients
        if got != wanted:
            raise Failure(f"envelope {show(b', '.join(wanted))}", show(b", ".join(got)))

    def message(self, asker, number):
        """The Nth message whose dot came, or the next one of this kind of question."""
        at = self.message_at[asker] = int(number or self.message_at.get(asker, 0) + 1)
        done = self.upstream.done
        if not self.upstream.wait(lambda: len(done) >= at, PATIENCE):
            raise Failure(f"a message number {at} upstream", f"{len(done)}")
        return done[at - 1]

    @staticmethod
    def block(step):
        if any(not line.startswith("|") for line in step.block):
            raise Failure("lines that begin with |", "others")
        return [unescape(line[1:]) for line in step.block]

    # The gateway's own side.

    def do_file(self, step):
        with open(os.path.join(self.gateway.dir, step.text), "w", encoding="utf-8") as out:
            out.write("".join(line + "\n" for line in step.block))

    def do_install(self, step):
        """CERTIFICATE KEY: of two of the run's pairs, as tls.pem and tls.key."""
        for name, end in zip(step.text.split(), ("pem", "key")):
            to = os.path.join(self.gateway.dir, f"tls.{end}")
            shutil.copy(os.path.join(tls.folder(), f"{name}.{end}"), to + ".new")
            os.rename(to + ".new", to)

    def do_pause(self, step):
        time.sleep(float(step.text))

    def do_remove(self, step):
        os.rmdir(os.path.join(self.gateway.dir, step.text))

    def do_gateway(self, step):
        if step.text in ("exits", "rests"):
            getattr(self.gateway, step.text)()
        elif step.text.startswith("memory <"):
            memory.expect(self.gateway, step.text)
        else:
            self.gateway.signal(getattr(signal, "SIG" + step.text))

    def do_reload(self, step):
        self.gateway.reload("".join(line + "\n" for line in step.block))

    def do_log(self, step):
        if step.text.startswith("never: "):
            self.never_logged.append(expression(step.text.partition(" ")[2]))
            return
        text = step.text.removeprefix("once: ")
        wanted = expression(text)
        if text != step.text:
            self.once_logged.append(wanted)
        at = self.gateway.wait_line(self.gateway.log, self.log_at, wanted.search, PATIENCE)
        if at < 0:
            raise Failure(f"a log line {step.text}", " | ".join(self.gateway.log[self.log_at :]))
        self.log_at = at + 1

    def do_kept(self, step):
        kept.expect(self, step, "quarantine")

    def do_archived(self, step):
        kept.expect(self, step, "archive")

    def do_audit(self, step):
        """The next audit record holds at least these members."""
        within, _, text = step.text.rpartition(" seconds: ")
        wanted = json.loads(" ".join([text] + step.block))
        lines, at = self.gateway.audit, self.audit_at
        if self.gateway.wait_line(lines, at, lambda line: True, float(within or PATIENCE)) < 0:
            raise Failure(f"an audit record {json.dumps(wanted)}", "none")
        self.audit_at += 1
        try:
            record = json.loads(lines[at])
        except ValueError:
            raise Failure("an audit record in JSON", lines[at]) from None
        if not oracle.holds(wanted, record):
            raise Failure(f"an audit record with {json.dumps(wanted)}", lines[at])
