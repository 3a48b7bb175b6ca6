// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/q931_text.h"
#include "gateway/exchange/script_private.h"

#define REFERENCE_MAX 0x7fff

/* ---- calls and variables */

struct script_call *script_call_find(struct script *script, const char *name)
{
	struct script_call *call;

	llist_for_each_entry (call, &script->calls, entry) {
		if (strcmp(call->name, name) == 0)
			return call;
	}
	return NULL;
}

struct script_call *script_call_bind(struct script *script, const char *name, uint16_t reference,
				     bool ours)
{
	struct script_call *call = script_call_find(script, name);

	if (call == NULL) {
		call = talloc_zero(script, struct script_call);
		if (call == NULL)
			return NULL;
		call->name = talloc_strdup(call, name);
		llist_add(&call->entry, &script->calls);
	}
	call->reference = reference;
	call->ours = ours;
	return call;
}

static struct script_call *call_of(struct script *script, uint16_t reference, bool ours)
{
	struct script_call *call;

	llist_for_each_entry (call, &script->calls, entry) {
		if (call->reference == reference && call->ours == ours)
			return call;
	}
	return NULL;
}

const char *script_call_name(struct script *script, const struct script_received *received)
{
	struct script_call *call = call_of(script, received->reference, received->ours);

	return call != NULL && received->reference != 0 ? call->name : NULL;
}

const char *script_variable_get(void *arg, const char *name)
{
	struct script *script = arg;
	struct script_variable *variable;

	llist_for_each_entry (variable, &script->variables, entry) {
		if (strcmp(variable->name, name) == 0)
			return variable->value;
	}
	return NULL;
}

static void variable_add(struct script *script, const char *name, const char *value, unsigned depth)
{
	struct script_variable *variable = talloc_zero(script, struct script_variable);

	if (variable == NULL)
		return;
	variable->name = talloc_strdup(variable, name);
	variable->value = talloc_strdup(variable, value);
	variable->depth = depth;
	llist_add(&variable->entry, &script->variables); /* the newest is found first */
}

void script_variable_set(void *arg, const char *name, const char *value)
{
	struct script *script = arg;
	struct script_variable *variable;

	llist_for_each_entry (variable, &script->variables, entry) {
		if (strcmp(variable->name, name) != 0)
			continue;
		talloc_free((void *)variable->value);
		variable->value = talloc_strdup(variable, value);
		return;
	}
	variable_add(script, name, value, 0);
}

void script_parameter_set(struct script *script, const char *name, const char *value)
{
	variable_add(script, name, value, script->depth + 1);
}

void script_parameters_drop(struct script *script, unsigned depth)
{
	struct script_variable *variable, *next;

	llist_for_each_entry_safe (variable, next, &script->variables, entry) {
		if (variable->depth != depth)
			continue;
		llist_del(&variable->entry);
		talloc_free(variable);
	}
}

/* ---- MESSAGE [call NAME] ... */

static int types_parse(char *word, struct script_head *out, char *why, size_t size)
{
	char copy[256];
	char *rest = copy, *name;

	if (strlen(word) >= sizeof(copy))
		return script_refuse(why, size, "%.20s...: too long", word);
	strcpy(copy, word);
	while (strcmp(word, "any") != 0 && (name = strsep(&rest, "|"))) {
		int type = script_message_type(name);

		if (type < 0)
			return script_refuse(
			    why, size,
			    "%s: expected a message such as SETUP, RELEASE-COMPLETE or "
			    "0x7d",
			    name);
		if (out->type_count == SCRIPT_TYPES_MAX)
			return script_refuse(why, size, "at most %u messages", SCRIPT_TYPES_MAX);
		out->types[out->type_count++] = (uint8_t)type;
	}
	return 0;
}

int script_head_parse(char *const *words, unsigned count, struct script_head *out, char *why,
		      size_t size)
{
	static const char discriminator[] = "discriminator=";
	unsigned value;
	int rc;

	memset(out, 0, sizeof(*out));
	out->discriminator = Q931_DISCRIMINATOR;
	if (count == 0)
		return script_refuse(why, size, "expected a message");
	rc = types_parse(words[0], out, why, size);
	for (unsigned i = 1; rc == 0 && i < count; i++) {
		if (strcmp(words[i], "call") == 0 && i + 1 < count) {
			out->call = words[++i];
		} else if (strcmp(words[i], "call") == 0) {
			return script_refuse(why, size, "call: expected the name of a call");
		} else if (strcmp(words[i], "others") == 0) {
			out->others = true;
		} else if (strcmp(words[i], "again") == 0) {
			out->again = true;
		} else if (strcmp(words[i], "unnumbered") == 0) {
			out->unnumbered = true;
		} else {
			if (strncmp(words[i], discriminator, sizeof(discriminator) - 1) == 0 &&
			    script_number(strchr(words[i], '=') + 1, 255, &value) == 0)
				out->discriminator = (uint8_t)value;
			out->words[out->count++] = words[i];
		}
	}
	return rc;
}

/* ---- sending */

/* Where a message goes that names no call: to the one it answers, or to the global reference. */
static int target_find(struct script *script, const struct script_head *head,
		       const struct script_received *original, struct script_outline *out)
{
	const struct script_call *call;

	if (head->call == NULL && original != NULL) {
		out->reference = original->reference;
		out->flag = !original->ours;
		return 0;
	}
	out->no_reference = head->call != NULL && strcmp(head->call, "dummy") == 0;
	if (head->call == NULL || strcmp(head->call, "global") == 0 || out->no_reference) {
		/* RESTART ACK is sent back to who sent RESTART */
		out->flag = head->types[0] == DSS1_RESTART_ACKNOWLEDGE;
		return 0;
	}
	call = script_call_find(script, head->call);
	if (head->types[0] == DSS1_SETUP && !head->again) {
		script->last_reference = script->last_reference % REFERENCE_MAX + 1;
		call = script_call_bind(script, head->call, script->last_reference, true);
	}
	if (call == NULL)
		return -ENOENT;
	out->reference = call->reference;
	out->flag = !call->ours;
	return 0;
}

static int message_send(struct script *script, const struct script_head *head,
			const struct script_message *message)
{
	if (head->unnumbered)
		return lapd_send_unnumbered(script->lapd, message->octets, message->length);
	return lapd_send(script->lapd, message->octets, message->length);
}

int script_head_send(struct script *script, const struct script_head *head,
		     const struct script_received *original, char *why, size_t size)
{
	struct script_outline outline = {
	    .type = head->types[0],
	    .words = head->words,
	    .count = head->count,
	    .original = original != NULL ? &original->message : NULL,
	};
	struct script_message message;
	int rc = target_find(script, head, original, &outline);

	if (rc == -ENOENT)
		return script_refuse(why, size,
				     "call %s is not known: expected SETUP of it, or `call` before",
				     head->call);
	if (rc == 0)
		rc = script_message_build(&outline, &message, why, size);
	if (rc < 0)
		return rc;
	rc = message_send(script, head, &message);
	if (rc < 0)
		return script_refuse(why, size, "%s cannot be sent: %s",
				     dss1_type_name(outline.type), strerror(-rc));
	script_trace_message(script, "->", message.octets, message.length);
	return 0;
}

/* ---- what was received */

int script_received_parse(const uint8_t *octets, size_t length, struct script_received *out)
{
	size_t reference_length;

	memset(out, 0, sizeof(*out));
	if (length < 3 || length > sizeof(out->message.octets))
		return -EBADMSG;
	reference_length = octets[1] & 0x0f;
	if (length < 3 + reference_length)
		return -EBADMSG;
	memcpy(out->message.octets, octets, length);
	out->message.length = length;
	out->discriminator = octets[0];
	out->type = octets[2 + reference_length];
	for (size_t i = 0; i < reference_length; i++)
		out->reference =
		    (uint16_t)(out->reference << 8 | (octets[2 + i] & (i == 0 ? 0x7f : 0xff)));
	out->ours = reference_length > 0 && (octets[2] & 0x80);
	return 0;
}

static bool type_fits(const struct script_head *head, const struct script_received *received)
{
	for (unsigned i = 0; i < head->type_count; i++) {
		if (head->types[i] == received->type)
			return true;
	}
	return head->type_count == 0;
}

/* A SETUP brings a new call, unless it is said to come again. */
static bool brings_call(const struct script_head *head)
{
	return head->call != NULL && !head->again && head->type_count > 0 &&
	       head->types[0] == DSS1_SETUP;
}

bool script_is_of(struct script *script, const struct script_head *head,
		  const struct script_received *received)
{
	const struct script_call *call = call_of(script, received->reference, received->ours);

	if (head->others || brings_call(head))
		return (call == NULL || received->reference == 0) && received->reference != 0;
	if (head->call == NULL)
		return true;
	if (strcmp(head->call, "global") == 0)
		return received->reference == 0;
	return call != NULL && strcmp(call->name, head->call) == 0;
}

struct script_received *script_received_for(struct script *script, const struct script_head *head)
{
	struct script_received *received;

	llist_for_each_entry (received, &script->received, entry) {
		if (script_is_of(script, head, received))
			return received;
	}
	return NULL;
}

int script_head_match(struct script *script, const struct script_head *head,
		      struct script_received *received, char why[256])
{
	const struct script_captures captures = {script_variable_set, script};
	char *words[SCRIPT_WORDS_MAX];
	unsigned count = 0;

	why[0] = '\0';
	if (!type_fits(head, received) || head->discriminator != received->discriminator)
		return 0;
	for (unsigned i = 0; i < head->count; i++) {
		if (strncmp(head->words[i], "discriminator=", 14) != 0)
			words[count++] = head->words[i];
	}
	if (script_message_match(&received->message, words, count, &captures, why) == 0)
		return 0;
	if (brings_call(head))
		script_call_bind(script, head->call, received->reference, received->ours);
	return 1;
}

/* ---- rules */

static void head_keep(void *ctx, struct script_head *head)
{
	if (head->call != NULL)
		head->call = talloc_strdup(ctx, head->call);
	for (unsigned i = 0; i < head->count; i++)
		head->words[i] = talloc_strdup(ctx, head->words[i]);
}

int script_rule_add(struct script *script, const struct script_rule *rule)
{
	struct script_rule *kept = talloc_memdup(script, rule, sizeof(*rule));

	if (kept == NULL)
		return -ENOMEM;
	head_keep(kept, &kept->when);
	head_keep(kept, &kept->then);
	llist_add(&kept->entry, &script->rules); /* the newest goes first */
	return 0;
}

bool script_rules_apply(struct script *script, struct script_received *received)
{
	struct script_rule *rule;
	char why[256];

	llist_for_each_entry (rule, &script->rules, entry) {
		if (!script_is_of(script, &rule->when, received) ||
		    script_head_match(script, &rule->when, received, why) == 0)
			continue;
		if (!rule->ignore &&
		    script_head_send(script, &rule->then, received, why, sizeof(why)) < 0)
			script_fail(script, "%s", why);
		return true;
	}
	return false;
}
