/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * trial - a call tried on the plan without one being made: what `sipspan explain` shows and what
 * `expect` in a configuration asks.
 *
 * Order of calls: trial_init(), trial_set_source() if it is known where the call comes from,
 * trial_set_numbers(), trial_run(); the last two again for the next number. The trial holds the
 * texts that its request points to: it must not be moved in between. Before trial_run() the caller may
 * set status, target and note of the request.
 *
 * Without a source the question is where a number goes, whoever calls: the inbound peer is searched as
 * for a SIP call from nowhere in particular, then as for an ISDN call (digit by digit: ISDN only); if
 * neither finds one, the call goes on without, as that of `csim start` does; what goes to SIP goes there,
 * whether `allow-connections` lets SIP callers or not. With a source it is
 * refused then, as by the gateway.
 */
#ifndef DIALPLAN_TRIAL_H
#define DIALPLAN_TRIAL_H

#include "dialplan/collect.h"
#include "dialplan/plan.h"

#define TRIAL_TEXT_SIZE (NUMBER_DIGITS_MAX + 2)

enum trial_result {
	TRIAL_EN_BLOC,
	/* digit by digit: */
	TRIAL_AT_ONCE, /* routed with the last digit or the terminator */
	TRIAL_TIMER,   /* routed when the timer ended */
	TRIAL_INCOMPLETE,
	TRIAL_NO_MATCH,
};

struct trial {
	struct plan_request request;
	bool source_known;
	bool digit_by_digit;
	/* digit by digit, may be NULL: after each digit, where the digits so far lead */
	void (*digit)(void *arg, const struct collect *collect);
	void *digit_arg;

	/* may be NULL: what the line of a pots candidate does to type and plan of its numbers at last
	 * (`isdn map`) */
	void (*line)(void *arg, const char *port, struct number *number);
	void *line_arg;
	/* may be NULL: does `after-hours` keep telephones of this dial peer from calling that number? */
	bool (*blocks)(void *arg, uint32_t tag, const char *called);
	void *blocks_arg;

	char port[16];
	char user[64], host[128]; /* of the source URI */
	char uris[PEER_URI_COUNT][208];
};

struct trial_outcome {
	enum peer_kind kind;	     /* the leg it is taken to have come in on */
	struct plan_inbound inbound; /* peer NULL: none fits */
	const char *plar;	     /* `connection plar` of the port: this number was dialled */
	enum trial_result collected;
	char digits[TRIAL_TEXT_SIZE];  /* digit by digit: that were taken */
	struct number called, calling; /* what the outbound search saw */
	struct plan_route route;       /* candidates, and who was left out */
	unsigned cause;		       /* Q.850; 0: there is a candidate */
	bool
	    confers; /* `conference factory`: a conference begins; there are no candidates, and no cause */
	bool redirected; /* `redirect ip2ip`: the caller is told of the candidates */
};

void trial_init(struct trial *trial);
/* sip:HOST, sip:USER@HOST (a SIP call from that neighbour), 1:D, "span 1" or 2/17 (a call on that
 * port; 2/17 is the D channel 2:D if no peer and no voice port of the plan is called 2/17; plan NULL:
 * only look at the spelling). -EINVAL: none of these. */
int trial_set_source(struct trial *trial, const struct plan *plan, const char *source);
/* The telephone of that name, of the pool with this dial peer; its number is who calls unless another
 * is said. */
int trial_set_phone(struct trial *trial, uint32_t tag, const char *name);
/* As dialled; + in front: international. calling and redirecting may be empty. -EINVAL: no number;
 * -EMSGSIZE */
int trial_set_numbers(struct trial *trial, const char *called, const char *calling,
		      const char *redirecting);
void trial_run(const struct trial *trial, const struct plan *plan, struct trial_outcome *out);

/* The number that goes to the far end: with + to SIP, bare digits to ISDN. */
void trial_sent(const struct peer *peer, const struct number *number, char text[TRIAL_TEXT_SIZE]);

#endif
