/* SPDX-License-Identifier: Apache-2.0 */
/* markdown.c -- foreign text in Markdown. */
#include "analyzer/report/markdown.h"

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
