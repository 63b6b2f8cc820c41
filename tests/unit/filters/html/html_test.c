/* What is visible of an HTML text, what is hidden, and where it leads to. */
#include "filters/html/html.h"

#include "filters/base/bytes.h"

#include "tests/unit/filters/html/html_kit.h"
#include "tests/unit/heap.h"
#include "tests/unit/support.h"

struct row {
    const char *source, *visible, *hidden;
};

static void check_rows(const struct row *rows, size_t count)
{
    struct guard guard;

    guard_init(&guard, 1024);
    for (size_t i = 0; i < count; i++) {
        struct reading reading;

        reading_init(&reading, guard_copy(&guard, slice_str(rows[i].source)));
        assert_row(reading.result == CONTENT_READ, rows[i].source, i);
        assert_row_slice(reading.html.visible, slice_str(rows[i].visible), rows[i].source, i);
        assert_row_slice(reading.html.hidden, slice_str(rows[i].hidden), rows[i].source, i);
        reading_fini(&reading);
    }
    guard_fini(&guard);
}

#define CHECK(rows) check_rows(rows, COUNT_OF(rows))

static void texts(void **state)
{
    static const struct row rows[] = {
        {"", "", ""},
        {"plain", "plain", ""},
        {"a  b\r\n\tc&nbsp;&nbsp;d\xe3\x80\x80"
         "e",
         "a b c d e", ""},
        {"<p>one<p>two<br>three<br/>four</p>five", "one\ntwo\nthree\nfour\nfive", ""},
        {"<div><div></div></div>a<hr>b", "a\nb", ""},
        {"<table><tr><td>a<td>b<tr><td>c</table>d", "a b\nc\nd", ""},
        {"<pre>a\n b</pre>", "a\nb", ""},
        {"V<b></b>i<!-- x -->ag<wbr>ra", "Viagra", ""},
        {"V&shy;i\xe2\x80\x8b"
         "a&zwj;g&#8288;r\xef\xbb\xbf"
         "a",
         "Viagra", ""},
        {"V<span></span><i></i>i&#x00AD;agra", "Viagra", ""},
        {"a&lrm;b&#8238;c&#8232;d", "abc\nd", ""},
        {"m\xc3\xbcller \xe6\x97\xa5\xe6\x9c\xac", "m\xc3\xbcller \xe6\x97\xa5\xe6\x9c\xac", ""},
        {"a\xff"
         "b\xc3",
         "a\xef\xbf\xbd"
         "b\xef\xbf\xbd",
         ""},
        {"&lt;b&gt; &amp;amp; &eacute;&eacute &#233;&#xe9 &#x;&; &bogus; &",
         "<b> &amp; \xc3\xa9\xc3\xa9 \xc3\xa9\xc3\xa9 &#x;&; &bogus; &", ""},
        {"<div style='display:inline'>Via</div><div style='display:inline'>gra</div>", "Viagra",
         ""},
        {"<span style='display:block'>a</span>b", "a\nb", ""},
        {"V<br style='display:none'>iagra", "Viagra", ""},
        {"<ul><li>a<li>b<ul><li>c</ul><li>d</ul>", "a\nb\nc\nd", ""},
        {"<dl><dt>a<dd>b<dt>c</dl>", "a\nb\nc", ""},
        {"<select><option>a<option>b</select>", "a\nb", ""},
    };

    (void)state;
    CHECK(rows);
}

static void not_texts(void **state)
{
    static const struct row rows[] = {
        {"<title>t</title><style>s</style><script>x</script>a", "a", ""},
        {"<TITLE>t<b></TITLE >a", "a", ""},
        {"<script><!--<script></script>--></script>a", "a", ""},
        {"<script><!--<script></script>a</script>b", "b", ""},
        {"<script><!-- </script>a", "a", ""},
        {"<script></scripty></script>a", "a", ""},
        {"<style>a", "", ""},
        {"<iframe>x</iframe><noframes>y</noframes><noembed>z</noembed>a", "a", ""},
        {"<noscript>seen</noscript>", "seen", ""},
        {"<textarea>a<b>&amp;</textarea>c", "a<b>&\nc", ""},
        {"<xmp>a<b>&amp;</xmp>c", "a<b>&amp;\nc", ""},
        {"<plaintext>a</plaintext>&amp;", "a</plaintext>&amp;", ""},
        {"<template>t</template>a", "a", "t"},
        {"<!DOCTYPE html><?xml x?><!x>a</>b</ c>d", "abd", ""},
        {"a<!-->b<!--->c<!-- - -- > --!>d<!--e", "abcd", ""},
        {"a < b <3 <", "a < b <3 <", ""},
        {"a<b title='>'>c</b title='>'>d<b x=\">", "acd", ""},
        {"a<b x=\"'>\" y='\">' z=\"/\"/>c", "ac", ""},
        {"a<b/x/y=z/>c", "ac", ""},
        {"a<b =x>c<b x==>d", "acd", ""},
        {"<svg><style>a</style><title>t</title><![CDATA[<b>&amp;]]></svg><![CDATA[x]]>y",
         "<b>&amp;y", ""},
        {"<svg><div><style>s</style>a", "a", ""},
        {"<svg><foreignObject><style>s</style>a", "a", ""},
        {"<img alt='a&amp;b'> <img alt=\"c\" style=\"display:none\"> <img>", "a&b", "c"},
        {"<input value=a><input type=hidden value=b><input placeholder=c><input type=image alt=d>",
         "a c d", ""},
        {"a\0b", "a", ""},
    };

    (void)state;
    CHECK(rows);
}

static void hidden_ones(void **state)
{
    static const struct row rows[] = {
        {"a<span style=display:none>b</span>c", "ac", "b"},
        {"a<span style='DISPLAY : None ! important'>b</span>c", "ac", "b"},
        {"a<span style='dis/**/play:none'>b</span>c", "abc", ""},
        {"a<span style='/*;*/ d\\69splay:n\\6f ne'>b</span>c", "ac", "b"},
        {"a<span style='display&#58;none'>b</span>c", "ac", "b"},
        {"a<span style='display:none;display:block'>b</span>c", "a\nb\nc", ""},
        {"a<span style='x:\";\";display:none'>b</span>c", "ac", "b"},
        {"a<span style=visibility:hidden>b<i style=visibility:visible>c</i>d</span>", "ac", "b d"},
        {"a<span style=opacity:0>b<i style=opacity:1>c</i></span>", "a", "bc"},
        {"<i style=opacity:.05>a</i><i style=opacity:0.1>b</i><i style=opacity:1%>c</i>", "b",
         "a c"},
        {"a<font style=font-size:0>b<i style=font-size:12px>c</i></font>", "ac", "b"},
        {"<i style=font-size:1px>a</i><i style=font-size:2px>b</i><i style='font:1px/20px "
         "Arial'>c</i>",
         "b", "a c"},
        {"<i style=font-size:10px><i style=font-size:.1em>a</i><i style=font-size:50%>b</i></i>",
         "b", "a"},
        {"<i style='font:bold 12px Arial'>a</i><i style='font: 400 0 x'>b</i>", "a", "b"},
        {"<font color=white>a</font><font color=#FEFEFE>b</font><font color=#eee>c</font>", "",
         "abc"},
        {"<font color=#d0d0d0>a</font><font color=red>b</font><font color='#fff'>c</font>", "ab",
         "c"},
        {"<table bgcolor=black><tr><td><font color=white>a<font color=#010101>b</td></tr></table>",
         "a", "b"},
        {"<p style='background:url(x)'><i style=color:white>a</i>", "a", ""},
        {"<table><td style='background:#fff url(x)'><i style=color:white>a</i>", "a", ""},
        {"<body bgcolor=#000000 text=#000000>a<a href=x>b</a>", "b", "a"},
        {"<div style='color:#fff;background-color:rgb(255, 255, 250)'>a</div>", "", "a"},
        {"<i style='color:rgba(0,0,0,0)'>a</i><i style=color:transparent>b</i><i "
         "style='color:#0000'>c</i>",
         "", "abc"},
        {"<i style='color:hsl(0 0% 100%)'>a</i>", "a", ""},
        {"<i style='color:white'><a href=x>a</a><a href=x style=color:inherit>b</a></i>", "a", "b"},
        {"<p hidden>a</p><p hidden style=display:block>b</p>", "b", "a"},
        {"<i style=text-indent:-9999px>a</i><i style=text-indent:-20px>b</i>", "b", "a"},
        {"<div style='max-height:0;overflow:hidden'>a</div><div style='max-height:0'>b</div>", "b",
         "a"},
        {"<div style='width:1px;overflow:hidden'>a</div><div "
         "style='width:9px;overflow:hidden'>b</div>",
         "b", "a"},
        {"<i style='position:absolute;left:-5000px'>a</i><i style='left:-5000px'>b</i>", "b", "a"},
        {"<i style='position:absolute;clip:rect(1px,1px,1px,1px)'>a</i><i "
         "style='position:absolute;clip:rect(0 9px 9px 0)'>b</i>",
         "b", "a"},
        {"<i style='clip-path:inset(50%)'>a</i><i style='margin:0 0 0 -99em'>b</i>c", "c", "ab"},
        {"<i style='mso-hide:all'>a</i>b", "ab", "a"},
        {"<i aria-hidden=true>a</i>", "a", ""},
        {"<div style=display:none>a</div><div style=display:none>b</div>", "", "a b"},
        {"x<div style=display:none>a<p>b", "x", "a b"},
        {"<x-y style=display:none>a</x-z>b</x-y>c", "c", "ab"},
    };

    (void)state;
    CHECK(rows);
}

/* Where browsers close, move or open again what a hider has left open. */
static void nesting(void **state)
{
    static const struct row rows[] = {
        {"<p style=display:none>a<div>b</div>", "b", "a"},
        {"<p style=display:none>a<span>b</p>c", "c", "ab"},
        {"<span style=display:none>a<p>b</span>c", "", "a bc"},
        {"<b style=display:none>a<p>b</b>c", "c", "a b"},
        {"<b style=display:none>a<i>b</b>c</i>d", "cd", "ab"},
        {"<table style=display:none><div>a</div><td>b</td></table>c", "a\nc", "b"},
        {"<table style=display:none>a<tr>b<td>c</table>", "ab", "c"},
        {"<table><td style=display:none>a<td>b", "b", "a"},
        {"<td style=display:none>a", "a", ""},
        {"<table><td><div><tr style=display:none>a", "a", ""},
        {"<table><tr style=display:none><td>a<tr><td>b</table>", "b", "a"},
        {"<table><td style=display:none><table><td>a</table>b</table>c", "c", "a b"},
        {"<li style=display:none>a<li>b", "b", "a"},
        {"<a href=x style=display:none>a<a href=y>b", "b", "a"},
        {"<div style=display:none>a</span></p></table>b</div>c", "c", "a b"},
        {"<body style=display:none>a</body>b</html>c", "", "a b c"},
        {"<h1 style=display:none>a<h2>b", "b", "a"},
        {"<button style=display:none>a<button>b", "b", "a"},
        {"<svg style=display:none>a<p>b", "b", "a"},
        {"<svg style=display:none>a<path/>b</svg>c", "c", "ab"},
        {"<option style=display:none>a<option>b", "b", "a"},
        {"<br style=display:none>a", "a", ""},
        {"<div style=display:none>a</br>b</div>c", "c", "a b"},
        {"V<b style=display:none></br>a</b>iagra</br>b", "Viagra\nb", "a"},
    };

    (void)state;
    CHECK(rows);
}

static void sheets(void **state)
{
    static const struct row rows[] = {
        {"<style>.x{display:none}</style><p class='a X b'>a</p>b", "a\nb", "a"},
        {"<style>#x{display:none}</style><p id=x>a</p>b", "a\nb", "a"},
        {"<style>p{display:none}</style><p>a</p>b", "a\nb", "a"},
        {"<style>p.x,i{display:none}</style><p class=x>a</p><b class=x>b</b><i>c</i>", "a\nbc",
         "a\nc"},
        {"<style>/*}*/ .y:hover{display:none} .z .x{display:none} @media print{.x{display:none}} "
         "@import 'x'; .w{color:red}</style><p class=x>a</p>",
         "a", ""},
        {"<style><!-- .x{display:none} --></style><p class=x style=display:block>a</p>", "a", ""},
        {"<style>.x{color:#fff}</style><p class=x style='background:black'>a</p>", "a", ""},
        {"<style>.d{background:#000}</style><p class=d><font color=white>a</font>", "a", ""},
        {"<style>.x{display:none}.x{display:block}</style><p class=x>a", "a", ""},
        {"<style>.x{display:none", "", ""},
    };

    (void)state;
    CHECK(rows);
}

static void conditional_comments(void **state)
{
    static const struct row rows[] = {
        {"a<!--[if mso]>b<![endif]-->c", "abc", ""},
        {"a<!--[if !mso]>b<![endif]-->c", "ac", ""},
        {"a<!--[if !mso]><!-->b<!--<![endif]-->c", "abc", ""},
        {"a<![if !mso]>b<![endif]>c", "abc", ""},
        {"a<!--[if mso]><style>-->b", "ab", ""},
        {"a<!--[if mso]><div style=display:none>x-->b", "ab", "x"},
        {"<div style=display:none>a<!--[if mso]></div>b<![endif]-->c</div>d", "d", "a bc"},
        {"<!--[if gte mso 9]><xml><o:x>96</o:x></xml><![endif]-->a", "a", ""},
        {"<!--[if mso]><!--[if mso]>a-->b", "b", ""},
        {"<!--[if mso]>a", "a", ""},
        {"<!--[if mso-->a<!--[if]>b--><!--[if a]b-->", "ab", ""},
    };

    (void)state;
    CHECK(rows);
}

/* --- links --- */

static const struct {
    const char *source;
    const char *links; /* URL, host, text, "!" for a mismatch: a line each */
} link_rows[] = {
    {"<a href=https://x.test/a>t</a>", "https://x.test/a x.test [t]\n"},
    {"<a HREF = 'https://x.test'>a <b>b</b></a>c", "https://x.test x.test [a b]\n"},
    {"<a href=\"https://x.test/?a=1&amp;b=2&copy=3\">",
     "https://x.test/?a=1&b=2&copy=3 x.test []\n"},
    {"<a href=\"h&#116;tps://x.te\nst\">", "https://x.test x.test []\n"},
    {"<a href=3D\"https://x.test/\">t</a>", "https://x.test/ x.test [t]\n"},
    {"<div>https://x.test/a</div>", "https://x.test/a x.test [https://x.test/a]\n"},
    {"<a href=#top>a</a><a href=cid:1>b</a><a href=''>c</a>", ""},
    {"<a href=mailto:a@b.test>a@b.test</a>", "mailto:a@b.test  [a@b.test]\n"},
    {"<base href=https://b.test/d/><a href=x>t</a><img src=/y>",
     "https://b.test/d/x b.test [t]\nhttps://b.test/y b.test []\n"},
    {"<a href=x>t</a><base href=https://b.test/><base href=https://c.test/>",
     "https://b.test/x b.test [t]\n"},
    {"<a href=x>t", "x  [t]\n"},
    {"<form action=https://a.test><button formaction=https://b.test>",
     "https://a.test a.test []\nhttps://b.test b.test []\n"},
    {"<img src=https://a.test/1 srcset='https://b.test/2 1x, https://c.test/3, https://d.test/a,b "
     "2x'>",
     "https://a.test/1 a.test []\nhttps://b.test/2 b.test []\nhttps://c.test/3 c.test "
     "[]\nhttps://d.test/a,b d.test []\n"},
    {"<meta http-equiv=refresh content='0; URL=\"https://a.test\"'><meta name=x "
     "content='0;url=https://b.test'>",
     "https://a.test a.test []\n"},
    {"<td background=https://a.test><video poster=https://b.test><iframe "
     "src=https://c.test></iframe>",
     "https://a.test a.test []\nhttps://b.test b.test []\nhttps://c.test c.test []\n"},
    {"<svg><a xlink:href=https://a.test>t</a></svg><link href=https://b.test><area "
     "href=https://c.test><script src=https://d.test></script>",
     "https://a.test a.test []\nhttps://b.test b.test []\nhttps://c.test c.test []\nhttps://d.test "
     "d.test []\n"},
    {"<p style='background:url( &quot;https://a.test/x&quot; "
     ")'><style>p{background:url(https://b.test)}</style>",
     "https://a.test/x a.test []\nhttps://b.test b.test []\n"},
    {"<object data=https://a.test><p data=b>", "https://a.test a.test []\n"},
    {"<a href=https://a.test href=https://b.test>t</a>", "https://a.test a.test [t]\n"},
    {"<a href=https://a.test>one<a href=https://b.test>two</a>three",
     "https://a.test a.test [one]\nhttps://b.test b.test [two]\n"},
    {"<a href=https://a.test><img alt=pic></a>", "https://a.test a.test [pic]\n"},
    {"www.a.test <a href=https://b.test>www.c.test</a> www.d.test",
     "http://www.a.test www.a.test [www.a.test]\nhttps://b.test b.test "
     "[www.c.test]!\nhttp://www.d.test www.d.test [www.d.test]\n"},
    {"<a href=https://evil.test>https://bank.com/login</a>",
     "https://evil.test evil.test [https://bank.com/login]!\n"},
    {"<a href=https://www.bank.com>bank.com</a>", "https://www.bank.com www.bank.com [bank.com]\n"},
    {"<a href=https://evil.test>ba<!-- -->nk&shy;.com</a>",
     "https://evil.test evil.test [bank.com]!\n"},
    {"<a href=https://evil.test><i style=display:none>bank.com</i>x</a>",
     "https://evil.test evil.test [x]\n"},
    {"<!--[if mso]><v:roundrect href=https://a.test>t</v:roundrect><![endif]--><a "
     "href=https://b.test>u</a>",
     "https://a.test a.test []\nhttps://b.test b.test [u]\n"},
    {"<a href=https://a.test>b<!--[if mso]><a href=https://c.test>d</a><![endif]-->e</a>f",
     "https://a.test a.test [bde]\nhttps://c.test c.test [d]\n"},
    {"http://virusfree.cz: user@virusfree.cz",
     "http://virusfree.cz virusfree.cz [http://virusfree.cz]\n"},
    {"<a href=http://virusfree.cz: user@virusfree.cz>x</a>",
     "http://virusfree.cz virusfree.cz [x]\n"},
};

static void describe(const struct link_list *links, struct bytes *out)
{
    for (size_t i = 0; i < links->count; i++) {
        const struct link *link = &links->items[i];

        bytes_append(out, link->url);
        bytes_append_char(out, ' ');
        bytes_append(out, link->host);
        bytes_append(out, SLICE(" ["));
        bytes_append(out, link->shown);
        bytes_append(out, link->mismatch ? SLICE("]!\n") : SLICE("]\n"));
    }
}

static void links(void **state)
{
    struct guard guard;

    (void)state;
    guard_init(&guard, 1024);
    for (size_t i = 0; i < COUNT_OF(link_rows); i++) {
        struct reading reading;
        struct bytes out;

        bytes_init(&out, 4096);
        reading_init(&reading, guard_copy(&guard, slice_str(link_rows[i].source)));
        assert_row(reading.result == CONTENT_READ, link_rows[i].source, i);
        describe(&reading.links, &out);
        assert_row_slice(bytes_slice(&out), slice_str(link_rows[i].links), link_rows[i].source, i);
        bytes_fini(&out);
        reading_fini(&reading);
    }
    guard_fini(&guard);
}

static void all_is_given_back(void **state)
{
    assert_true(leaves_nothing(hidden_ones, state));
    assert_true(leaves_nothing(sheets, state));
    assert_true(leaves_nothing(links, state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),       cmocka_unit_test(not_texts),
        cmocka_unit_test(hidden_ones), cmocka_unit_test(nesting),
        cmocka_unit_test(sheets),      cmocka_unit_test(conditional_comments),
        cmocka_unit_test(links),       cmocka_unit_test(all_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
