"""policy: the configuration Postern is measured with.

The rules are of the kinds operators write, none matches, and each has to be judged: so every
message is read, judged and passed on. Ten rules are four on the envelope and six on the header; a
hundred are ten times these with other patterns, so that no two share a condition.
"""

KINDS = (
    'sender = "/^(bounce|return)-[0-9]+-{n}@/i";',
    'recipient = "/^(root|daemon)[+.]{n}@|@old{n}[.]example[.]org$/i";',
    'helo = "/^(dsl|dyn|pool)-?{n}[.-]/i";',
    'sender_domain = "@blocked_{n}";',
    'header = {{ Subject = "/\\b(casino|lottery|jackpot) ?{n}\\b/i"; }};',
    'from_domain = "@blocked_{n}";',
    'header = {{ X-Mailer = "*BulkSender {n}.*"; }};',
    'header = {{ Subject = "/invoice {n}/i"; Reply-To = "/@freemail{n}[.]/i"; }};',
    'raw_header = {{ Received = "/from unknown-{n} [(]/i"; }};',
    'sender_domain = {{ not = "@blocked_{n}"; }}; header_line = "/^X-Spam-Level-{n}: *[*]{{5}}/i";',
)
LISTED_DOMAINS = 20  # in each list

FILE = """\
hostname = "gateway.bench.test";
workers = {workers};
listeners = ( {{ address = "127.0.0.1:{port}"; {tls}}} );
upstreams = ( {{ address = "127.0.0.1:{upstream}"; }} );
limits = {{ connections = {connections}; connections_per_client = {connections};
           spool_dir = "{folder}"; }};
{milters}{policy}"""

MILTER_FILE = """\
hostname = "gateway.bench.test";
milter = {{ address = "inet:127.0.0.1:{port}"; }};
limits = {{ spool_dir = "{folder}"; }};
{policy}"""

POLICY = """\
audit = {{ file = "{folder}/{audit}"; }};
log = {{ to = "stderr"; level = "warning"; }};
lists = {{
{lists}
}};
rules = (
{rules}
);
"""


def blocked_list(n):
    domains = ", ".join(f'"block{i}-{n}.test"' for i in range(LISTED_DOMAINS))
    return f"  blocked_{n} = [ {domains} ];"


def rule(index):
    n = index // len(KINDS)
    when = KINDS[index % len(KINDS)].format(n=n)
    return (f'  {{ name = "rule-{index}"; when = {{ {when} }};\n'
            f'    then = {{ reject = "550 5.7.1 Refused by rule {index}"; }}; }}')


def tls_group(certificate):
    return (f'tls = {{ mode = "implicit"; min_version = "1.3"; certificate = "{certificate}";'
            f' key = "{certificate}.key"; }}; ')


def milters_list(milter_port):
    return f'milters = ( {{ address = "inet:127.0.0.1:{milter_port}"; }} );\n'


def policy(count, more="", **settings):
    lists = "\n".join(blocked_list(n) for n in range(-(-count // len(KINDS))))
    rules = ",\n".join(rule(i) for i in range(count)) + more
    return POLICY.format(lists=lists, rules=rules, **settings)


def configuration(count, certificate=None, milter_port=None, **settings):
    """The gateway's file, with ${count} rules. Settings: port, upstream, folder, audit, workers,
    connections; more rules as a text; TLS with a certificate, and one milter with a port of such."""
    return FILE.format(policy=policy(count, **settings),
                       tls=tls_group(certificate) if certificate else "",
                       milters=milters_list(milter_port) if milter_port else "", **settings)


def milter_configuration(count, **settings):
    """The file of `postern milter`, with ${count} rules. Settings: port, folder, audit."""
    return MILTER_FILE.format(policy=policy(count, **settings), **settings)
