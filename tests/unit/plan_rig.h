/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * plan_rig - dial plans, calls and results as short texts, for tables of tests.
 *
 * A plan is a list of objects, separated by ;
 *
 *	7 dp=2... pref=1 huntstop	peer 7: pots on port 1:D; `voip`: to ipv4:192.0.2.TAG
 *	rules 1 /x/ /y/ [ton=A,B] | rules 1 /x/ reject		one rule more of set 1
 *	profile NAME called=1 calling=2 redirect=3 target=4
 *	map 1 PATTERN...		dpg 1 TAG:PREFERENCE...
 *	servers 1 [rr] TARGET:PREFERENCE...	(a target is a word such as A)
 *	group NAME scheme=N in=PROFILE out=PROFILE carrier=C called=FORMAT calling=FORMAT
 *		max-in=N max-out=N
 *	port 1:D group=NAME/PREFERENCE in= out= plar= called= calling=
 *	uri NAME [tel] host= user= phone= context= pattern=
 *	cor NAME a,b,c			source NAME 10.1.1.0/24 in=PROFILE carrier=C
 *	policy 1 KEY[+KEY] [KEY[+KEY]]	numexp LEFT RIGHT	enum 1	hunt N MEMBER ...
 *
 * A call is a list of words: voip (default) or pots, called= (with + if international), raw= (the
 * digits as they are), ton=, calling=, calling-ton=, redir=, redir-ton=, raw-calling=, raw-redir=,
 * port=, carrier=, phone= (tag of its pool's peer), from-address=, request= to= from= via= diversion= referred=
 * (URIs), data, collected, random=, inbound (the inbound peer is searched first).
 *
 * States are a list of words: TAG:busied TAG:down TAG:calls=N TAG:used=N for peers, and for targets
 * TARGET@down TARGET@failing TARGET@busy=N TARGET@of=N TARGET@idle=N TARGET@used=N, and for calls of trunk groups
 * GROUP@in=N GROUP@out=N; and telephones that are registered, PATTERN>NAME@TAG=PREFERENCE, with
 * huntstop if ! follows.
 */
#ifndef TESTS_UNIT_PLAN_RIG_H
#define TESTS_UNIT_PLAN_RIG_H

#include "dialplan/plan.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The plan of an office, for tests of what is said of calls. */
#define PLAN_RIG_OFFICE                                                                            \
	"1 voip ic=. dp=2... target=ipv4:10.6.2.10:5060; 100 dp=91[2-9]..[2-9]......; 101 dp=9T "  \
	"pref=1; 102 dp=911; 103 dp=77.. shutdown; 104 notarget dp=88.."

#define COPY(to, from) plan_rig_copy(to, sizeof(to), from)

struct plan_call {
	struct plan_request request;
	bool inbound; /* wanted */
	const char *states;
	char words[1024];
};

/* ---- for both files of the rig */
extern const char *const plan_rig_uri_keys[PEER_URI_COUNT]; /* "request=" ... */
void plan_rig_copy(char *to, size_t size, const char *from);
/* Of a word KEY=VALUE. */
bool plan_rig_value(const char *word, const char *key, const char **value);
uint8_t plan_rig_ton(const char *name);

/* options may be NULL. Not sealed. */
struct plan *plan_rig_build(const char *text, const struct plan_options *options);
struct plan *plan_rig_plan(const char *text, const struct plan_options *options);
void plan_rig_call(struct plan_call *call, const char *text, const char *states);

/* What comes out, as text:
 *	"2 1"				tags in hunt order
 *	"cause 28"			nothing
 * show adds to the tag: @ target, = digits, / type, < calling number, > redirecting number,
 * ! telephone, ~ types of these two, c and r the same two as digits and type */
void plan_rig_route(const struct plan *plan, struct plan_call *call, const char *show, char *text);
/* "3 called", "3 called also 7", "none", "3 called full",
 * "3 called blocked 21" */
void plan_rig_inbound(const struct plan *plan, struct plan_call *call, char *text);

struct plan_case {
	const char *example; /* of the worked examples, or NULL */
	const char *plan, *call, *result;
	const char *states; /* or NULL */
	const char *show;   /* or NULL */
	struct plan_options options;
};

/* Fails the test that calls it for each that differs. */
void plan_rig_check_routes(const struct plan_case *cases, size_t count);
void plan_rig_check_inbound(const struct plan_case *cases, size_t count);

#endif
