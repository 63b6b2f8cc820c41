"""postern-rules(7) has an example for each field and action, and its examples do what it says: all of its displays, as
tests/README.md tells."""

import json
import os
import re
import subprocess
import tempfile
import unittest

import harness
from harness import tls
import manual_examples as known

TOP = os.path.join(os.path.dirname(__file__), "..", "..")
PAGE = os.path.join(TOP, "packaging/man/postern-rules.7")
COLUMNS = 66  # of a display in an item, so that the page fits a terminal

# What a fragment needs around it, and the lists that it names.
AROUND = """
listeners = ( { address = "127.0.0.1:2525"; name = "inbound";TLS } );
upstreams = ( { address = "127.0.0.1:10025"; identify = "xclient"; },
              { name = "lists"; address = "127.0.0.1:10026"; identify = "xclient"; } );
"""
LISTS = {
    "our_domains": '[ "example.org", "*.example.org" ]',
    "partners": '[ "partner.test" ]',
    "staff": '[ "staff@example.org" ]',
    "free_mailers": '[ "freemail.test" ]',
    "bad_hosts": '[ "bad.test" ]',
    "refused": '{ file = "refused"; }',
}
ALWAYS = 'when = { missing_header = "X-Never"; };'  # once there is a header, so that texts can name what it says
SOMETHING = 'then = { tag = "holds"; };'
TLS = ' tls = {{ mode = "starttls"; certificate = "{0}/gw.pem"; key = "{0}/gw.key"; client_certificate = "request"; client_ca = "{0}/ca.pem"; }};'
FILES = {
    "refused": "bulk.example send it by post\n",
    "samples/plain.eml": "From: a@b.test\nSubject: hello\n\nhi\n",
}


class Example:
    """A display of the page: a fragment of a rule, rules, or a configuration that stands alone."""

    def __init__(self, items, text):
        rules = re.findall(r'[{] name = "([^"]+)";\s', text)
        self.items = items  # what the item is about that it stands in
        self.settings = re.findall(r"\b([a-z][a-z_]+) =", text)
        self.text = text
        self.fragment = re.match(r"(when|then) =", text) is not None
        self.name = [name for name in self.settings if name in items] + items[:1] if self.fragment else rules[-1:]
        self.name = self.name[0]
        self.last_rule = "example" if self.fragment else self.name

    def configuration(self):
        if self.text.startswith("lists ="):
            return around(self.text) + self.text
        rules = self.text
        if self.fragment:
            other = ALWAYS if rules.startswith("then =") else SOMETHING
            rules = f'{{ name = "example"; {rules} {other} }}'
        lists = "".join(f" {name} = {LISTS[name]};" for name in sorted(set(re.findall(r'"!?@(\w+)"', rules))))
        return f"{around(rules)}lists = {{{lists} }};\nrules = ( {rules} );\n"


def around(rules):
    """Rules about TLS need a listener that speaks it."""
    return AROUND.replace("TLS", TLS.format(tls.folder()) if re.search(r"tls_|client_cert", rules) else "")


def words(head):
    """What an item is about: of `.It Ic prepend , append No = ...` prepend and append; of others the start of its text."""
    if head.startswith("Ic "):
        return re.findall(r"[a-z_]+", re.split(r" No | = ", head.replace("Ic ", ""))[0])
    plain = re.sub(r"\\\(dq|\\&|\b(Qq|Li|No|Ic) ", "", head)
    return [re.split(r" ,| to |(?<=not) ", plain)[0]]


def examples():
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    items, names = ["page"], []
    for match in re.finditer(r"(?ms)^[.]It ([^\n]*)$|^[.]Bd -literal[^\n]*\n(.*?)^[.]Ed$", page):
        if match.group(1):
            items = words(match.group(1))
            continue
        example = Example(items, match.group(2).replace("\\e", "\\").strip())
        names.append(example.name)
        if example.fragment and names.count(example.name) > 1:
            example.name += f" {names.count(example.name)}"
        yield example


class ManualRules(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.examples = list(examples())
        cls.folder = tempfile.TemporaryDirectory(prefix="postern-manual-")
        cls.addClassCleanup(cls.folder.cleanup)
        os.mkdir(os.path.join(cls.folder.name, "samples"))
        for name, text in FILES.items():
            cls.write(name, text)

    @classmethod
    def write(cls, name, text):
        path = os.path.join(cls.folder.name, name)
        with open(path, "wb") as file:
            file.write(text.encode("latin-1"))
        return path

    def postern(self, *arguments):
        return subprocess.run([harness.POSTERN, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, check=False, text=True)

    def explain(self, mail):
        message = [] if mail.message is None else [self.write("message.eml", mail.message)]
        result = self.postern("explain", "-c", os.path.join(self.folder.name, "postern.conf"), "--json", *mail.arguments(), *message)
        self.assertEqual((result.returncode, result.stderr), (0, ""), mail)
        return json.loads(result.stdout)

    def test_each_is_run(self):
        names = [example.name for example in self.examples]
        self.assertEqual(sorted(set(names)), sorted(known.EXAMPLES))
        self.assertEqual([name for name in names if names.count(name) > 1], [])

    def test_each_fits_a_terminal(self):
        self.assertEqual([line for example in self.examples for line in example.text.split("\n") if len(line) > COLUMNS], [])

    def source_names(self, path, pattern):
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            found = set(re.findall(pattern, file.read()))
        self.assertGreater(len(found), 20)
        return found

    def shown(self):
        """What an example shows in an item about it."""
        return {name for example in self.examples for name in set(example.settings) & set(example.items)}

    def test_each_field_has_one(self):
        self.assertEqual(self.source_names("filters/rules/field.c", r'ROW\("(\w+)"') - self.shown(), set())

    def test_each_action_has_one(self):
        self.assertEqual(self.source_names("conf/read/actions.c", r'\{"(\w+)", read_') - self.shown(), set())

    def test_each_does_what_the_page_says(self):
        for example in self.examples:
            with self.subTest(example=example.name):
                self.load(example)
                expected = known.EXAMPLES.get(example.name)
                if isinstance(expected, known.Holds):
                    self.holds(example, expected)
                elif isinstance(expected, known.Does):
                    self.does(expected)

    def load(self, example):
        path = self.write("postern.conf", example.configuration())
        result = self.postern("check", "--strict", "-c", path)
        samples = getattr(known.EXAMPLES.get(example.name), "count", 0)
        self.assertEqual([line for line in result.stderr.splitlines() if ": note: " not in line], [], example.text)
        self.assertIn(f"{samples} sample", result.stdout.splitlines()[-1])
        self.assertEqual(result.returncode, 0)

    def fired(self, example, mail):
        rules = self.explain(mail)["rules"]
        return [rule["outcome"] for rule in rules if rule["name"] == example.last_rule] == ["fired"]

    def holds(self, example, expected):
        for mail in expected.yes:
            self.assertTrue(self.fired(example, mail), mail)
        for mail in expected.no:
            self.assertFalse(self.fired(example, mail), mail)

    def does(self, expected):
        said = self.explain(expected.mail)
        for name, value in expected.says.items():
            self.assertEqual(pick(said[name], value), value, name)
        lines = [line for name in said if name.endswith("_diff") for line in said[name]]
        self.assertEqual([line for line in lines if line in expected.lines], list(expected.lines), lines)


def pick(said, wanted):
    """Of what was said the members that are wanted, whatever else there is."""
    if isinstance(wanted, dict):
        return {name: pick(said.get(name), value) for name, value in wanted.items()} if isinstance(said, dict) else said
    if isinstance(wanted, list) and isinstance(said, list) and len(said) == len(wanted):
        return [pick(one, other) for one, other in zip(said, wanted)]
    return said


if __name__ == "__main__":
    unittest.main()
