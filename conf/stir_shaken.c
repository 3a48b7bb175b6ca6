// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	voice class stir-shaken 1
 *	 private-key /etc/sipspan/shaken.key
 *	 certificate-url https://certificates.example.com/shaken.pem
 *	 attestation full
 *	 trusted-authorities /etc/sipspan/sti-pa.pem
 *	 missing anonymous
 *	 failed reject
 */
#include "conf/stir_shaken.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <osmocom/core/talloc.h>

#include "conf/definition.h"
#include "conf/dial_peer.h"
#include "conf/sip_options.h"
#include "conf/text_file.h"
#include "conf/value.h"
#include "gateway/stir/certificate.h"

static struct conf_stir *stir_of(struct vty *vty)
{
	return vty->index;
}

DEFUN(stir, stir_cmd, "voice class stir-shaken NUMBER",
      "Voice\nClasses\nWho calls is signed and checked (RFC 8224, RFC 8588)\n1 to 10000\n")
{
	struct conf_stir *s = talloc_zero(conf_of(vty), struct conf_stir);

	OSMO_ASSERT(s);
	s->profile.attest = 'C';
	return definition_begin_number(vty, DEFINITION_STIR, &s->head, argv[0], &s->profile.number);
}

/* ---- signing */

#define KEY_STR "Signs calls that go out: a private key on P-256\n"

/* What others may read is no secret. */
static int read_key(struct vty *vty, const char *name, const char *path, char key[STIR_KEY_MAX + 1])
{
	struct stat st;
	size_t size;
	char *text;
	int rc;

	if (stat(path, &st) == 0 && (st.st_mode & 077))
		return conf_error(vty,
				  "private-key %s can be read or written by others than its owner: "
				  "make it `chmod 600`",
				  name);
	rc = text_file_read(conf_of(vty), path, &text, &size);
	if (rc < 0)
		return conf_error(vty, "private-key %s cannot be read: %s", name,
				  text_file_error(rc));
	if (size <= STIR_KEY_MAX) {
		memcpy(key, text, size);
		key[size] = '\0';
	}
	talloc_free(text);
	if (size > STIR_KEY_MAX || certificate_check_private_key(key))
		return conf_error(vty, "private-key %s: expected a PEM file with a key on P-256",
				  name);
	return CMD_SUCCESS;
}

/* The path of a file that is named here. */
static int file_path(struct vty *vty, const char *what, const char *name,
		     char path[STIR_FILE_MAX + 1])
{
	if (text_file_beside(loader_path(vty->priv), name, path, STIR_FILE_MAX + 1) < 0)
		return conf_error(vty, "%s: the path is too long", what);
	return CMD_SUCCESS;
}

DEFUN(private_key, private_key_cmd, "private-key FILE",
      KEY_STR "File, which only its owner may read\n")
{
	struct conf_stir *s = stir_of(vty);
	char path[STIR_FILE_MAX + 1], key[STIR_KEY_MAX + 1] = "";

	if (file_path(vty, "private-key", argv[0], path) != CMD_SUCCESS ||
	    read_key(vty, argv[0], path, key) != CMD_SUCCESS)
		return CONF_REFUSED;
	strcpy(s->profile.key, key);
	snprintf(s->key_file, sizeof(s->key_file), "%s", argv[0]);
	return CMD_SUCCESS;
}

DEFUN(no_private_key, no_private_key_cmd, "no private-key", NO_STR KEY_STR)
{
	struct conf_stir *s = stir_of(vty);

	memset(s->profile.key, 0, sizeof(s->profile.key));
	s->key_file[0] = '\0';
	return CMD_SUCCESS;
}

#define URL_STR "Where others find the certificate of the key\n"

static bool is_https(const char *url)
{
	if (strncmp(url, "https://", 8) != 0 || !url[8])
		return false;
	for (; *url; url++)
		if (*url <= ' ' || *url > '~' || strchr("\"<>;", *url))
			return false;
	return true;
}

static int set_url(struct vty *vty, const char *what, const char *url,
		   char out[PASSPORT_URL_MAX + 1])
{
	if (strlen(url) > PASSPORT_URL_MAX || !is_https(url))
		return conf_error(vty, "%s %.64s: expected an https: URL of at most %d characters",
				  what, url, PASSPORT_URL_MAX);
	strcpy(out, url);
	return CMD_SUCCESS;
}

DEFUN(certificate_url, certificate_url_cmd, "certificate-url URL", URL_STR "https:...\n")
{
	return set_url(vty, "certificate-url", argv[0], stir_of(vty)->profile.url);
}

DEFUN(no_certificate_url, no_certificate_url_cmd, "no certificate-url", NO_STR URL_STR)
{
	stir_of(vty)->profile.url[0] = '\0';
	return CMD_SUCCESS;
}

#define ATTESTATION_STR "What is vouched for (RFC 8588)\n"

static const char *attestation_name(char attest)
{
	return attest == 'A' ? "full" : attest == 'B' ? "partial" : "gateway";
}

DEFUN(attestation, attestation_cmd, "attestation (full|partial|gateway)",
      ATTESTATION_STR "A: the caller, and that he may use the number\n"
		      "B: the caller\nC: that the call came in here\n")
{
	stir_of(vty)->profile.attest = argv[0][0] == 'f' ? 'A' : argv[0][0] == 'p' ? 'B' : 'C';
	return CMD_SUCCESS;
}

DEFUN(no_attestation, no_attestation_cmd, "no attestation", NO_STR ATTESTATION_STR)
{
	stir_of(vty)->profile.attest = 'C';
	return CMD_SUCCESS;
}

#define ORIGID_STR "Names this gateway in what it signs\n"

DEFUN(origid, origid_cmd, "origid UUID", ORIGID_STR "As in 123e4567-e89b-12d3-a456-426655440000\n")
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	const char *c = argv[0];
	unsigned i = 0;

	while (form[i] &&
	       (form[i] == 'x' ? c[i] && strchr("0123456789abcdefABCDEF", c[i]) : c[i] == '-'))
		i++;
	if (form[i] || c[i])
		return conf_error(vty,
				  "origid %.64s: expected a UUID as in "
				  "123e4567-e89b-12d3-a456-426655440000",
				  argv[0]);
	strcpy(stir_of(vty)->profile.origid, argv[0]);
	return CMD_SUCCESS;
}

DEFUN(no_origid, no_origid_cmd, "no origid", NO_STR ORIGID_STR)
{
	stir_of(vty)->profile.origid[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- verifying */

#define TRUSTED_STR "Checks calls that come in: the authorities that are believed\n"
#define WEB_STR                                                                                    \
	"Authorities of the web servers that have certificates; those of the system if none\n"

static int set_authorities(struct vty *vty, const char *what, const char *name,
			   char path[STIR_FILE_MAX + 1])
{
	struct certificate_trust *trust;
	int rc;

	if (file_path(vty, what, name, path) != CMD_SUCCESS)
		return CONF_REFUSED;
	rc = certificate_trust_load(path, &trust);
	if (rc) {
		path[0] = '\0';
		return conf_error(vty, "%s %s: %s", what, name,
				  rc == -EINVAL ? "there is no PEM certificate in it"
						: strerror(-rc));
	}
	certificate_trust_free(trust);
	return CMD_SUCCESS;
}

DEFUN(trusted, trusted_cmd, "trusted-authorities FILE", TRUSTED_STR "PEM file\n")
{
	struct conf_stir *s = stir_of(vty);

	if (set_authorities(vty, "trusted-authorities", argv[0], s->profile.trusted) != CMD_SUCCESS)
		return CONF_REFUSED;
	snprintf(s->trusted_file, sizeof(s->trusted_file), "%s", argv[0]);
	return CMD_SUCCESS;
}

DEFUN(web, web_cmd, "web-authorities FILE", WEB_STR "PEM file\n")
{
	struct conf_stir *s = stir_of(vty);

	if (set_authorities(vty, "web-authorities", argv[0], s->profile.ca) != CMD_SUCCESS)
		return CONF_REFUSED;
	snprintf(s->web_file, sizeof(s->web_file), "%s", argv[0]);
	return CMD_SUCCESS;
}

DEFUN(no_authorities, no_authorities_cmd, "no (trusted-authorities|web-authorities)",
      NO_STR TRUSTED_STR WEB_STR)
{
	struct conf_stir *s = stir_of(vty);
	bool web = argv[0][0] == 'w';

	(web ? s->profile.ca : s->profile.trusted)[0] = '\0';
	(web ? s->web_file : s->trusted_file)[0] = '\0';
	return CMD_SUCCESS;
}

#define PERMIT_STR "Certificates may be fetched there, even from private addresses\n"

DEFUN(permit, permit_cmd, "permit URL", PERMIT_STR "What the URL begins with\n")
{
	struct conf_stir *s = stir_of(vty);

	for (unsigned i = 0; i < FETCH_PERMIT_MAX; i++) {
		if (!s->profile.permit[i][0])
			return set_url(vty, "permit", argv[0], s->profile.permit[i]);
		if (strcmp(s->profile.permit[i], argv[0]) == 0)
			return CMD_SUCCESS;
	}
	return conf_error(vty, "permit %.64s: there may be %d", argv[0], FETCH_PERMIT_MAX);
}

DEFUN(no_permit, no_permit_cmd, "no permit", NO_STR PERMIT_STR)
{
	memset(stir_of(vty)->profile.permit, 0, sizeof(stir_of(vty)->profile.permit));
	return CMD_SUCCESS;
}

#define AGE_STR "How old a signature may be\n"
#define TIME_STR "Time for fetching a certificate, while the caller waits\n"

DEFUN(max_age, max_age_cmd, "max-age SECONDS", AGE_STR "10 to 300\n")
{
	static const struct value_range range = {"max-age", 10, 300};

	return value_number(vty, argv[0], &range, &stir_of(vty)->profile.max_age_s);
}

DEFUN(fetch_time, fetch_time_cmd, "fetch-time MILLISECONDS", TIME_STR "100 to 10000\n")
{
	static const struct value_range range = {"fetch-time", 100, 10000};

	return value_number(vty, argv[0], &range, &stir_of(vty)->profile.timeout_ms);
}

DEFUN(no_time, no_time_cmd, "no (max-age|fetch-time)", NO_STR AGE_STR TIME_STR)
{
	struct conf_stir *s = stir_of(vty);

	if (argv[0][0] == 'm')
		s->profile.max_age_s = 0;
	else
		s->profile.timeout_ms = 0;
	return CMD_SUCCESS;
}

#define POLICY_STR "A call that nobody has signed\nA call whose signature is no good\n"
#define POLICIES_STR "Goes on\nGoes on with its number withheld\nIs refused\n"

static const char *const policies[] = {
    [STIR_PERMIT] = "permit", [STIR_ANONYMOUS] = "anonymous", [STIR_REJECT] = "reject"};

DEFUN(policy, policy_cmd, "(missing|failed) (permit|anonymous|reject)", POLICY_STR POLICIES_STR)
{
	struct conf_stir *s = stir_of(vty);

	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(argv[1], policies[i]) == 0)
			*(argv[0][0] == 'm' ? &s->profile.missing : &s->profile.failed) = i;
	return CMD_SUCCESS;
}

DEFUN(no_policy, no_policy_cmd, "no (missing|failed)", NO_STR POLICY_STR)
{
	struct conf_stir *s = stir_of(vty);

	*(argv[0][0] == 'm' ? &s->profile.missing : &s->profile.failed) = STIR_PERMIT;
	return CMD_SUCCESS;
}

#define NAME_STR "Text before the calling name\n"
#define NAMES_STR "If the check was passed\nIf it was not, and the call goes on\n"

DEFUN(name_prefix, name_prefix_cmd, "calling-name (passed|failed) TEXT",
      NAME_STR NAMES_STR "At most 15 characters, without spaces\n")
{
	struct conf_stir *s = stir_of(vty);

	return value_word(vty, "calling-name", argv[1],
			  argv[0][0] == 'p' ? s->profile.prefix_passed : s->profile.prefix_failed,
			  STIR_PREFIX_MAX + 1);
}

DEFUN(no_name_prefix, no_name_prefix_cmd, "no calling-name (passed|failed)",
      NO_STR NAME_STR NAMES_STR)
{
	struct conf_stir *s = stir_of(vty);

	(argv[0][0] == 'p' ? s->profile.prefix_passed : s->profile.prefix_failed)[0] = '\0';
	return CMD_SUCCESS;
}

/* ---- who uses it */

#define USE_STR "Who calls is signed and checked\n"

DEFUN(use, use_cmd, "stir-shaken NUMBER", USE_STR "Number of a voice class stir-shaken\n")
{
	static const struct value_range range = {"stir-shaken", 1, STIR_NUMBER_MAX};
	unsigned number;

	if (value_number(vty, argv[0], &range, &number) != CMD_SUCCESS)
		return CONF_REFUSED;
	sip_options_of(vty)->stir = number;
	return CMD_SUCCESS;
}

ALIAS(use, p_use_cmd, SIP_OPTION_PEER "stir-shaken NUMBER",
      SIP_OPTION_PEER_STR USE_STR "Number of a voice class stir-shaken\n")

DEFUN(no_use, no_use_cmd, "no stir-shaken", NO_STR USE_STR)
{
	sip_options_of(vty)->stir = 0;
	return CMD_SUCCESS;
}

ALIAS(no_use, p_no_use_cmd, "no " SIP_OPTION_PEER "stir-shaken", NO_STR SIP_OPTION_PEER_STR USE_STR)

void stir_shaken_write_use(const struct sip_options *options, const char *indent,
			   struct conf_writer *writer)
{
	if (options->stir)
		conf_put(writer, "%sstir-shaken %u", indent, options->stir);
}

void stir_shaken_check_use(struct loader *loader, unsigned line, const char *where,
			   const struct sip_options *options)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: stir-shaken", where);
	definition_check_number(loader, line, DEFINITION_STIR, options->stir, text);
}

/* ---- the block */

static void setup(void)
{
	static struct cmd_element *const commands[] = {
	    &private_key_cmd,	  &no_private_key_cmd,
	    &certificate_url_cmd, &no_certificate_url_cmd,
	    &attestation_cmd,	  &no_attestation_cmd,
	    &origid_cmd,	  &no_origid_cmd,
	    &trusted_cmd,	  &web_cmd,
	    &no_authorities_cmd,  &permit_cmd,
	    &no_permit_cmd,	  &max_age_cmd,
	    &fetch_time_cmd,	  &no_time_cmd,
	    &policy_cmd,	  &no_policy_cmd,
	    &name_prefix_cmd,	  &no_name_prefix_cmd};
	static struct cmd_element *const uses[] = {&use_cmd, &no_use_cmd};
	static struct cmd_element *const peer_uses[] = {&p_use_cmd, &p_no_use_cmd};

	definition_install(DEFINITION_STIR, commands, ARRAY_SIZE(commands));
	install_element(CONF_ROOT_NODE, &stir_cmd);
	sip_options_install_tenant(uses, ARRAY_SIZE(uses));
	sip_options_install_peer(peer_uses, ARRAY_SIZE(peer_uses));
}

/* An origid that nobody has chosen: the same at each start, of what is signed with. */
static void make_origid(struct stir_profile *p)
{
	uint64_t hash[2] = {14695981039346656037u, 1099511628211u}; /* FNV-1a */

	for (const char *c = p->url; *c; c++)
		for (unsigned i = 0; i < 2; i++)
			hash[i] = (hash[i] ^ (uint8_t)(*c + i)) * 1099511628211u;
	snprintf(p->origid, sizeof(p->origid), "%08x-%04x-8%03x-a%03x-%012llx",
		 (unsigned)(hash[0] >> 32), (unsigned)(hash[0] >> 16) & 0xffff,
		 (unsigned)hash[0] & 0xfff, (unsigned)(hash[1] >> 48) & 0xfff,
		 (unsigned long long)hash[1] & 0xffffffffffffu);
}

/* What the user agent gets: one array. */
static void check(struct loader *loader)
{
	struct conf *conf = loader_conf(loader);
	struct conf_stir *s;

	conf->stir_profiles =
	    talloc_zero_array(conf, struct stir_profile, llist_count(&conf->stirs) + 1);
	OSMO_ASSERT(conf->stir_profiles);
	llist_for_each_entry (s, &conf->stirs, head.entry) {
		bool signs = s->profile.key[0];
		struct stir_profile *p = &conf->stir_profiles[conf->stir_profiles_count++];

		*p = s->profile;
		if (!p->origid[0])
			make_origid(p);
		if (loader_block_is_broken(loader, s->head.line))
			continue;
		if (signs != (bool)s->profile.url[0])
			loader_error(loader, s->head.line,
				     "voice class stir-shaken %u: expected %s with %s", p->number,
				     signs ? "certificate-url" : "private-key",
				     signs ? "private-key" : "certificate-url");
		else if (!signs && !p->trusted[0])
			loader_warning(loader, s->head.line,
				       "voice class stir-shaken %u has neither private-key nor "
				       "trusted-authorities: it does nothing",
				       p->number);
	}
}

static void write_block(const struct conf_stir *s, struct conf_writer *writer)
{
	const struct stir_profile *p = &s->profile;

	if (s->key_file[0])
		conf_put(writer, " private-key %s", s->key_file);
	if (p->url[0])
		conf_put(writer, " certificate-url %s", p->url);
	if (p->attest != 'C')
		conf_put(writer, " attestation %s", attestation_name(p->attest));
	if (p->origid[0])
		conf_put(writer, " origid %s", p->origid);
	if (s->trusted_file[0])
		conf_put(writer, " trusted-authorities %s", s->trusted_file);
	if (s->web_file[0])
		conf_put(writer, " web-authorities %s", s->web_file);
	for (unsigned i = 0; i < FETCH_PERMIT_MAX && p->permit[i][0]; i++)
		conf_put(writer, " permit %s", p->permit[i]);
	if (p->max_age_s)
		conf_put(writer, " max-age %u", p->max_age_s);
	if (p->timeout_ms)
		conf_put(writer, " fetch-time %u", p->timeout_ms);
	if (p->missing)
		conf_put(writer, " missing %s", policies[p->missing]);
	if (p->failed)
		conf_put(writer, " failed %s", policies[p->failed]);
	if (p->prefix_passed[0])
		conf_put(writer, " calling-name passed %s", p->prefix_passed);
	if (p->prefix_failed[0])
		conf_put(writer, " calling-name failed %s", p->prefix_failed);
}

static void write(const struct conf *conf, struct conf_writer *writer)
{
	const struct conf_stir *s;

	llist_for_each_entry (s, &conf->stirs, head.entry) {
		conf_put(writer, "voice class stir-shaken %u", s->profile.number);
		definition_write_description(&s->head, writer);
		write_block(s, writer);
		conf_put(writer, "!");
	}
}

const struct conf_block conf_stir_shaken_block = {.setup = setup, .check = check, .write = write};
