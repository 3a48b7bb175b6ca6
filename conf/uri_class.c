// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class uri BRANCH sip
 *	 pattern sip:.*@branch\.example
 *	 host ipv4:10.1.1.1
 *	 host dns:branch.example
 *	 user-id ^2[0-9]{3}$
 *	voice class uri HEADQUARTERS tel
 *	 phone number ^\+4420
 *	 phone context example\.com
 *	voice class uri sip preference user-id host
 */
#include <stdio.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/value.h"
#include "dialplan/expression.h"

static struct uri_class *class_of(struct vty *vty)
{
	struct conf_uri_class *c = vty->index;

	return &c->class;
}

DEFUN(uri_class, uri_class_cmd, "voice class uri TAG (sip|tel)",
      "Voice\nWhat dial peers refer to\nA kind of URI\nName\nsip: URIs\ntel: URIs\n")
{
	struct conf_uri_class *c = talloc_zero(conf_of(vty), struct conf_uri_class);

	OSMO_ASSERT(c);
	c->class.scheme = strcmp(argv[1], "tel") == 0 ? URI_TEL : URI_SIP;
	return definition_begin(vty, DEFINITION_URI_CLASS, &c->head, argv[0], c->class.name);
}

static int set_expression(struct vty *vty, const char *what, const char *text,
			  char out[CLASS_TEXT_MAX + 1])
{
	struct expression *expression = NULL;
	char why[128];
	int rc;

	if (strlen(text) > CLASS_TEXT_MAX)
		return conf_error(vty, "%s: longer than %d characters", what, CLASS_TEXT_MAX);
	rc = expression_compile(text, EXPRESSION_EXTENDED, true, &expression, why, sizeof(why));
	if (rc < 0)
		return conf_error(vty, "%s %s: %s", what, text, why);
	expression_free(expression);
	strcpy(out, text);
	return CMD_SUCCESS;
}

/* Words that are for one of the two schemes. */
static int refuse_scheme(struct vty *vty, const char *what)
{
	const struct uri_class *class = class_of(vty);

	return conf_error(vty, "%s: a class of %s: URIs has none", what,
			  class->scheme == URI_SIP ? "sip" : "tel");
}

#define PATTERN_STR "What the whole URI fits\n"
#define HOST_STR "The host of the URI\n"
#define USER_STR "The user part of the URI\n"
#define PHONE_STR "Of a telephone number\nThe number\nIts phone-context\n"

DEFUN(uri_pattern, uri_pattern_cmd, "pattern EXPRESSION", PATTERN_STR "Regular expression\n")
{
	return set_expression(vty, "pattern", argv[0], class_of(vty)->pattern);
}

/* `host ipv4:ADDRESS`, `host ipv6:[ADDRESS]` and `host dns:NAME` say what they mean. */
static int check_host(struct vty *vty, const char *text)
{
	char why[128], rest[CLASS_TEXT_MAX + 1];
	bool literal = strncmp(text, "ipv4:", 5) == 0 || strncmp(text, "ipv6:", 5) == 0 ||
		       strncmp(text, "dns:", 4) == 0;
	const char *end = text + strlen(text) - 1;

	if (!literal)
		return set_expression(vty, "host", text, rest);
	/* what may follow an address or a name there, a port, may not here */
	if (strlen(text) > CLASS_TEXT_MAX || value_server(text, why, sizeof(why)) < 0 ||
	    (text[3] == '6' ? *end != ']' : strchr(strchr(text, ':') + 1, ':') != NULL))
		return conf_error(vty,
				  "host %.64s: expected ipv4:A.B.C.D, ipv6:[X:X::X:X], dns:HOST or "
				  "an expression",
				  text);
	return CMD_SUCCESS;
}

DEFUN(uri_host, uri_host_cmd, "host HOST",
      HOST_STR "ipv4:A.B.C.D, ipv6:[X:X::X:X], dns:HOST or a regular expression\n")
{
	struct uri_class *class = class_of(vty);
	unsigned at = 0;

	if (class->scheme != URI_SIP)
		return refuse_scheme(vty, "host");
	if (check_host(vty, argv[0]) != CMD_SUCCESS)
		return CONF_REFUSED;
	while (at < ARRAY_SIZE(class->host) && class->host[at][0] &&
	       strcmp(class->host[at], argv[0]) != 0)
		at++;
	if (at == ARRAY_SIZE(class->host))
		return conf_error(vty, "host %.64s: a class has at most %zu hosts", argv[0],
				  ARRAY_SIZE(class->host));
	return value_word(vty, "host", argv[0], class->host[at], sizeof(class->host[at]));
}

DEFUN(uri_no_host, uri_no_host_cmd, "no host HOST", NO_STR HOST_STR "Which\n")
{
	struct uri_class *class = class_of(vty);
	unsigned left = 0, count = 0;

	for (; count < ARRAY_SIZE(class->host) && class->host[count][0]; count++)
		if (strcmp(class->host[count], argv[0]) != 0)
			memmove(class->host[left++], class->host[count], sizeof(class->host[0]));
	if (left == count)
		return conf_error(vty, "no host %.64s: it is not in the class", argv[0]);
	memset(class->host[left], 0, (count - left) * sizeof(class->host[0]));
	return CMD_SUCCESS;
}

DEFUN(uri_user, uri_user_cmd, "user-id EXPRESSION", USER_STR "Regular expression\n")
{
	if (class_of(vty)->scheme != URI_SIP)
		return refuse_scheme(vty, "user-id");
	return set_expression(vty, "user-id", argv[0], class_of(vty)->user_id);
}

static char *phone_text(struct vty *vty, const char *what)
{
	struct uri_class *class = class_of(vty);

	return strcmp(what, "number") == 0 ? class->phone_number : class->phone_context;
}

DEFUN(uri_phone, uri_phone_cmd, "phone (number|context) EXPRESSION",
      PHONE_STR "Regular expression\n")
{
	char what[24];

	snprintf(what, sizeof(what), "phone %s", argv[0]);
	if (class_of(vty)->scheme != URI_TEL)
		return refuse_scheme(vty, what);
	return set_expression(vty, what, argv[1], phone_text(vty, argv[0]));
}

DEFUN(uri_no_phone, uri_no_phone_cmd, "no phone (number|context)", NO_STR PHONE_STR)
{
	phone_text(vty, argv[0])[0] = '\0';
	return CMD_SUCCESS;
}

DEFUN(uri_no, uri_no_cmd, "no (pattern|user-id)", NO_STR PATTERN_STR USER_STR)
{
	struct uri_class *class = class_of(vty);

	if (strcmp(argv[0], "pattern") == 0)
		class->pattern[0] = '\0';
	else
		class->user_id[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- for all classes */

#define ORDER_STR                                                                                  \
	"Voice\nWhat dial peers refer to\nA kind of URI\nsip: URIs\n"                              \
	"Which of several classes that fit goes first\n"

DEFUN(uri_user_first, uri_user_first_cmd, "voice class uri sip preference user-id host",
      ORDER_STR "One that fits by the user part\nThen by the host\n")
{
	conf_of(vty)->plan.uri_user_first = true;
	return CMD_SUCCESS;
}

DEFUN(uri_host_first, uri_host_first_cmd, "voice class uri sip preference host user-id",
      ORDER_STR "One that fits by the host\nThen by the user part\n")
{
	conf_of(vty)->plan.uri_user_first = false;
	return CMD_SUCCESS;
}

DEFUN(uri_no_order, uri_no_order_cmd, "no voice class uri sip preference", NO_STR ORDER_STR)
{
	conf_of(vty)->plan.uri_user_first = false;
	return CMD_SUCCESS;
}

static void uri_class_setup(void)
{
	static struct cmd_element *const commands[] = {
	    &uri_pattern_cmd, &uri_host_cmd,	 &uri_no_host_cmd, &uri_user_cmd,
	    &uri_phone_cmd,   &uri_no_phone_cmd, &uri_no_cmd};

	definition_install(DEFINITION_URI_CLASS, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &uri_class_cmd);
	install_element(CONF_ROOT_NODE, &uri_user_first_cmd);
	install_element(CONF_ROOT_NODE, &uri_host_first_cmd);
	install_element(CONF_ROOT_NODE, &uri_no_order_cmd);
}

static void uri_class_check(struct loader *loader)
{
	const struct conf_uri_class *c;

	llist_for_each_entry (c, &loader_conf(loader)->uri_classes, head.entry) {
		const struct uri_class *class = &c->class;

		if (!class->pattern[0] && !class->host[0][0] && !class->user_id[0] &&
		    !class->phone_number[0] && !class->phone_context[0] &&
		    !loader_block_is_broken(loader, c->head.line))
			loader_error(
			    loader, c->head.line,
			    "voice class uri %s says nothing: expected %s below it", class->name,
			    class->scheme == URI_SIP ? "pattern, host or user-id"
						     : "pattern, phone number or phone context");
	}
}

static void write_text(struct conf_writer *writer, const char *keyword, const char *text)
{
	if (*text)
		conf_put(writer, " %s %s", keyword, text);
}

static void uri_class_write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_uri_class *c;

	if (conf->plan.uri_user_first)
		conf_put(writer, "voice class uri sip preference user-id host");
	llist_for_each_entry (c, &conf->uri_classes, head.entry) {
		const struct uri_class *class = &c->class;

		conf_put(writer, "voice class uri %s %s", class->name,
			 class->scheme == URI_SIP ? "sip" : "tel");
		definition_write_description(&c->head, writer);
		write_text(writer, "pattern", class->pattern);
		for (unsigned i = 0; i < ARRAY_SIZE(class->host); i++)
			write_text(writer, "host", class->host[i]);
		write_text(writer, "user-id", class->user_id);
		write_text(writer, "phone number", class->phone_number);
		write_text(writer, "phone context", class->phone_context);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_uri_class_block = {
    .setup = uri_class_setup, .check = uri_class_check, .write = uri_class_write};
