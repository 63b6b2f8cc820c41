"""Which unit tests are beside which source.

Those of X.c are tests/unit/X_test.c and, where that grew long, tests/unit/X_PART_test.c. A source without a header of
its own promises nothing by itself: NOUN_PART.c is tested with NOUN.h, by NOUN's tests.
"""

import source


def nouns(path):
    """a/b_c_d, a/b_c, a/b."""
    folder, _, name = path.rpartition("/")
    words = name.split("_")
    return [f"{folder}/{'_'.join(words[:count])}" for count in range(len(words), 0, -1)]


def names(root, end):
    return {path.removesuffix(end) for path in source.files(root, ends=(end,), folders=source.PROGRAM)}


def owners(root):
    """Unit test -> the source or header that it is beside, without its end; None: there is none."""
    there = names(root, ".c") | names(root, ".h")
    tests = source.files(root, ends=("_test.c",), folders=("tests/unit",))
    ways = {test: nouns(test.removeprefix("tests/unit/").removesuffix("_test.c")) for test in tests}
    return {test: next((noun for noun in way if noun in there), None) for test, way in ways.items()}


def untested(root):
    """Sources without their end that no test is beside."""
    headers, tested = names(root, ".h"), set(owners(root).values())
    return sorted(path for path in names(root, ".c")
                  if not tested & set([path] if path in headers else nouns(path)))
