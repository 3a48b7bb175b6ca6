// SPDX-License-Identifier: GPL-2.0-or-later
/* `voice hunt-group`, conferences, and how telephones are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/conf_rig.h"

static void reads_and_writes_all_of_it(void **state)
{
	static const struct {
		const char *lines, *written;
	} rows[] = {
	    {"voice hunt-group 7 longest-idle\n description sales\n pilot 5000\n"
	     " list 2001, 2002,901632960123\n timeout 15\n hops 2\n final 5999\n",
	     "voice hunt-group 7 longest-idle\n description sales\n pilot 5000\n"
	     " list 2001, 2002, 901632960123\n timeout 15\n hops 2\n final 5999\n!\n"},
	    {"voice hunt-group 1 parallel\n list 9\n list 1 2\n final 3\n no final\n hops 3\n"
	     " no hops\n timeout 9\n no timeout\n pilot 4\n",
	     "voice hunt-group 1 parallel\n pilot 4\n list 1, 2\n!\n"},
	    {"voice register global\n timeouts sequential 9\n",
	     "voice register global\n timeouts sequential 9\n!\n"},
	    {"voice register global\n call-pickup **3\n",
	     "voice register global\n call-pickup **3\n!\n"},
	    {"voice register global\n call-pickup **3\n no call-pickup\n",
	     "voice register global\n!\n"},
	    {"voice service voip\n sip\n  registrar server\nvoice register pool 1\n"
	     " id network 10.0.0.0 mask /8\n pickup-group 7\n",
	     " pickup-group 7\n"},
	    {"call-manager-fallback\n call-manager 1 ipv4:10.0.0.1\n max-conferences 4\n"
	     " maximum conference-participants 6\n conference factory 8000\n"
	     " conference drop-mode creator\n conference per-telephone 1\n",
	     " max-conferences 4\n maximum conference-participants 6\n conference factory 8000\n"
	     " conference per-telephone 1\n conference drop-mode creator\n!\n"},
	    {"call-manager-fallback\n call-manager 1 ipv4:10.0.0.1\n max-conferences 4\n"
	     " no max-conferences\n maximum conference-participants 6\n"
	     " no maximum conference-participants\n conference factory 8000\n"
	     " no conference factory\n conference drop-mode creator\n no conference drop-mode\n"
	     " conference per-telephone 2\n no conference per-telephone\n",
	     "call-manager-fallback\n call-manager 1 ipv4:10.0.0.1\n!\n"},
	    {"voice register global\n timeouts sequential 9\n no timeouts sequential\n",
	     "voice register global\n!\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct lines written;
		struct conf *conf = load_text(rows[i].lines);

		assert_string_equal(messages.text, "");
		write_again(conf, &written);
		if (!strstr(written.text, rows[i].written))
			fail_msg("%s is not in\n%s", rows[i].written, written.text);
		conf_free(conf);
	}
}

static void mistakes_are_explained(void **state)
{
	static const struct {
		const char *lines, *says;
	} rows[] = {
	    {"voice hunt-group 1 peer\n list 1\n", "voice hunt-group 1: expected pilot"},
	    {"voice hunt-group 1 peer\n pilot 1\n", "voice hunt-group 1: expected list"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 2, 1\n", "its pilot 1 is in its list"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 2, 2\n",
	     "list 2: it is in the list already"},
	    {"voice hunt-group 1 peer\n pilot x\n list 2\n", "pilot x: expected a number"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 2\n hops 16\n", "hops 16: expected"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 2\n timeout 0\n", "timeout 0: expected"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16\n",
	     "a group has at most 15 members"},
	    {"voice hunt-group 1 peer\n pilot 1\n list 2\nvoice hunt-group 1 peer\n",
	     "configured already"},
	    {"voice register global\n call-pickup 3\n", "call-pickup 3: expected * or #"},
	    {"call-manager-fallback\n conference factory 8o00\n",
	     "conference factory 8o00: expected up to 16 digits"},
	    {"call-manager-fallback\n maximum conference-participants 2\n",
	     "maximum conference-participants 2: expected"},
	    {"call-manager-fallback\n max-conferences 0\n", "max-conferences 0: expected"},
	    {"call-manager-fallback\n conference per-telephone 0\n",
	     "conference per-telephone 0: expected"},
	    {"voice register global\n timeouts sequential 0\n", "timeouts sequential 0: expected"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;

		assert_int_not_equal(
		    load_bytes(rows[i].lines, strlen(rows[i].lines), &messages, &conf), 0);
		if (!strstr(messages.text, rows[i].says))
			fail_msg("%s is not in %s", rows[i].says, messages.text);
	}
}

/* The pilot is a destination like any other. */
static void the_pilot_is_in_the_dial_plan(void **state)
{
	struct conf *conf =
	    load_text("voice hunt-group 7 peer\n pilot 5000\n list 1, 2\n final 3\n");
	struct plan_request request = {.inbound_kind = PEER_POTS};
	static struct plan_route route;
	char why[200];
	struct plan *plan;

	assert_int_equal(conf_make_plan(conf, &plan, why, sizeof(why)), 0);
	assert_int_equal(number_from_e164(&request.called, "5000"), 0);
	plan_route(plan, &request, NULL, &route);
	assert_int_equal(route.count, 1);
	assert_ptr_equal(route.candidates[0].hunt_group, plan_hunt_group(plan, 7));
	assert_string_equal(route.candidates[0].hunt_group->final, "3");
	plan_unref(plan);
	conf_free(conf);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_and_writes_all_of_it),
	    cmocka_unit_test(mistakes_are_explained),
	    cmocka_unit_test(the_pilot_is_in_the_dial_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
