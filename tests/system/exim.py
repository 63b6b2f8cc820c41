"""An Exim of our own: Debian's, unpacked, in a root of its own, its ports on loopback."""

import peers
import unpacked

PACKAGE = "exim4-daemon-heavy"
USER, NUMBER = "Debian-exim", 301

# The heavy build knows the PROXY protocol. Exim's own user delivers: there is nobody else in its root.
CONFIG = """\
primary_hostname = mx.example.org
daemon_smtp_ports = <; {plain} ; {proxied}
local_interfaces = 127.0.0.1
hosts_proxy = ${{if eq{{$received_port}}{{{proxied}}}{{127.0.0.1}}}}
keep_environment =
deliver_drop_privilege = true
chunking_advertise_hosts = *
pipelining_advertise_hosts = *
dsn_advertise_hosts = *
smtputf8_advertise_hosts = *
prdr_enable = true
tls_advertise_hosts = *
tls_certificate = /etc/gw.pem
tls_privatekey = /etc/gw.key
smtp_enforce_sync = true
percent_hack_domains = {routes}
host_lookup =
rfc1413_query_timeout = 0s
message_size_limit = 20M
log_selector = +received_sender +protocol_detail +proxy
acl_smtp_rcpt = rcpt
acl_smtp_data = data
acl_smtp_data_prdr = data
acl_smtp_vrfy = accept
begin acl
rcpt:
  deny message = 5.1.1 Mailbox gone
    local_parts = gone
  defer message = 4.2.1 Mailbox busy
    local_parts = busy
  accept domains = example.org
  accept hosts = 127.0.0.1
  deny message = 5.7.1 Relaying denied
data:
  accept
begin routers
inbox:
  driver = accept
  domains = example.org
  transport = inbox
away:
{away}
begin transports
next:
  driver = smtp
  port = 25
  hosts_try_chunking = *
inbox:
  driver = appendfile
  directory = /mail
  maildir_format
  create_directory
  envelope_to_add
"""

# It lets in whoever has the password of the second name, and passes over the first, as most do.
AUTHENTICATORS = """\
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth3}{password-of-$auth2}}
  server_set_id = $auth2
"""

NOWHERE = """\
  driver = redirect
  data = :blackhole:"""
RELAY = """\
  driver = manualroute
  route_list = * 127.0.0.1::{relay}
  transport = next
  self = send"""


def usable():
    """Why it cannot run here, or None."""
    return unpacked.usable(PACKAGE)


class Exim(peers.Server):
    """Mail for example.org lands in its Maildir, any other is relayed for 127.0.0.1 alone, to the port
    ${relay} if there is one, else to nowhere; gone@ and busy@ are refused. CHUNKING, PRDR, DSN,
    SMTPUTF8 and STARTTLS are offered, and with ${logins} AUTH PLAIN, for any name with its password.
    For the domain ${routes} a "%" in the local part routes, which is off in Exim unless told."""

    def __init__(self, folder, relay=None, logins=False, routes=""):
        super().__init__(folder, PACKAGE, {USER: NUMBER}, ["/usr/sbin/exim4", "-bdf", "-q1h"])
        self.root.add("/usr/sbin/exim4")
        for name in ("/var/spool/exim4", "/var/log/exim4", "/run/exim4", "/mail"):
            self.root.make(name, NUMBER, NUMBER)
        self.root.make("/etc/exim4")
        self.root.write("/etc/exim4/exim4.conf", CONFIG.format(
            away=RELAY.format(relay=relay) if relay else NOWHERE, routes=routes, **vars(self))
            + (AUTHENTICATORS if logins else ""))
        self.root.certificate(NUMBER)

    def log(self):
        return super().log() + self.root.read("/var/log/exim4/mainlog", "/var/log/exim4/paniclog")
