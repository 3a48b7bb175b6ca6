// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/secure_names.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/x509v3.h>

#define HOST_MAX 253

enum name_kind {
	NAME_NONE,
	NAME_SIP_URI,
	NAME_DNS,
	NAME_ADDRESS,
};

/* Octets of a certificate to text; what has a zero or a blank in it or is too long is no name. */
static bool take_text(const ASN1_STRING *string, char host[HOST_MAX + 1])
{
	int length = ASN1_STRING_length(string);
	const unsigned char *data = ASN1_STRING_get0_data(string);

	if (length <= 0 || length > HOST_MAX)
		return false;
	for (int i = 0; i < length; i++)
		if (!isgraph(data[i]))
			return false;
	memcpy(host, data, (size_t)length);
	if (host[length - 1] == '.')
		length--;
	host[length] = '\0';
	return length > 0;
}

/* "sip:example.com": a user part names a person, sips is no name of a domain (RFC 5922 7.1). */
static bool take_uri(const ASN1_STRING *string, char host[HOST_MAX + 1])
{
	char text[HOST_MAX + 1];
	size_t length;

	if (!take_text(string, text) || strncasecmp(text, "sip:", 4) || strchr(text, '@'))
		return false;
	length = strcspn(text + 4, ":;?");
	memcpy(host, text + 4, length);
	host[length] = '\0';
	return length > 0;
}

static bool take_address(const ASN1_STRING *string, char host[HOST_MAX + 1])
{
	int length = ASN1_STRING_length(string);

	if (length != 4 && length != 16)
		return false;
	return inet_ntop(length == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(string), host,
			 HOST_MAX) != NULL;
}

static enum name_kind take_name(const GENERAL_NAME *name, char host[HOST_MAX + 1])
{
	if (name->type == GEN_URI && take_uri(name->d.uniformResourceIdentifier, host))
		return NAME_SIP_URI;
	if (name->type == GEN_DNS && take_text(name->d.dNSName, host))
		return NAME_DNS;
	if (name->type == GEN_IPADD && take_address(name->d.iPAddress, host))
		return NAME_ADDRESS;
	return NAME_NONE;
}

static bool take_common_name(X509 *certificate, char host[HOST_MAX + 1])
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	int at = subject ? X509_NAME_get_index_by_NID(subject, NID_commonName, -1) : -1;

	return at >= 0 &&
	       take_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), host);
}

/* Calls found() for each name that counts, until it returns true. */
static bool each_name(X509 *certificate, bool (*found)(void *arg, const char *host, bool address),
		      void *arg)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0, i;
	enum name_kind hosts = NAME_NONE, kind;
	bool any = false, done = false;
	char host[HOST_MAX + 1];

	for (i = 0; i < count; i++) {
		kind = take_name(sk_GENERAL_NAME_value(names, i), host);
		any = any || kind != NAME_NONE;
		if (kind == NAME_SIP_URI || (kind == NAME_DNS && hosts == NAME_NONE))
			hosts = kind;
	}
	for (i = 0; i < count && !done; i++) {
		kind = take_name(sk_GENERAL_NAME_value(names, i), host);
		if (kind != NAME_NONE && (kind == hosts || kind == NAME_ADDRESS))
			done = found(arg, host, kind == NAME_ADDRESS);
	}
	GENERAL_NAMES_free(names);
	if (!any && take_common_name(certificate, host))
		done = found(arg, host, false);
	return done;
}

/* ---- */

struct wanted {
	const char *name;
	bool numeric;
	unsigned char address[16];
	int family;
};

static bool is_wanted(void *arg, const char *host, bool address)
{
	const struct wanted *w = arg;
	unsigned char other[16] = {0};

	if (w->numeric && inet_pton(w->family, host, other) == 1)
		return memcmp(other, w->address, w->family == AF_INET ? 4 : 16) == 0;
	return !address && !w->numeric && strcasecmp(host, w->name) == 0;
}

bool secure_names_match(X509 *certificate, const char *name)
{
	char host[HOST_MAX + 1];
	struct wanted wanted = {.name = host};
	size_t length = strlen(name);

	if (length >= 2 && name[0] == '[' && name[length - 1] == ']') {
		name++;
		length -= 2;
	}
	if (length > 0 && name[length - 1] == '.')
		length--;
	if (length == 0 || length > HOST_MAX)
		return false;
	memcpy(host, name, length);
	host[length] = '\0';
	if (inet_pton(AF_INET, host, wanted.address) == 1)
		wanted.family = AF_INET;
	else if (inet_pton(AF_INET6, host, wanted.address) == 1)
		wanted.family = AF_INET6;
	wanted.numeric = wanted.family != 0;
	return each_name(certificate, is_wanted, &wanted);
}

struct printing {
	char *text;
	size_t size, used;
};

static bool print_one(void *arg, const char *host, bool address)
{
	struct printing *p = arg;
	int n = snprintf(p->text + p->used, p->size - p->used, "%s%s", p->used ? ", " : "", host);

	if (n < 0 || (size_t)n >= p->size - p->used)
		return true;
	p->used += (size_t)n;
	return false;
}

void secure_names_print(X509 *certificate, char *text, size_t size)
{
	struct printing p = {text, size, 0};

	snprintf(text, size, "nobody");
	each_name(certificate, print_one, &p);
}
