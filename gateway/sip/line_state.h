/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * line_state - what lines are doing, for who watches them: the event packages dialog and presence.
 *
 * A line is known by a name: a number as the call record writes it ("+442079460000", or the digits as
 * dialled), a PSTN port ("1:D") or one of its B channels ("2/17"). It exists for as long as somebody
 * has something to say of it or listens to it; who asks for another finds it idle.
 *
 * Sources say what a line does, each about what it knows:
 *
 *	calls		line_states_set_call()		line_calls.c, for all calls of the office
 *	PSTN ports	line_states_set_service()	main, as the trunks change
 *	telephones	line_states_set_service()	the registrar: IN_SERVICE with the first binding
 *					of a number, OUT_OF_SERVICE without any, UNKNOWN when
 *					the number is no telephone's any more
 *
 * To say the same again costs a look-up and tells nobody; what is new is looked up by number and name,
 * and costs nothing for listeners to others. A listener hears that something has changed,
 * and looks (line_states_service(), line_states_each_call()) when it likes: what it sees is the state of
 * then. A listener is its owner's memory, zeroed at first; line_states_listen() links it in,
 * line_states_unlisten() out. changed() may not call back into this module but for looking.
 *
 * No SIP here, and no office. Errors are negative errno; -ENOMEM: nothing has changed.
 */
#ifndef GATEWAY_SIP_LINE_STATE_H
#define GATEWAY_SIP_LINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <osmocom/core/linuxlist.h>

#include "dialplan/number.h"

#define LINE_NAME_MAX (NUMBER_DIGITS_MAX + 1)
#define LINE_PARTIES_MAX 8 /* lines that a call concerns: numbers, their ports and channels */

enum line_service {
	LINE_SERVICE_UNKNOWN, /* nobody keeps it: it is as good as what is behind it */
	LINE_IN_SERVICE,
	LINE_OUT_OF_SERVICE, /* a port that is down, a telephone that has not registered */
};

enum line_call_state { /* RFC 4235 3.7.1, of the line's side */
		       LINE_CALL_TRYING,
		       LINE_CALL_PROCEEDING,
		       LINE_CALL_EARLY, /* it rings */
		       LINE_CALL_CONFIRMED,
		       LINE_CALL_TERMINATED, /* line_states_set_call() only: it is forgotten */
};

struct line_party {
	char line[LINE_NAME_MAX + 1];	/* whose side this is */
	char remote[LINE_NAME_MAX + 1]; /* number of the other one; may be empty */
	bool initiator;			/* the line calls */
};

struct line_call {
	uint32_t id;	/* of the office */
	char name[128]; /* SIP Call-ID, or empty */
	enum line_call_state state;
	unsigned parties_count;
	struct line_party parties[LINE_PARTIES_MAX]; /* each line once */
};

struct line;
struct line_states;

struct line_listener {
	void (*changed)(void *arg);
	void *arg;
	/* line_state.c's own */
	struct llist_head entry; /* to a line */
	struct line *line;
	struct hlist_node node; /* to calls with a name */
	const char *call_name;
};

int line_states_new(void *ctx, struct line_states **out);
void line_states_free(struct line_states *lines); /* NULL: nothing. Listeners first */

/* ---- for sources */

/* A call is new, has changed (lines that are no longer among its parties leave it), or has ended. */
int line_states_set_call(struct line_states *lines, const struct line_call *call);
int line_states_set_service(struct line_states *lines, const char *name, enum line_service service);

/* ---- for watchers */

/* -ENAMETOOLONG */
int line_states_listen(struct line_states *lines, const char *name, struct line_listener *listener);
/* To calls with this name, which is borrowed. */
void line_states_listen_call(struct line_states *lines, const char *call_name,
			     struct line_listener *listener);
void line_states_unlisten(struct line_listener *listener); /* one that does not listen: nothing */

enum line_service line_states_service(const struct line_states *lines, const char *name);
bool line_states_is_busy(const struct line_states *lines, const char *name); /* it is in a call */
typedef bool line_call_fn(void *arg, const struct line_call *call, const struct line_party *party);
/* The calls of a line, in no order; party is the line's side. fn returns false to stop. */
void line_states_each_call(const struct line_states *lines, const char *name, line_call_fn *fn,
			   void *arg);
/* The same of calls with this name; party is the first one's side. */
void line_states_each_named_call(const struct line_states *lines, const char *call_name,
				 line_call_fn *fn, void *arg);

#endif
