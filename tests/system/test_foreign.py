"""Behind README's `no-relay` nothing is sent on to a foreign domain, however a recipient is written: in front of
Postfix, with a domain of ours in each of its address classes, of Exim and of Sendmail, all of which relay whatever
comes from the gateway's address. What such a server sends on lands in a sink, where a leak is seen.

The same without the rule, and with it but with routed addresses let through, shows that the servers do send on.

Covers postern.conf(5) listeners (routed_addresses), C03.
"""

import os
import re
import shutil
import tempfile
import unittest

import exim
import harness
import postfix
import sendmail

README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")
FOREIGN, SENDER = "evil.test", "s@client.example"

# What stands behind "RCPT TO:". $U is a name that nobody else has, $F the foreign domain, $O one of ours.
FOREIGN_ITSELF = [
    "<$U@$F>", '<"$U"@$F>', r'<"\$U"@$F>', "<$U@$F.>", "<$U+tag@$F>", "<$U@EVIL.test>", "<$U@sub.$F>", "<$U@$O.$F>",
    "<$U@$F.$O>", "<@$O:$U@$F>", "<@$O,@h2.example:$U@$F>", "$U@$F", "< $U@$F>", "<$U@$F >", "<<$U@$F>>",
    "<mailto:$U@$F>", "<$U.@$F>", "<.$U@$F>",
]
ROUTES = [
    "<$U%$F@$O>", "<$F!$U@$O>", '<"$U@$F"@$O>', r'<"$U\@$F"@$O>', '<"$U%$F"@$O>', r'<"$U\%$F"@$O>', '<"$F!$U"@$O>',
    r'<"$F\!$U"@$O>', '<"@$F:$U"@$O>', '<"@$O:$U@$F"@$O>', '<"<$U@$F>"@$O>', r'<"\"$U\"@$F"@$O>', '<"$U@$F "@$O>',
    "<$U%$F@$O.>", "<$U%$F>", "<$F!$U>", '<"$U@$F">', '<"$U%$F">', '<"$F!$U">', "$U%$F", "$F!$U", "$U%$F@$O",
    "<@$O:$U%$F@$O>", "<@$O:$F!$U@$O>", '<@$O:"$U@$F"@$O>', "<@$O:$U%$F>", "<$U%$F%$O@$O>", "<$O!$F!$U@$O>",
    "<$U%$F%$O>", "<$O!$F!$U>", "<$U%$O@$F>", "<$O!$U@$F>", "<$F!$U%$O@$O>", "<$U%$F@[127.0.0.1]>",
    '<"$U@$F"@[127.0.0.1]>', "<$U%$F@127.0.0.1>", "<$U%[127.0.0.2]@$O>", "<postmaster%$F>", "<$U%40$F@$O>",
]
NO_ROUTES = [
    "<@$F:$U@$O>", "<@$F,@$O:$U@$O>", "<@$O,@$F:$U@$O>", "<$F::$U@$O>", "<$F::$U>", "<$F:$U@$O>", "<$U=40$F@$O>",
    "<=?utf-8?q?$U=40$F=3e?=@$O>", "<=?utf-8?q?$U=40$F=3e?=>", "<$U/$F@$O>", "<$U|$F@$O>", "<$U#$F@$O>", "<$F/$U@$O>",
    "<$U,$U@$F@$O>", "<$U;$F@$O>", "<$U>", '<"$U">', '<"$U"@$O>', "<$U@[127.0.0.1]>", "<$U@127.0.0.1>",
]
BROKEN = [
    '<"$U\r\nRCPT TO:<$U@$F>"@$O>', "<$U@$O>(@$F", "<$U@$O>(<$U@$F>)", "<($U@$F>", "<$U@$F'@any.$O>", "<$U@$F@$O>",
    "<$U@$F(@$O>", "<$U(@$F)@$O>", "<$U@$O><$U@$F>", "<$U@$O>,<$U@$F>", "<$U@$O,$U@$F>", "<$U@$O $U@$F>", '<""@$F>',
    '<"$U"x@$F>', '<"$U@$F>', "<$U@$F", "$U@$F>", "<$U@>", "<$U%$F@>", "<$F!$U@>", "<@$F>", "<@$F:>", "<$U\\@$F@$O>",
    '<"$U"%$F@$O>', '<$F!"$U"@$O>', '<"$U"@$F@$O>', '<$U."x@$F"@$O>', "<$U\t@$F>", "<$U@$F;$O>",
    "<$U\uff20$F@$O>", "<$U\uff05$F@$O>", "<$U@$O> ORCPT=rfc822;$U@$F", "<$U@$O> NOTIFY=NEVER $U@$F",
]
EVERY_ROUTE = ("<$U%$F@$O>", "<$F!$U@$O>", '<"$U@$F"@$O>')
SPELLINGS = FOREIGN_ITSELF + ROUTES + NO_ROUTES + BROKEN

RULE = re.compile(r'\{ name = "no-relay";.*?\}; \},', re.DOTALL)
SETTINGS = """
upstreams = ( {{ address = "127.0.0.1:{port}"; }} );
limits = {{ errors = 10000; }};
lists = {{ our_domains = [ {domains} ]; }};
rules = ( {rule} {{ name = "last"; when = {{ helo = "nobody.example"; }}; then = {{ tag = "last"; }}; }} );
"""


def readme_rule():
    """The rule as README has it."""
    with open(README, encoding="utf-8") as file:
        return RULE.search(file.read()).group()


class Foreign:
    """A class for each server says whether it is usable here, which domains are its own, in a map from a short name, and
    how it is made in a folder. It has ${port} and idle(), whether it has done all it was given."""

    usable = make = None
    domains = {}
    routes = ()  # some of ROUTES that it sends on for a domain of ours

    @classmethod
    def setUpClass(cls):
        reason = cls.usable()
        if reason:
            raise unittest.SkipTest(reason)
        cls.folder = tempfile.mkdtemp(prefix="postern-foreign-")
        os.chmod(cls.folder, 0o755)
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.inside, cls.outside = harness.Recorder(), harness.Recorder()
        cls.addClassCleanup(cls.inside.close)
        cls.addClassCleanup(cls.outside.close)
        cls.make()
        cls.addClassCleanup(cls.mta.stop)

    def gateway(self, rule, listener):
        gateway = harness.Gateway(
            os.path.join(self.folder, "gateway"),
            SETTINGS.format(port=self.port, rule=rule, domains=", ".join(f'"{d}"' for d in self.domains.values())),
            listener, workers=1)
        self.addCleanup(lambda: self.assertEqual(gateway.stop(), 0, gateway.log()))
        return gateway

    def attempts(self):
        """(name, domain, spelling) of each; by its name a recipient is known wherever it ends."""
        for short, domain in self.domains.items():
            for number, spelling in enumerate(SPELLINGS):
                yield f"{short}-{number}-{self.id().rsplit('_', 1)[-1]}", domain, spelling

    def tried(self, rule, listener=""):
        """Everything is tried. (domain, spelling) of what was told 250; the recipients heard inside, and outside."""
        accepted = set()
        starts = len(self.inside.recipients), len(self.outside.recipients)
        with harness.Client(self.gateway(rule, listener).port) as client:
            client.expect(250, "EHLO client.example")
            client.expect(250, f"MAIL FROM:<{SENDER}>")
            for name, domain, spelling in self.attempts():
                path = spelling.replace("$U", name).replace("$F", FOREIGN).replace("$O", domain)
                client.send(f"RCPT TO:{path}\r\n")
                replies = [client.reply() for _ in range(path.count("\r\n") + 1)]
                if any(reply.startswith("250") for reply in replies):
                    accepted.add((domain, spelling))
            self.assertRegex(client.content(b"Subject: x\r\n\r\nx\r\n"), "^250")
            client.expect(221, "QUIT")
        harness.wait_for(self.idle, "an empty queue")
        inside, outside = self.inside.recipients[starts[0]:], self.outside.recipients[starts[1]:]
        return accepted, inside, [heard for heard in outside if heard != SENDER]

    def spellings(self, recipients):
        """How those were written."""
        return {spelling for name, _, spelling in self.attempts() if any(name in heard for heard in recipients)}

    def test_closed(self):
        accepted, inside, outside = self.tried(readme_rule())
        self.assertEqual(outside, [])
        for heard in inside:
            self.assertNotRegex(heard, rf"(?i)@(.*\.)?{FOREIGN}$|[%!@].*@", heard)
        self.assertFalse({spelling for _, spelling in accepted} & {*FOREIGN_ITSELF, *ROUTES})
        for domain in self.domains.values():
            self.assertIn((domain, '<"$U"@$O>'), accepted)

    def test_without_the_rule(self):
        _, _, outside = self.tried("", 'routed_addresses = "pass";')
        self.assertLessEqual({"<$U@$F>", "<@$O:$U@$F>", *self.routes}, self.spellings(outside))

    def test_routed_pass(self):
        """The rule alone does not do."""
        _, _, outside = self.tried(readme_rule(), 'routed_addresses = "pass";')
        self.assertLessEqual({*self.routes}, self.spellings(outside))
        self.assertLessEqual(self.spellings(outside), {*ROUTES})


class Postfix(Foreign, unittest.TestCase):
    usable, routes = staticmethod(postfix.usable), EVERY_ROUTE
    domains = {"local": "local.test", "alias": "alias.test", "mailbox": "mailbox.test", "relay": "relay.test"}

    @classmethod
    def make(cls):
        cls.mta = postfix.Postfix(os.path.join(cls.folder, "postfix"), f"""\
mydestination = {cls.domains["local"]}
local_recipient_maps =
local_transport = smtp:[127.0.0.1]:{cls.inside.port}
virtual_alias_domains = {cls.domains["alias"]}
virtual_alias_maps = inline:{{ {{ @{cls.domains["alias"]} = all@{cls.domains["mailbox"]} }} }}
virtual_mailbox_domains = {cls.domains["mailbox"]}
relay_domains = {cls.domains["relay"]}
relay_transport = smtp:[127.0.0.1]:{cls.inside.port}
default_transport = smtp:[127.0.0.1]:{cls.outside.port}
smtpd_hard_error_limit = 10000
smtpd_junk_command_limit = 10000
smtpd_recipient_limit = 10000
smtpd_recipient_overshoot_limit = 10000
""")
        cls.mta.start()
        cls.port = cls.mta.plain

    def idle(self):
        return not any(
            files for name in ("incoming", "active", "deferred", "maildrop")
            for _, _, files in os.walk(os.path.join(self.mta.folder, "queue", name)))


class Exim(Foreign, unittest.TestCase):
    usable = staticmethod(exim.usable)
    domains, routes = {"own": "example.org"}, ("<$U%$F@$O>",)

    @classmethod
    def make(cls):
        cls.mta = exim.Exim(os.path.join(cls.folder, "exim"), relay=cls.outside.port, routes=cls.domains["own"])
        cls.mta.start()
        cls.port = cls.mta.plain

    def idle(self):
        return not any(files for _, _, files in os.walk(self.mta.root.path("/var/spool/exim4/input")))


class Sendmail(Foreign, unittest.TestCase):
    usable = staticmethod(sendmail.usable)
    domains, routes = {"own": "example.org"}, EVERY_ROUTE

    @classmethod
    def make(cls):
        os.mkdir(os.path.join(cls.folder, "sendmail"))
        cls.mta = sendmail.Sendmail(
            os.path.join(cls.folder, "sendmail"), cls.outside.port,
            sendmail.INSIDE.format(domain=cls.domains["own"], inside=cls.inside.port))
        cls.port = cls.mta.port

    def idle(self):
        return not os.listdir(os.path.join(self.folder, "sendmail", "queue"))


if __name__ == "__main__":
    unittest.main()
