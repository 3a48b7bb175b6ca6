// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/subaddress.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/identity.h"

#define AFI_IA5 0x50 /* ITU-T X.213 table A.2 */
#define AFI_BCD 0x48
#define BCD_FILLER 0xf

static int read_digits(const char *text, unsigned base, struct subaddress *out)
{
	size_t n = 0;

	for (; *text; text++, n++) {
		int digit = identity_hex_value(*text);

		if (digit < 0 || digit >= (int)base)
			return -EINVAL;
		if (out->length + n / 2 >= SUBADDRESS_MAX)
			return -EMSGSIZE;
		if (n % 2 == 0)
			out->octets[out->length + n / 2] = digit << 4 | BCD_FILLER;
		else
			out->octets[out->length + n / 2] += digit - BCD_FILLER;
	}
	out->odd = n % 2;
	out->length += (n + 1) / 2;
	return n ? 0 : -EINVAL;
}

static int read_ia5(const char *text, struct subaddress *out)
{
	size_t n = strlen(text);

	if (n == 0)
		return -EINVAL;
	if (n >= SUBADDRESS_MAX)
		return -EMSGSIZE;
	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)text[i]))
			return -EINVAL;
	out->octets[0] = AFI_IA5;
	memcpy(out->octets + 1, text, n);
	out->length = n + 1;
	return 0;
}

int subaddress_read(const char *value, const char *encoding, struct subaddress *out)
{
	struct subaddress read = {.type = SUBADDRESS_NSAP};
	char text[SUBADDRESS_TEXT_MAX];
	int rc = identity_unescape(value, strlen(value), text, sizeof(text));

	if (rc)
		return rc;
	if (!encoding || !strcasecmp(encoding, "nsap-ia5")) {
		rc = read_ia5(text, &read);
	} else if (!strcasecmp(encoding, "nsap-bcd")) {
		read.octets[read.length++] = AFI_BCD;
		rc = read_digits(text, 10, &read);
		read.odd = false;
	} else if (!strcasecmp(encoding, "nsap")) {
		rc = read_digits(text, 16, &read);
		if (!rc && read.odd)
			rc = -EINVAL;
	} else if (!strcasecmp(encoding, "user")) {
		read.type = SUBADDRESS_USER;
		rc = read_digits(text, 16, &read);
	} else {
		rc = -EINVAL;
	}
	if (!rc)
		*out = read;
	return rc;
}

static bool is_ia5(const struct subaddress *s)
{
	if (s->type != SUBADDRESS_NSAP || s->length < 2 || s->octets[0] != AFI_IA5)
		return false;
	for (unsigned i = 1; i < s->length; i++)
		if (s->octets[i] > 0x7e || !isprint(s->octets[i]))
			return false;
	return true;
}

void subaddress_write(const struct subaddress *s, char text[SUBADDRESS_TEXT_MAX])
{
	bool ia5 = is_ia5(s);
	char *to = text;

	text[0] = '\0';
	if (s->length == 0 || s->length > SUBADDRESS_MAX)
		return;
	to += sprintf(to, ";isub=");
	for (unsigned i = ia5; i < s->length; i++)
		if (!ia5)
			to += sprintf(to, "%02x", s->octets[i]);
		else if (isalnum(s->octets[i]))
			*to++ = s->octets[i];
		else
			to += sprintf(to, "%%%02X", s->octets[i]);
	if (!ia5 && s->odd)
		to--;
	*to = '\0';
	if (!ia5)
		sprintf(to, ";isub-encoding=%s", s->type == SUBADDRESS_NSAP ? "nsap" : "user");
}
