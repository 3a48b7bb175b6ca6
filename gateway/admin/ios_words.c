// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands that an owner of an IOS gateway types by habit and that have another name here: each says
 * which. They stand in no list of commands. They take part in abbreviation, so none may begin like a
 * command that there is, except where IOS has the same two (show dialplan, show dial-peer).
 */
#include <osmocom/core/utils.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "gateway/admin/commands.h"

struct ios_word {
	struct cmd_element element;
	const char *instead;
};

static int say_instead(struct cmd_element *element, struct vty *vty, int argc, const char *argv[])
{
	const struct ios_word *word = container_of(element, struct ios_word, element);

	console_print(vty, "%% %s", word->instead);
	return CMD_WARNING;
}

#define WORD(text, sentence)                                                                       \
	{                                                                                          \
		.element = {.string = text,                                                        \
			    .func = say_instead,                                                   \
			    .doc = "Another name\n",                                               \
			    .attr = CMD_ATTR_HIDDEN},                                              \
		.instead = sentence,                                                               \
	}

#define EXPLAIN "Where a number goes is told by `sipspan explain NUMBER`, in a shell."
#define ACTIVE "Calls that are up are shown by `show call active` and `show call active brief`."
#define RUNNING "These are shown by `show running-config`."
#define FILE_IS "The configuration is a file: edit it, try it with `reload check`, then `reload`."

static struct ios_word words[] = {
    WORD("show dialplan .WORDS", EXPLAIN),
    WORD("debug voip dialpeer .WORDS", EXPLAIN),
    WORD("debug dialpeer", EXPLAIN),
    WORD("explain .WORDS", EXPLAIN),
    WORD("debug voip ccapi .WORDS",
	 "The log tells of each call, `terminal monitor` shows it here."),
    WORD("debug voice translation",
	 "What rules do is told by `test voice translation-rule` and `sipspan explain`."),
    WORD("debug ccsip .WORDS", "SIP messages are shown by `debug ccsip messages`."),
    WORD("test translation-rule .WORDS", "The command is `test voice translation-rule`."),
    WORD("show translation-rule", "The command is `show voice translation-rule`."),
    WORD("show voice call .WORDS", ACTIVE),
    WORD("show call active voice .WORDS", ACTIVE),
    WORD("show call active voice", ACTIVE),
    WORD("show call history voice .WORDS", "The command is `show call history`."),
    WORD("show call history voice", "The command is `show call history`."),
    WORD("show sip-ua .WORDS",
	 "Addresses and counters: `show sip-ua service`; calls: `show call active`."),
    WORD("show voice port .WORDS", "Lines are shown by `show isdn status` and `show controllers`."),
    WORD("show voice class .WORDS", RUNNING),
    WORD("show voice class", RUNNING),
    WORD("show startup-config", FILE_IS),
    WORD("write memory", FILE_IS),
    WORD("copy running-config startup-config", FILE_IS),
    WORD("show running-config .WORDS", "Nothing is filtered here: in a shell, `sipspan show "
				       "running-config | grep -A9 dial-peer`."),
    WORD("show logging", "`terminal monitor` shows the log here, journalctl(1) keeps it."),
};

void ios_words_install(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		install_element(ENABLE_NODE, &words[i].element);
}
