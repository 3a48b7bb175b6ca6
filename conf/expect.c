// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the dial plan is expected to do:
 *
 *	expect call from 2001 to 914085551234 via peer 100 send 4085551234
 */
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/conf_blocks.h"
#include "conf/value.h"
#include "dialplan/expect.h"

#define EXPECT_SIZE 480

DEFUN(expect_call, expect_call_cmd, "expect call .TEXT",
      "What the dial plan is expected to do\nWith a call\nfrom NUMBER to NUMBER ...\n")
{
	char text[EXPECT_SIZE], why[256];
	struct expect expect; /* tried when all is read, see verify.h */
	struct conf_expect *e;

	if (value_text(vty, argc, argv, text, sizeof(text)) != CMD_SUCCESS)
		return CONF_REFUSED;
	if (expect_parse(&expect, text, why, sizeof(why)) < 0)
		return conf_error(vty, "expect call: %s", why);
	e = talloc_zero(conf_of(vty), struct conf_expect);
	OSMO_ASSERT(e);
	e->text = talloc_strdup(e, text);
	e->line = conf_line_of(vty);
	llist_add_tail(&e->entry, &conf_of(vty)->expects);
	return CMD_SUCCESS;
}

static void expect_setup(void)
{
	install_element(CONF_ROOT_NODE, &expect_call_cmd);
}

static void expect_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_expect *e;

	llist_for_each_entry (e, &conf->expects, entry)
		conf_put(writer, "expect call %s", e->text);
}

const struct conf_block conf_expect_block = {.setup = expect_setup, .write = expect_write};
