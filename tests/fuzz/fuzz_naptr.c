// SPDX-License-Identifier: GPL-2.0-or-later
/* A DNS answer: with NAPTR records, from a message to the URIs that a call would go to; and the same
 * message as one with SIP services and servers.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. tests/fuzz/fuzz_naptr.c \
 *		gateway/sip/naptr.c gateway/sip/srv.c gateway/sip/dns_message.c dialplan/enum.c dialplan/expression*.c
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/naptr if none is named). */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gateway/sip/naptr.h"
#include "gateway/sip/srv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct enum_uri *uri)
{
	assert(memchr(uri->text, '\0', sizeof(uri->text)));
	assert(!strncasecmp(uri->text, uri->secure ? "sips:" : "sip:", uri->secure ? 5 : 4));
	assert(uri->host[0] && memchr(uri->host, '\0', sizeof(uri->host)));
	assert(strstr(uri->text, uri->host));
	for (const char *c = uri->text; *c; c++)
		assert(isgraph((unsigned char)*c) && !strchr("<>\"\\", *c));
}

static void look_at_name(const char *name)
{
	assert(name[0] && strlen(name) <= DNS_NAME_MAX);
	for (; *name; name++)
		assert(isgraph((unsigned char)*name));
}

static void look_for_servers(const uint8_t *data, size_t size)
{
	static struct naptr_services services;
	static struct srv_records srv;

	if (!naptr_parse_services(data, size, &services))
		for (unsigned i = 0; i < services.count; i++)
			look_at_name(services.services[i].name);
	if (srv_parse(data, size, &srv))
		return;
	srv_order(&srv, random);
	for (unsigned i = 0; i < srv.count; i++) {
		look_at_name(srv.records[i].host);
		assert(!i || srv.records[i].priority >= srv.records[i - 1].priority);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct naptr_answer answer;
	struct enum_uri uris[ENUM_URIS_MAX];
	int rc = naptr_parse(data, size, &answer);
	unsigned count;

	look_for_servers(data, size);
	assert(answer.records.count <= ENUM_RECORDS_MAX);
	if (rc < 0) {
		assert(rc == -ENOENT || rc == -EBADMSG);
		return 0;
	}
	count = enum_choose(&answer.records, "+441632960083", uris, NULL, NULL);
	assert(count <= ENUM_URIS_MAX);
	while (count)
		look_at(&uris[--count]);
	return 0;
}

#ifdef REPLAY
#include "tests/fuzz/replay.h"

static int replay(const char *name, uint8_t *octets, size_t size)
{
	replay_octets(octets, size);
	return 0;
}

int main(int argc, char **argv)
{
	return replay_main(argc, argv, "naptr", replay);
}
#endif
