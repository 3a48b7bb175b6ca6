// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that are registered, as dial peers that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define POOL "40001 voip pool=1 target=phone"
#define SITE POOL ";9 dp=9T;20 voip dp=2..."

static const struct plan_case cases[] = {
    /* a number that is registered goes before a pattern that it fits too, and after nothing else */
    {NULL, SITE, "called=2001", "40001@phone!2001=2001 20@ipv4:192.0.2.20=2001",
     "2001>2001@40001=0", "@!="},
    {NULL, SITE, "called=2001", "40001", "2001>2001@40001=0!"},
    {NULL, SITE, "called=2002", "20", "2001>2001@40001=0"},
    {NULL, SITE, "called=2001", "20", ""},
    {NULL, SITE, "called=2001", "20", "2001>2001@40002=0"},
    {NULL, POOL " shutdown;20 voip dp=2...", "called=2001", "20", "2001>2001@40001=0"},
    {NULL, POOL " max=1;20 voip dp=2...", "called=2001", "20", "2001>2001@40001=0 40001:calls=1"},
    {NULL, POOL ";7 voip dp=2001 pref=1", "called=2001", "7 40001", "2001>2001@40001=2"},
    {NULL, POOL ";7 voip dp=2001 pref=1", "called=2001", "40001 7", "2001>2001@40001=0"},

    /* aliases ring a telephone by its own number: the longest explicit match first */
    {"U1", POOL, "called=4083335044", "40001!5044=5044", "40833350..>5044@40001=0", "!="},
    {"U2", POOL, "called=6012", "40001!6012=6012 40001!5001=5001",
     "60..>5001@40001=0 6012>6012@40001=0", "!="},
    {"U3", SITE, "called=6012", "cause 1", "5001>5001@40001=0"},
    {NULL, POOL, "called=6012", "40001!6012", "60..>5001@40001=0 6012>6012@40001=0!", "!"},
    {NULL, POOL, "called=6012", "40001!alice=6012", "6012>alice@40001=0", "!="},

    /* class of restriction and numbers, as of any peer */
    {NULL, "cor in x;cor out y;1 voip ic=. cor-in=in;" POOL " cor-out=out", "inbound called=2001",
     "cause 1", "2001>2001@40001=0"},
    {NULL, "rules 1 /^20/ /30/;profile P called=1;" POOL " out=P", "called=2001", "40001!2001=3001",
     "2001>2001@40001=0", "!="},
    {NULL, POOL, "pots collected called=200", "cause 28", "2001>2001@40001=0"},
    {NULL, POOL, "pots collected called=2001", "40001", "2001>2001@40001=0"},
};

static void telephones_are_patterns_that_come_and_go(void **state)
{
	plan_rig_check_routes(cases, COUNT(cases));
}

static void a_telephone_comes_in_on_the_peer_of_its_pool(void **state)
{
	static const struct plan_case inbound[] = {
	    {NULL, "1 voip ic=.;" POOL, "called=2001", "1 called"},
	    {NULL, "1 voip ic=.;" POOL, "called=2001 phone=40001", "40001 phone"},
	    {NULL, "1 voip ic=.;" POOL, "called=2001 phone=40002", "1 called"},
	    {NULL, "1 voip ic=.;" POOL " shutdown", "called=2001 phone=40001", "1 called"},
	};

	plan_rig_check_inbound(inbound, COUNT(inbound));
}

static void collection_waits_for_numbers_that_are_registered(void **state)
{
	static const struct {
		const char *called;
		unsigned full, longer, missing;
	} dialled[] = {{"20", 0, 1, 2}, {"200", 0, 1, 1}, {"2001", 1, 0, 0}, {"3", 0, 0, 0}};
	struct plan *plan = plan_rig_plan(POOL, NULL);

	for (size_t i = 0; i < COUNT(dialled); i++) {
		struct plan_call call;
		struct plan_fit fit;
		char text[32] = "pots called=";

		strcat(text, dialled[i].called);
		plan_rig_call(&call, text, "2001>2001@40001=0");
		plan_fit_digits(plan, &call.request, NULL, &fit);
		assert_int_equal(fit.full_count, dialled[i].full);
		assert_int_equal(fit.longer_count, dialled[i].longer);
		assert_int_equal(fit.longer_count ? fit.missing : 0, dialled[i].missing);
	}
	plan_unref(plan);
}

int test_dialplan_phones(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(telephones_are_patterns_that_come_and_go),
	    cmocka_unit_test(a_telephone_comes_in_on_the_peer_of_its_pool),
	    cmocka_unit_test(collection_waits_for_numbers_that_are_registered),
	};

	return cmocka_run_group_tests_name("telephones", tests, NULL, NULL);
}
