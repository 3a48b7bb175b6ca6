/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * registration - one line at one registrar: REGISTER, again before it expires, and back-off when it
 * fails.
 *
 *	WAITING      nothing is under way; a timer begins the next try
 *	RESOLVING    the registrar's addresses are looked up
 *	REGISTERING  REGISTER is out, to one address after another
 *	REGISTERED   a timer repeats it, at the address that answered
 *	REFRESHING   REGISTER is out, what was registered still holds
 *	HELD         its registrar is gone, another one has the line: as long as that is so
 *	REMOVING     REGISTER with Expires 0 is out; freed when it is answered or fails
 *
 *	WAITING --> RESOLVING --> REGISTERING --2xx--> REGISTERED <--2xx-- REFRESHING
 *	   ^            |              |                    +---timer---------^  |
 *	   +----failure-+--------------+   RESOLVING <---no answer, 503----------+
 *
 * What is answered: 401 and 407 with credentials (authorization.h), 423 with a longer time, 3xx by
 * going there, 439 without outbound, 503 and silence by the next address. Other failures wait: RFC 5626
 * 4.5, doubling; refusals that will not change by themselves (4xx, 6xx) wait as long as it gets.
 *
 * A registrar that is down (registrar_watch.h) is left alone while another one of the account is there:
 * HELD from any state, and WAITING again when it is up, after the hold-down, or no other is left.
 *
 * Only registrations.c uses this.
 */
#ifndef GATEWAY_SIP_REGISTRATION_H
#define GATEWAY_SIP_REGISTRATION_H

#include <osmocom/core/hashtable.h>

#include "gateway/sip/authorization.h"
#include "gateway/sip/message.h"
#include "gateway/sip/path.h"
#include "gateway/sip/registrar_watch.h"
#include "gateway/sip/registrations.h"
#include "gateway/sip/ua_private.h"

#define REGISTRATION_TROUBLE_MAX 96

enum registration_state { /* see above */
			  REGISTRATION_WAITING,
			  REGISTRATION_RESOLVING,
			  REGISTRATION_REGISTERING,
			  REGISTRATION_REGISTERED,
			  REGISTRATION_REFRESHING,
			  REGISTRATION_HELD,
			  REGISTRATION_REMOVING,
};

/* What a 200 granted, and what the calls of the line have from it. */
struct registration_grant {
	unsigned expires_s;
	bool flow;	       /* the registrar reaches us by this connection alone (RFC 5626 6) */
	unsigned flow_timer_s; /* how often it wants to hear of it; 0: not said */
	char *gruu, *route, *associated; /* talloc'ed below the registration; NULL: none */
	struct target hop; /* the first of route, if it is a loose router; host empty: none */
};

struct registration {
	struct llist_head entry; /* registrations.list */
	struct hlist_node node;	 /* registrations.lines */
	struct registrations *set;
	struct ua *ua;
	enum registration_state state;
	bool wanted;		       /* while registrations_change() looks */
	struct registrar_watch *watch; /* of the registrar; NULL: none, or REMOVING */

	unsigned tenant, registrar, peer;
	char *line;
	struct account_registrar config;

	/* how it is asked for */
	struct target target; /* where: the registrar, or what it redirected to */
	bool through;	      /* target is only the next hop (305): the request URI stays */
	unsigned redirects;
	bool outbound;	  /* RFC 5626 is asked for */
	unsigned asked_s; /* 423 may have made it longer */
	char *aor, *call_id, *from_tag;
	uint32_t cseq;
	struct authorization authorization;

	/* what is under way */
	struct resolve *resolve;
	struct resolve_answer *addresses; /* of RESOLVING and REGISTERING */
	unsigned next;
	struct ua_path path;
	nta_outgoing_t *out;
	struct osmo_timer_list timer;

	/* what came of it */
	struct registration_grant grant;
	uint64_t until_ms; /* monotonic: when the grant ends */
	tport_t *flow;	   /* the connection of a flow, watched; NULL: none */
	int flow_watch;
	unsigned failures;			/* in a row */
	char trouble[REGISTRATION_TROUBLE_MAX]; /* the last one that was logged */
};

struct registrations {
	struct ua *ua;
	struct registration_times times;
	struct llist_head list;
	struct registrar_watches *watches;
	DECLARE_HASHTABLE(lines, 10); /* by line */
	unsigned ending;	      /* in REMOVING */
	char instance[48];	      /* urn:uuid:..., RFC 5626 4.1 */
};

/* after_ms: when the first try begins. NULL: no memory, or the target is none. */
struct registration *registration_new(struct registrations *set, const struct registration *key,
				      unsigned after_ms);
void registration_start(struct registration *r, unsigned after_ms);
void registration_refresh(struct registration *r, unsigned after_ms); /* of REGISTERED */
void registration_hold(struct registration *r); /* HELD, until it is started again */
/* May the line be without this registrar? Then it is left alone until it has shown that it is back. */
bool registration_is_to_be_held(const struct registration *r);
/* A REGISTER was answered, or what else happened to it: what that means for the registrar, unless it has
 * redirected. The registration may be HELD then. */
void registration_tell_watch(struct registration *r, bool heard, const char *what);
/* Unregisters it if it is registered, and frees it. */
void registration_remove(struct registration *r);
void registration_free(struct registration *r);
bool registration_is_up(const struct registration *r);
uint64_t registration_now_ms(void);
unsigned registration_hash(const char *line); /* of its user part */

/* A call goes out. line: the caller's number; a tenant with one line has that for all calls. If it is
 * registered, path->contact becomes the line's Contact, its public GRUU (RFC 5627) if there is one. */
void registration_prepare_call(struct ua *ua, unsigned tenant, const char *line,
			       struct ua_path *path);
/* The same of a call that comes in for a line; user: of its request URI. */
void registration_prepare_answer(struct ua *ua, const char *user, struct ua_path *path);

struct registration_call {
	unsigned tenant;
	const char *line; /* as above */
	const struct target *target;
};

/* Where calls of `session target registrar` go: the place of the first registrar of the account that is
 * there and has the line; if none has, of the first that is there; else of the first. tried: bit n, not
 * registrar n. -1: there is none. line as above. */
int registration_choose_registrar(const struct ua *ua, unsigned tenant, const char *line,
				  unsigned tried);
/* The account of a tenant that has registrars, or that for all. NULL: none has. */
const struct account *registration_account(const struct ua *ua, unsigned tenant);

/* A call to the line's own registrar: the value of Route that its Service-Route asks for (RFC 3608), and
 * *hop, where it is sent then, as it was if that is target. NULL: none, or it is for somebody else.
 * Borrowed until the loop goes on. */
const char *registration_service_route(const struct ua *ua, const struct registration_call *call,
				       struct target *hop);

/* registration_answer.c */

/* The user part of our Contact: the line, without a domain of its own. */
#define REGISTRATION_USER_SIZE (3 * ACCOUNT_LINE_MAX + 1)
void registration_print_user(const struct registration *r, char text[REGISTRATION_USER_SIZE]);

/* Our own binding in a 200. -ENOENT: it is not there, or for no time. */
int registration_read_grant(const struct registration *r, const sip_t *sip,
			    struct registration_grant *out);
/* Where a 3xx sends us. -ENOENT: nowhere that we can go. */
int registration_read_redirect(const sip_t *sip, struct target *out);
/* Contact of a REGISTER on this path. */
#define REGISTRATION_CONTACT_MAX (PATH_CONTACT_MAX + 128)
void registration_print_contact(const struct registration *r, unsigned expires_s, char *text,
				size_t size);

#endif
