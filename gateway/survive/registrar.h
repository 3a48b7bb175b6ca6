/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registrar - what becomes of a REGISTER (RFC 3261 10.3): whose telephone it is, whether it may be
 * registered now, for how long, and where else it is.
 *
 *	400	more text than is kept of a binding (location.h)
 *	403	no pool has it, or the password was somebody else's
 *	503	Retry-After: the call manager is there (`mode refuse`), there are too many telephones, or
 *		the store failed
 *	423	Min-Expires
 *	500	not in order: same Call-ID, and no higher CSeq
 *	200	with all bindings, when they are safe (location.h)
 */
#ifndef GATEWAY_SURVIVE_REGISTRAR_H
#define GATEWAY_SURVIVE_REGISTRAR_H

#include "gateway/survive/location.h"
#include "gateway/survive/pool.h"

struct drills;
struct registrar;

enum registrar_state { /* what REGISTER gets now */
		       REGISTRAR_REFUSES,
		       REGISTRAR_STANDS_BY, /* takes them for a short time */
		       REGISTRAR_SERVES,
};

struct registrar_counters {
	unsigned long accepted, removed, queried, refused, too_brief, too_many, out_of_order,
	    failed;
};

/* Borrows all. NULL: no memory. */
struct registrar *registrar_new(void *ctx, struct location *location, struct drills *drills);
void registrar_free(struct registrar *registrar); /* nobody who waits is answered */
/* Before the first REGISTER, and when the configuration has changed. */
void registrar_set(struct registrar *registrar, const struct pool_global *global,
		   const struct pools *pools);
/* retry_after_s: what those are told that are refused; up to twice that, at random. Telephones of pools
 * in a drill are served in every state. */
void registrar_enter(struct registrar *registrar, enum registrar_state state,
		     unsigned retry_after_s);
void registrar_receive(struct registrar *registrar, const struct phone_register *in,
		       phone_answered done, void *done_arg);
void registrar_counters(const struct registrar *registrar, struct registrar_counters *out);

#endif
