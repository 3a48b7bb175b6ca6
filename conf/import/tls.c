// SPDX-License-Identifier: GPL-2.0-or-later
/* TLS. IOS has its certificates in trustpoints, here they are files: a trustpoint becomes the names of
 * files, and what is to be put there is left to do. */
#include "conf/import/import_private.h"

#include <stdio.h>
#include <string.h>

#include "gateway/sip/tls_profile.h"

#define FOLDER "/etc/sipspan/tls/"
#define PROFILE "voice class tls-profile"

/* ---- voice class tls-profile */

/* line: names the trustpoint; NULL: none does. */
static void put_files(struct import *im, const struct import_line *line, const char *trustpoint)
{
	char name[IMPORT_WORD_MAX];

	snprintf(name, sizeof(name), "%s", trustpoint);
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '_';
	import_put(im, line, NULL, "certificate " FOLDER "%s.pem", name);
	import_put(im, line, NULL, "private-key " FOLDER "%s.key", name);
	import_put(im, line, NULL, "ca " FOLDER "%s-ca.pem", name);
	import_add_todo(im, line,
			"TLS: put %s into " FOLDER "%s.pem (certificate), %s.key (private key) and "
			"%s-ca.pem (whom to believe): without these files it does not start",
			line ? import_text(im, "what `crypto pki export %s pem` prints", trustpoint)
			     : "a certificate, as no trustpoint is named,",
			name, name, name);
}

static void trustpoint(struct import *im, struct import_line *line, const char *rest)
{
	char name[IMPORT_WORD_MAX];

	if (!import_word(rest, 0, name)) {
		import_ignore(line, "expected a name");
		return;
	}
	import_changed(line, "its certificates are files here");
	put_files(im, line, name);
}

static void verify_clients(struct import *im, const struct import_line *line)
{
	if (!im->tls_block.verifies)
		import_put(im, line, NULL, "client-verify");
	im->tls_block.verifies = true;
}

static void client_trustpoint(struct import *im, struct import_line *line, const char *rest)
{
	import_changed(line, "the roots of callers stand in the same file");
	verify_clients(im, line);
	import_add_todo(im, line, "TLS: add the root certificates of trustpoint %s to the ca file",
			rest);
}

static void validate(struct import *im, struct import_line *line, const char *rest)
{
	if (strcmp(rest, "server") == 0)
		import_take(im, line, NULL);
	else
		im->tls_block.validate = line; /* names of callers may stand behind it */
}

static void name(struct import *im, struct import_line *line, const char *rest)
{
	im->tls_block.names = true;
	import_take(im, line, NULL);
}

static void end_profile(struct import *im)
{
	struct import_line *line = im->tls_block.validate;

	if (!line)
		return;
	verify_clients(im, line);
	if (im->tls_block.names)
		import_take(im, line, NULL);
	else
		import_ignore(line, "no cn-san says which callers are right: the chain alone");
}

void import_tls_profile(struct import *im, struct import_line *line, const char *rest)
{
	static const struct import_rule rules[] = {
	    {"trustpoint", NULL, trustpoint, NULL},
	    {"client-vtp", NULL, client_trustpoint, NULL},
	    {"cn-san validate", NULL, validate, NULL},
	    {"cn-san", NULL, name, NULL},
	    {"sni send", NOTE_DEFAULT, NULL, NULL},
	    {"cipher", "ciphers are those with authentication, always", NULL, NULL},
	    {"description", NULL, NULL, NULL}};
	static const struct import_section section = {IMPORT_RULES(rules), NOTE_SIP, end_profile};
	char number[IMPORT_WORD_MAX];

	import_word(rest, 0, number);
	import_open(im, line, import_text(im, PROFILE " %s", number),
		    import_text(im, PROFILE " %s", number));
	im->section = &section;
	im->tls_block = (struct import_tls_block){.names = false};
}

/* ---- sip-ua */

/* The profile that stands for a trustpoint: made where it is first named. */
static unsigned profile_of(struct import *im, const struct import_line *line,
			   const char *trustpoint)
{
	struct import_block *open = im->block;
	unsigned number = TLS_PROFILE_NUMBER_MAX;
	const char *key, *wanted = import_text(im, "trustpoint %s", trustpoint);

	for (unsigned i = 0; i < im->trustpoints_count; i++)
		if (strcmp(im->trustpoints[i].name, wanted) == 0)
			return im->trustpoints[i].profile;
	do
		key = import_text(im, PROFILE " %u", number--);
	while (import_find_block(im, key));
	import_open(im, NULL, key, key);
	put_files(im, line, trustpoint);
	im->block = open;
	if (im->trustpoints_count < IMPORT_TRUSTPOINTS_MAX)
		im->trustpoints[im->trustpoints_count++] =
		    (struct import_trustpoint){wanted, number + 1};
	return number + 1;
}

/* "default trustpoint CUBE cn-san-validate server", "remote-addr 192.0.2.0 /24 tls-profile 2" */
void import_crypto(struct import *im, struct import_line *line, const char *rest)
{
	char how[IMPORT_WORD_MAX], who[IMPORT_WORD_MAX], address[IMPORT_WORD_MAX],
	    mask[IMPORT_WORD_MAX];
	bool everybody = import_behind(rest, "default");
	const char *whom = "default";

	import_word(rest, 1, address);
	import_word(rest, 2, mask);
	if (!everybody)
		whom = import_text(im, "remote-addr %s %s", address, mask);
	if (!import_word(rest, everybody ? 1 : 3, how) ||
	    !import_word(rest, everybody ? 2 : 4, who)) {
		import_ignore(line, "expected a trustpoint or tls-profile");
		return;
	}
	im->tls_default |= everybody;
	if (strcmp(how, "tls-profile") == 0) {
		import_put(im, line, import_text(im, PROFILE " %s", who),
			   "crypto signaling %s tls-profile %s", whom, who);
		import_taken(line);
		return;
	}
	import_changed(line, "a trustpoint is a profile here");
	import_put(im, line, NULL, "crypto signaling %s tls-profile %u", whom,
		   profile_of(im, line, who));
}

void import_listen_tls(struct import *im, struct import_line *line, const char *rest)
{
	bool latest = strstr(rest, "v1.3");

	im->tls_listens = true;
	import_put(im, line, NULL, "transport tcp tls%s", latest ? " v1.3" : "");
	if (*rest && strcmp(rest, "v1.3") != 0)
		import_changed(line, "version 1.2 and later, or 1.3 alone");
	else
		import_taken(line);
}

void import_no_listen_tls(struct import *im, struct import_line *line, const char *rest)
{
	im->tls_off = true;
	import_ignore(line, NOTE_DEFAULT);
}

void import_tls_end(struct import *im)
{
	struct import_block *block;

	if (!im->tls_wanted && (im->tls_off || !im->tls_default) && !im->tls_listens)
		return;
	block = import_sip_ua_block(im);
	if (!im->tls_listens)
		import_put_to(im, block, NULL, NULL, " transport tcp tls");
	if (im->tls_default)
		return;
	import_put_to(im, block, NULL, NULL,
		      import_text(im, " crypto signaling default tls-profile %u",
				  profile_of(im, NULL, "gateway")));
}
