/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * script_private - what the files of script share: script.c (life, D channel, the run through the
 * lines), script_order.c and script_talk.c (what each order means), script_calls.c (calls,
 * variables, rules, messages that wait), script_trace.c (what is told).
 */
#ifndef GATEWAY_EXCHANGE_SCRIPT_PRIVATE_H
#define GATEWAY_EXCHANGE_SCRIPT_PRIVATE_H

#include <stdint.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>

#include "drivers-glue/isdn/dchannel.h"
#include "gateway/exchange/exchange.h"
#include "gateway/exchange/lapd.h"
#include "gateway/exchange/script.h"
#include "gateway/exchange/script_element.h"
#include "gateway/exchange/script_message.h"
#include "gateway/exchange/script_source.h"

#define SCRIPT_DEPTH_MAX 32
#define SCRIPT_TRACE_LINES 2000
#define SCRIPT_ANSWER_MAX 512
#define SCRIPT_TYPES_MAX 8
#define Q931_DISCRIMINATOR 0x08

/* READY -start-> RUNNING -last line-> PASSED; -expectation not met, stop-> FAILED */
enum script_state {
	SCRIPT_READY,
	SCRIPT_RUNNING,
	SCRIPT_PASSED,
	SCRIPT_FAILED,
};

struct script_call {
	struct llist_head entry;
	const char *name;
	uint16_t reference;
	bool ours; /* this side made it */
};

struct script_variable {
	struct llist_head entry;
	const char *name, *value;
	unsigned depth; /* of the macro whose parameter it is; 0: of the whole script */
};

struct script_received { /* a message that no line has taken yet */
	struct llist_head entry;
	struct script_message message;
	uint8_t discriminator, type;
	uint16_t reference; /* 0: global or none */
	bool ours;	    /* of a call that this side made */
};

/* MESSAGE|MESSAGE... [call NAME | others] [again] [unnumbered] WORDS... */
struct script_head {
	uint8_t types[SCRIPT_TYPES_MAX];
	unsigned type_count; /* 0: any */
	const char *call;    /* NULL: none named */
	bool others;	     /* calls without a name */
	bool again;
	bool unnumbered;
	uint8_t discriminator;
	char *words[SCRIPT_WORDS_MAX];
	unsigned count;
};

struct script_rule { /* on MESSAGE ... send MESSAGE ... */
	struct llist_head entry;
	struct script_head when, then;
	bool ignore;
};

struct script_block { /* repeat or do that runs */
	unsigned line;
	unsigned rounds, round; /* repeat */
};

struct script {
	struct script_config config;
	struct script_source *source;
	enum script_state state;
	struct exchange *exchange;
	struct dchannel *dchannel;
	struct lapd *lapd;
	unsigned at;		       /* the line that runs */
	bool running;		       /* an order does its work; what it causes wakes nobody */
	bool entered;		       /* it waits */
	bool expired;		       /* its time is over */
	char *words[SCRIPT_WORDS_MAX]; /* of that line, $NAMEs replaced */
	void *scratch;		       /* parent of words */
	struct osmo_timer_list timer;
	struct script_block blocks[SCRIPT_DEPTH_MAX];
	unsigned depth;
	struct llist_head calls, variables, rules, received;
	uint16_t last_reference;
	struct osmo_fd input; /* standard input, for `ask` */
	char answer[SCRIPT_ANSWER_MAX];
	size_t answer_length;
	bool input_over;
	uint64_t began_ns;
	unsigned met;
	char *label;
	char *trace[SCRIPT_TRACE_LINES]; /* round and round */
	unsigned traced;
};

enum script_step {
	STEP_NEXT, /* on to the next line */
	STEP_WAIT, /* for a message, the link, an answer or the timer; then again */
	STEP_OVER, /* failed */
};

/* script.c */
void script_wake(struct script *script);
void script_frame_send(struct script *script, const uint8_t *frame, size_t length);
/* The line that runs says why; returns STEP_OVER. */
enum script_step script_fail(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* script_order.c */
#define SCRIPT_WITHIN_MS 5000
script_check script_order_check;
enum script_step script_order_run(struct script *script, const struct script_line *line);
int script_milliseconds(const char *text, unsigned *out, char *why, size_t size);
/* Takes `within MS` from the end of the words. */
int script_within(char *const *words, unsigned *count, unsigned *ms, char *why, size_t size);
/* Now the line waits; script->expired when it was too long. */
void script_timer_start(struct script *script, unsigned ms);

/* script_talk.c: send, expect, on, off, discard */
script_check script_check_send, script_check_expect, script_check_on;
enum script_step script_run_send(struct script *script, const struct script_line *line);
enum script_step script_run_expect(struct script *script, const struct script_line *line);
enum script_step script_run_on(struct script *script, const struct script_line *line);
enum script_step script_run_off(struct script *script, const struct script_line *line);
enum script_step script_run_discard(struct script *script, const struct script_line *line);

/* script_calls.c */
int script_head_parse(char *const *words, unsigned count, struct script_head *out, char *why,
		      size_t why_size);
struct script_call *script_call_find(struct script *script, const char *name);
struct script_call *script_call_bind(struct script *script, const char *name, uint16_t reference,
				     bool ours);
const char *script_call_name(struct script *script, const struct script_received *received);
const char *script_variable_get(void *script, const char *name);
void script_variable_set(void *script, const char *name, const char *value);
/* A parameter hides what had its name, until its macro ends. */
void script_parameter_set(struct script *script, const char *name, const char *value);
void script_parameters_drop(struct script *script, unsigned depth);
/* With original: an answer to it, in its call. Logs and sends; 0 or an error and why. */
int script_head_send(struct script *script, const struct script_head *head,
		     const struct script_received *original, char *why, size_t why_size);
/* The first message that the head may take; NULL: none yet. */
struct script_received *script_received_for(struct script *script, const struct script_head *head);
/* 1, or 0 and why: "cause is 17". */
int script_head_match(struct script *script, const struct script_head *head,
		      struct script_received *received, char why[256]);
bool script_is_of(struct script *script, const struct script_head *head,
		  const struct script_received *received);
int script_received_parse(const uint8_t *octets, size_t length, struct script_received *out);
/* A rule took it. */
bool script_rules_apply(struct script *script, struct script_received *received);
int script_rule_add(struct script *script, const struct script_rule *rule);

/* script_trace.c */
void script_trace(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void script_trace_message(struct script *script, const char *arrow, const uint8_t *octets,
			  size_t length);
void script_trace_print(const struct script *script);
/* "RELEASE cause 16 of call a" */
void script_describe(struct script *script, const struct script_received *received, char *text,
		     size_t size);
void script_words_join(char *const *words, unsigned count, char *text, size_t size);

#endif
