/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan_private - what the files of the dial plan share.
 *
 *	plan.c		building: objects come in
 *	resolve.c	plan_seal(): references become pointers, patterns go into the indexes
 *	changes.c	number changes by translation profiles, and those before the outbound search
 *	inbound.c	rule 2
 *	uri.c		voice class uri
 *	outbound.c	rule 4: keys, candidates, hunt order
 *	provision.c	the second key of a provision policy
 *	targets.c	members of trunk groups and server groups, in order
 *	send.c		rule 7: the numbers that go out
 *	fit.c		rule 5.1: digit by digit
 */
#ifndef DIALPLAN_PLAN_PRIVATE_H
#define DIALPLAN_PLAN_PRIVATE_H

#include "dialplan/digits.h"
#include "dialplan/expression.h"
#include "dialplan/hunt.h"
#include "dialplan/index.h"
#include "dialplan/plan.h"
#include "dialplan/table.h"

enum { /* Q.850 */
       CAUSE_UNALLOCATED = 1,
       CAUSE_REJECTED = 21,
       CAUSE_INVALID_FORMAT = 28,
       CAUSE_NO_CIRCUIT = 34,
       CAUSE_TEMPORARY_FAILURE = 41,
       CAUSE_NOT_AVAILABLE = 63,
       CAUSE_BEARER_NOT_IMPLEMENTED = 65,
};

enum plan_field { /* what patterns of a peer are compared with; each has an index */
		  FIELD_DESTINATION,
		  FIELD_CALLED,
		  FIELD_ANSWER,
		  FIELD_CALLING_OUT, /* maps only */
		  FIELD_COUNT
};
#define FIELD_PATTERNS FIELD_CALLING_OUT /* fields that a peer has a pattern of its own for */

struct plan_entry;

struct plan_list { /* of pointers that are borrowed; mostly the peers that refer to something */
	const void **items;
	size_t count, size;
};

struct plan_rules { /* voice translation-rule */
	unsigned number;
	struct translation_rules *rules;
};

enum { PLAN_TARGET = PLAN_REDIRECTING + 1, PLAN_WHICH_COUNT };

struct plan_profile { /* voice translation-profile */
	struct translation_profile profile;
	const struct plan_rules *rules[PLAN_WHICH_COUNT]; /* by enum plan_which; redirect-target */
};

struct plan_map { /* voice class e164-pattern-map */
	unsigned number;
	struct pattern_map *map; /* until its entries are in the indexes */
	struct plan_list users[FIELD_COUNT];
};

struct plan_group { /* voice class dpg */
	struct peer_group group;
	unsigned count;
	const struct plan_entry *members[PEER_GROUP_MAX]; /* in order */
};

struct plan_servers { /* voice class server-group; in order of preference */
	struct server_group group;
};

struct plan_trunks { /* trunk group */
	struct trunk_group group;
	const struct plan_profile *incoming, *outgoing;
	const struct plan_trunk **members; /* in order of preference */
	size_t count;
};

struct plan_trunk {	  /* a port, whether `voice-port` speaks of it or only dial peers */
	unsigned number;  /* plan_port_number() */
	unsigned ordinal; /* as configured */
	struct plan_port port;
	struct plan_list users; /* valid peers, in order of tags */
	const struct plan_trunks *group;
	const struct plan_profile *incoming, *outgoing; /* its own or the group's */
	enum number_format called_format, calling_format;
};

enum plan_uri_field { /* in the order in which they are compared (rule 2.3) */
		      URI_FIELD_HOST,
		      URI_FIELD_USER,
		      URI_FIELD_PHONE,
		      URI_FIELD_CONTEXT,
		      URI_FIELD_PATTERN,
		      URI_FIELDS
};

#define URI_HOSTS 4

struct plan_uri_class {
	struct uri_class class;
	struct expression *fields[URI_FIELDS];	   /* NULL: not looked at */
	struct expression *hosts[URI_HOSTS];	   /* of hosts that are expressions */
	char exact[URI_HOSTS][CLASS_TEXT_MAX + 1]; /* of those that are addresses or names */
	struct plan_list incoming[PEER_URI_VIA + 1], destination[PEER_URI_COUNT];
};

struct plan_source { /* voice source-group */
	struct source_group group;
	const struct plan_profile *incoming;
};

struct plan_num_exp {
	struct num_exp num_exp;
	unsigned ordinal; /* as configured */
	struct pattern *pattern;
};

struct plan_carrier { /* carrier-id */
	char name[CLASS_NAME_MAX + 1];
	struct plan_list sources, targets;
};

struct plan_host { /* `host ipv4:` or `host dns:` of voice class uri */
	char host[CLASS_TEXT_MAX + 1];
	struct plan_list classes; /* that have exact hosts only */
};

struct plan_entry {
	struct peer peer; /* first: what callers hold is a pointer to it */
	struct pattern *patterns[FIELD_PATTERNS];
	char *missing; /* what it refers to and is not configured, or NULL */
	bool valid, outbound, cor_limited;
	uint64_t cor_incoming; /* if cor_limited */
	uint64_t cor_outgoing; /* nobody is kept out by 0 */
	const struct plan_profile *incoming, *outgoing, *call_block;
	const struct plan_map *maps[FIELD_COUNT];
	const struct plan_uri_class *destination_uri[PEER_URI_COUNT];
	const struct plan_group *group;
	const struct plan_servers *servers;
	const struct plan_trunks *trunks[PEER_TRUNK_GROUPS_MAX]; /* in order of preference */
	const struct plan_trunk *trunk;				 /* of port */
	const struct provision_policy *policy;
	const struct enum_table *enum_table;
	const struct hunt_group *hunt_group;
};

enum plan_kind { /* tables of what is referred to */
		 PLAN_RULES,
		 PLAN_PROFILES,
		 PLAN_MAPS,
		 PLAN_GROUPS,
		 PLAN_SERVERS,
		 PLAN_TRUNK_GROUPS,
		 PLAN_PORTS,
		 PLAN_URIS,
		 PLAN_CORS,
		 PLAN_SOURCES,
		 PLAN_POLICIES,
		 PLAN_NUM_EXPS,
		 PLAN_ENUMS,
		 PLAN_HUNT_GROUPS,
		 PLAN_CARRIERS,
		 PLAN_HOSTS,
		 PLAN_KINDS
};

struct plan {
	unsigned references;
	struct plan_options options;
	bool numbers_known; /* `voice number-plan` is configured */
	struct table peers; /* struct plan_entry, in order of tags once sealed */
	struct table tables[PLAN_KINDS];
	struct index *indexes[FIELD_COUNT]; /* value: peer, or number of peers + ordinal of a map */
	struct index *num_exps;
	const struct plan_profile *voip_incoming;
	struct plan_list uris; /* classes whose expressions have to be tried */
	const struct plan_entry *empty_ani, *empty_ani_also; /* rule 2.5 */
	struct plan_entry defaults[2];			     /* peer 0 by kind */
};

static inline const struct plan_entry *plan_entry_of(const struct peer *peer)
{
	return (const struct plan_entry *)peer; /* it is the first member */
}

static inline const struct plan_entry *plan_entry_at(const struct plan *plan, size_t i)
{
	return plan->peers.objects[i];
}

/* request NULL: nobody asks. */
static inline void plan_tell(const struct plan_request *request, const struct plan_note *note)
{
	if (request && request->note)
		request->note(request->note_arg, note);
}

/* Why a call that call-block refuses ends. */
static inline unsigned plan_block_cause(const struct peer *peer)
{
	return peer->call_block_cause ? peer->call_block_cause : CAUSE_NOT_AVAILABLE;
}

/* ---- plan.c */
/* The object becomes the plan's, whatever is returned. */
int plan_take(struct plan *plan, enum plan_kind kind, void *object);
/* One number for all spellings of a port: "1:D", "1:15"; 0: it is none. */
unsigned plan_port_number(const char *port);
int plan_list_add(struct plan_list *list, const void *item);

/* ---- resolve.c */
/* The voice port of that name in any spelling, or NULL. */
const struct plan_trunk *plan_find_trunk(const struct plan *plan, const char *port);
/* Order of preferences 1..64 in trunk groups; 0 is behind all. */
unsigned plan_preference_rank(uint8_t preference);
/* Calls fn for each peer behind a value of an index, until it returns false. */
void plan_each_user(const struct plan *plan, enum plan_field field, uint32_t value,
		    bool (*fn)(void *arg, const struct plan_entry *entry), void *arg);

/* ---- changes.c */

struct plan_change {			    /* one place where a profile is applied */
	const struct plan_request *request; /* whose note is told; may be NULL */
	const struct plan_profile *profile; /* may be NULL: nothing changes */
	enum plan_place place;
	bool with_plus;
	const struct peer *peer; /* for the note */
	const char *target;
};

enum translation_outcome plan_change(const struct plan_change *change, unsigned which,
				     struct number *number);
/* A rule fits and makes no number, or one too long: a called number goes nowhere then, since rules
 * also keep callers from what they may not dial; other numbers stay as they are. */
bool plan_change_failed(enum translation_outcome outcome);

struct plan_numbers {				    /* by enum plan_which */
	struct number came[PLAN_REDIRECTING + 1];   /* after what the port's profile did */
	struct number normal[PLAN_REDIRECTING + 1]; /* by `voice number-plan` */
	bool called_failed;  /* the port's profile makes no number of the called one */
	const char *carrier; /* where the call comes from, or NULL */
};

/* Before the inbound peer is chosen. */
void plan_numbers_begin(const struct plan *plan, const struct plan_request *request,
			struct plan_numbers *numbers);
/* A number as patterns see it, best form first. Returns how many there are: 1 or 2. */
unsigned plan_number_forms(const struct plan *plan, enum peer_kind inbound,
			   const struct plan_numbers *numbers, enum plan_which which,
			   char text[2][DIGITS_TEXT_SIZE]);

struct plan_form { /* one form of the called number, after all changes before the search */
	struct number called;
	bool rules_plus;		/* translation rules see it with its + */
	bool text_plus;			/* patterns do */
	char text[DIGITS_TEXT_SIZE];	/* what patterns see */
	char dialled[DIGITS_TEXT_SIZE]; /* the same before num-exp */
};

struct plan_outside { /* a call as the outbound search sees it */
	struct plan_form forms[2];
	unsigned forms_count; /* 0: rules make no number of it */
	struct number calling, redirecting;
	bool calling_plus;
	uint8_t ton_came; /* of the called number, before `voice number-plan` */
	const char *carrier;
	bool emergency;
};

/* From the numbers as they came to those that the outbound search works with. */
void plan_outside_begin(const struct plan *plan, const struct plan_request *request,
			const struct peer *inbound, struct plan_outside *out);
/* Is it an emergency call, whatever changes the number first? */
bool plan_call_is_emergency(const struct plan *plan, const struct plan_request *request,
			    const struct peer *inbound);
/* What the number would begin with if more digits followed, and how many at least, until fn returns
 * false: by each num-exp that could fit then, and by the prefixes of `voice number-plan`. */
void plan_each_expected(const struct plan *plan, const struct plan_form *form,
			bool (*fn)(void *arg, const char *begin, unsigned missing), void *arg);
/* Is the number the beginning of that emergency number (0..PLAN_EMERGENCY_MAX-1)? How many digits
 * are missing; 0: it is not. */
unsigned plan_emergency_ahead(const struct plan *plan, const struct number *called, unsigned at,
			      struct number *whole);

/* ---- uri.c */

/* How well a class fits: higher is better. */
typedef void (*plan_uri_fn)(void *arg, const struct plan_uri_class *class, unsigned rank);

int plan_uri_compile(struct plan_uri_class *class, char *why, size_t why_size);
void plan_uri_free(void *class);
int plan_uri_seal(struct plan *plan);
void plan_uri_find(const struct plan *plan, const char *uri, plan_uri_fn fn, void *arg);
/* Rank of this one class; 0: it does not fit. */
unsigned plan_uri_rank(const struct plan *plan, const struct plan_uri_class *class,
		       const char *uri);

/* ---- outbound.c */

#define PLAN_PHONES_MAX 8 /* that one number calls */

struct plan_found_phone { /* or the pilot of a hunt group: pattern alone */
	struct plan_phone phone;
	uint32_t pattern[PATTERN_SIZE_MAX / sizeof(uint32_t)];
};

struct plan_search {
	const struct plan *plan;
	const struct plan_request *request;
	const struct plan_entry *inbound; /* or NULL */
	const struct plan_outside *call;
	struct plan_route *route; /* NULL: who is left out is not told */
	struct hunt_list list;
	unsigned form;	  /* of call->forms that fitted */
	uint8_t ton;	  /* of the called number that is looked up, for numbering-type */
	unsigned reasons; /* bits of enum plan_reason */
	bool emergency;
	bool carrier;		 /* only peers of the call's carrier */
	enum provision_key also; /* the peer must fit this key as well */
	unsigned phones_count;
	struct plan_found_phone phones[PLAN_PHONES_MAX]; /* that list points to */
};

void plan_search_begin(struct plan_search *search, const struct plan *plan,
		       const struct plan_request *request, const struct peer *inbound,
		       const struct plan_outside *call);
/* `destination dpg` of the inbound peer, which alone decides then; or NULL. */
const struct plan_group *plan_search_group(const struct plan_search *search);
/* May the peer be tried now? *last_used; false: *reason. Nobody is asked for the state of a peer that
 * the configuration alone keeps from it: there may be many of these. */
bool plan_entry_usable(const struct plan_search *search, const struct plan_entry *entry,
		       uint64_t *last_used, enum plan_reason *reason);
/* Returns whether it is new: false if it has been left out for the same reason. */
bool plan_exclude(struct plan_route *route, const struct peer *peer, enum plan_reason reason);
/* Fills search->list, in hunt order. */
void plan_find(struct plan_search *search);
unsigned plan_cause_of_reasons(const struct plan *plan, unsigned reasons);

/* ---- phones.c: telephones that are registered, and hunt groups by their E.164 numbers */
/* Of the form of the called number that is looked up: offers them to the search. */
void plan_find_phones(struct plan_search *search, const char *text,
		      void (*offer)(struct plan_search *search, const struct plan_entry *entry,
				    const struct plan_found_phone *phone));
/* Those that text is the beginning of: fn as long as it returns true. */
void plan_find_longer_phones(struct plan_search *search, const char *text,
			     bool (*fn)(void *arg, const struct plan_entry *entry,
					unsigned missing),
			     void *arg);

/* ---- provision.c */
enum peer_uri plan_key_uri(enum provision_key key);
unsigned plan_calling_forms(const struct plan_outside *call, char text[2][DIGITS_TEXT_SIZE]);
bool plan_fits_key(const struct plan_search *search, enum provision_key key,
		   const struct plan_entry *entry);

/* ---- fit.c */
/* Nothing fits: is the number the first part of one that something would fit? Sets longer, missing
 * and cause of search->route. */
void plan_find_missing(struct plan_search *search);

/* ---- targets.c */

struct plan_target {
	const char *target;
	const struct plan_trunk *trunk;
	const struct trunk_group *trunk_group;
	const struct server_group *server_group;
};

/* Where a call to this peer can go now, in order; at most PLAN_CANDIDATES_MAX. Returns how many; 0:
 * all are down. */
unsigned plan_targets(const struct plan_search *search, const struct plan_entry *entry,
		      struct plan_target *targets);
/* Can a call go to any of them, as far as the plan asks? false: why not. A single port or target is
 * up: its peer's state says it. */
bool plan_targets_are_left(const struct plan_search *search, const struct plan_entry *entry,
			   enum plan_reason *reason);
/* Calls up through the group. */
struct plan_group_calls plan_calls_of(const struct plan_request *request,
				      const struct trunk_group *group);

/* ---- send.c */

struct plan_sending {
	const struct plan_search *search;
	const struct hunt_entry *hunt;
	const struct plan_target *target;
	const struct plan_request *request; /* whose note is told; NULL: nobody's */
};

/* Negative: no call to this target, *reason says why. */
int plan_send(const struct plan_sending *sending, struct plan_candidate *out,
	      enum plan_reason *reason);

#endif
