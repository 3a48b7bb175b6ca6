/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * phone_book - what SIP asks whoever knows the site's telephones: who may register, who is calling,
 * where a number is registered. Main hands one to ua_use_phone_book() (gateway/survive fills it in);
 * without one the gateway has no telephones, and REGISTER is answered 405.
 *
 * Plain data: what points into a message, or into the phone book, is lent until the loop goes on.
 */
#ifndef GATEWAY_SIP_PHONE_BOOK_H
#define GATEWAY_SIP_PHONE_BOOK_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>

#include "dialplan/number.h"
#include "dialplan/peer.h"

#define PHONE_URI_MAX 511
#define PHONE_NAME_MAX 63     /* user part of an address of record: "2001", "alice" */
#define PHONE_CONTACTS_MAX 16 /* of one address of record */
#define PHONE_HOPS_MAX 8      /* addresses of call managers that one request may be sent to */

struct callers;

struct phone_source { /* where a request came from */
	struct sockaddr_storage address;
	enum peer_transport transport;
	const char *user_agent; /* "" if it does not say */
};

struct phone_contact {		    /* one Contact of a REGISTER, or one that is registered */
	const char *uri;	    /* without <> and header parameters; "*" in a REGISTER: all */
	const char *path;	    /* value of Path (RFC 3327), "" : none */
	const char *instance;	    /* +sip.instance (RFC 5626) with its <>, "" : none */
	uint32_t reg_id;	    /* 0: none */
	uint16_t q;		    /* thousandths; 1000 if it says none */
	uint32_t expires_s;	    /* asked for, granted, or left */
	bool expires_given;	    /* a REGISTER says it: 0 removes */
	bool outbound;		    /* it is reached on the connection it has made (RFC 5626) */
	struct phone_source source; /* as registered */
};

struct phone_register {	  /* a REGISTER, read and checked (register_request.c) */
	const char *name; /* of the address of record, in To */
	uint32_t tag;	  /* of its pool's dial peer, as `right` has said */
	const char *call_id;
	uint32_t cseq;
	struct phone_source source;
	const char *user; /* who has shown a password; NULL: nobody was asked */
	unsigned count;	  /* 0: asks what is registered */
	struct phone_contact contacts[PHONE_CONTACTS_MAX];
};

struct phone_answer { /* to a REGISTER */
	unsigned status;
	unsigned min_expires_s; /* 423 */
	unsigned retry_after_s; /* 503; 0: not said */
	const char *why; /* refused, for the log: words of ours; NULL: nobody needs to know */
	unsigned count;	 /* 200: all that is registered now */
	struct phone_contact contacts[PHONE_CONTACTS_MAX];
};

typedef void (*phone_answered)(void *arg, const struct phone_answer *answer);

struct phone_caller { /* a telephone that sends a request */
	uint32_t tag; /* of its pool's dial peer */
	char name[PHONE_NAME_MAX + 1];
};

enum phone_right {		     /* of who sends a request */
		   PHONE_STRANGER,   /* no telephone of ours */
		   PHONE_CHALLENGED, /* may, if it shows the password of one of `users` */
		   PHONE_KNOWN,	     /* may */
};

struct phone_request {
	const char *name;     /* who it says that it is: From; To of a REGISTER. "": nobody */
	const char *instance; /* +sip.instance of its Contact, "": none */
	bool registers;
	struct phone_source source;
	/* How exactly its source is named among those who are trusted (trust_bits()): a trunk that
	 * stands among telephones is no telephone. */
	unsigned trusted_bits;
};

struct phone_hop { /* where a request goes next */
	struct sockaddr_storage address;
	enum peer_transport transport;
	const char *name;     /* whose certificate is wanted on TLS; "": the address */
	bool emergency_stays; /* calls of emergency numbers do not go there */
};

enum phone_manager {			 /* is a call manager there? */
		     PHONE_NO_MANAGER,	 /* somebody else */
		     PHONE_MANAGER,	 /* yes */
		     PHONE_MANAGER_GONE, /* one that does not answer any more */
};

struct phone_book {
	void *arg;
	/* Do telephones come from there? Their messages are no strangers' then; what they may do
	 * `right` says. */
	bool (*network)(void *arg, const struct sockaddr *source);
	/* *caller is filled in for telephones of ours, known or challenged. */
	enum phone_right (*right)(void *arg, const struct phone_request *request,
				  struct phone_caller *caller);
	const struct callers *users; /* lent; realm empty: nobody is challenged */
	/* REGISTER of a telephone that may, or of somebody trusted who is none (tag 0): done is
	 * called once, from the loop or before this returns. */
	void (*receive)(void *arg, const struct phone_register *in, phone_answered done,
			void *done_arg);
	/* Is that a number of a telephone that may register, whether it has or not? */
	bool (*has)(void *arg, const char *number);
	bool redirects; /* who calls a telephone is told its contacts, and calls there himself */
	/* Where name is registered, best q first. How many. */
	unsigned (*contacts)(void *arg, const char *name,
			     struct phone_contact out[PHONE_CONTACTS_MAX]);

	/* The same of those that are told of messages waiting without having asked (mailbox.h). */
	unsigned (*lamps)(void *arg, const char *name,
			  struct phone_contact out[PHONE_CONTACTS_MAX]);

	/* ---- of telephones that go through the gateway (proxy.h); all NULL: none does */

	/* Where this request, which begins something, may go, best first. How many; 0: it is the
	 * gateway's own. */
	unsigned (*route)(void *arg, const struct phone_request *request,
			  struct phone_hop hops[PHONE_HOPS_MAX]);
	/* sends: a request came from there; the port of a connection says nothing then. */
	enum phone_manager (*manager)(void *arg, const struct sockaddr_storage *address,
				      enum peer_transport transport, bool sends);
	/* The call manager has registered it: contacts as it granted them, expires_s 0 or "*" are
	 * registered no more. */
	void (*learn)(void *arg, const struct phone_register *granted);
};

#endif
