/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registrar_rig - lines of the gateway (sip_rig) at a registrar that answers as the test says. A second of
 * the registrar is 10 ms here.
 *
 *	registrar_take();
 *	registrar_answer("401 Unauthorized", challenge);
 *	registrar_take();
 *	registrar_grant(60, "");
 *	registrar_expect_up(true);
 */
#ifndef TESTS_UNIT_REGISTRAR_RIG_H
#define TESTS_UNIT_REGISTRAR_RIG_H

#include "gateway/sip/account.h"
#include "gateway/sip/registration.h"
#include "tests/unit/sip_rig.h"

#define REGISTRAR_SECOND_MS 10
#define REGISTRAR_BASE_MS 20
#define REGISTRAR_MAX_MS 1000

struct registrar {
	struct phone phone; /* the registrar itself */
	struct account account;
	struct account_line lines[600]; /* of the account, which begins with the first */
	struct tenant tenants[1];
	struct registrar_watch_config watch;
	unsigned t1_ms;		   /* for what begins after registrar_change() */
	char message[MESSAGE_MAX]; /* the REGISTER taken last */
};

extern struct registrar registrar;
extern struct phone registrar_other; /* at the same port of 127.0.0.2 */

/* registrar.phone, or registrar_other, from nothing. */
void registrar_open(struct phone *phone);

/* Fixtures for cmocka: the line +4930111 with the user "u" and the password "secret". */
int registrar_start(void **state);
int registrar_start_account(void **state); /* the line is named "pbx" */
int registrar_start_two(void **state);	   /* a second registrar, where nobody is */
/* ... and both are watched: registrar_other is there too; a keepalive is REGISTRAR_KEEPALIVE_MS */
#define REGISTRAR_KEEPALIVE_MS 100
#define REGISTRAR_MISSES 3
#define REGISTRAR_HOLD_DOWN_MS 700
int registrar_start_watched(void **state);
int registrar_start_tcp(void **state);	/* over TCP and IPv6 */
int registrar_start_name(void **state); /* as moving.test, of name_server; end: the other stop */
int registrar_stop(void **state);
int registrar_stop_name(void **state);

/* Waits for a REGISTER, which registrar.message holds then. */
const char *registrar_take(void);
/* Answers it; headers: lines with CRLF, or NULL. */
void registrar_answer(const char *status, const char *headers);
/* 200. more: further parameters of the Contact (";..."), or header lines. */
void registrar_grant(unsigned seconds, const char *more);
/* Of its Contact: what stands in angle brackets, and them. */
const char *registrar_own_uri(void);
unsigned registrar_cseq(void);

/* The gateway's first registration; zeros if it has none. */
struct registration_view registrar_look(void);
void registrar_expect_up(bool up);
/* A new configuration. */
void registrar_change(const struct tenant *next, unsigned count);

#endif
