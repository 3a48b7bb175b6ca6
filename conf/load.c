// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/load.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/expected.h"
#include "conf/text_file.h"
#include "conf/verify.h"

#define TEXT_MAX 512

static const struct conf_block *const blocks[] = {
    &conf_system_block,
    &conf_controller_block,
    &conf_trunk_group_block,
    &conf_interface_block,
    &conf_voice_port_block,
    &conf_voice_service_block,
    &conf_number_plan_block,
    &conf_translation_block,
    &conf_pattern_map_block,
    &conf_uri_class_block,
    &conf_server_group_block,
    &conf_peer_group_block,
    &conf_sip_keepalive_block,
    &conf_source_group_block,
    &conf_cor_block,
    &conf_enum_table_block,
    &conf_dial_plan_block,
    &conf_dial_peer_block,
    &conf_sip_ua_block,
    &conf_sip_presence_block,
    &conf_sip_options_block,
    &conf_stir_shaken_block,
    &conf_location_store_block,
    &conf_name_server_block,
    &conf_expect_block,
    &conf_telemetry_block,
    &conf_call_threshold_block,
    &conf_tls_profile_block,
    &conf_call_manager_fallback_block,
    &conf_voice_register_block,
    &conf_voice_register_pool_block,
    &conf_hunt_group_block,
    &conf_limits_block,
};

struct loader_message {
	unsigned line;
	unsigned serial; /* keeps those of one line in order */
	char *text;
};

struct loader {
	const char *path;
	struct conf *conf;
	struct vty *vty;
	FILE *stream;	  /* hands the lines to libosmovty */
	bool untested;	  /* as in struct load_text */
	unsigned allowed; /* lines that are still to be looked at in this step */
	const char *next; /* of the file: what has not been looked at yet */
	size_t left;
	char text[CONF_LINE_MAX + 1]; /* the line that is read */

	unsigned line, block_line;
	/* lines to leave out after one that was refused: those indented more than this; -1: none */
	int skip_indent;
	bool ended; /* `end` was read */

	struct loader_message *messages; /* errors and warnings */
	unsigned messages_count, messages_size;
	unsigned errors, serial;
	unsigned *broken_blocks; /* rising */
	unsigned broken_count, broken_size;
	bool incomplete; /* a line was refused that may have been the first of a block */
	struct definitions *definitions;
};

/* ---- messages */

static void loader_add(struct loader *loader, unsigned line, bool warning, const char *format,
		       va_list ap)
{
	struct loader_message *message;
	char *what;

	if (!warning && loader->errors++ >= LOAD_ERRORS_MAX)
		return;
	if (warning && loader->messages_count >= 4 * LOAD_ERRORS_MAX)
		return;
	if (loader->messages_count == loader->messages_size) {
		loader->messages_size = loader->messages_size ? 2 * loader->messages_size : 16;
		loader->messages = talloc_realloc(loader, loader->messages, struct loader_message,
						  loader->messages_size);
		OSMO_ASSERT(loader->messages);
	}
	message = &loader->messages[loader->messages_count++];
	what = talloc_vasprintf(loader, format, ap);
	message->text = talloc_asprintf(loader, "%s:%u: %s%s", loader->path, line,
					warning ? "warning: " : "", what);
	message->line = line;
	message->serial = loader->serial++;
	talloc_free(what);
}

void loader_error(struct loader *loader, unsigned line, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	loader_add(loader, line, false, format, ap);
	va_end(ap);
}

void loader_warning(struct loader *loader, unsigned line, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	loader_add(loader, line, true, format, ap);
	va_end(ap);
}

void loader_mark_broken(struct loader *loader)
{
	unsigned last = loader->broken_count ? loader->broken_blocks[loader->broken_count - 1] : 0;

	if (loader->block_line == last)
		return;
	if (loader->broken_count == loader->broken_size) {
		loader->broken_size = loader->broken_size ? 2 * loader->broken_size : 16;
		loader->broken_blocks =
		    talloc_realloc(loader, loader->broken_blocks, unsigned, loader->broken_size);
		OSMO_ASSERT(loader->broken_blocks);
	}
	loader->broken_blocks[loader->broken_count++] = loader->block_line;
}

bool loader_block_is_broken(const struct loader *loader, unsigned line)
{
	for (unsigned i = 0; i < loader->broken_count; i++)
		if (loader->broken_blocks[i] == line)
			return true;
	return false;
}

bool loader_is_incomplete(const struct loader *loader)
{
	return loader->incomplete;
}

const char *loader_path(const struct loader *loader)
{
	return loader->path;
}

struct definitions *loader_definitions(const struct loader *loader)
{
	return loader->definitions;
}

void loader_set_definitions(struct loader *loader, struct definitions *definitions)
{
	loader->definitions = definitions;
}

struct conf *loader_conf(struct loader *loader)
{
	return loader->conf;
}

int conf_error(struct vty *vty, const char *format, ...)
{
	struct loader *loader = vty->priv;
	va_list ap;

	va_start(ap, format);
	loader_add(loader, loader->line, false, format, ap);
	va_end(ap);
	loader_mark_broken(loader);
	if (vty->node != CONF_ROOT_NODE && loader->line == loader->block_line)
		loader->incomplete = true;
	return CONF_REFUSED;
}

struct conf *conf_of(struct vty *vty)
{
	struct loader *loader = vty->priv;

	return loader->conf;
}

unsigned conf_line_of(struct vty *vty)
{
	struct loader *loader = vty->priv;

	return loader->line;
}

static int message_compare(const void *pa, const void *pb)
{
	const struct loader_message *a = pa, *b = pb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return a->serial < b->serial ? -1 : a->serial > b->serial;
}

static void loader_report(struct loader *loader, void (*error)(void *arg, const char *text),
			  void *arg)
{
	if (loader->messages_count)
		qsort(loader->messages, loader->messages_count, sizeof(*loader->messages),
		      message_compare);
	for (unsigned i = 0; i < loader->messages_count; i++)
		error(arg, loader->messages[i].text);
}

/* ---- reading */

void conf_node_install(struct cmd_node *node)
{
	install_node(node, NULL);
}

void load_setup(void *ctx)
{
	static struct cmd_node root = {CONF_ROOT_NODE, "%s(config)# ", 1};

	conf_node_install(&root);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		blocks[i]->setup();
}

static int indent_of(const char *line)
{
	return strspn(line, " \t");
}

/* Nothing that libosmovty was not made for: its lines are short and printable. */
static bool line_is_clean(struct loader *loader, const char *line, size_t length)
{
	if (length > CONF_LINE_MAX) {
		loader_error(loader, loader->line,
			     "the line has %zu characters, at most %d are allowed", length,
			     CONF_LINE_MAX);
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = line[i];

		if ((c >= ' ' && c != 0x7f) || c == '\t')
			continue;
		loader_error(loader, loader->line,
			     "byte 0x%02x in column %zu: expected a file of printable text", c,
			     i + 1);
		return false;
	}
	return true;
}

static void refuse_line(struct loader *loader, int node, const char *line, int rc)
{
	char text[TEXT_MAX];

	if (rc == CMD_ERR_INVALID_INDENT)
		snprintf(text, sizeof(text),
			 "the indentation fits no line above: expected the lines of a block "
			 "below its first line, all indented alike");
	else
		expected_describe(node, line, text, sizeof(text));
	loader_error(loader, loader->line, "%s", text);
	loader_mark_broken(loader);
	if (loader->line == loader->block_line)
		loader->incomplete = true;
	/* what is indented below belongs to the refused line; a wrong indentation is said once */
	loader->skip_indent = indent_of(line) - (rc == CMD_ERR_INVALID_INDENT);
}

/* Looks at the next line of the file. True if it is for libosmovty: it is in loader->text then. */
static bool take_line(struct loader *loader, const char *text, size_t length)
{
	char *line = loader->text, *word;

	if (length && text[length - 1] == '\r')
		length--;
	if (length && *text != ' ' && *text != '\t' && *text != '!' && *text != '#')
		loader->block_line = loader->line;
	if (!line_is_clean(loader, text, length)) {
		loader_mark_broken(loader);
		loader->incomplete = true;
		loader->skip_indent = length && (*text == ' ' || *text == '\t') ? -1 : 0;
		return false;
	}
	memcpy(line, text, length);
	line[length] = '\0';
	word = line + indent_of(line);
	if (!*word || *word == '!' || *word == '#')
		return false;
	if (loader->skip_indent >= 0 && indent_of(line) > loader->skip_indent)
		return false;
	loader->skip_indent = -1;
	if (loader->ended) {
		loader_error(loader, loader->line, "nothing may follow 'end'");
		loader->skip_indent = 0;
	} else if (strcmp(line, "end") == 0) {
		loader->ended = true;
	} else if (expected_is_console_line(line)) {
		loader_error(loader, loader->line,
			     "'%.*s' is a command of the console, not of the configuration",
			     (int)strcspn(word, " \t"), word);
		loader->skip_indent = indent_of(line);
	} else {
		return true;
	}
	return false;
}

/* A step ends before a line that begins a block; empty lines and comments may stand within one. */
static bool step_is_over(const struct loader *loader)
{
	return loader->allowed == 0 && !strchr(" \t\r\n!#", *loader->next);
}

/* The read function of the stream: one line a call, so that loader->line is the one that a command
 * runs for. */
static ssize_t loader_feed(void *cookie, char *buffer, size_t size)
{
	struct loader *loader = cookie;

	while (loader->left && loader->errors <= LOAD_ERRORS_MAX && !step_is_over(loader)) {
		const char *line = loader->next;
		const char *newline = memchr(line, '\n', loader->left);
		size_t length = newline ? (size_t)(newline - line) : loader->left;

		loader->line++;
		loader->left -= length + (newline != NULL);
		loader->next += length + (newline != NULL);
		loader->allowed -= loader->allowed > 0;
		if (take_line(loader, line, length)) {
			OSMO_ASSERT(size > CONF_LINE_MAX + 1);
			return snprintf(buffer, size, "%s\n", loader->text);
		}
	}
	return 0;
}

/* text: lent until load_end() */
static struct loader *loader_new(void *ctx, const char *path, const char *text, size_t size)
{
	static const cookie_io_functions_t functions = {.read = loader_feed};
	struct loader *loader = talloc_zero(ctx, struct loader);

	OSMO_ASSERT(loader);
	loader->path = talloc_strdup(loader, path);
	loader->next = text;
	loader->left = size;
	loader->skip_indent = -1;
	loader->conf = conf_new(ctx);
	loader->stream = fopencookie(loader, "r", functions);
	loader->vty = vty_new();
	OSMO_ASSERT(loader->path && loader->stream && loader->vty);
	loader->vty->type = VTY_FILE;
	loader->vty->node = CONF_ROOT_NODE;
	loader->vty->priv = loader;
	/* the outermost lines are not indented, whatever the first one looks like */
	loader->vty->indent = talloc_strdup(loader->vty, "");
	return loader;
}

typedef int (*file_reader)(void *ctx, const char *path, char **text, size_t *size);

static int begin(struct loader *loader, file_reader read_file,
		 void (*error)(void *arg, const char *text), void *arg)
{
	char *text = NULL, why[TEXT_MAX];
	int rc = read_file(loader, loader->path, &text, &loader->left);

	if (rc < 0) {
		snprintf(why, sizeof(why), "%s: cannot be read: %s", loader->path,
			 text_file_error(rc));
		error(arg, why);
		load_abandon(loader);
		return rc;
	}
	loader->next = text;
	return 0;
}

int load_begin(void *ctx, const char *path, void (*error)(void *arg, const char *text), void *arg,
	       struct loader **out)
{
	struct loader *loader = loader_new(ctx, path, "", 0);
	int rc = begin(loader, text_file_read, error, arg);

	if (rc < 0)
		return rc;
	loader->untested = true;
	*out = loader;
	return 0;
}

bool load_step(struct loader *loader, unsigned lines)
{
	int rc;

	loader->allowed = lines;
	clearerr(loader->stream);
	/* config_from_file() returns at the end or at a line that it refuses; it goes on where it
	 * was. vty->node after an error: the block that the indentation says, where the command was
	 * looked for. */
	while ((rc = config_from_file(loader->vty, loader->stream)) != CMD_SUCCESS)
		refuse_line(loader, loader->vty->node, loader->text, rc);
	return loader->left && loader->errors <= LOAD_ERRORS_MAX;
}

/* 0, or -EINVAL after errors. */
static int loader_tell(struct loader *loader, void (*error)(void *arg, const char *text), void *arg)
{
	char text[TEXT_MAX];

	loader_report(loader, error, arg);
	if (loader->errors > LOAD_ERRORS_MAX) {
		snprintf(text, sizeof(text), "%s: more than %d errors, the rest is not listed",
			 loader->path, LOAD_ERRORS_MAX);
		error(arg, text);
	}
	return loader->errors ? -EINVAL : 0;
}

int load_end(struct loader *loader, void (*error)(void *arg, const char *text), void *arg,
	     struct conf **out)
{
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		if (blocks[i]->check)
			blocks[i]->check(loader);
	if (!loader->errors && !loader->untested)
		conf_verify(loader);
	rc = loader_tell(loader, error, arg);
	if (rc == 0) {
		*out = loader->conf;
		loader->conf = NULL;
	}
	load_abandon(loader);
	return rc;
}

int load_verify(struct conf *conf, const char *path, void (*error)(void *arg, const char *text),
		void *arg)
{
	struct loader *loader = talloc_zero(NULL, struct loader);
	int rc;

	OSMO_ASSERT(loader);
	loader->path = path;
	loader->conf = conf;
	conf_verify(loader);
	rc = loader_tell(loader, error, arg);
	talloc_free(loader);
	return rc;
}

void load_abandon(struct loader *loader)
{
	vty_close(loader->vty);
	fclose(loader->stream);
	if (loader->conf)
		conf_free(loader->conf);
	talloc_free(loader);
}

static int load_whole(struct loader *loader, void (*error)(void *arg, const char *text), void *arg,
		      struct conf **out)
{
	while (load_step(loader, UINT_MAX))
		;
	return load_end(loader, error, arg, out);
}

int load_file(void *ctx, const char *path, void (*error)(void *arg, const char *text), void *arg,
	      struct conf **out)
{
	struct loader *loader = loader_new(ctx, path, "", 0);
	int rc = begin(loader, text_file_read_waiting, error, arg);

	if (rc < 0)
		return rc;
	return load_whole(loader, error, arg, out);
}

int load_from_text(void *ctx, const struct load_text *text,
		   void (*error)(void *arg, const char *text), void *arg, struct conf **out)
{
	struct loader *loader = loader_new(ctx, text->name, text->octets, text->length);

	loader->untested = text->untested;
	return load_whole(loader, error, arg, out);
}

/* ---- writing */

struct conf_writer {
	const struct conf *conf;
	void (*line)(void *arg, const char *text);
	void *arg;
};

const struct conf *conf_writer_conf(const struct conf_writer *writer)
{
	return writer->conf;
}

void conf_put(struct conf_writer *writer, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	writer->line(writer->arg, text);
}

void conf_write(const struct conf *conf, void (*line)(void *arg, const char *text), void *arg)
{
	struct conf_writer writer = {.conf = conf, .line = line, .arg = arg};

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		blocks[i]->write(conf, &writer);
	conf_put(&writer, "end");
}
