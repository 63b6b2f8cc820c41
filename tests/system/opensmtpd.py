"""An OpenSMTPD of our own: Debian's, unpacked, in a root of its own, its ports on loopback."""

import peers
import unpacked

PACKAGE = "opensmtpd"
USERS = {"opensmtpd": 301, "opensmtpq": 302, "mailer": 303}

CONFIG = """\
pki gw cert "/etc/gw.pem"
pki gw key "/etc/gw.key"
smtp max-message-size 20M
table people {{ "@" = mailer }}
listen on 127.0.0.1 port {plain} tls pki gw hostname mx.example.org
listen on 127.0.0.1 port {proxied} proxy-v2 hostname mx.example.org
action inbox maildir "/mail" virtual <people>
action away {away}
match from any for rcpt-to "gone@example.org" reject
match from any for domain "example.org" action inbox
match from src 127.0.0.1 for any action away
"""


def usable():
    """Why it cannot run here, or None."""
    return unpacked.usable(PACKAGE)


class OpenSmtpd(peers.Server):
    """Mail for example.org lands in its Maildir, any other is relayed for 127.0.0.1 alone, to the port
    ${relay} if there is one, else to another Maildir; gone@ is refused. DSN and STARTTLS are offered,
    PIPELINING, CHUNKING and SMTPUTF8 are not."""

    def __init__(self, folder, relay=None):
        super().__init__(
            folder, PACKAGE, USERS, ["/usr/sbin/smtpd", "-d", "-f", "/etc/smtpd.conf"])
        for name in ("/usr/sbin/smtpd", "/usr/sbin/smtpctl", "/usr/libexec/opensmtpd/mail.maildir"):
            self.root.add(name)
        self.root.add_own("/bin/sh")
        self._spool()
        for name in ("/mail", "/away"):
            self.root.make(name, USERS["mailer"], USERS["mailer"])
        self.root.write("/etc/smtpd.conf", CONFIG.format(
            away=f"relay host smtp://127.0.0.1:{relay}" if relay else 'maildir "/away" virtual <people>',
            **vars(self)))
        self.root.certificate()

    def _spool(self):
        queue = USERS["opensmtpq"]
        self.root.make("/var/lib/opensmtpd/empty")
        self.root.make("/var/spool/smtpd", mode=0o711)
        for name in ("corrupt", "incoming", "purge", "queue", "temporary"):
            self.root.make("/var/spool/smtpd/" + name, queue, mode=0o700)
        self.root.make("/var/spool/smtpd/offline", 0, queue, 0o770)
