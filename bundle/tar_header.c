/* SPDX-License-Identifier: Apache-2.0 */
/* tar_header.c -- the blocks before a member in a tar archive. */
#include "bundle/tar_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* POSIX 1003.1 ustar */
typedef struct {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[155];
    char rest[12];
} Ustar;
_Static_assert(sizeof(Ustar) == TAR_BLOCK_BYTES, "a ustar header is one block");

#define LARGEST_OCTAL ((UINT64_C(1) << 33) - 1)      /* eleven digits */

static void
put_octal(char *field, size_t bytes, uint64_t value)
{
    field[bytes - 1] = '\0';
    for (size_t i = bytes - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

/* Octal, or big-endian binary with the first bit set where that is too small. */
static void
put_size(char field[12], uint64_t value)
{
    if (value <= LARGEST_OCTAL) {
        put_octal(field, 12, value);
        return;
    }
    memset(field, 0, 12);
    field[0] = (char)0x80;
    for (size_t i = 11; value; i--, value >>= 8)
        field[i] = (char)(value & 0xff);
}

static void
put_checksum(Ustar *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    unsigned sum = 0;
    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < sizeof *header; i++)
        sum += bytes[i];
    put_octal(header->checksum, 7, sum);
}

static void
fill(Ustar *header, Str name, Str prefix, char type, uint64_t size)
{
    memset(header, 0, sizeof *header);
    memcpy(header->name, name.p, name.n);
    if (prefix.n)
        memcpy(header->prefix, prefix.p, prefix.n);
    put_octal(header->mode, 8, type == '5' ? TAR_FOLDER_MODE : TAR_FILE_MODE);
    put_octal(header->uid, 8, 0);
    put_octal(header->gid, 8, 0);
    put_size(header->size, size);
    put_octal(header->mtime, 12, TAR_MTIME_S);
    header->type = type;
    memcpy(header->magic, "ustar", 6);
    memcpy(header->version, "00", 2);
    put_octal(header->major, 8, 0);
    put_octal(header->minor, 8, 0);
    put_checksum(header);
}

/* Splits a name for the two fields of ustar; false where only pax can carry it. */
static bool
split(Str name, Str *ret_prefix, Str *ret_name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((unsigned char)name.p[i] >= 0x80)
            return false;
    *ret_prefix = STR("");
    *ret_name = name;
    if (name.n <= sizeof ((Ustar *)0)->name)
        return true;
    for (size_t at = name.n - sizeof ((Ustar *)0)->name - 1;
         at < name.n - 1 && at <= sizeof ((Ustar *)0)->prefix; at++) {
        if (name.p[at] == '/' && at > 0) {
            *ret_prefix = str_head(name, at);
            *ret_name = str_from(name, at + 1);
            return true;
        }
    }
    return false;
}

/* "LENGTH path=NAME\n", where LENGTH counts itself. */
static size_t
pax_record(Str name, char *out, size_t room)
{
    size_t rest = strlen(" path=\n") + name.n;
    size_t length = rest + 1;
    char digits[24];
    for (;;) {
        int n = snprintf(digits, sizeof digits, "%zu", length);
        if (rest + (size_t)n == length)
            break;
        length = rest + (size_t)n;
    }
    (void)snprintf(out, room, "%s path=", digits);
    size_t at = strlen(out);
    memcpy(out + at, name.p, name.n);
    out[at + name.n] = '\n';
    return length;
}

size_t
tar_padding(uint64_t size)
{
    return (size_t)(-size & (TAR_BLOCK_BYTES - 1));
}

size_t
tar_header(Str name, uint64_t size, unsigned char out[TAR_HEADER_MAX_BYTES])
{
    char type = name.n && name.p[name.n - 1] == '/' ? '5' : '0';
    Ustar header;
    Str prefix;
    Str last;
    size_t used = 0;
    if (!split(name, &prefix, &last)) {
        char *record = (char *)out + TAR_BLOCK_BYTES;
        memset(record, 0, TAR_HEADER_MAX_BYTES - 2 * TAR_BLOCK_BYTES);
        size_t bytes = pax_record(name, record, TAR_HEADER_MAX_BYTES - 2 * TAR_BLOCK_BYTES);
        fill(&header, STR("PaxHeaders/path"), STR(""), 'x', bytes);
        memcpy(out, &header, sizeof header);
        used = TAR_BLOCK_BYTES + bytes + tar_padding(bytes);
        prefix = STR("");
        last = str_head(name, sizeof header.name);    /* readers take the name from pax */
    }
    fill(&header, last, prefix, type, size);
    memcpy(out + used, &header, sizeof header);
    return used + sizeof header;
}
