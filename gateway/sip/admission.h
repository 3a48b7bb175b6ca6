/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * admission - which messages get in, before anything is made for them.
 *
 * Closed by default. A message passes these, each cheaper than the one behind it:
 *
 *	source_filter	the kernel: blocked sources, what is not SIP
 *	first line	how much this source may send (source_limit), and all strangers together;
 *			answers that nobody has asked for
 *	all headers	`silent-discard untrusted`: what strangers send outside dialogs
 *	request.c	who may call: 403 for strangers, or a challenge
 *
 * A stranger is who is not trusted (trust.h), is in no network of telephones (phone_book.h) and was
 * not sent a request lately. Telephones have limits of their own, wide enough for all of a site at
 * once, but who guesses passwords is blocked as a stranger is; who is trusted never is. Strangers are
 * logged in one form, once a minute each, which conf/fail2ban reads (the others begin with `telephone`
 * or `trusted`):
 *
 *	stranger 192.0.2.7: INVITE discarded, messages 3
 *
 * guard.c calls the first two hooks from inside the stack's parser. One user agent a process.
 */
#ifndef GATEWAY_SIP_ADMISSION_H
#define GATEWAY_SIP_ADMISSION_H

#include "gateway/sip/source_limit.h"

struct ua;
struct admission;
struct msg_s;
struct sip_s;

struct admission_rules {
	bool accept_all; /* `no ip address trusted authenticate` */
	bool silent;	 /* `silent-discard untrusted` */
	/* block_s: of strangers, and for wrong passwords of telephones */
	struct source_limit_rule strangers, phones, trusted;
	unsigned setups;	 /* calls under way of one source, as setups_admit() has it */
	unsigned strangers_rate; /* messages a second of all strangers together; 0: no limit */
};

struct admission_counters {
	unsigned long discarded;  /* silently, of strangers */
	unsigned long over_limit; /* dropped before they were read */
	unsigned long unasked;	  /* answers to what we never asked */
	unsigned long blocked;	  /* sources, in all */
	unsigned long not_logged; /* lines that would have been too many */
};

int admission_new(void *ctx, struct ua *ua, struct admission **out);
void admission_free(struct admission *admission);
/* ua->config.admission has changed. */
void admission_change(struct admission *admission);
/* A socket has been bound. */
void admission_add_socket(struct admission *admission, const struct sockaddr *bound, bool udp);

/* The first line of a message has come, nothing of it has been read; false: drop it. */
bool admission_first_line(struct admission *admission, struct msg_s *msg, bool response);
/* All its headers have been read; false: drop it without an answer. */
bool admission_headers(struct admission *admission, struct msg_s *msg, const struct sip_s *sip);

/* May it call us? */
bool admission_trusts(const struct admission *admission, const struct sockaddr *source);
/* We send a request there: it is no stranger for a while. */
void admission_expect(struct admission *admission, const struct sockaddr *source);
/* A stranger was refused: what goes into the log, "INVITE refused". */
void admission_refused(struct admission *admission, const struct sockaddr *source,
		       const char *what);
/* It has guessed a password wrongly; it has shown the right one. */
void admission_failed(struct admission *admission, const struct sockaddr *source);
void admission_passed(struct admission *admission, const struct sockaddr *source);

/* For the console. */
void admission_counters(const struct admission *admission, struct admission_counters *out);
void admission_each(const struct admission *admission,
		    bool (*fn)(void *arg, const struct source_state *state), void *arg);
void admission_clear(struct admission *admission); /* nobody is blocked any more */

#endif
