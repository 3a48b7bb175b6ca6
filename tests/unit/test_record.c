// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of bindings as a line of text: what is read is what was written, or nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "gateway/survive/record.h"
#include "tests/unit/random.h"

static struct location_change put_of(const char *name, const char *uri)
{
	return (struct location_change){
	    .verb = LOCATION_PUT,
	    .binding = {.name = name, .contact = {.uri = uri}, .expires_ms = 1800000000000}};
}

static void assert_same(const struct location_change *a, const struct location_change *b)
{
	const struct location_binding *x = &a->binding, *y = &b->binding;

	assert_int_equal(a->verb, b->verb);
	assert_string_equal(x->name, y->name);
	if (a->verb == LOCATION_REMOVE_ALL)
		return;
	assert_string_equal(x->contact.uri, y->contact.uri);
	assert_string_equal(x->contact.instance, y->contact.instance);
	assert_int_equal(x->contact.reg_id, y->contact.reg_id);
	if (a->verb == LOCATION_REMOVE)
		return;
	assert_string_equal(x->contact.path, y->contact.path);
	assert_string_equal(x->contact.source.user_agent, y->contact.source.user_agent);
	assert_string_equal(x->call_id, y->call_id);
	assert_string_equal(x->gateway, y->gateway);
	assert_int_equal(x->contact.q, y->contact.q);
	assert_int_equal(x->contact.outbound, y->contact.outbound);
	assert_int_equal(x->contact.source.transport, y->contact.source.transport);
	assert_memory_equal(&x->contact.source.address, &y->contact.source.address,
			    sizeof(x->contact.source.address));
	assert_int_equal(x->cseq, y->cseq);
	assert_int_equal(x->pool, y->pool);
	assert_int_equal(x->origin, y->origin);
	assert_int_equal(x->expires_ms, y->expires_ms);
}

static void fill_changes(struct location_change out[5])
{
	static char longest[LOCATION_TEXT_MAX + 1], controls[40];
	struct sockaddr_in *in4 = (struct sockaddr_in *)&out[0].binding.contact.source.address;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&out[1].binding.contact.source.address;

	memset(longest, '%', LOCATION_TEXT_MAX);
	for (unsigned i = 0; i < sizeof(controls) - 1; i++)
		controls[i] = (char)(i + 1);
	for (unsigned i = 0; i < 5; i++) {
		out[i] = put_of("2001", "sip:2001@192.0.2.1");
		out[i].binding.contact.path = out[i].binding.contact.instance = "";
		out[i].binding.contact.source.user_agent = out[i].binding.call_id = "";
		out[i].binding.gateway = "beta";
	}
	in4->sin_family = AF_INET;
	in4->sin_port = htons(5060);
	in4->sin_addr.s_addr = htonl(0xc0000201);
	out[0].binding.contact.path = "<sip:edge;lr>, <sip:inner;lr>";
	out[0].binding.contact.source.user_agent = "Acme Phone 100% 1.0";
	out[0].binding.contact.q = 1000;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(65535);
	in6->sin6_scope_id = 7;
	inet_pton(AF_INET6, "fe80::1", &in6->sin6_addr);
	out[1].binding.contact.source.transport = PEER_TRANSPORT_TLS;
	out[1].binding.contact.instance = "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";
	out[1].binding.contact.reg_id = UINT32_MAX;
	out[1].binding.contact.outbound = true;
	out[1].binding.call_id = controls;
	out[2].binding.name = "-";
	out[2].binding.contact.path = longest;
	out[2].binding.cseq = out[2].binding.pool = UINT32_MAX;
	out[2].binding.expires_ms = UINT64_MAX;
	out[2].binding.origin = LOCATION_LEARNT;
	out[3].verb = LOCATION_REMOVE;
	out[4].verb = LOCATION_REMOVE_ALL;
	out[4].binding.name = "J\xc3\xbcrgen";
}

static void a_record_says_all_of_its_changes(void **state)
{
	struct location_change in[5], out[LOCATION_CHANGES_MAX];
	char *text;
	size_t size;

	fill_changes(in);
	assert_int_equal(record_check(in, 5), 0);
	size = record_size(in, 5);
	text = malloc(size + 1);
	assert_non_null(text);
	size = record_print(in, 5, text);
	assert_true(size <= record_size(in, 5));
	assert_ptr_equal(memchr(text, '\n', size), text + size - 1);
	text[size - 1] = '\0';
	assert_int_equal(record_read(text, out), 5);
	for (unsigned i = 0; i < 5; i++)
		assert_same(&in[i], &out[i]);
	free(text);
}

static void a_record_with_an_octet_changed_or_cut_off_is_none(void **state)
{
	struct location_change in[5], out[LOCATION_CHANGES_MAX];
	char text[16384], copy[16384];
	size_t size;

	fill_changes(in);
	size = record_print(in, 2, text) - 1;
	text[size] = '\0';
	for (size_t i = 0; i < size; i++) {
		memcpy(copy, text, size + 1);
		copy[i] ^= 1 + (char)random_below(127);
		assert_int_equal(record_read(copy, out), -EBADMSG);
		memcpy(copy, text, size + 1);
		copy[i] = '\0';
		assert_int_equal(record_read(copy, out), -EBADMSG);
	}
}

static void what_cannot_be_written_is_not_taken(void **state)
{
	static char name[PHONE_NAME_MAX + 2], uri[PHONE_URI_MAX + 2], text[LOCATION_TEXT_MAX + 2];
	struct location_change good = put_of("2001", "sip:a"), many[LOCATION_CHANGES_MAX + 1];
	struct {
		struct location_change change;
		int rc;
	} rows[7] = {{good, 0},		{good, -EINVAL}, {good, -EMSGSIZE}, {good, -EMSGSIZE},
		     {good, -EMSGSIZE}, {good, -EINVAL}, {good, -EINVAL}};

	memset(name, 'a', sizeof(name) - 1);
	memset(uri, 'a', sizeof(uri) - 1);
	memset(text, 'a', sizeof(text) - 1);
	rows[1].change.binding.name = "";
	rows[2].change.binding.name = name;
	rows[3].change.binding.contact.uri = uri;
	rows[4].change.binding.call_id = text;
	rows[5].change.binding.contact.q = 1001;
	rows[6].change.binding.origin = LOCATION_LEARNT + 1;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(record_check(&rows[i].change, 1), rows[i].rc);
	for (unsigned i = 0; i <= LOCATION_CHANGES_MAX; i++)
		many[i] = good;
	assert_int_equal(record_check(many, LOCATION_CHANGES_MAX), 0);
	assert_int_equal(record_check(many, LOCATION_CHANGES_MAX + 1), -EMSGSIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_says_all_of_its_changes),
	    cmocka_unit_test(a_record_with_an_octet_changed_or_cut_off_is_none),
	    cmocka_unit_test(what_cannot_be_written_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
