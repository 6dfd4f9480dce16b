/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.c -- foreign text in Markdown. */
#include "analyzer/report/markdown.h"

#include "analyzer/report/scratch.h"
#include "base/utf8.h"

void
markdown_inline(Str text, Buf *out)
{
    for (size_t at = 0; at < text.n;) {
        uint32_t code;
        size_t n = utf8_decode(text, at, &code);
        size_t found;
        if (n == 1 && str_find_char(STR("\\`*_[]<>|#"), text.p[at], &found))
            buf_addc(out, '\\');
        if (code == '\n' || code == '\r')
            buf_addc(out, ' ');
        else
            utf8_escape_terminal(out, str_sub(text, at, n), false);
        at += n;
    }
}

/* The fence is longer than any run of backquotes in the text. */
void
markdown_block(Str text, Buf *out)
{
    size_t longest = 2;
    size_t run = 0;
    for (size_t i = 0; i < text.n; i++) {
        run = text.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
    buf_addc(out, '\n');
    for (Str line; text.n > 0 && str_cut(&text, '\n', &line);) {
        utf8_escape_terminal(out, line, true);
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
    buf_adds(out, "\n\n");
}

/* ---- inert text: nothing in it is a link, a mention or a reference ---- */

void
markdown_code(Str text, Buf *out)
{
    CLEANUP(scratch_done) Scratch shown = SCRATCH(out);
    for (Str line; str_cut(&text, '\n', &line);) {
        utf8_escape_terminal(&shown.buf, line, false);
        buf_adds(&shown.buf, text.p ? " " : "");
    }
    Str inner = str_trim(buf_str(&shown.buf));
    size_t longest = 0;
    size_t run = 0;
    for (size_t i = 0; i < inner.n; i++) {
        run = inner.p[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    if (inner.n == 0)
        return;
    bool is_padded = inner.p[0] == '`' || inner.p[inner.n - 1] == '`';
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
    buf_adds(out, is_padded ? " " : "");
    buf_add_str(out, inner);
    buf_adds(out, is_padded ? " " : "");
    for (size_t i = 0; i <= longest; i++)
        buf_addc(out, '`');
}

/* Whether a forge would make something of the word: a mention, a link, a reference to an issue
 * or a commit, an emoji. */
static bool
is_loaded(Str word)
{
    static const char LOADED[] = "@#:&~!$^";
    size_t hex = 0;
    size_t at;
    for (size_t i = 0; i < word.n; i++) {
        char c = word.p[i];
        bool is_end = c == ':' && i + 1 == word.n;
        if (!is_end && str_find_char(str_of(LOADED), c, &at))
            return true;
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        hex = is_hex ? hex + 1 : 0;
        if (hex >= 7)
            return true;
    }
    return str_find(word, STR("www."), &at) || str_find(word, STR("GH-"), &at);
}

void
markdown_prose(Str text, Buf *out)
{
    bool is_first = true;
    for (Str line; str_cut(&text, '\n', &line);) {
        for (Str word; str_cut(&line, ' ', &word);) {
            if (word.n == 0)
                continue;
            buf_adds(out, is_first ? "" : " ");
            if (is_loaded(word))
                markdown_code(word, out);
            else
                markdown_inline(word, out);
            is_first = false;
        }
    }
}
