// SPDX-License-Identifier: GPL-2.0-or-later
/* A KPML document, as a request and as a response; then digits against the request.
 *
 *	clang -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -I. $(pkg-config --cflags libxml-2.0) \
 *		tests/fuzz/fuzz_kpml.c gateway/sip/kpml.c gateway/sip/xml_text.c -lxml2
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/kpml if none is named). */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "gateway/sip/kpml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_request(const struct kpml_request *request)
{
	static const char *const digits[] = {"", "1", "#", "12345678901234567890123456789012",
					     "0A*"};

	assert(request->count > 0 && request->count <= KPML_REGEX_MAX);
	for (unsigned i = 0; i < request->count; i++) {
		const struct kpml_regex *r = &request->regex[i];

		assert(r->count > 0 && r->count <= KPML_ELEMENTS_MAX);
		assert(memchr(r->tag, '\0', sizeof(r->tag)));
		for (unsigned n = 0; n < r->count; n++)
			assert(r->elements[n].set && r->elements[n].min <= r->elements[n].max &&
			       r->elements[n].max <= KPML_DIGITS_MAX);
	}
	for (unsigned i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		unsigned regex = KPML_REGEX_MAX;
		enum kpml_fit fit = kpml_match(request, digits[i], &regex);

		assert((fit == KPML_FIT || fit == KPML_FIT_MAYBE_MORE) == (regex < request->count));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kpml_request request;
	struct kpml_response response, again;
	char text[1024];
	size_t length;
	int rc;

	rc = kpml_read_request((const char *)data, size, &request);
	assert(rc == 0 || rc == -EBADMSG || rc == -ENOTSUP || rc == -E2BIG);
	if (!rc)
		look_at_request(&request);
	if (kpml_read_response((const char *)data, size, &response))
		return 0;
	length = kpml_write_response(&response, text, sizeof(text));
	assert(length > 0);
	assert(kpml_read_response(text, length, &again) == 0);
	assert(again.code == response.code && !strcmp(again.digits, response.digits));
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
	return replay_main(argc, argv, "kpml", replay);
}
#endif
