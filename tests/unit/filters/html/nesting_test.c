/* Which elements are open. Tags as words: "p" opens, "/p" closes, "!p" is hidden. */
#include "filters/html/nesting.h"

#include "filters/base/bytes.h"
#include "tests/unit/support.h"

static void feed(struct nesting *nesting, struct slice word)
{
    struct style_declared declared = {.set = 0};
    bool close = slice_starts(word, SLICE("/")), hide = slice_starts(word, SLICE("!"));
    struct slice name = slice_from(word, close || hide ? 1 : 0);
    const struct element *element = element_find(name);

    if (hide)
        style_set(&declared, STYLE_DISPLAY, STYLE_GONE);
    if (close) {
        (void)nesting_close(nesting, element, name); /* its lines are html's matter */
        return;
    }
    nesting_before(nesting, element);
    (void)nesting_open(nesting, element, name, &declared, &declared); /* describe() tells */
}

static void feed_all(struct nesting *nesting, struct slice words)
{
    while (words.len > 0) {
        struct slice word = slice_first(words, slice_find(words, ' '));

        feed(nesting, word);
        words = slice_from(words, word.len + 1);
    }
}

/* What is open; "!" before the innermost: a text would be hidden. */
static void describe(struct nesting *nesting, struct bytes *out)
{
    for (size_t i = 1; i < nesting->depth; i++) {
        if (i > 1)
            bytes_append_char(out, ' ');
        if (i + 1 == nesting->depth && style_hides(&nesting_home(nesting)->full))
            bytes_append_char(out, '!');
        bytes_append(out, nesting->frames[i].element->name);
    }
}

static void open_ones(void **state)
{
    static const struct {
        const char *words, *open;
    } rows[] = {
        {"div p b", "div p b"},
        {"div p b /p", "div"},
        {"p div", "div"},
        {"p table td p", "table td p"},
        {"p button p", "p button p"},
        {"p object p /p /object", "p"},
        {"b p /b", "p"},
        {"b object /b", "b object"},
        {"!b p /b i", "p i"},
        {"!b !p /b", "p"},
        {"b !p /b", "!p"},
        {"span p /span", " p"},
        {"x-y b /x-y", ""},
        {"x-y b /x-z", " b"},
        {"a b a", "b a"},
        {"li ul li div li", "li ul li"},
        {"li div p li", "li"},
        {"dl dt dd p dt", "dl dt"},
        {"h1 b h2", "h1 b h2"},
        {"h1 h2 /h2", ""},
        {"select option option optgroup", "select optgroup"},
        {"table tbody tr td b td", "table tbody tr td"},
        {"table tr td table tr td /table tr", "table tr"},
        {"table tr td /tr b", "table b"},
        {"table tr td p tbody", "table tbody"},
        {"td tr tbody", ""},
        {"table div /table", ""},
        {"table table td", "table td"},
        {"div table td /div /b", "div table td"},
        {"!table b", "table b"},
        {"!table td", "table !td"},
        {"!table tr", "table tr"},
        {"svg path title style /style", "svg  title"},
        {"svg g p", "p"},
        {"br img hr head", ""},
        {"html body /body /html", "html body"},
        {"button b button", "button"},
        {"!template p /template", ""},
    };

    static struct nesting nesting;
    struct bytes names;

    (void)state;
    bytes_init(&names, 256);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        nesting_init(&nesting);
        feed_all(&nesting, slice_str(rows[i].words));
        bytes_clear(&names);
        describe(&nesting, &names);
        assert_row_slice(bytes_slice(&names), slice_str(rows[i].open), rows[i].words, i);
    }
    bytes_fini(&names);
}

/* The outside of a comment stays. */
static void floors(void **state)
{
    static struct nesting nesting;

    (void)state;
    nesting_init(&nesting);
    feed_all(&nesting, SLICE("div b"));
    nesting.floor = nesting.depth;
    feed_all(&nesting, SLICE("/b /div i p td /td"));
    assert_int_equal(nesting.depth, 5);
    nesting_cut(&nesting, 0);
    assert_int_equal(nesting.depth, 3);
}

static void bounds(void **state)
{
    static struct nesting nesting;

    (void)state;
    nesting_init(&nesting);
    for (size_t i = 0; i < NESTING_MAX - 1; i++)
        feed(&nesting, SLICE("div"));
    assert_int_equal(nesting.depth, NESTING_MAX);
    assert_false(nesting.lost);
    feed_all(&nesting, SLICE("div p br"));
    assert_int_equal(nesting.beyond, 2);
    assert_true(nesting.lost);
    feed_all(&nesting, SLICE("/p /div"));
    assert_int_equal(nesting.depth, NESTING_MAX);
    feed(&nesting, SLICE("/div"));
    assert_int_equal(nesting.depth, NESTING_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(open_ones), cmocka_unit_test(floors),
                                       cmocka_unit_test(bounds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
