// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	call-manager-fallback
 *	 access-code pri 9 direct-inward-dial
 *	 access-code bri 8
 */
#include "conf/access_code.h"

#include <stdio.h>
#include <string.h>

#include "conf/value.h"

static const char *const types[CONF_ACCESS_CODES] = {
    [CONF_ACCESS_FXO] = "fxo",
    [CONF_ACCESS_EM] = "e&m",
    [CONF_ACCESS_BRI] = "bri",
    [CONF_ACCESS_PRI] = "pri",
};

#define ACCESS_STR "Code by which telephones reach trunks, in fallback\n"
#define TYPES_STR "Analogue lines\nAnalogue ear and mouth\nBasic rates\nPrimary rates\n"
#define CODE_STR "Digits that are dialled first, and are not sent\n"
#define INWARD_STR "Calls that come in are routed on their number, as they always are\n"

static struct conf_access_code *code_of(struct vty *vty, const char *type)
{
	unsigned i = 0;

	while (i + 1 < CONF_ACCESS_CODES && strcmp(types[i], type) != 0)
		i++;
	return &conf_of(vty)->access_codes[i];
}

static int set_code(struct vty *vty, const char *type, const char *digits, bool inward)
{
	struct conf_access_code *code = code_of(vty, type);

	if (!*digits || strlen(digits) >= sizeof(code->digits) ||
	    strspn(digits, "0123456789*#") != strlen(digits))
		return conf_error(vty, "access-code %s %.32s: expected 1 to %zu digits, * and #",
				  type, digits, sizeof(code->digits) - 1);
	strcpy(code->digits, digits);
	code->direct_inward_dial = inward;
	code->line = conf_line_of(vty);
	return CMD_SUCCESS;
}

DEFUN(access_code, access_code_cmd, "access-code (fxo|e&m|bri|pri) DIGITS",
      ACCESS_STR TYPES_STR CODE_STR)
{
	return set_code(vty, argv[0], argv[1], false);
}

DEFUN(access_code_inward, access_code_inward_cmd, "access-code (bri|pri) DIGITS direct-inward-dial",
      ACCESS_STR "Basic rates\nPrimary rates\n" CODE_STR INWARD_STR)
{
	return set_code(vty, argv[0], argv[1], true);
}

DEFUN(no_access_code, no_access_code_cmd, "no access-code (fxo|e&m|bri|pri)",
      NO_STR ACCESS_STR TYPES_STR)
{
	code_of(vty, argv[0])->digits[0] = '\0';
	return CMD_SUCCESS;
}

ALIAS(no_access_code, no_access_code_digits_cmd, "no access-code (fxo|e&m|bri|pri) DIGITS",
      NO_STR ACCESS_STR TYPES_STR CODE_STR)

ALIAS(no_access_code, no_access_code_inward_cmd,
      "no access-code (bri|pri) DIGITS direct-inward-dial",
      NO_STR ACCESS_STR "Basic rates\nPrimary rates\n" CODE_STR INWARD_STR)

void access_code_install(void)
{
	static struct cmd_element *const commands[] = {
	    &access_code_cmd,		&access_code_inward_cmd,    &no_access_code_cmd,
	    &no_access_code_digits_cmd, &no_access_code_inward_cmd,
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		install_element(CONF_FALLBACK_NODE, commands[i]);
}

/* ---- what it makes */

/* A port that calls can go out on; those of a group of D channels have one. */
static bool is_of(const struct conf_controller *c, enum conf_access_type type)
{
	bool basic = c->span.framing == TDM_BRI;

	if (c->nfas.d != CONF_NFAS_OFF && c->nfas.d != CONF_NFAS_PRIMARY)
		return false;
	return (basic && type == CONF_ACCESS_BRI) ||
	       (!basic && c->timeslots && type == CONF_ACCESS_PRI);
}

bool access_code_peer(const struct conf *conf, unsigned n, struct peer *out)
{
	const struct conf_controller *c;

	llist_for_each_entry (c, &conf->controllers, entry) {
		for (unsigned type = 0; type < CONF_ACCESS_CODES; type++) {
			const char *digits = conf->access_codes[type].digits;

			if (!digits[0] || !is_of(c, type) || n--)
				continue;
			peer_init(out, ACCESS_CODE_PEER_TAG + c->span.number, PEER_POTS);
			snprintf(out->destination_pattern, sizeof(out->destination_pattern), "%sT",
				 digits);
			snprintf(out->port, sizeof(out->port), "%u:D", c->span.number);
			out->in_fallback = true;
			return true;
		}
	}
	return false;
}

void access_code_check(struct loader *loader)
{
	const struct conf *conf = loader_conf(loader);
	const struct conf_controller *c;

	for (unsigned type = 0; type < CONF_ACCESS_CODES; type++) {
		const struct conf_access_code *code = &conf->access_codes[type];
		bool any = false;

		llist_for_each_entry (c, &conf->controllers, entry)
			any = any || is_of(c, type);
		if (code->digits[0] && !any && !loader_is_incomplete(loader))
			loader_warning(loader, code->line,
				       "access-code %s %s: there is no such port, nobody reaches "
				       "anything by it",
				       types[type], code->digits);
	}
}

void access_code_write(const struct conf *conf, struct conf_writer *writer)
{
	for (unsigned type = 0; type < CONF_ACCESS_CODES; type++) {
		const struct conf_access_code *code = &conf->access_codes[type];

		if (code->digits[0])
			conf_put(writer, " access-code %s %s%s", types[type], code->digits,
				 code->direct_inward_dial ? " direct-inward-dial" : "");
	}
}
