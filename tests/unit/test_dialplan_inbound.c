// SPDX-License-Identifier: GPL-2.0-or-later
/* The inbound peer: worked examples I and U5, URIs, carriers, call-block. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define TWO "1 ic=2...;2 aa=408555...."
#define UK                                                                                         \
	.number_plan = {.country_code = "44", .international_prefix = "00", .national_prefix = "0"}
#define HOSTS "uri A host=ipv4:10.1.1.1;uri B host=dns:sbc.example.com;uri C host=ipv6:2001:db8::1;"

static const struct plan_case cases[] = {
    {"75", "1 ic=.", "pots port=1:D called=123456789", "1 called"},
    {"76", TWO, "pots port=1:D called=2001 calling=4085550100", "1 called"},
    {"77", TWO, "pots port=1:D called=3001 calling=4085550100", "2 answer"},
    {"78", "1 aa=408555.... ic=2...", "pots port=1:D called=3001 calling=4085550100", "1 answer"},
    {"79", "1 dp=408.......", "pots port=2:D called=9 calling=4085550100", "1 calling"},
    {"80", "1 ic=2...;2 ic=20..", "pots port=1:D called=2001", "2 called"},
    {"81", "1 dp=9T", "pots port=2:D called=2001", "1 calling", .options.empty_ani = true},
    {"81", "1 dp=9T", "pots port=2:D called=2001", "none"},
    {"82", "1 dp=9T;2 ic=.", "pots port=1:D called=2001", "2 called", .options.empty_ani = true},
    {"83", "1 dp=777 port=1:23", "pots port=1:D called=2001 calling=4085550100", "1 port"},
    {NULL, "1 dp=777 port=1:23", "pots port=2:D called=2001 calling=4085550100", "none"},
    {"84", "1 port=1:23", "pots port=1:23 called=2001 calling=4085550100", "none"},
    {"85", "1 ic=2...", "called=3001", "none"},
    {NULL, "1 ic=2...", "called=112", "0 default", .options.emergency = {"112"}},
    {NULL, "1 ic=2...", "called=113", "none", .options.emergency = {"112"}},
    {"85", "1 ic=2...", "called=3001", "0 default", .options.permit_default = true},
    {"U5", "uri neighbour host=ipv4:10.1.1.1;1 voip in-via=neighbour;2 voip ic=5...",
     "called=5001 via=sip:10.1.1.1:5060", "1 uri"},
    {NULL, "1 dp=9T;2 dp=91T;3 dp=91.;4 voip dp=911;5 dp=91T", "pots port=2:D called=2001",
     "2 calling also 3", .options.empty_ani = true},
    {NULL, "1 dp=777;2 dp=778", "pots port=1:D called=2001", "1 port also 2"},
    {NULL, "7 ic=2...;3 ic=2...", "pots port=1:D called=2001", "3 called also 7"},
    {NULL, "7 ic=2...;3 ic=2...;5 ic=2...", "pots port=1:D called=2001", "3 called also 5"},
    {NULL, "7 ic=2...;3 ic=20..;5 ic=2...", "pots port=1:D called=2001", "3 called"},
    /* max-calls */
    {NULL, "group g max-in=2 max-out=1;port 1:D group=g;1 ic=.", "pots port=1:D called=2001",
     "1 called full", "g@in=2"},
    {NULL, "group g max-in=2 max-out=1;port 1:D group=g;1 ic=.", "pots port=1:D called=2001",
     "1 called", "g@in=1 g@out=9"},
    {NULL, "group g max-in=2;port 1:D group=g;1 ic=.", "pots port=2:D called=2001", "1 called",
     "g@in=2"},
    {NULL, "group g max-in=2;port 1:D group=g;1 ic=.", "pots port=1:D called=112", "1 called",
     "g@in=2", .options.emergency = {"112"}},
    {NULL, "1 ic=2... shutdown;2 ic=.", "pots port=1:D called=2001", "2 called"},
    {NULL, "1 ic=.;2 voip ic=.", "called=2001", "2 called"},
    {NULL, "1 ic=.", "called=2001", "none"},
    {NULL, "1 voip dp=9T", "called=2001", "none", .options.empty_ani = true},
    {NULL, "1 dp=777", "called=2001 port=1:D", "none"},
    {NULL, "1 ic=. out=x", "pots port=1:D called=2001", "none"},
    /* an empty called number is looked at last (2.6) */
    {NULL, "1 ic=T;2 aa=4T", "pots port=2:D calling=4085550100", "2 answer"},
    {NULL, "1 ic=T port=3:D;2 dp=7", "pots port=1:D calling=4085550100", "2 port"},
    {NULL, "1 ic=T;2 dp=7", "pots port=2:D calling=4085550100", "1 called"},
    {NULL, "1 voip ic=.", "called=+14085550100", "1 called"},
    {NULL, "1 ic=+44T", "pots port=2:D called=+44207946000", "1 called"},
    {NULL, "1 ic=44T;2 ic=+44T", "pots port=2:D called=+44207946000", "1 called"},
    {NULL, "1 voip ic=44T;2 voip ic=+44T", "called=+44207946000", "2 called"},
    /* E.164 inside: the + first */
    {NULL, "1 ic=44T;2 ic=+44T", "pots port=2:D called=+44207946000", "2 called", .options = {UK}},
    {NULL, "1 ic=44T", "pots port=2:D called=+44207946000", "1 called", .options = {UK}},
    {NULL, "1 ic=+4420T;2 ic=0T", "pots port=2:D called=02079460000", "1 called", .options = {UK}},
    {NULL, "2 ic=0T", "pots port=2:D called=02079460000", "2 called", .options = {UK}},
    {NULL, "1 aa=+4420T;2 aa=20T", "pots port=2:D called=1 calling=2079460000 calling-ton=national",
     "1 answer", .options = {UK}},
    {NULL, "2 aa=20T", "pots port=2:D called=1 calling=2079460000 calling-ton=national", "2 answer",
     .options = {UK}},
    /* pattern maps */
    {NULL, "map 1 3 20;1 voip icmap=1;2 voip ic=2...", "called=2001", "1 called"},
    {NULL, "map 1 3 2;1 voip icmap=1;2 voip ic=20..", "called=2001", "2 called"},
    {NULL, "map 1 2 20 200;1 voip icmap=1;2 voip ic=200.", "called=2001", "1 called also 2"},
    {NULL, "map 1 2;1 voip icmap=1 ic=200.;2 voip ic=200.", "called=2001", "1 called also 2"},
    {NULL, "map 1 408;1 voip aamap=1", "called=2001 calling=4085550100", "1 answer"},
    {NULL, "map 1 408;1 dmap=1", "pots port=2:D called=2001 calling=4085550100", "none"},
    {NULL, "map 1 408;map 2 20;1 dmap=1 icmap=2", "pots port=2:D called=2001", "1 called"},
    /* URIs: via, request, to, from */
    {NULL, HOSTS "1 voip in-from=A;2 voip in-to=A;3 voip in-request=A;4 voip in-via=A;5 voip ic=.",
     "called=1 via=sip:10.1.1.1 request=sip:1@10.1.1.1 to=sip:1@10.1.1.1 from=sip:2@10.1.1.1",
     "4 uri"},
    {NULL, HOSTS "1 voip in-from=A;2 voip in-to=A;3 voip in-request=A;4 voip in-via=A;5 voip ic=.",
     "called=1 via=sip:10.1.1.2 request=sip:1@10.1.1.1 to=sip:1@10.1.1.1 from=sip:2@10.1.1.1",
     "3 uri"},
    {NULL, HOSTS "1 voip in-from=A;2 voip in-to=A;3 voip in-request=A;4 voip in-via=A;5 voip ic=.",
     "called=1 request=sip:1@10.1.1.2 to=sip:1@10.1.1.1 from=sip:2@10.1.1.1", "2 uri"},
    {NULL, HOSTS "1 voip in-from=A;2 voip in-to=A;3 voip in-request=A;4 voip in-via=A;5 voip ic=.",
     "called=1 from=sip:2@10.1.1.1", "1 uri"},
    {NULL, HOSTS "1 voip in-from=A;5 voip ic=.", "called=1 from=sip:2@10.1.1.2", "5 called"},
    {NULL, HOSTS "1 voip in-from=B", "called=1 from=sip:2@SBC.Example.COM:5060;transport=tcp",
     "1 uri"},
    {NULL, HOSTS "1 voip in-from=C", "called=1 from=sip:[2001:0DB8:0:0::1]:5060", "1 uri"},
    {NULL, HOSTS "1 voip in-from=C", "called=1 from=sip:[2001:0DB8:0:0::2]:5060", "none"},
    {NULL, HOSTS "1 voip in-from=A", "called=1 from=tel:10.1.1.1", "none"},
    {NULL, HOSTS "1 voip in-from=A;2 voip in-from=A", "called=1 from=sip:10.1.1.1", "1 uri also 2"},
    {NULL, HOSTS "1 in-from=A", "called=1 from=sip:10.1.1.1", "none"},
    /* inside the class: host, user, telephone number, whole URI */
    {NULL,
     "uri H host=ipv4:10.1.1.1;uri U user=^50;uri P pattern=sip:50.*@10;1 voip in-to=P;"
     "2 voip in-to=U;3 voip in-to=H",
     "called=1 to=sip:5001@10.1.1.1", "3 uri"},
    {NULL,
     "uri H host=ipv4:10.1.1.1;uri U user=^50;uri P pattern=sip:50.*@10;1 voip in-to=P;"
     "2 voip in-to=U;3 voip in-to=H",
     "called=1 to=sip:5001@10.1.1.1", "2 uri", .options.uri_user_first = true},
    {NULL, "uri U user=^50;uri P pattern=sip:50.*@10;1 voip in-to=P;2 voip in-to=U",
     "called=1 to=sip:5001@10.1.1.1", "2 uri"},
    {NULL, "uri P pattern=sip:50.*@10;1 voip in-to=P", "called=1 to=sip:5001@10.1.1.1", "1 uri"},
    {NULL, "uri T tel phone=^408;uri P tel pattern=tel:4085550100;1 voip in-to=P;2 voip in-to=T",
     "called=1 to=tel:4085550100;phone-context=example.com", "2 uri"},
    {NULL, "uri T tel context=example;1 voip in-to=T",
     "called=1 to=tel:4085550100;phone-context=example.com", "1 uri"},
    {NULL, "uri H host=dns:a.example host=ipv4:10.1.1.1 host=10.2;1 voip in-to=H",
     "called=1 to=sip:5001@10.2.3.4", "1 uri"},
    {NULL, "uri H host=ipv4:10.1.1.1 user=7;1 voip in-to=H", "called=1 to=sip:7@10.2.3.4", "1 uri"},
    {NULL, "uri U user=@;1 voip in-to=U", "called=1 to=sip:x:y@10.1.1.1", "none"},
    {NULL, "uri U user=^x$;1 voip in-to=U", "called=1 to=sip:x:secret@10.1.1.1", "1 uri"},
    {NULL, "uri H host=ipv4:10.1.1.1;1 voip in-to=H", "called=1 to=sip:[10.1.1.1", "none"},
    {NULL, "uri P pattern=10.1;1 voip in-to=P", "called=1 to=tel:10.1", "none"},
    {NULL, "uri P tel pattern=10.1;1 voip in-to=P", "called=1 to=tel:10.1", "1 uri"},
    /* carrier-id source: the call's own, or that of its source group */
    {NULL, "1 voip carrier-in=acme;2 voip ic=2...", "called=3001 carrier=acme", "1 carrier"},
    {NULL, "1 voip carrier-in=acme;2 voip ic=2...", "called=2001 carrier=acme", "2 called"},
    {NULL, "1 voip carrier-in=acme", "called=3001 carrier=other", "none"},
    {NULL, "1 voip carrier-in=acme;source S 10.1.0.0/16 carrier=acme",
     "called=1 from-address=10.1.2.3", "1 carrier"},
    {NULL, "1 voip carrier-in=acme;source S 10.1.0.0/16 carrier=acme",
     "called=1 from-address=10.2.2.3", "none"},
    {NULL, "1 voip carrier-in=acme;source S 2001:db8::/33 carrier=acme",
     "called=1 from-address=2001:db8:7fff::1", "1 carrier"},
    {NULL, "1 voip carrier-in=acme;source S 2001:db8::/33 carrier=acme",
     "called=1 from-address=2001:db8:8000::1", "none"},
    {NULL,
     "1 voip carrier-in=b;2 voip carrier-in=a;source A 0.0.0.0/0 carrier=a;source B 10.0.0.0/8 "
     "carrier=b",
     "called=1 from-address=10.2.2.3", "1 carrier"},
    {NULL,
     "1 voip carrier-in=b;2 voip carrier-in=a;source A 10.0.0.0/8 carrier=a;source B 0.0.0.0/0 "
     "carrier=b",
     "called=1 from-address=10.2.2.3", "2 carrier"},
    /* profiles before the inbound peer is chosen */
    {NULL, "rules 1 /^9/ //;profile p called=1;port 1:D in=p;1 ic=2...",
     "pots port=1:D called=92001", "1 called"},
    {NULL, "rules 1 /^9/ //;profile p called=1;group g in=p;port 1:D group=g;1 ic=2...",
     "pots port=1:15 called=92001", "1 called"},
    {NULL,
     "rules 1 /^9/ //;profile p called=1;profile q;group g in=p;port 1:D group=g in=q;"
     "1 ic=2... port=9:D",
     "pots port=1:D called=92001", "none"},
    {NULL, "rules 1 /^9/ //;profile p called=1;1 voip ic=2...", "called=92001", "1 called",
     .options.voip_profile = "p"},
    {NULL,
     "rules 1 /^9/ //;profile p called=1;rules 2 /^9/ /8/;profile q called=2;1 voip ic=2...;"
     "2 voip ic=8...;source S 10.0.0.0/8 in=q",
     "called=92001 from-address=10.1.1.1", "2 called", .options.voip_profile = "p"},
    {NULL,
     "rules 1 /^/ /44/ ton=national,international;profile p calling=1;port 1:D in=p;1 aa=+44T",
     "pots port=1:D called=1 calling=2079460000 calling-ton=national", "1 answer"},
    /* call-block */
    {NULL, "rules 1 /^900/ reject;profile p calling=1;1 voip ic=. block=p", "called=1 calling=9001",
     "1 called blocked 63"},
    {NULL, "rules 1 /^900/ reject;profile p calling=1;1 voip ic=. block=p block-cause=21",
     "called=1 calling=9001", "1 called blocked 21"},
    {NULL, "rules 1 /^900/ reject;profile p called=1;1 voip ic=. block=p", "called=9001 calling=1",
     "1 called blocked 63"},
    {NULL, "rules 1 /^900/ reject;profile p redirect=1;1 voip ic=. block=p", "called=1 redir=9001",
     "1 called blocked 63"},
    {NULL, "rules 1 /^900/ reject;profile p calling=1;1 voip ic=. block=p", "called=1 calling=8001",
     "1 called"},
    {NULL, "rules 1 /^/ reject;profile p redirect=1;1 voip ic=. block=p", "called=1", "1 called"},
    {NULL, "rules 1 /^/ reject;profile p calling=1;1 voip ic=. block=p", "called=911 calling=9",
     "1 called", .options.emergency = {"911"}},
    {NULL,
     "rules 1 /^/ reject;rules 3 /^9\\(.*\\)/ /\\1/;profile p calling=1;profile q called=3;"
     "1 voip ic=. block=p in=q",
     "called=9112 calling=9", "1 called", .options.emergency = {"112"}},
    {NULL, "rules 1 /^$/ reject;profile p calling=1;1 dp=9T block=p", "pots called=2",
     "1 calling blocked 63", .options.empty_ani = true},
    /* call-block sees a number in its international form, and as it came */
    {NULL, "rules 1 /^+4490/ reject;profile p called=1;1 voip ic=. block=p", "called=09012345678",
     "1 called blocked 63", .options = {UK}},
    {NULL, "rules 1 /^+4490/ reject;profile p called=1;1 ic=. block=p",
     "pots port=1:D called=9012345678 ton=national", "1 called blocked 63", .options = {UK}},
    {NULL, "rules 1 /^090/ reject;profile p called=1;1 voip ic=. block=p", "called=09012345678",
     "1 called blocked 63", .options = {UK}},
    {NULL, "rules 1 /^4490/ reject;profile p called=1;1 voip ic=. block=p", "called=09012345678",
     "1 called", .options = {UK}},
};

static void chooses_the_inbound_peer(void **state)
{
	plan_rig_check_inbound(cases, COUNT(cases));
}

static void offers_peer_0_without_any_service(void **state)
{
	struct plan_options options = {.permit_default = true};
	struct plan *plan = plan_rig_plan("1 dp=9T", &options);
	struct plan_inbound inbound;
	struct plan_call call;

	plan_rig_call(&call, "called=2001", NULL);
	assert_int_equal(plan_match_inbound(plan, &call.request, &inbound), 0);
	assert_int_equal(inbound.peer->tag, 0);
	assert_int_equal(inbound.peer->kind, PEER_VOIP);
	assert_int_equal(inbound.peer->dtmf, 0);
	assert_null(plan_peer_missing(plan, inbound.peer));
	plan_unref(plan);
}

static void knows_what_ports_are_configured_for(void **state)
{
	struct plan *plan =
	    plan_rig_plan("group g;port 1:D plar=5001 group=g;port 2/17;1 dp=7 port=3:D", NULL);

	assert_string_equal(plan_port_plar(plan, "1:15"), "5001");
	assert_null(plan_port_plar(plan, "2/17"));
	assert_null(plan_port_plar(plan, "2:D"));
	assert_null(plan_port_plar(plan, "3:D"));
	assert_null(plan_port_plar(plan, "nonsense"));
	assert_string_equal(plan_port_group(plan, "1:D")->name, "g");
	assert_null(plan_port_group(plan, "2/17"));
	plan_unref(plan);
}

int test_dialplan_inbound(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chooses_the_inbound_peer),
	    cmocka_unit_test(offers_peer_0_without_any_service),
	    cmocka_unit_test(knows_what_ports_are_configured_for),
	};

	return cmocka_run_group_tests_name("inbound", tests, NULL, NULL);
}
