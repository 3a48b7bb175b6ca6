// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/record.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/log/fnv.h"

#define HASH_DIGITS 16
#define NUMBERS_SIZE 256 /* of a change: all that is not text */

static const char verbs[] = {
    [LOCATION_PUT] = '+', [LOCATION_REMOVE] = '-', [LOCATION_REMOVE_ALL] = '!'};

/* ---- what may be written */

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

static int check_binding(const struct location_binding *binding)
{
	const struct phone_contact *contact = &binding->contact;

	if (!length_of(binding->name) || contact->q > 1000 || binding->origin > LOCATION_LEARNT ||
	    contact->source.transport > PEER_TRANSPORT_TLS)
		return -EINVAL;
	if (length_of(binding->name) > PHONE_NAME_MAX || length_of(contact->uri) > PHONE_URI_MAX ||
	    length_of(contact->path) > LOCATION_TEXT_MAX ||
	    length_of(contact->instance) > LOCATION_TEXT_MAX ||
	    length_of(contact->source.user_agent) > LOCATION_TEXT_MAX ||
	    length_of(binding->call_id) > LOCATION_TEXT_MAX ||
	    length_of(binding->gateway) > LOCATION_TEXT_MAX)
		return -EMSGSIZE;
	return 0;
}

int record_check(const struct location_change *changes, unsigned count)
{
	if (count > LOCATION_CHANGES_MAX)
		return -EMSGSIZE;
	for (unsigned i = 0; i < count; i++) {
		int rc = check_binding(&changes[i].binding);

		if (rc)
			return rc;
	}
	return 0;
}

size_t record_size(const struct location_change *changes, unsigned count)
{
	size_t size = HASH_DIGITS + 2;

	for (unsigned i = 0; i < count; i++) {
		const struct location_binding *binding = &changes[i].binding;
		const struct phone_contact *contact = &binding->contact;

		size +=
		    NUMBERS_SIZE + 3 * (length_of(binding->name) + length_of(contact->uri) +
					length_of(contact->path) + length_of(contact->instance) +
					length_of(contact->source.user_agent) +
					length_of(binding->call_id) + length_of(binding->gateway));
	}
	return size;
}

/* ---- writing */

static char *print_text(char *at, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	bool is_dash = text && !strcmp(text, "-");

	*at++ = ' ';
	if (!text || !*text)
		*at++ = '-';
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c <= ' ' || c == '%' || c == 0x7f || is_dash) {
			*at++ = '%';
			*at++ = digits[c >> 4];
			*at++ = digits[c & 15];
		} else {
			*at++ = (char)c;
		}
	}
	return at;
}

static char *print_number(char *at, uint64_t number)
{
	char digits[20];
	unsigned n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	*at++ = ' ';
	while (n)
		*at++ = digits[--n];
	return at;
}

/* "-", or three words: address, port, scope. */
static char *print_address(char *at, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	bool is_in6 = address->ss_family == AF_INET6;

	if (address->ss_family != AF_INET && !is_in6)
		return print_text(at, NULL);
	*at++ = ' ';
	inet_ntop(address->ss_family, is_in6 ? (const void *)&in6->sin6_addr : &in4->sin_addr, at,
		  INET6_ADDRSTRLEN);
	at += strlen(at);
	at = print_number(at, ntohs(is_in6 ? in6->sin6_port : in4->sin_port));
	return print_number(at, is_in6 ? in6->sin6_scope_id : 0);
}

static char *print_change(char *at, const struct location_change *change)
{
	const struct location_binding *binding = &change->binding;
	const struct phone_contact *contact = &binding->contact;

	*at++ = ' ';
	*at++ = verbs[change->verb];
	at = print_text(at, binding->name);
	if (change->verb == LOCATION_REMOVE_ALL)
		return at;
	at = print_text(at, contact->uri);
	at = print_text(at, contact->instance);
	at = print_number(at, contact->reg_id);
	if (change->verb == LOCATION_REMOVE)
		return at;
	at = print_number(at, binding->expires_ms);
	at = print_number(at, contact->q);
	at = print_number(at, binding->origin);
	at = print_number(at, binding->pool);
	at = print_number(at, contact->outbound);
	at = print_number(at, contact->source.transport);
	at = print_address(at, &contact->source.address);
	at = print_text(at, contact->path);
	at = print_text(at, contact->source.user_agent);
	at = print_text(at, binding->call_id);
	at = print_number(at, binding->cseq);
	return print_text(at, binding->gateway);
}

size_t record_print(const struct location_change *changes, unsigned count, char *out)
{
	char *begin = out + HASH_DIGITS, *at = begin;
	uint64_t hash;

	for (unsigned i = 0; i < count; i++)
		at = print_change(at, &changes[i]);
	hash = fnv_add_64(FNV_BEGIN_64, begin, (size_t)(at - begin));
	for (unsigned i = 0; i < HASH_DIGITS; i++)
		out[i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
	*at++ = '\n';
	return (size_t)(at - out);
}

/* ---- reading: *at is what is left, NULL after an error */

static char *next_word(char **at)
{
	char *word = *at, *end;

	if (!word || !*word || *word == ' ') {
		*at = NULL;
		return NULL;
	}
	end = strchrnul(word, ' ');
	*at = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static int hex_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

static const char *read_text(char **at, size_t max)
{
	char *word = next_word(at), *to = word;

	if (!word || !strcmp(word, "-"))
		return "";
	for (const char *from = word; *from; from++) {
		int high, low;

		*to = *from;
		if (*from == '%') {
			high = hex_of(from[1]);
			low = high < 0 ? -1 : hex_of(from[2]);
			if (low < 0 || high + low == 0)
				goto fail;
			*to = (char)(high << 4 | low);
			from += 2;
		}
		to++;
	}
	*to = '\0';
	if ((size_t)(to - word) <= max)
		return word;
fail:
	*at = NULL;
	return "";
}

static uint64_t read_number(char **at, uint64_t max)
{
	const char *word = next_word(at);
	uint64_t number = 0;

	if (!word)
		return 0;
	for (; *word; word++) {
		unsigned digit = (unsigned)(*word - '0');

		if (digit > 9 || digit > max || number > (max - digit) / 10) {
			*at = NULL;
			return 0;
		}
		number = number * 10 + digit;
	}
	return number;
}

static void read_address(char **at, struct sockaddr_storage *out)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	const char *word = next_word(at);
	uint32_t scope;
	in_port_t port;

	if (!word || !strcmp(word, "-"))
		return;
	port = htons((uint16_t)read_number(at, UINT16_MAX));
	scope = (uint32_t)read_number(at, UINT32_MAX);
	if (inet_pton(AF_INET, word, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = port;
	} else if (inet_pton(AF_INET6, word, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		in6->sin6_scope_id = scope;
	} else {
		*at = NULL;
	}
}

static void read_binding(char **at, struct location_binding *binding)
{
	struct phone_contact *contact = &binding->contact;

	binding->expires_ms = read_number(at, UINT64_MAX);
	contact->q = (uint16_t)read_number(at, 1000);
	binding->origin = (enum location_origin)read_number(at, LOCATION_LEARNT);
	binding->pool = (uint32_t)read_number(at, UINT32_MAX);
	contact->outbound = read_number(at, 1);
	contact->source.transport = (enum peer_transport)read_number(at, PEER_TRANSPORT_TLS);
	read_address(at, &contact->source.address);
	contact->path = read_text(at, LOCATION_TEXT_MAX);
	contact->source.user_agent = read_text(at, LOCATION_TEXT_MAX);
	binding->call_id = read_text(at, LOCATION_TEXT_MAX);
	binding->cseq = (uint32_t)read_number(at, UINT32_MAX);
	binding->gateway = read_text(at, LOCATION_TEXT_MAX);
}

static void read_change(char **at, struct location_change *out)
{
	struct location_binding *binding = &out->binding;
	struct phone_contact *contact = &binding->contact;
	const char *word = next_word(at);
	const char *verb =
	    word && word[0] && !word[1] ? memchr(verbs, word[0], sizeof(verbs)) : NULL;

	memset(out, 0, sizeof(*out));
	binding->call_id = binding->gateway = "";
	contact->uri = contact->path = contact->instance = contact->source.user_agent = "";
	if (!verb) {
		*at = NULL;
		return;
	}
	out->verb = (enum location_verb)(verb - verbs);
	binding->name = read_text(at, PHONE_NAME_MAX);
	if (!binding->name[0])
		*at = NULL;
	if (out->verb == LOCATION_REMOVE_ALL)
		return;
	contact->uri = read_text(at, PHONE_URI_MAX);
	contact->instance = read_text(at, LOCATION_TEXT_MAX);
	contact->reg_id = (uint32_t)read_number(at, UINT32_MAX);
	if (out->verb == LOCATION_PUT)
		read_binding(at, binding);
}

int record_read(char *line, struct location_change out[LOCATION_CHANGES_MAX])
{
	size_t length = strlen(line);
	char *at = line + HASH_DIGITS;
	uint64_t hash;
	int count = 0;

	if (length <= HASH_DIGITS || *at != ' ')
		return -EBADMSG;
	hash = fnv_add_64(FNV_BEGIN_64, at, length - HASH_DIGITS);
	for (unsigned i = 0; i < HASH_DIGITS; i++)
		if (line[i] != "0123456789abcdef"[hash >> (60 - 4 * i) & 15])
			return -EBADMSG;
	at++;
	while (at && *at) {
		if (count == LOCATION_CHANGES_MAX)
			return -EBADMSG;
		read_change(&at, &out[count++]);
	}
	return at ? count : -EBADMSG;
}

/* ---- lines */

static int take_line(struct record_scan *scan)
{
	struct location_change changes[LOCATION_CHANGES_MAX];
	int count = -EBADMSG;

	scan->lines++;
	if (scan->used <= RECORD_SIZE_MAX && !memchr(scan->line, '\0', scan->used)) {
		scan->line[scan->used] = '\0';
		count = record_read(scan->line, changes);
	}
	scan->used = 0;
	if (count > 0)
		return scan->fn(scan->arg, changes, (unsigned)count);
	scan->bad++;
	if (!scan->first_bad)
		scan->first_bad = scan->lines;
	return 0;
}

/* What is longer than any line is counted, not kept. */
static int keep(struct record_scan *scan, const char *octets, size_t size)
{
	size_t needed = scan->used + size;

	if (needed > RECORD_SIZE_MAX) {
		scan->used = RECORD_SIZE_MAX + 1;
		return 0;
	}
	if (needed >= scan->size) {
		size_t more = needed * 2 + 1024;
		char *line = realloc(scan->line, more);

		if (!line)
			return -ENOMEM;
		scan->line = line;
		scan->size = more;
	}
	memcpy(scan->line + scan->used, octets, size);
	scan->used = needed;
	return 0;
}

int record_scan(struct record_scan *scan, const char *octets, size_t size)
{
	const char *end = octets + size, *newline;
	int rc;

	for (; octets < end; octets = newline + 1) {
		newline = memchr(octets, '\n', (size_t)(end - octets));
		rc = keep(scan, octets, (size_t)((newline ? newline : end) - octets));
		if (rc)
			return rc;
		if (!newline) {
			scan->tail += (size_t)(end - octets);
			return 0;
		}
		scan->tail = 0;
		rc = take_line(scan);
		if (rc)
			return rc;
	}
	return 0;
}

void record_scan_end(struct record_scan *scan)
{
	free(scan->line);
	scan->line = NULL;
	scan->used = scan->size = 0;
}
