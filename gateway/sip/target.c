// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/target.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialplan/pattern.h"

int target_address_parse(const char *host, unsigned port, struct sockaddr_storage *out)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *in4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
	char plain[INET6_ADDRSTRLEN];
	size_t length = strlen(host);

	if (inet_pton(AF_INET, host, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		*out = address;
		return 0;
	}
	if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
		if (length - 2 >= sizeof(plain))
			return -EINVAL;
		memcpy(plain, host + 1, length - 2);
		plain[length - 2] = '\0';
		host = plain;
	}
	if (inet_pton(AF_INET6, host, &in6->sin6_addr) != 1)
		return -EINVAL;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	*out = address;
	return 0;
}

unsigned target_default_port(enum peer_transport transport)
{
	return transport == PEER_TRANSPORT_TLS ? TARGET_PORT_TLS : TARGET_PORT_DEFAULT;
}

unsigned target_address_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

void target_address_set_port(struct sockaddr_storage *address, unsigned port)
{
	if (address->ss_family == AF_INET)
		((struct sockaddr_in *)address)->sin_port = htons(port);
	else if (address->ss_family == AF_INET6)
		((struct sockaddr_in6 *)address)->sin6_port = htons(port);
}

void target_address_host(const struct sockaddr *address, char *text, size_t size)
{
	const void *bytes = address->sa_family == AF_INET
				? (const void *)&((const struct sockaddr_in *)address)->sin_addr
				: (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr;

	if ((address->sa_family != AF_INET && address->sa_family != AF_INET6) ||
	    !inet_ntop(address->sa_family, bytes, text, size))
		snprintf(text, size, "-");
}

void target_address_text(const struct sockaddr *address, char *text, size_t size)
{
	char host[INET6_ADDRSTRLEN];

	target_address_host(address, host, sizeof(host));
	snprintf(text, size, address->sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 target_address_port(address));
}

bool target_address_equal(const struct sockaddr *a, const struct sockaddr *b)
{
	const struct sockaddr_in *a4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in *b4 = (const struct sockaddr_in *)b;
	const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *)a;
	const struct sockaddr_in6 *b6 = (const struct sockaddr_in6 *)b;

	if (a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr && a4->sin_port == b4->sin_port;
	return a->sa_family == AF_INET6 && a6->sin6_port == b6->sin6_port &&
	       IN6_ARE_ADDR_EQUAL(&a6->sin6_addr, &b6->sin6_addr);
}

bool target_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	struct sockaddr_storage other = *b;

	target_address_set_port(&other, target_address_port((const struct sockaddr *)a));
	return target_address_equal((const struct sockaddr *)a, (const struct sockaddr *)&other);
}

bool target_is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const uint8_t *octets = in6->sin6_addr.s6_addr;

	if (address->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
	return address->ss_family == AF_INET6 &&
	       (IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
		(IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && octets[12] == 127));
}

/* ":5060" or nothing. */
static int parse_port(const char *text, uint16_t *port)
{
	unsigned long value;
	char *end;

	if (!*text) {
		*port = 0;
		return 0;
	}
	if (*text != ':' || !isdigit((unsigned char)text[1]))
		return -EINVAL;
	value = strtoul(text + 1, &end, 10);
	if (*end || value < 1 || value > 65535)
		return -EINVAL;
	*port = value;
	return 0;
}

static bool valid_name(const char *host)
{
	unsigned label = 0;

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
	return label > 0;
}

/* Splits "host", "host:port", "[v6]:port" or a bare IPv6 address. */
static int split_hostport(const char *text, bool ipv6, struct target *target)
{
	const char *end = text + strcspn(text, ":");

	if (ipv6 && *text == '[') {
		end = strchr(++text, ']');
		if (!end || parse_port(end + 1, &target->port))
			return -EINVAL;
	} else if (ipv6) {
		end = text + strlen(text);
	} else if (parse_port(end, &target->port)) {
		return -EINVAL;
	}
	if (end == text || (size_t)(end - text) > TARGET_HOST_MAX)
		return -EINVAL;
	memcpy(target->host, text, end - text);
	return 0;
}

/* Only a name without port leaves it to the DNS. */
static void settle_transport(struct target *target)
{
	if (target->transport == PEER_TRANSPORT_SYSTEM &&
	    (target->port || target->address.ss_family != AF_UNSPEC))
		target->transport = PEER_TRANSPORT_UDP;
}

int target_parse(const char *text, enum peer_transport transport, struct target *out)
{
	struct target target = {.transport = transport};
	bool ipv4 = !strncmp(text, "ipv4:", 5), ipv6 = !strncmp(text, "ipv6:", 5);
	bool dns = !strncmp(text, "dns:", 4);

	if ((!ipv4 && !ipv6 && !dns) || split_hostport(text + (dns ? 4 : 5), ipv6, &target))
		return -EINVAL;
	if (dns) {
		if (!valid_name(target.host))
			return -EINVAL;
	} else if (target_address_parse(target.host,
					target.port ? target.port : target_default_port(transport),
					&target.address) ||
		   target.address.ss_family != (ipv4 ? AF_INET : AF_INET6)) {
		return -EINVAL;
	}
	settle_transport(&target);
	*out = target;
	return 0;
}

int target_from_host(const char *host, unsigned port, enum peer_transport transport,
		     struct target *out)
{
	struct target target = {.transport = transport, .port = (uint16_t)port};

	if (!*host || strlen(host) > TARGET_HOST_MAX)
		return -EINVAL;
	strcpy(target.host, host);
	if (target_address_parse(host, port ? port : target_default_port(transport),
				 &target.address) &&
	    !valid_name(host))
		return -EINVAL;
	settle_transport(&target);
	*out = target;
	return 0;
}

/* ---- macros */

static bool is_macro(const char *text)
{
	return text[0] == '$' && text[1] && strchr("desu", text[1]) && text[2] == '$';
}

bool target_has_macros(const char *text)
{
	for (; *text; text++)
		if (is_macro(text))
			return true;
	return false;
}

static size_t literal_digits(const char *pattern, const char *digits)
{
	struct pattern *compiled;
	size_t length;

	if (pattern_compile(pattern, &compiled, NULL, 0) < 0)
		return 0;
	length = pattern_weight(compiled)->explicit_length;
	pattern_free(compiled);
	if (length > 0 && strchr(pattern, '+') == pattern + (*pattern == '^'))
		length--; /* the sign */
	return length < strlen(digits) ? length : strlen(digits);
}

static void macro_text(char macro, const char *pattern, const char *digits, char out[])
{
	size_t literal = literal_digits(pattern, digits), length = strlen(digits), n = 0;

	switch (macro) {
	case 's':
		memcpy(out, digits, literal);
		out[literal] = '\0';
		return;
	case 'u':
		strcpy(out, digits + literal);
		return;
	case 'd':
		strcpy(out, digits);
		return;
	}
	while (length > 0) {
		out[n++] = digits[--length];
		if (length > 0)
			out[n++] = '.';
	}
	out[n] = '\0';
}

int target_expand(const char *text, const char *pattern, const char *digits, char *out)
{
	char macro[2 * NUMBER_DIGITS_MAX + 1], result[TARGET_TEXT_MAX + 1];
	size_t n = 0, length;

	if (strlen(digits) > NUMBER_DIGITS_MAX)
		return -EMSGSIZE;
	while (*text) {
		macro[0] = *text;
		macro[1] = '\0';
		if (is_macro(text))
			macro_text(text[1], pattern, digits, macro);
		text += is_macro(text) ? 3 : 1;
		length = strlen(macro);
		if (n + length > TARGET_TEXT_MAX)
			return -EMSGSIZE;
		memcpy(result + n, macro, length);
		n += length;
	}
	result[n] = '\0';
	strcpy(out, result);
	return 0;
}

void target_hostport(const struct target *target, char *text, size_t size)
{
	bool bracket = target->address.ss_family == AF_INET6;
	int n = snprintf(text, size, bracket ? "[%s]" : "%s", target->host);

	if (target->port && n > 0 && (size_t)n < size)
		snprintf(text + n, size - n, ":%u", target->port);
}
