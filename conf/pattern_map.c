// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class e164-pattern-map 1
 *	 description branch offices
 *	 e164 2...
 *	 url file:lists/branches.txt
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/pattern_map.h"
#include "conf/text_file.h"
#include "conf/value.h"

static int pattern_map_destroy(struct conf_pattern_map *m)
{
	pattern_map_free(m->entries);
	pattern_map_free(m->file_entries);
	return 0;
}

DEFUN(pattern_map, pattern_map_cmd, "voice class e164-pattern-map NUMBER",
      "Voice\nWhat dial peers refer to\nPatterns of numbers\n1 to 10000\n")
{
	struct conf_pattern_map *m = talloc_zero(conf_of(vty), struct conf_pattern_map);

	OSMO_ASSERT(m);
	talloc_set_destructor(m, pattern_map_destroy);
	return definition_begin_number(vty, DEFINITION_PATTERN_MAP, &m->head, argv[0], &m->number);
}

/* ---- lines */

DEFUN(m_e164, m_e164_cmd, "e164 PATTERN", "Numbers that the map fits\nPattern, as in dial peers\n")
{
	struct conf_pattern_map *m = vty->index;
	char why[128];
	int rc = 0;

	if (!m->entries)
		rc = pattern_map_new(&m->entries);
	if (rc == 0)
		rc = pattern_map_add(m->entries, argv[0], why, sizeof(why));
	OSMO_ASSERT(rc != -ENOMEM);
	if (rc < 0)
		return conf_error(vty, "e164 %.64s: %s", argv[0], why);
	return CMD_SUCCESS;
}

struct copy { /* all entries but one */
	struct pattern_map *to;
	const char *without;
	int rc;
};

static bool copy_entry(void *arg, const char *pattern)
{
	struct copy *copy = arg;

	if (!copy->without || strcmp(pattern, copy->without) != 0)
		copy->rc = pattern_map_add(copy->to, pattern, NULL, 0);
	return copy->rc == 0;
}

static int copy_entries(const struct pattern_map *from, struct pattern_map *to, const char *without)
{
	struct copy copy = {.to = to, .without = without};

	if (from)
		pattern_map_each(from, copy_entry, &copy);
	return copy.rc;
}

DEFUN(m_no_e164, m_no_e164_cmd, "no e164 PATTERN",
      NO_STR "Numbers that the map fits\nPattern, as in dial peers\n")
{
	struct conf_pattern_map *m = vty->index;
	struct pattern_map *rest = NULL;
	int rc = pattern_map_new(&rest);

	OSMO_ASSERT(rc == 0);
	rc = copy_entries(m->entries, rest, argv[0]);
	OSMO_ASSERT(rc == 0);
	if (!m->entries || pattern_map_count(rest) == pattern_map_count(m->entries)) {
		pattern_map_free(rest);
		return conf_error(vty, "no e164 %.64s: there is none", argv[0]);
	}
	pattern_map_free(m->entries);
	m->entries = rest;
	return CMD_SUCCESS;
}

/* ---- file */

/* 0, or -EINVAL and a sentence in why. */
static int read_entries(const struct conf_pattern_map *m, struct pattern_map **out, char *why,
			size_t why_size)
{
	struct pattern_map *map = NULL;
	char *text = NULL, what[128];
	unsigned line = 0;
	size_t size = 0;
	int rc = text_file_read(NULL, m->path, &text, &size);

	if (rc < 0) {
		snprintf(why, why_size, "%s cannot be read: %s", m->path, text_file_error(rc));
		return -EINVAL;
	}
	rc = pattern_map_new(&map);
	OSMO_ASSERT(rc == 0);
	rc = pattern_map_read(map, text, size, &line, what, sizeof(what));
	OSMO_ASSERT(rc != -ENOMEM);
	talloc_free(text);
	if (rc < 0) {
		pattern_map_free(map);
		snprintf(why, why_size, "%s:%u: %s", m->path, line, what);
		return -EINVAL;
	}
	*out = map;
	return 0;
}

DEFUN(m_url, m_url_cmd, "url URL", "Take the patterns from a file\nfile:PATH, one pattern a line\n")
{
	struct conf_pattern_map *m = vty->index;
	char why[1024];

	if (strncmp(argv[0], "file:", 5) != 0 || !argv[0][5])
		return conf_error(vty, "url %s: expected file:PATH", argv[0]);
	if (value_word(vty, "url", argv[0] + 5, m->url, sizeof(m->url)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (text_file_beside(loader_path(vty->priv), m->url, m->path, sizeof(m->path)) < 0) {
		m->url[0] = '\0';
		return conf_error(vty, "url %s: with its folder it has more than %zu characters",
				  argv[0], sizeof(m->path) - 1);
	}
	pattern_map_free(m->file_entries);
	m->file_entries = NULL;
	if (read_entries(m, &m->file_entries, why, sizeof(why)) < 0)
		return conf_error(vty, "url file:%s: %s", m->url, why);
	return CMD_SUCCESS;
}

DEFUN(m_no_url, m_no_url_cmd, "no url", NO_STR "Take the patterns from a file\n")
{
	struct conf_pattern_map *m = vty->index;

	m->url[0] = '\0';
	pattern_map_free(m->file_entries);
	m->file_entries = NULL;
	return CMD_SUCCESS;
}

int conf_pattern_map_take(struct conf_pattern_map *m, struct pattern_map **out, char *why,
			  size_t why_size)
{
	struct pattern_map *map = m->file_entries;
	int rc = 0;

	m->file_entries = NULL;
	if (!map && m->url[0])
		rc = read_entries(m, &map, why, why_size);
	else if (!map)
		rc = pattern_map_new(&map);
	if (rc == 0)
		rc = copy_entries(m->entries, map, NULL);
	if (rc == 0) {
		*out = map;
		return 0;
	}
	if (rc != -EINVAL)
		snprintf(why, why_size, "%s", strerror(-rc));
	pattern_map_free(map);
	return rc;
}

static void pattern_map_setup(void)
{
	static struct cmd_element *const commands[] = {&m_e164_cmd, &m_no_e164_cmd, &m_url_cmd,
						       &m_no_url_cmd};

	definition_install(DEFINITION_PATTERN_MAP, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &pattern_map_cmd);
}

static void pattern_map_check(struct loader *loader)
{
	const struct conf_pattern_map *m;

	llist_for_each_entry (m, &loader_conf(loader)->pattern_maps, head.entry) {
		if (!m->url[0] && (!m->entries || !pattern_map_count(m->entries)) &&
		    !loader_block_is_broken(loader, m->head.line))
			loader_warning(
			    loader, m->head.line,
			    "voice class e164-pattern-map %u is empty: it fits no number",
			    m->number);
	}
}

static bool write_entry(void *arg, const char *pattern)
{
	conf_put(arg, " e164 %s", pattern);
	return true;
}

static void pattern_map_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_pattern_map *m;

	llist_for_each_entry (m, &conf->pattern_maps, head.entry) {
		conf_put(writer, "voice class e164-pattern-map %u", m->number);
		definition_write_description(&m->head, writer);
		if (m->url[0])
			conf_put(writer, " url file:%s", m->url);
		if (m->entries)
			pattern_map_each(m->entries, write_entry, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_pattern_map_block = {
    .setup = pattern_map_setup, .check = pattern_map_check, .write = pattern_map_write};
