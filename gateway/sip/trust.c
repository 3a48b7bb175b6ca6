// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/trust.h"

#include <errno.h>
#include <netinet/in.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct trust_entry {
	uint8_t address[16];
	unsigned bits, size; /* size: 4 or 16 */
};

struct trust_list {
	struct trust_list *next;
	struct trust_entry *entries;
	size_t count;
	char name[];
};

struct trust {
	struct trust_list *names;
	/* without a name: networks, and hosts in a tree of tsearch(3), each once: session targets
	 * of dial peers may be very many */
	struct trust_entry *entries;
	size_t count;
	void *hosts;
	bool distrusts_loopback;
};

struct trust *trust_new(void)
{
	return calloc(1, sizeof(struct trust));
}

void trust_free(struct trust *trust)
{
	struct trust_list *list, *next;

	if (!trust)
		return;
	for (list = trust->names; list; list = next) {
		next = list->next;
		free(list->entries);
		free(list);
	}
	trust_clear(trust);
	free(trust);
}

/* Copies the address; returns 4 or 16 bytes, 0 for other families. mapped: bits in front of an IPv4
 * address that was written as IPv6. */
static unsigned address_bytes(const struct sockaddr *address, uint8_t out[16], unsigned *mapped)
{
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	*mapped = 0;
	if (address->sa_family == AF_INET) {
		memcpy(out, &in4->sin_addr, 4);
		return 4;
	}
	if (address->sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(out, in6->sin6_addr.s6_addr + 12, 4);
		*mapped = 96;
		return 4;
	}
	memcpy(out, &in6->sin6_addr, 16);
	return 16;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (memcmp(a, b, whole))
		return false;
	return !rest || !((a[whole] ^ b[whole]) >> (8 - rest));
}

static int compare_hosts(const void *pa, const void *pb)
{
	const struct trust_entry *a = pa, *b = pb;

	return a->size != b->size ? (int)a->size - (int)b->size
				  : memcmp(a->address, b->address, a->size);
}

static int add_host(struct trust *trust, const struct trust_entry *entry)
{
	struct trust_entry *host, **found;

	if (tfind(entry, &trust->hosts, compare_hosts))
		return 0;
	host = malloc(sizeof(*host));
	if (!host)
		return -ENOMEM;
	*host = *entry;
	found = tsearch(host, &trust->hosts, compare_hosts);
	if (found)
		return 0;
	free(host);
	return -ENOMEM;
}

int trust_add(struct trust *trust, const struct sockaddr *address, unsigned prefix)
{
	struct trust_entry entry = {0}, *grown;
	unsigned mapped;

	entry.size = address_bytes(address, entry.address, &mapped);
	if (!entry.size || prefix < mapped || prefix - mapped > entry.size * 8)
		return -EINVAL;
	entry.bits = prefix - mapped;
	if (entry.bits == entry.size * 8)
		return add_host(trust, &entry);
	grown = realloc(trust->entries, (trust->count + 1) * sizeof(entry));
	if (!grown)
		return -ENOMEM;
	trust->entries = grown;
	trust->entries[trust->count++] = entry;
	return 0;
}

void trust_clear(struct trust *trust)
{
	free(trust->entries);
	trust->entries = NULL;
	trust->count = 0;
	tdestroy(trust->hosts, free);
	trust->hosts = NULL;
}

static struct trust_list *find_name(struct trust *trust, const char *name)
{
	struct trust_list *list;

	for (list = trust->names; list; list = list->next)
		if (!strcmp(list->name, name))
			return list;
	list = calloc(1, sizeof(*list) + strlen(name) + 1);
	if (!list)
		return NULL;
	strcpy(list->name, name);
	list->next = trust->names;
	trust->names = list;
	return list;
}

static void drop_name(struct trust *trust, const char *name)
{
	struct trust_list **place, *list;

	for (place = &trust->names; (list = *place); place = &list->next) {
		if (strcmp(list->name, name))
			continue;
		*place = list->next;
		free(list->entries);
		free(list);
		return;
	}
}

int trust_set_name(struct trust *trust, const char *name, const struct sockaddr_storage *addresses,
		   size_t count)
{
	struct trust_entry *entries;
	struct trust_list *list;
	unsigned mapped;
	size_t i;

	if (!count) {
		drop_name(trust, name);
		return 0;
	}
	entries = calloc(count, sizeof(*entries));
	list = entries ? find_name(trust, name) : NULL;
	if (!list) {
		free(entries);
		return -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		entries[i].size = address_bytes((const struct sockaddr *)&addresses[i],
						entries[i].address, &mapped);
		entries[i].bits = entries[i].size * 8;
	}
	free(list->entries);
	list->entries = entries;
	list->count = count;
	return 0;
}

bool trust_knows_name(const struct trust *trust, const char *name)
{
	const struct trust_list *list;

	for (list = trust ? trust->names : NULL; list; list = list->next)
		if (!strcasecmp(list->name, name))
			return true;
	return false;
}

/* Bits of the narrowest one that it is in, or -1. */
static int bits_in(const struct trust_entry *entries, size_t count, const struct trust_entry *host)
{
	int bits = -1;

	for (size_t i = 0; i < count; i++)
		if (entries[i].size == host->size && (int)entries[i].bits > bits &&
		    same_bits(entries[i].address, host->address, entries[i].bits))
			bits = (int)entries[i].bits;
	return bits;
}

/* The same of all that were added. */
static int bits_of(const struct trust *trust, const struct trust_entry *host)
{
	const struct trust_list *list;
	int bits;

	if (tfind(host, &trust->hosts, compare_hosts))
		return (int)host->size * 8;
	bits = bits_in(trust->entries, trust->count, host);
	for (list = trust->names; list; list = list->next)
		if (bits_in(list->entries, list->count, host) > bits)
			bits = (int)host->size * 8;
	return bits;
}

void trust_set_loopback(struct trust *trust, bool trusted)
{
	trust->distrusts_loopback = !trusted;
}

static bool is_loopback(const uint8_t bytes[16], unsigned size, unsigned mapped)
{
	static const uint8_t loopback6[16] = {[15] = 1};

	return size == 4 ? bytes[0] == 127 && !mapped : !memcmp(bytes, loopback6, 16);
}

bool trust_allows(const struct trust *trust, const struct sockaddr *address)
{
	struct trust_entry host = {0};
	unsigned mapped;

	host.size = address_bytes(address, host.address, &mapped);
	if (!host.size)
		return false;
	if ((!trust || !trust->distrusts_loopback) && is_loopback(host.address, host.size, mapped))
		return true;
	return trust && bits_of(trust, &host) >= 0;
}

unsigned trust_bits(const struct trust *trust, const struct sockaddr *address)
{
	struct trust_entry host = {0};
	unsigned mapped;
	int bits = -1;

	host.size = address_bytes(address, host.address, &mapped);
	if (trust && host.size)
		bits = bits_of(trust, &host);
	return bits > 0 ? (unsigned)bits : 0;
}
