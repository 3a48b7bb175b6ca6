// SPDX-License-Identifier: GPL-2.0-or-later
/* Telephones that are registered, as dial peers that come and go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "dialplan/site_numbers.h"
#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define POOL "40001 voip pool=1 target=phone"
#define SITE POOL ";9 dp=9T;20 voip dp=2..."
#define HUNT POOL ";hunt 1 5001;200001 voip dp=5099 hunt-group=1 target=hunt-group:1"

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

    /* whose call manager is there: calls from the telephone network go there first */
    {NULL, SITE, "pots called=2001", "20=2001 40001!2001=2001", "2001>2001@40001=0*", "!="},
    {NULL, SITE, "called=2001", "40001", "2001>2001@40001=0*"},
    {NULL, POOL, "pots called=2001", "40001", "2001>2001@40001=0*"},
    {NULL, POOL ";20 voip dp=2... huntstop", "pots called=2001", "20", "2001>2001@40001=0*"},

    /* aliases ring a telephone by its own number: the longest explicit match first */
    {"U1", POOL, "called=4083335044", "40001!5044=5044", "40833350..>5044@40001=0", "!="},
    {"U2", POOL, "called=6012", "40001!6012=6012 40001!5001=5001",
     "60..>5001@40001=0 6012>6012@40001=0", "!="},
    {"U3", SITE, "called=6012", "cause 1", "5001>5001@40001=0"},
    {NULL, POOL, "called=6012", "40001!6012", "60..>5001@40001=0 6012>6012@40001=0!", "!"},
    {NULL, POOL, "called=6012", "40001!alice=6012", "6012>alice@40001=0", "!="},

    /* whoever registers as an emergency number, or has an alias of it, is not who is called for help */
    {NULL, "9 dp=112;" POOL, "called=112", "9 emergency", "112>5001@40001=0",
     .options.emergency = {"112"}},
    {NULL, "9 dp=112;" POOL, "called=112", "9 emergency", "112>112@40001=0",
     .options.emergency = {"112"}},
    {NULL, POOL, "called=112", "cause 1 emergency", "112>5001@40001=0",
     .options.emergency = {"112"}},

    /* class of restriction and numbers, as of any peer */
    {NULL, "cor in x;cor out y;1 voip ic=. cor-in=in;" POOL " cor-out=out", "inbound called=2001",
     "cause 1", "2001>2001@40001=0"},
    {NULL, "rules 1 /^20/ /30/;profile P called=1;" POOL " out=P", "called=2001", "40001!2001=3001",
     "2001>2001@40001=0", "!="},
    {NULL, POOL, "pots collected called=200", "cause 28", "2001>2001@40001=0"},
    {NULL, POOL, "pots collected called=2001", "40001", "2001>2001@40001=0"},
};

/* ---- numbers of the site */

static const struct site_numbers site = {
    .dialplan = {{1, "40833350..", 4, ""}, {2, "+49305551...", 5, "77..."}},
    .aliases = {{1, "60..", "5001", 0}, {2, "70..", "5001", 3}},
    .default_destination = "5001",
};

/* Names, separated by blanks. */
static bool find_registered(void *arg, const char *name, struct plan_phone *out)
{
	const char *names = arg, *found = strstr(names, name);
	size_t length = strlen(name);

	if (!length || !found || (found != names && found[-1] != ' ') ||
	    (found[length] && found[length] != ' '))
		return false;
	*out = (struct plan_phone){.tag = 40001, .huntstop = true};
	strcpy(out->name, name);
	strcpy(out->pattern, name);
	return true;
}

/* They are all of one length, or in order. */
static void begin_registered(void *arg, const char *begin, size_t length, plan_phone_fn fn,
			     void *fn_arg)
{
	size_t least = length ? length : strlen(begin) + 1, most = length ? length : SIZE_MAX;
	char names[128], *rest = names, *name;
	struct plan_phone phone;

	strcpy(names, arg);
	while ((name = strsep(&rest, " ")))
		if (strncmp(name, begin, strlen(begin)) == 0 && strlen(name) >= least &&
		    strlen(name) <= most && find_registered(arg, name, &phone) &&
		    !fn(fn_arg, &phone))
			return;
}

static void find_site_phones(void *arg, const char *called, bool longer, plan_phone_fn fn,
			     void *fn_arg)
{
	const struct site_phones phones = {arg, find_registered, begin_registered};

	site_numbers_find(&site, &phones, called, longer, fn, fn_arg);
}

static bool change_site_number(void *arg, bool to_phone, struct number *number)
{
	return site_numbers_change(&site, to_phone, number);
}

static bool take_default(void *arg, struct number *number)
{
	return number_from_e164(number, site.default_destination) == 0;
}

static const struct {
	const char *example, *plan, *call, *registered, *result, *show;
} site_cases[] = {
    /* dialplan-pattern rings the extension, which is shown extensions of the site */
    {"U1", POOL, "called=4083335044", "5044", "40001!5044=5044", "!="},
    {"U1", POOL, "called=5044 calling=4083335044", "5044", "40001<5044", "<"},
    {NULL, POOL, "called=5044 calling=4083335144", "5044", "40001<4083335144", "<"},
    {NULL, POOL, "called=4083335044", "5045", "cause 1"},
    {NULL, POOL, "called=+49305551234", "77234", "40001!77234=77234", "!="},
    {NULL, POOL, "called=77234 calling=+49305551235", "77234", "40001<77235", "<"},
    /* ... and is E.164 to all others */
    {NULL, SITE, "called=95551 calling=5044 phone=40001", "5044", "9<4083335044", "<"},
    {NULL, SITE, "called=95551 calling=77234 phone=40001", "5044", "9<+49305551234", "<"},
    {NULL, SITE, "called=95551 calling=5044", "5044", "9<5044", "<"},
    {NULL, SITE, "called=95551 calling=5144 phone=40001", "5044", "9<5144", "<"},
    {NULL, SITE ";hunt 1 5001;8 voip dp=700 hunt-group=1 target=hunt-group:1",
     "called=700 calling=5044 phone=40001", "5044", "8<5044", "<"},
    {NULL, SITE, "called=95551 calling=2125550100 redir=5044", "", "9<2125550100>4083335044", "<>"},
    {NULL, POOL, "called=5001 calling=5044 phone=40001", "5001 5044", "40001<5044", "<"},
    {NULL, POOL, "called=5001 calling=+12125550100", "5001", "40001<+12125550100", "<"},

    /* a hunt group is called by the E.164 number of its pilot too, as its telephones are */
    {NULL, HUNT, "pots called=4083335099", "", "200001"},
    {NULL, HUNT, "pots called=4083335099 collected", "", "200001"},
    {NULL, HUNT, "pots called=4083335098", "", "cause 1"},
    {NULL, HUNT ";7 voip dp=408333509.", "called=4083335099", "", "200001 7"},

    /* aliases: as long as the number behind them is registered, and behind that number itself */
    {"U2", POOL, "called=6012", "5001", "40001!5001=5001", "!="},
    {"U2", POOL, "called=6012", "5001 6012", "40001!6012=6012", "!="},
    {"U3", SITE, "called=6012", "5002", "cause 1"},
    {NULL, POOL ";7 voip dp=70.. pref=1", "called=7012", "5001", "7 40001!5001", "!"},
    {NULL, POOL ";7 voip dp=60.. pref=1", "called=6012", "5001", "40001!5001", "!"},

    /* calls of the telephone network that fit nothing */
    {NULL, SITE, "pots called=8000", "5001", "40001!5001=5001", "!="},
    {NULL, SITE, "pots called=8000", "5002", "cause 1"},
    {NULL, SITE, "called=8000", "5001", "cause 1"},
    {NULL, SITE ";7 dp=8000 shutdown", "pots called=8000", "5001", "cause 1"},
};

static void numbers_of_the_site_have_two_forms(void **state)
{
	for (size_t i = 0; i < COUNT(site_cases); i++) {
		struct plan *plan = plan_rig_plan(site_cases[i].plan, NULL);
		struct plan_call call;
		char text[512];

		plan_rig_call(&call, site_cases[i].call, NULL);
		call.request.phones = find_site_phones;
		call.request.site_number = change_site_number;
		call.request.default_destination = take_default;
		call.request.phones_arg = (void *)(uintptr_t)site_cases[i].registered;
		plan_rig_route(plan, &call, site_cases[i].show ? site_cases[i].show : "", text);
		if (strcmp(text, site_cases[i].result) != 0)
			fail_msg("%s: %s, not %s", site_cases[i].call, text, site_cases[i].result);
		plan_unref(plan);
	}
}

static bool in_fallback(void *arg, uint32_t phone_tag)
{
	return phone_tag != 40009; /* whose call manager is there */
}

/* `access-code`: the code is not sent, and nobody but telephones can dial it, in fallback. */
static void access_codes_are_for_telephones_in_fallback(void **state)
{
	static const struct {
		const char *plan, *call;
		bool fallback;
		const char *result, *show;
	} rows[] = {
	    {POOL ";9 dp=6T fallback", "called=65551 phone=40001", true, "9=5551", "="},
	    {POOL ";9 dp=6T fallback", "called=65551 phone=40001", false, "cause 1"},
	    {POOL ";9 dp=6T fallback", "called=65551 phone=40009", true, "cause 1"},
	    {POOL ";9 dp=6T fallback", "called=65551 redir=5044", true, "9=5551", "="},
	    {POOL ";9 dp=6T fallback", "called=65551", true, "cause 1"},
	    {POOL ";9 dp=6T fallback", "pots called=65551", true, "cause 1"},
	    {POOL ";9 dp=*6T fallback", "called=*65551 phone=40001", true, "9=5551", "="},
	    /* among other dial peers: the longest match */
	    {POOL ";9 dp=6T fallback;8 dp=655..", "called=65551 phone=40001", true, "8=51 9=5551",
	     "="},
	    {POOL ";9 dp=6T fallback;8 dp=655..", "called=65551 phone=40001", false, "8=51", "="},
	    /* digit by digit */
	    {POOL ";9 dp=6T fallback", "collected called=65551 phone=40001", true, "9"},
	    {POOL ";9 dp=6T fallback", "collected called=65551 phone=40001", false, "cause 1"},
	    /* class of restriction and emergency numbers */
	    {"cor in x;cor out y;" POOL " cor-in=in;9 dp=6T fallback cor-out=out",
	     "called=65551 phone=40001 inbound", true, "cause 1"},
	    /* nothing comes in on it, though the port and the calling number fit */
	    {POOL ";9 dp=6T fallback port=1:D;7 voip dp=5...",
	     "pots port=1:D calling=65 called=5001 inbound", true, "refused"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plan *plan = plan_rig_plan(rows[i].plan, NULL);
		struct plan_inbound inbound = {0};
		struct plan_call call;
		char text[512];

		plan_rig_call(&call, rows[i].call, NULL);
		call.request.phones = find_site_phones;
		call.request.fallback = rows[i].fallback ? in_fallback : NULL;
		call.request.phones_arg = "";
		plan_rig_route(plan, &call, rows[i].show ? rows[i].show : "", text);
		if (strcmp(text, rows[i].result) != 0)
			fail_msg("%s, %s: %s, not %s", rows[i].plan, rows[i].call, text,
				 rows[i].result);
		if (plan_match_inbound(plan, &call.request, &inbound) == 0)
			assert_false(inbound.peer->in_fallback);
		plan_unref(plan);
	}
}

static void digits_are_waited_for_behind_an_access_code_in_fallback(void **state)
{
	struct plan *plan = plan_rig_plan(POOL ";9 dp=6T fallback", NULL);
	struct plan_call call;
	struct plan_fit fit;

	plan_rig_call(&call, "called=655 phone=40001", NULL);
	call.request.phones = find_site_phones;
	call.request.phones_arg = "";
	plan_fit_digits(plan, &call.request, NULL, &fit);
	assert_int_equal(fit.full_count, 0);
	assert_int_equal(fit.longer_count, 0);
	call.request.fallback = in_fallback;
	plan_fit_digits(plan, &call.request, NULL, &fit);
	assert_int_equal(fit.full_count, 1);
	assert_true(fit.variable);
	plan_unref(plan);
}

static void collection_waits_for_all_numbers_of_a_telephone(void **state)
{
	static const struct {
		const char *called;
		unsigned full, longer, missing;
	} dialled[] = {{"408333504", 0, 1, 1},
		       {"4083335044", 1, 0, 0},
		       {"504", 0, 1, 1},
		       {"60", 0, 0, 0},
		       {"4083335", 0, 1, 3}};
	struct plan *plan = plan_rig_plan(POOL, NULL);

	for (size_t i = 0; i < COUNT(dialled); i++) {
		struct plan_call call;
		struct plan_fit fit;
		char text[32] = "pots called=";

		strcat(text, dialled[i].called);
		plan_rig_call(&call, text, NULL);
		call.request.phones = find_site_phones;
		call.request.phones_arg = "5044";
		plan_fit_digits(plan, &call.request, NULL, &fit);
		assert_int_equal(fit.full_count, dialled[i].full);
		assert_int_equal(fit.longer_count, dialled[i].longer);
		assert_int_equal(fit.longer_count ? fit.missing : 0, dialled[i].missing);
	}
	plan_unref(plan);
}

static void collection_waits_for_the_whole_number_of_a_hunt_group(void **state)
{
	static const struct {
		const char *called;
		unsigned full, longer, missing;
	} dialled[] = {{"pots called=40833350", 0, 1, 2},
		       {"pots called=4083335099", 1, 0, 0},
		       {"pots called=4083336", 0, 0, 0}};
	struct plan *plan = plan_rig_plan(HUNT, NULL);

	for (size_t i = 0; i < COUNT(dialled); i++) {
		struct plan_call call;
		struct plan_fit fit;

		plan_rig_call(&call, dialled[i].called, NULL);
		call.request.site_number = change_site_number;
		plan_fit_digits(plan, &call.request, NULL, &fit);
		assert_int_equal(fit.full_count, dialled[i].full);
		assert_int_equal(fit.longer_count, dialled[i].longer);
		assert_int_equal(fit.longer_count ? fit.missing : 0, dialled[i].missing);
	}
	plan_unref(plan);
}

static void patterns_that_no_extension_follows_from_are_refused(void **state)
{
	static const struct {
		struct dialplan_pattern pattern;
		bool good;
	} patterns[] = {
	    {{1, "40833350..", 4, ""}, true},	   {{1, "40833350..", 2, ""}, true},
	    {{1, "40833350..", 1, ""}, false},	   {{1, "40833350..", 11, ""}, false},
	    {{1, "4083335.4.", 4, ""}, true},	   {{1, "408.335...", 4, ""}, false},
	    {{1, "408333[56]..", 4, ""}, false},   {{1, "+", 1, ""}, false},
	    {{1, "4083335...", 5, "7...."}, true}, {{1, "4083335...", 4, "7..."}, true},
	    {{1, "4083335...", 5, "7..."}, false}, {{1, "4083335...", 4, "7.1."}, false},
	    {{1, "4083335...", 4, "7123"}, false},
	};
	const char *why;

	for (size_t i = 0; i < COUNT(patterns); i++) {
		assert_int_equal(site_numbers_check(&patterns[i].pattern, &why) == 0,
				 patterns[i].good);
		assert_int_equal(why == NULL, patterns[i].good);
	}
}

/* Whoever registers as 112 is not who is called for help, and telephones call by the telephone network. */
static void emergency_calls_of_telephones_go_to_the_telephone_network(void **state)
{
	static const struct plan_case calls[] = {
	    {NULL,
	     POOL ";3 voip dp=112;4 dp=112 pref=1",
	     "called=112 phone=40001",
	     "4 3 emergency",
	     "112>112@40001=0",
	     "",
	     {.emergency = {"112"}}},
	    {NULL,
	     POOL ";3 voip dp=112;4 dp=112 pref=1",
	     "called=112",
	     "3 4 emergency",
	     "112>112@40001=0",
	     "",
	     {.emergency = {"112"}}},
	    {NULL,
	     "cor in x;cor out y;" POOL " cor-in=in;4 dp=112 cor-out=out;5 dp=9T cor-out=out",
	     "called=112 phone=40001 inbound",
	     "4 emergency",
	     "",
	     "",
	     {.emergency = {"112"}}},
	    {NULL,
	     "cor in x;cor out y;" POOL " cor-in=in;4 dp=112 cor-out=out;5 dp=9T cor-out=out",
	     "called=9112 phone=40001 inbound",
	     "cause 1",
	     "",
	     "",
	     {.emergency = {"112"}}},
	};

	plan_rig_check_routes(calls, COUNT(calls));
}

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
	    cmocka_unit_test(numbers_of_the_site_have_two_forms),
	    cmocka_unit_test(collection_waits_for_all_numbers_of_a_telephone),
	    cmocka_unit_test(collection_waits_for_the_whole_number_of_a_hunt_group),
	    cmocka_unit_test(access_codes_are_for_telephones_in_fallback),
	    cmocka_unit_test(digits_are_waited_for_behind_an_access_code_in_fallback),
	    cmocka_unit_test(patterns_that_no_extension_follows_from_are_refused),
	    cmocka_unit_test(emergency_calls_of_telephones_go_to_the_telephone_network),
	};

	return cmocka_run_group_tests_name("telephones", tests, NULL, NULL);
}
