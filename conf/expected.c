// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/expected.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "conf/elsewhere.h"

#define WORDS_MAX 16
#define CHOICES_MAX 48
#define SHOWN_MAX 24 /* characters of a refused word that are printed */

extern vector cmdvec; /* libosmovty's nodes; exported, but in none of its headers */

struct choices {
	const char *words[CHOICES_MAX];
	unsigned count;
	bool end; /* the line could have ended here */
};

/* `list` with numbers belongs to `voice hunt-group`. */
static bool is_list_of_numbers(const char *line)
{
	if (strncmp(line, "list ", 5) != 0)
		return false;
	line += 5 + strspn(line + 5, " \t");
	return *line && strchr(".+*#0123456789", *line);
}

bool expected_is_console_line(const char *line)
{
	static const char *const words[] = {"exit", "end", "help", "list", "write", "show"};
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t\r\n");
	if (is_list_of_numbers(line))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && !strncmp(line, words[i], length))
			return true;
	return false;
}

/* Of hundreds of commands most begin with another letter. */
static bool is_same(const char *a, const char *b)
{
	return *a == *b && !strcmp(a, b);
}

/* [WORD] is an optional WORD. */
static bool is_variable(const char *name)
{
	if (*name == '[')
		name++;
	return (*name >= 'A' && *name <= 'Z') || *name == '<' || *name == '.';
}

static bool takes_word(const struct cmd_element *element, unsigned at, const char *word)
{
	vector alternatives;

	if (at >= vector_active(element->strvec))
		return false;
	alternatives = vector_slot(element->strvec, at);
	for (unsigned i = 0; i < vector_active(alternatives); i++) {
		const struct desc *desc = vector_slot(alternatives, i);

		if (is_same(desc->cmd, word) || is_variable(desc->cmd))
			return true;
	}
	return false;
}

/* Could the element still be meant after the first count words? */
static bool takes_words(const struct cmd_element *element, char **words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (!takes_word(element, i, words[i]))
			return false;
	return true;
}

static void add_choice(struct choices *choices, const char *word)
{
	for (unsigned i = 0; i < choices->count; i++)
		if (is_same(choices->words[i], word))
			return;
	if (choices->count < CHOICES_MAX)
		choices->words[choices->count++] = word;
}

static bool is_ours(const struct cmd_element *element, char **words, unsigned count)
{
	return element && takes_words(element, words, count) &&
	       !expected_is_console_line(element->string);
}

/* Does a command begin with the first count words? */
static bool is_begun(int node, char **words, unsigned count)
{
	const struct cmd_node *commands = vector_slot(cmdvec, node);

	for (unsigned i = 0; i < vector_active(commands->cmd_vector); i++)
		if (is_ours(vector_slot(commands->cmd_vector, i), words, count))
			return true;
	return false;
}

/* What may stand behind the first count words. */
static void find_choices(int node, char **words, unsigned count, struct choices *choices)
{
	const struct cmd_node *commands = vector_slot(cmdvec, node);

	*choices = (struct choices){0};
	for (unsigned i = 0; i < vector_active(commands->cmd_vector); i++) {
		const struct cmd_element *element = vector_slot(commands->cmd_vector, i);
		vector alternatives;

		if (!is_ours(element, words, count))
			continue;
		if (count >= element->cmdsize)
			choices->end = true;
		if (count >= vector_active(element->strvec))
			continue;
		alternatives = vector_slot(element->strvec, count);
		for (unsigned j = 0; j < vector_active(alternatives); j++)
			add_choice(choices,
				   ((const struct desc *)vector_slot(alternatives, j))->cmd);
	}
}

/* Letters to change, add or leave out; enough for words of this size. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32], m = strlen(a), n = strlen(b);

	if (m >= 32 || n >= 32)
		return 32;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; i <= m; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

static const char *similar_word(const struct choices *choices, const char *word)
{
	const char *best = NULL;
	unsigned best_distance = strlen(word) < 5 ? 2 : 3;

	for (unsigned i = 0; i < choices->count; i++) {
		unsigned d = distance(word, choices->words[i]);

		if (!is_variable(choices->words[i]) && d < best_distance) {
			best = choices->words[i];
			best_distance = d;
		}
	}
	return best;
}

/* As many as have room, then "..." */
static void list_choices(const struct choices *choices, char *text, size_t size)
{
	size_t at = strlen(text), room = size - strlen(" or the end of the line") - strlen(", ...");

	for (unsigned i = 0; i < choices->count; i++) {
		const char *word = choices->words[i] + (*choices->words[i] == '.');

		if (at + strlen(word) + 2 >= room) {
			at += snprintf(text + at, size - at, ", ...");
			break;
		}
		at += snprintf(text + at, size - at, "%s%s", i ? ", " : "", word);
	}
	if (choices->end)
		snprintf(text + at, size - at, "%sthe end of the line", at ? " or " : "");
}

/* "dial-peer voice ... pots" if the word begins a command there. */
static const char *block_with_word(char **words)
{
	static const struct {
		int node;
		const char *name;
	} blocks[] = {
	    {CONF_CONTROLLER_NODE, "controller"},
	    {CONF_INTERFACE_NODE, "interface serial"},
	    {CONF_POTS_PEER_NODE, "dial-peer voice TAG pots"},
	    {CONF_VOIP_PEER_NODE, "dial-peer voice TAG voip"},
	    {CONF_VOICE_PORT_NODE, "voice-port"},
	    {CONF_VOICE_SERVICE_NODE, "voice service voip"},
	    {CONF_TRUSTED_NODE, "ip address trusted list"},
	    {CONF_SERVICE_SIP_NODE, "sip of voice service voip"},
	    {CONF_SIP_UA_NODE, "sip-ua"},
	    {CONF_LINE_NODE, "line vty"},
	    {CONF_TRUNK_GROUP_NODE, "trunk group"},
	    {CONF_TRANSLATION_RULES_NODE, "voice translation-rule"},
	    {CONF_TRANSLATION_PROFILE_NODE, "voice translation-profile"},
	    {CONF_PATTERN_MAP_NODE, "voice class e164-pattern-map"},
	    {CONF_SERVER_GROUP_NODE, "voice class server-group"},
	    {CONF_URI_CLASS_NODE, "voice class uri"},
	    {CONF_COR_CUSTOM_NODE, "dial-peer cor custom"},
	    {CONF_COR_LIST_NODE, "dial-peer cor list"},
	    {CONF_SOURCE_GROUP_NODE, "voice source-group"},
	    {CONF_NUMBER_PLAN_NODE, "voice number-plan"},
	    {CONF_FALLBACK_NODE, "call-manager-fallback"},
	    {CONF_REGISTER_GLOBAL_NODE, "voice register global"},
	    {CONF_POOL_NODE, "voice register pool"},
	    {CONF_HUNT_GROUP_NODE, "voice hunt-group"},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++)
		if (is_begun(blocks[i].node, words, 1))
			return blocks[i].name;
	if (is_begun(CONF_ROOT_NODE, words, 1))
		return "the beginning of a line";
	return NULL;
}

static void describe_word(int node, char **words, unsigned at, char *text, size_t size)
{
	struct choices choices;
	const char *similar, *block, *word = words[at];
	char shown[SHOWN_MAX + 1];
	char list[200] = "";

	snprintf(shown, sizeof(shown), "%s", word);
	if (*word == '!' || *word == '#') {
		snprintf(text, size, "a comment stands on a line of its own");
		return;
	}
	find_choices(node, words, at, &choices);
	similar = similar_word(&choices, word);
	block = at == 0 ? block_with_word(words) : NULL;
	list_choices(&choices, list, sizeof(list));
	if (similar)
		snprintf(text, size, "unknown word '%s': did you mean '%s'?", shown, similar);
	else if (block)
		snprintf(text, size, "'%s' does not belong here but under %s", shown, block);
	else if (!choices.count)
		snprintf(text, size, "unexpected '%s': expected the end of the line", shown);
	else
		snprintf(text, size, "unknown word '%s': expected %s", shown, list);
}

void expected_describe(int node, const char *line, char *text, size_t size)
{
	char copy[VTY_BUFSIZ];
	char *words[WORDS_MAX] = {NULL}, *save = NULL;
	char list[200] = "";
	struct choices choices;
	unsigned count = 0, first;
	const char *remedy;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok_r(copy, " \t\r\n", &save); word && count < WORDS_MAX;
	     word = strtok_r(NULL, " \t\r\n", &save))
		words[count++] = word;
	first = count > 1 && strcmp(words[0], "no") == 0;
	remedy = count ? elsewhere_remedy(node, words[first]) : NULL;
	if (remedy) {
		snprintf(text, size, "%.32s: %s", words[first], remedy);
		return;
	}
	for (unsigned at = 0; at < count; at++) {
		if (is_begun(node, words, at + 1))
			continue;
		describe_word(node, words, at, text, size);
		return;
	}
	find_choices(node, words, count, &choices);
	choices.end = false;
	list_choices(&choices, list, sizeof(list));
	snprintf(text, size, "incomplete: expected %s", list);
}
