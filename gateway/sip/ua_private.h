/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ua_private - what the files of this folder share; the only headers with the stack's types are
 * this one and message.h.
 *
 * ua.c       life of it all, counters           request.c    requests outside dialogs, new calls
 * sockets.c  what SIP listens on                path.c       how messages reach a far end
 * connections.c  TCP and TLS connections        interfaces.c addresses that come and go
 * tls.c      contexts of the profiles           secure_link.c, secure_names.c  TLS connections
 * loop.c     the stack in our loop              guard.c      messages that the stack would drop
 * message.c  reads and sends messages           resolve.c    targets to addresses
 * dns.c, dns_cache.c, dns_message.c  the DNS    srv.c        its records of SIP servers
 * dialog.c   life of a dialog, its requests     dialog_uas.c INVITE that came in
 * dialog_uac.c  INVITE that went out          dialog_fork.c its early dialogs
 * dialog_reliable.c  1xx with PRACK             session.c    offer, answer and stream
 * invite.c   before there is a leg: is the caller who he says?
 * dialog_request.c  other requests in dialogs   info.c       INFO
 * leg_sip.c  dialog + session = leg             leg_sip_out.c  a leg that calls
 * leg_sip_phone.c  ... a telephone             conference.c Join, and the focus of a conference
 * keepalive.c   OPTIONS to session targets      keepalive_probe.c  to one address
 * options_request.c  one OPTIONS
 * leg_sip_expires.c  ... that nobody answers
 * leg_sip_hold.c, leg_sip_flow.c  offers to one that is up: hold, media past the gateway
 * leg_sip_failover.c  ... whose target fails    target_health.c  which of them do
 * leg_sip_registrar.c  ... to a registrar
 * statistics.c  counts messages
 * trust.c    who may call us                    trusted_names.c  the names among them
 * admission.c   which messages get in           source_limit.c   how many of one source
 * source_filter.c  what the kernel drops       call_service.c   no new calls
 * setups.c   calls under way, of each source
 * challenge.c   strangers with a password      nonce.c       what they are asked with
 * caller.c      their names and numbers
 * authorization.c  our credentials in requests  digest.c     what is in them
 * account.c  whose they are                     registrations.c  lines at registrars
 * registration.c, registration_answer.c  one of them
 * registrar_watch.c  are the registrars there?   server_watch.c  ... or call managers
 * register_request.c  REGISTER of telephones (phone_book.h)
 * proxy.c    telephones that go through us     proxy_way.c    where to
 * proxy_headers.c  what is changed on the way  proxy_flow.c   how they are found again
 * proxied.c  one that is on its way      proxy_learn.c  what is learnt of it
 * uri_param.c  parameters of URIs
 * flow_key.c  what flows are signed with       proxy_own.c    dialogs of ours past a dead manager
 * hops.c     circles                      place.c      where a URI leads
 * refer.c    transfers asked for by REFER    refer_out.c  and asked for by us
 * replaces.c dialogs that others name          notifier.c   dialogs of NOTIFY alone
 * subscription.c  what others have subscribed to  event_*.c  one event package each
 * line_state.c   what lines are doing            line_calls.c  in the calls of the office
 * watcher.c      who may watch them
 * kpml.c     digits that somebody waits for      digit_relay.c  digits by signalling, both ways
 * digit_event.c  audio/telephone-event         aoc.c      advice of charge
 * xml_text.c  writes XML                      message_summary.c  reads and writes RFC 3842
 * redirect.c 3xx: its Contacts             leg_sip_redirect.c  a leg that follows them
 * enum_query.c  numbers to URIs                 enum_cache.c, naptr.c  its records
 */
#ifndef GATEWAY_SIP_UA_PRIVATE_H
#define GATEWAY_SIP_UA_PRIVATE_H

#define SU_ROOT_MAGIC_T struct ua
#define NTA_AGENT_MAGIC_T struct ua
#define NTA_LEG_MAGIC_T void
#define NTA_INCOMING_MAGIC_T struct dialog
#define NTA_RELIABLE_MAGIC_T struct reliable
#define NTA_OUTGOING_MAGIC_T void

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/timer.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_tagarg.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>

#include "gateway/sip/admission.h"
#include "gateway/sip/call_service.h"
#include "gateway/sip/challenge.h"
#include "gateway/sip/dialog.h"
#include "gateway/sip/enum_query.h"
#include "gateway/sip/flow_key.h"
#include "gateway/sip/identity.h"
#include "gateway/sip/keepalive.h"
#include "gateway/sip/loop.h"
#include "gateway/sip/phone_book.h"
#include "gateway/sip/resolve.h"
#include "gateway/sip/subscription.h"
#include "gateway/sip/target.h"
#include "gateway/sip/target_health.h"
#include "gateway/sip/ua.h"

#define UA_SOCKETS_MAX 64
#define UA_NAMES_HASH_BITS 10
#define UA_MESSAGE_MAX 65536 /* what UDP can carry; on TCP a longer one ends its connection */
#define UA_ALLOW "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY, SUBSCRIBE"
#define UA_ALLOW_WITH_REGISTER UA_ALLOW ", REGISTER" /* with telephones: there is a registrar */
#define UA_ACCEPT "application/sdp"
#define UA_SUPPORTED "timer, replaces, join, norefersub, tdialog, from-change"
#define UA_SUPPORTED_OF_INVITE UA_SUPPORTED ", 100rel"

struct ua_socket {     /* one bound address and transport; wildcards stand as all that they mean */
	char ident[8]; /* its name in the stack */
	struct sockaddr_storage address;
	enum peer_transport transport;
	nta_agent_t *agent; /* whose socket it is: all that goes through it is made there */
};

struct ua {
	struct ua_config config;
	struct office *office;
	struct media_client *media;
	struct loop *loop;
	struct resolver *resolver;
	struct enum_queries *enum_queries;
	struct registrations *registrations;
	struct target_health *health;
	struct keepalive *keepalive;
	struct line_states *line_states;
	struct subscriptions *subscriptions;
	struct llist_head mailboxes;
	struct phone_book phones;    /* all zero: there are none */
	struct llist_head registers; /* that wait for it */

	/* requests that are passed on (proxy.h), and what the stack is told not to do for them */
	struct llist_head proxied;
	unsigned proxied_count;
	uint8_t flow_key[FLOW_KEY_SIZE];
	bool may_come_back, leaves_cancel, leaves_ack;
	struct osmo_timer_list managers_gone; /* requests are told */
	nta_outgoing_t *strays;		      /* responses that belong to no request (any more) */

	nta_agent_t *agent;
	nta_leg_t *default_leg;
	struct admission *admission;
	struct setups *setups;
	struct stir *stir; /* NULL: nobody is signed or checked */
	struct challenges *challenges;
	struct call_service_order service; /* the last */
	struct ua_socket sockets[UA_SOCKETS_MAX];
	unsigned sockets_count;
	struct secure *tls; /* NULL: there is no TLS */
	struct connections *connections;
	struct interfaces *interfaces;
	struct llist_head dialogs, attempts, legs;
	DECLARE_HASHTABLE(dialog_names, UA_NAMES_HASH_BITS); /* dialogs by Call-ID */
	struct ua_counters counters;
	bool debug;
	char log_line[2048]; /* of a message being printed for debug */
};

#define PATH_CONTACT_MAX 512

/* How messages reach a far end: its address, and the socket of ours that has a route to it (path.h).
 */
struct ua_path {
	struct sockaddr_storage remote;
	const struct ua_socket *socket;
	/* the Contact by which it reaches us, "<sip:...>"; empty: made of the socket's address */
	char contact[PATH_CONTACT_MAX];
	struct sockaddr_storage external;   /* what it is told instead of ours; family 0: nothing */
	unsigned tls_profile;		    /* 0: the default */
	char tls_name[TARGET_HOST_MAX + 1]; /* whose certificate; "": who made the connection */
	bool secure;			    /* its URI is sips */
	bool stays;	/* it is behind NAT: requests go where its own came from */
	bool stays_udp; /* large requests do not go to TCP */
};

/* -ENETUNREACH: no socket of that transport and family. See path_find(). */
int ua_path_find(const struct ua *ua, const struct sockaddr_storage *remote,
		 enum peer_transport transport, struct ua_path *path);
/* Our address that a route to remote starts from, port 0. */
int ua_local_address(const struct sockaddr_storage *remote, struct sockaddr_storage *out);
/* NULL: there is no such tenant (any more). Valid until the configuration changes. */
const struct tenant *ua_tenant(const struct ua *ua, unsigned number);
/* What holds for calls of this peer: its own settings, then its tenant's, then those for all. peer
 * NULL: those for all. */
void ua_options(const struct ua *ua, const struct peer *peer, struct sip_options *out);
/* The default leg's callback (request.c). */
nta_request_f ua_on_request;
/* The same for one that the proxy has left to us. */
int ua_serve(struct ua *ua, nta_incoming_t *irq, const sip_t *sip);
struct requester {		   /* of a request outside dialogs, if it may */
	const struct caller *user; /* has shown this password; NULL: was not asked */
	struct phone_request request;
	struct phone_caller phone; /* tag 0: no telephone of ours */
};

/* An INVITE that starts a call (request.c): checks it and makes dialog and leg. Returns a final
 * status for the stack to send, or 0 if it was answered. */
int ua_on_invite(struct ua *ua, nta_incoming_t *irq, const sip_t *sip, const struct requester *who);
/* Messages get through that the stack's parser would drop without an answer (guard.c). NULL: no
 * memory. */
const msg_mclass_t *guard_message_class(void);
/* One message came in; the caller is the message class (statistics.c). */
void statistics_received(const sip_t *sip);
void statistics_sent_request(sip_method_t method);
void statistics_sent_response(int status);
/* What decides about messages that come from now on; NULL: all may come. */
void guard_use_admission(struct admission *admission);
/* Whose stack is told what to do with the request that has just come (proxy.h); NULL: none. */
void guard_use_proxy(struct ua *ua);
bool guard_marked(const sip_t *sip); /* its request line could not be read: 400 */

/* The leg and the call of an INVITE (leg_sip.c). offer->sdp NULL: we are to offer. Returns 0: the
 * dialog is the leg's; or the status to refuse with. */
int leg_sip_new(struct ua *ua, struct dialog *dialog, const struct call_setup *setup,
		const struct dialog_news *offer);
void leg_sip_free_all(struct ua *ua);

#endif
