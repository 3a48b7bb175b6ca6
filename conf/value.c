// SPDX-License-Identifier: GPL-2.0-or-later
#include "conf/value.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf_blocks.h"
#include "gateway/sip/server_watch.h"

/* Digits only, no sign, no space. */
static bool parse_number(const char *text, unsigned min, unsigned max, unsigned *out)
{
	unsigned long n;

	if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 10)
		return false;
	n = strtoul(text, NULL, 10);
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

int value_number(struct vty *vty, const char *text, const struct value_range *range, unsigned *out)
{
	if (parse_number(text, range->min, range->max, out))
		return CMD_SUCCESS;
	return conf_error(vty, "%s %s: expected a number from %u to %u", range->what, text,
			  range->min, range->max);
}

int value_time(struct vty *vty, const char *what, const char *text, unsigned max_s,
	       unsigned *out_ms)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	bool ms = strcmp(end, "ms") == 0;

	if (*text < '0' || *text > '9' || (*end && !ms) || strlen(text) > 10 ||
	    (ms ? n < SERVER_MS_MIN || n > max_s * 1000ul : n < 1 || n > max_s))
		return conf_error(vty, "%s %.32s: expected 1 to %u seconds, or %ums and more", what,
				  text, max_s, SERVER_MS_MIN);
	*out_ms = ms ? n : n * 1000;
	return CMD_SUCCESS;
}

const char *value_time_text(unsigned ms, char text[VALUE_TIME_SIZE])
{
	if (ms % 1000)
		snprintf(text, VALUE_TIME_SIZE, "%ums", ms);
	else
		snprintf(text, VALUE_TIME_SIZE, "%u", ms / 1000);
	return text;
}

int value_text(struct vty *vty, int argc, const char **argv, char *out, size_t size)
{
	size_t length = 0;

	for (int i = 0; i < argc; i++)
		length += strlen(argv[i]) + (i > 0);
	if (length >= size)
		return conf_error(vty, "the text has %zu characters, at most %zu are allowed",
				  length, size - 1);
	*out = '\0';
	for (int i = 0; i < argc; i++) {
		if (i)
			strcat(out, " ");
		strcat(out, argv[i]);
	}
	return CMD_SUCCESS;
}

int value_word(struct vty *vty, const char *what, const char *text, char *out, size_t size)
{
	if (strlen(text) >= size)
		return conf_error(vty, "%s: longer than %zu characters", what, size - 1);
	strcpy(out, text);
	return CMD_SUCCESS;
}

int value_slashed(struct vty *vty, const char *text, char *out, size_t size)
{
	size_t length = strlen(text);

	if (length < 2 || text[0] != '/' || strchr(text + 1, '/') != text + length - 1)
		return conf_error(vty, "%s: expected a text between two slashes, as in /^9/", text);
	if (length - 2 >= size)
		return conf_error(vty, "%s: longer than %zu characters", text, size - 1);
	memcpy(out, text + 1, length - 2);
	out[length - 2] = '\0';
	return CMD_SUCCESS;
}

/* ---- addresses */

static int set_address(const char *host, unsigned port, struct sockaddr_storage *out)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, host, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
	} else {
		return -EINVAL;
	}
	*out = address;
	return 0;
}

int value_address(const char *text, struct sockaddr_storage *out)
{
	return set_address(text, 0, out);
}

/* Splits "host:port" and "[host]:port"; without_port: the port may be missing (port 0 then). */
static int split_host_port(const char *text, bool without_port, char *host, size_t size,
			   unsigned *port)
{
	const char *begin = text, *end, *colon;

	if (*text == '[') {
		begin = text + 1;
		end = strchr(begin, ']');
		if (!end)
			return -EINVAL;
		colon = end + 1;
	} else {
		end = strchr(begin, ':');
		if (!end)
			end = begin + strlen(begin);
		colon = end;
	}
	if (end == begin || (size_t)(end - begin) >= size)
		return -EINVAL;
	*port = 0;
	if (*colon == ':') {
		if (!parse_number(colon + 1, 1, 65535, port))
			return -EINVAL;
	} else if (*colon || !without_port) {
		return -EINVAL;
	}
	memcpy(host, begin, end - begin);
	host[end - begin] = '\0';
	return 0;
}

int value_address_port(const char *text, struct sockaddr_storage *out)
{
	char host[VALUE_ADDRESS_SIZE];
	unsigned port;

	if (split_host_port(text, false, host, sizeof(host), &port) < 0)
		return -EINVAL;
	if ((*text == '[') != (strchr(host, ':') != NULL))
		return -EINVAL;
	return set_address(host, port, out);
}

unsigned value_address_get_port(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

void value_address_set_port(struct sockaddr_storage *address, unsigned port)
{
	if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)address)->sin_port = htons(port);
}

const char *value_address_text(const struct sockaddr_storage *address,
			       char text[VALUE_ADDRESS_SIZE])
{
	char host[INET6_ADDRSTRLEN] = "";
	unsigned port = value_address_get_port(address);

	if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host,
			  sizeof(host));
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host,
			  sizeof(host));
	if (!port)
		snprintf(text, VALUE_ADDRESS_SIZE, "%s", host);
	else if (address->ss_family == AF_INET6)
		snprintf(text, VALUE_ADDRESS_SIZE, "[%s]:%u", host, port);
	else
		snprintf(text, VALUE_ADDRESS_SIZE, "%s:%u", host, port);
	return text;
}

bool value_address_is_any(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

bool value_address_is_loopback(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
	return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
}

int value_prefix(const char *text, int family)
{
	struct in_addr mask;
	uint32_t bits;
	unsigned prefix;
	char end;

	if (*text == '/')
		return sscanf(text, "/%3u%c", &prefix, &end) == 1 &&
			       isdigit((unsigned char)text[1]) &&
			       prefix <= (family == AF_INET6 ? 128 : 32)
			   ? (int)prefix
			   : -1;
	if (family != AF_INET || inet_pton(AF_INET, text, &mask) != 1)
		return -1;
	bits = ntohl(mask.s_addr);
	if (~bits & (~bits + 1)) /* the zeros are not all at the end */
		return -1;
	return __builtin_popcount(bits);
}

bool value_address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (a->ss_family == AF_INET6)
		return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
					  &((const struct sockaddr_in6 *)b)->sin6_addr);
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
	       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

/* ---- timeslots */

static bool parse_range(char *item, unsigned max, unsigned *first, unsigned *last)
{
	char *dash = strchr(item, '-');

	if (dash)
		*dash = '\0';
	if (!parse_number(item, 1, max, first))
		return false;
	if (!dash) {
		*last = *first;
		return true;
	}
	return parse_number(dash + 1, *first, max, last);
}

int value_timeslots(const char *text, unsigned max, uint32_t *out, char *why, size_t why_size)
{
	char copy[VALUE_TIMESLOTS_SIZE];
	char *rest = copy, *item;
	uint32_t timeslots = 0;
	unsigned first, last;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((item = strsep(&rest, ","))) {
		if (strlen(text) >= sizeof(copy) || !parse_range(item, max, &first, &last)) {
			snprintf(why, why_size,
				 "expected timeslots 1 to %u as in \"1-%u\" or \"1-10,%u\"", max,
				 max, max);
			return -EINVAL;
		}
		for (; first <= last; first++)
			timeslots |= 1u << first;
	}
	*out = timeslots;
	return 0;
}

const char *value_timeslots_text(uint32_t timeslots, char text[VALUE_TIMESLOTS_SIZE])
{
	size_t at = 0;

	*text = '\0';
	for (unsigned first = 1; first < 32; first++) {
		unsigned last = first;

		if (!(timeslots >> first & 1))
			continue;
		while (last < 31 && timeslots >> (last + 1) & 1)
			last++;
		at += snprintf(text + at, VALUE_TIMESLOTS_SIZE - at, "%s%u", at ? "," : "", first);
		if (last > first)
			at += snprintf(text + at, VALUE_TIMESLOTS_SIZE - at, "-%u", last);
		first = last;
	}
	return text;
}

/* ---- session target */

static bool is_host_name(const char *host)
{
	size_t label = 0, length = strlen(host);

	if (!length || length > 253)
		return false;
	for (; *host; host++) {
		if (*host == '.') {
			if (!label)
				return false;
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*host) && *host != '-' && *host != '_')
			return false;
		if (++label > 63)
			return false;
	}
	return true;
}

int value_server(const char *text, char *why, size_t why_size)
{
	char host[256];
	struct sockaddr_storage address;
	bool right = false;
	unsigned port;

	if (strlen(text) > 4 && split_host_port(text + (text[3] == ':' ? 4 : 5), true, host,
						sizeof(host), &port) == 0) {
		if (strncmp(text, "ipv4:", 5) == 0)
			right = text[5] != '[' && set_address(host, port, &address) == 0 &&
				address.ss_family == AF_INET;
		else if (strncmp(text, "ipv6:", 5) == 0)
			right = text[5] == '[' && set_address(host, port, &address) == 0 &&
				address.ss_family == AF_INET6;
		else if (strncmp(text, "dns:", 4) == 0)
			right = text[4] != '[' && is_host_name(host);
	}
	if (right)
		return 0;
	if (why)
		snprintf(why, why_size,
			 "expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT] or "
			 "dns:HOST[:PORT]");
	return -EINVAL;
}

/* dns: with its macros replaced by a digit, so that what is left can be looked at as a name. */
static void replace_macros(const char *text, char *out, size_t size)
{
	size_t at = 0;

	while (*text && at + 1 < size) {
		bool macro = text[0] == '$' && text[1] && strchr("sdeu", text[1]) && text[2] == '$';

		out[at++] = macro ? '1' : *text;
		text += macro ? 3 : 1;
	}
	out[at] = '\0';
}

int value_session_target(const char *text, char *why, size_t why_size)
{
	char plain[300];
	unsigned table;

	if (strncmp(text, "enum:", 5) == 0) {
		if (parse_number(text + 5, 1, 10000, &table))
			return 0;
		snprintf(why, why_size,
			 "expected enum: and the number of a voice "
			 "enum-match-table, as in enum:1");
		return -EINVAL;
	}
	if (strcmp(text, "ras") == 0) {
		snprintf(why, why_size, "there is no gatekeeper here: H.323 is not spoken");
		return -EINVAL;
	}
	if (strncmp(text, "loopback:", 9) == 0) {
		snprintf(why, why_size,
			 "audio is not looped back here: use a peer whose far end "
			 "does it");
		return -EINVAL;
	}
	snprintf(plain, sizeof(plain), "%s", text);
	if (strncmp(text, "dns:", 4) == 0)
		replace_macros(text, plain, sizeof(plain));
	if (value_server(plain, NULL, 0) == 0)
		return 0;
	snprintf(why, why_size,
		 "expected ipv4:A.B.C.D[:PORT], ipv6:[X:X::X:X][:PORT], "
		 "dns:HOST[:PORT], enum:TABLE, sip-server or registrar");
	return -EINVAL;
}
