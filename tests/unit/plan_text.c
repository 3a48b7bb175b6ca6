// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/plan_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void set_text(char *field, size_t size, const char *value)
{
	assert_true(strlen(value) < size);
	strcpy(field, value);
}

static void set_word(struct peer *peer, const char *word)
{
	const char *value = strchr(word, '=');
	size_t length = value ? (size_t)(value++ - word) : strlen(word);
	const struct {
		const char *name;
		char *field;
		size_t size;
	} texts[] = {
	    {"d", peer->destination_pattern, sizeof(peer->destination_pattern)},
	    {"i", peer->incoming_called_number, sizeof(peer->incoming_called_number)},
	    {"a", peer->answer_address, sizeof(peer->answer_address)},
	    {"t", peer->session_target, sizeof(peer->session_target)},
	    {"port", peer->port, sizeof(peer->port)},
	    {"profile", peer->profile_outgoing, sizeof(peer->profile_outgoing)},
	    {"prefix", peer->prefix, sizeof(peer->prefix)},
	    {"carrier", peer->carrier_target, sizeof(peer->carrier_target)},
	    {"description", peer->description, sizeof(peer->description)},
	};

	for (size_t i = 0; value && i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strlen(texts[i].name) != length || strncmp(word, texts[i].name, length) != 0)
			continue;
		set_text(texts[i].field, texts[i].size, value);
		return;
	}
	if (value && strncmp(word, "pref", length) == 0)
		peer->preference = (uint8_t)atoi(value);
	else if (value && strncmp(word, "max", length) == 0)
		peer->max_conn = (unsigned)atoi(value);
	else if (strcmp(word, "stop") == 0)
		peer->huntstop = true;
	else if (strcmp(word, "shut") == 0)
		peer->shutdown = true;
	else if (strcmp(word, "nodid") == 0)
		peer->no_direct_inward_dial = true;
	else if (strcmp(word, "emergency") == 0)
		peer->emergency = true;
	else
		fail_msg("plan_text: %s", word);
}

static void add_peer(struct plan *plan, char *line)
{
	char *word = strsep(&line, " "), why[128];
	struct peer peer;

	while (word && !*word)
		word = strsep(&line, " ");
	assert_non_null(line);
	peer_init(&peer, (uint32_t)atoi(word), strncmp(line, "pots", 4) ? PEER_VOIP : PEER_POTS);
	strsep(&line, " ");
	while ((word = strsep(&line, " ")))
		if (*word)
			set_word(&peer, word);
	if (plan_add_peer(plan, &peer, why, sizeof(why)) < 0)
		fail_msg("dial-peer %u: %s", peer.tag, why);
}

struct plan *plan_from_text(const char *text, const struct plan_options *options)
{
	const struct plan_options none = {0};
	struct plan *plan = plan_new(options ? options : &none);
	char *copy = strdup(text), *rest = copy, *line;

	assert_non_null(plan);
	while ((line = strsep(&rest, ";")))
		if (line[strspn(line, " ")])
			add_peer(plan, line);
	free(copy);
	assert_int_equal(plan_seal(plan), 0);
	return plan;
}
