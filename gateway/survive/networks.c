// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/survive/networks.h"

#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <osmocom/core/talloc.h>

struct place { /* an address, or the beginning of one */
	sa_family_t family;
	uint8_t bits;
	uint8_t octets[16]; /* behind bits: 0 */
};

struct network {
	struct place place;
	uint32_t value;
};

struct length { /* networks of one family and length */
	sa_family_t family;
	uint8_t bits;
	size_t first, count;
};

struct networks {
	struct network *list;
	size_t count;
	struct length *lengths;
	size_t lengths_count;
};

/* ---- places */

static void cut(struct place *place, unsigned bits)
{
	place->bits = bits;
	for (unsigned i = 0; i < sizeof(place->octets); i++)
		if (i * 8 + 8 > bits)
			place->octets[i] &= i * 8 >= bits ? 0 : 0xff00 >> bits % 8;
}

static void place_of(const struct sockaddr *address, struct place *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)address;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;

	memset(out, 0, sizeof(*out));
	out->family = address->sa_family;
	if (address->sa_family == AF_INET) {
		memcpy(out->octets, &in4->sin_addr, 4);
	} else if (address->sa_family == AF_INET6 &&
		   memcmp(&in6->sin6_addr, mapped, sizeof(mapped)) == 0) {
		out->family = AF_INET;
		memcpy(out->octets, in6->sin6_addr.s6_addr + sizeof(mapped), 4);
	} else if (address->sa_family == AF_INET6) {
		memcpy(out->octets, &in6->sin6_addr, 16);
	}
}

static void place_of_network(const struct sockaddr_storage *network, unsigned bits,
			     struct place *out)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)network;

	place_of((const struct sockaddr *)network, out);
	if (network->ss_family == AF_INET6) { /* as it is written */
		out->family = AF_INET6;
		memcpy(out->octets, &in6->sin6_addr, 16);
	}
	cut(out, network->ss_family == AF_UNSPEC ? 0 : bits);
}

/* The longer first, everywhere last. */
static int compare_places(const struct place *one, const struct place *two)
{
	if ((one->family == AF_UNSPEC) != (two->family == AF_UNSPEC))
		return one->family == AF_UNSPEC ? 1 : -1;
	if (one->bits != two->bits)
		return two->bits - one->bits;
	if (one->family != two->family)
		return one->family < two->family ? -1 : 1;
	return memcmp(one->octets, two->octets, sizeof(one->octets));
}

static int compare(const void *a, const void *b)
{
	const struct network *one = a, *two = b;
	int order = compare_places(&one->place, &two->place);

	return order ? order : (one->value > two->value) - (one->value < two->value);
}

/* ---- making */

struct networks *networks_new(void *ctx, size_t room)
{
	struct networks *networks = talloc_zero(ctx, struct networks);

	if (!networks)
		return NULL;
	networks->list = talloc_array(networks, struct network, room + 1);
	networks->lengths = talloc_array(networks, struct length, room + 1);
	if (networks->list && networks->lengths)
		return networks;
	talloc_free(networks);
	return NULL;
}

void networks_add(struct networks *networks, const struct sockaddr_storage *network, unsigned bits,
		  uint32_t value)
{
	struct network *next = &networks->list[networks->count++];

	place_of_network(network, bits, &next->place);
	next->value = value;
}

void networks_seal(struct networks *networks)
{
	qsort(networks->list, networks->count, sizeof(*networks->list), compare);
	for (size_t i = 0; i < networks->count; i++) {
		const struct place *place = &networks->list[i].place;
		struct length *last = networks->lengths_count
					  ? &networks->lengths[networks->lengths_count - 1]
					  : NULL;

		if (last && last->family == place->family && last->bits == place->bits)
			last->count++;
		else
			networks->lengths[networks->lengths_count++] =
			    (struct length){place->family, place->bits, i, 1};
	}
}

/* ---- looking */

static size_t first_of(const struct networks *networks, const struct length *length,
		       const struct place *place)
{
	size_t low = length->first, high = length->first + length->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_places(&networks->list[middle].place, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void networks_find(const struct networks *networks, const struct sockaddr *address,
		   bool (*fn)(void *arg, uint32_t value), void *arg)
{
	for (size_t i = 0; i < networks->lengths_count; i++) {
		const struct length *length = &networks->lengths[i];
		size_t end = length->first + length->count;
		struct place place;

		place_of(address, &place);
		if (length->family == AF_UNSPEC)
			memset(&place, 0, sizeof(place));
		else if (length->family != place.family)
			continue;
		cut(&place, length->bits);
		for (size_t at = first_of(networks, length, &place);
		     at < end && !compare_places(&networks->list[at].place, &place); at++)
			if (!fn(arg, networks->list[at].value))
				return;
	}
}

bool network_has(const struct sockaddr_storage *network, unsigned bits,
		 const struct sockaddr *address)
{
	struct place whole, place;

	place_of_network(network, bits, &whole);
	place_of(address, &place);
	if (whole.family == AF_UNSPEC)
		return true;
	cut(&place, whole.bits);
	return compare_places(&whole, &place) == 0;
}

static bool note(void *found, uint32_t value)
{
	*(bool *)found = true;
	return false;
}

bool networks_have(const struct networks *networks, const struct sockaddr *address)
{
	bool found = false;

	networks_find(networks, address, note, &found);
	return found;
}
