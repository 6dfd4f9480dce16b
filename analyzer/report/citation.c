/* SPDX-License-Identifier: Apache-2.0 */
/* citation.c -- citations as every voice for people tells them. */
#include "analyzer/report/citation.h"

#include "base/utf8.h"

/* Keys of an object may be of any length. */
enum { POINTER_MOST = 1000 };

bool
citation_is_document(const Evidence *evidence)
{
    return evidence->pointer.n > 0;
}

void
citation_place(const Evidence *evidence, Buf *out)
{
    buf_add_str(out, evidence->member);
    if (evidence->line > 0)
        buf_printf(out, ":%u", evidence->line);
    if (citation_is_document(evidence)) {
        buf_addc(out, ' ');
        buf_add_str(out, utf8_head(evidence->pointer, POINTER_MOST));
        buf_adds(out, evidence->pointer.n > POINTER_MOST ? " ..." : "");
    }
}

/* Equal but for digits: the same line at another time. */
static bool
says_the_same(const Evidence *a, const Evidence *b)
{
    if (!str_eq(a->member, b->member) || citation_is_document(a) || citation_is_document(b) ||
        a->line == 0 || b->line == 0)
        return false;
    size_t i = 0;
    size_t k = 0;
    for (;;) {
        while (i < a->excerpt.n && a->excerpt.p[i] >= '0' && a->excerpt.p[i] <= '9')
            i++;
        while (k < b->excerpt.n && b->excerpt.p[k] >= '0' && b->excerpt.p[k] <= '9')
            k++;
        if (i == a->excerpt.n || k == b->excerpt.n)
            return i == a->excerpt.n && k == b->excerpt.n;
        if (a->excerpt.p[i++] != b->excerpt.p[k++])
            return false;
    }
}

size_t
citation_first_like(const VerdictDetail *detail, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (says_the_same(&detail->evidence[k], &detail->evidence[i]))
            return k;
    return i;
}

bool
citation_same_fixes(const VerdictDetail *a, const VerdictDetail *b)
{
    if (a->fix_count != b->fix_count)
        return false;
    for (size_t i = 0; i < a->fix_count; i++)
        if (!str_eq(a->fixes[i].text, b->fixes[i].text) ||
            !str_eq(a->fixes[i].run, b->fixes[i].run))
            return false;
    return true;
}
