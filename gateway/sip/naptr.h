/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * naptr - reads the NAPTR records (RFC 3403 4.1) out of a DNS answer (RFC 1035 4.1), with the time
 * that they may be kept, which c-ares does not tell.
 *
 * The answer is hostile: it may be cut, lie about its lengths or point anywhere. libc only.
 */
#ifndef GATEWAY_SIP_NAPTR_H
#define GATEWAY_SIP_NAPTR_H

#include <stddef.h>
#include <stdint.h>

#include "dialplan/enum.h"

struct naptr_answer {
	struct enum_records records; /* in the order of the message */
	uint32_t ttl_s; /* the shortest of all records of the answer, aliases included */
};

/* 0; -ENOENT: there is no NAPTR record in it; -EBADMSG: it is no DNS message, or broken. Records with
 * a zero byte in a string, and those beyond ENUM_RECORDS_MAX, are left out. */
int naptr_parse(const uint8_t *message, size_t size, struct naptr_answer *out);

#endif
