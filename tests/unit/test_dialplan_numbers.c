// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers that go out: worked examples M, translation profiles in every place, num-exp, E.164 inside
 * and what trunks make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/unit/plan_rig.h"
#include "tests/unit/test_dialplan_parts.h"

#define UK                                                                                         \
	.number_plan = {                                                                           \
	    .country_code = "44",                                                                  \
	    .international_prefix = "00",                                                          \
	    .national_prefix = "0",                                                                \
	    .area_code = "20",                                                                     \
	}
#define SEVENS "rules 1 /^/ /77/;profile p called=1;"
#define LONG_NUMBER "00441234567890123456789012345678" /* 32 digits */
#define EIGHT "rules 1 /^7/ /8/;profile out called=1;"

static const struct plan_case cases[] = {
    {"61", "1 dp=7......$", "called=7222222", "1=222222"},
    {"62", "1 dp=^7......$ nostrip", "called=7222222", "1=7222222"},
    {"63", EIGHT "1 dp=^7......$ out=out", "called=7222222", "1=8222222"},
    {"64", EIGHT "1 dp=^7......$ out=out forward=6", "called=7222222", "1=222222"},
    {"65", "1 dp=555....", "called=5555439", "1=5439"},
    {"66", "1 dp=1310555 prefix=9, port=1/4", "called=13105552222", "1=9,2222"},
    {NULL, "1 dp=1310555 prefix=9,", "called=13105552222", "1=92222"},
    {"67", "1 dp=55512", "called=5551299", "1=99"},
    {"68", "1 dp=91[2-9]..[2-9]...... prefix=1", "called=914085551234", "1=14085551234"},
    {"69", "1 dp=91[2-9]..[2-9]......", "called=914085551234", "1=4085551234"},
    {"70", "1 dp=9011T prefix=011", "called=901144207946000", "1=01144207946000"},
    {"71", "1 dp=9T forward=4", "called=95551234", "1=1234"},
    {NULL, "1 dp=9T forward=40", "called=95551234", "1=95551234"},
    {NULL, "1 dp=9T forward=0", "called=95551234", "1="},
    {"72", "1 dp=555.... forward=all", "called=5550124", "1=5550124"},
    {"73", "1 dp=555 forward=extra", "called=5551212", "1=1212"},
    {NULL, "1 dp=555.... forward=extra prefix=7", "called=5551212", "1=7"},
    {"74", "1 dp=555....;2 dp=555.... prefix=1555 pref=1", "called=5550124", "1=0124 2=15550124"},
    {NULL, "1 dp=911", "called=911", "1="},
    {NULL, "1 voip dp=555....", "called=5550124", "1=5550124"},
    {NULL, "1 voip dp=+44T", "called=+44207946000", "1=44207946000/international", .show = "=/"},
    {NULL, "1 dp=+44T", "called=+44207946000", "1=207946000/unknown", .show = "=/"},
    {NULL, "1 dp=+44T nostrip", "called=+44207946000", "1=44207946000/international", .show = "=/"},
    {NULL, "1 dp=+T prefix=00", "called=+44207946000", "1=0044207946000"},
    {NULL, "1 dp=.T", "called=+44207946000", "1=44207946000/international", .show = "=/"},
    {NULL, "1 dp=.T prefix=9011", "called=+44207946000", "1=901144207946000/unknown", .show = "=/"},
    {NULL, "1 dp=+44T forward=11", "called=+44207946000", "1=44207946000/international",
     .show = "=/"},
    {NULL, "1 dp=+44T forward=10", "called=+44207946000", "1=4207946000/unknown", .show = "=/"},
    {NULL, "1 dp=.T", "raw=+442079", "1=442079/international", .show = "=/"},
    {NULL, "1 dp=+44T", "raw=+442079", "1=2079/unknown", .show = "=/"},
    {NULL, "1 dp=44T", "pots called=+44207946000", "1=207946000/unknown", .show = "=/"},
    {NULL, "1 dp=2T prefix=9", "pots called=2079 ton=national", "1=9079/national", .show = "=/"},
    {NULL, "1 dp=.T prefix=123456789012345678901234567890", "called=444", "cause 28"},
    {NULL, "map 1 555 5551;1 dmap=1", "called=5551212", "1=212"},
    {NULL, "map 1 555;1 dmap=1 cmap=2;map 2 4", "called=5551212 calling=4", "1=1212"},
    {NULL, "map 2 4;1 cmap=2", "called=5551212 calling=4", "1=5551212"},
    {NULL, "map 2 4;1 cmap=2 dp=66 forward=extra", "called=5551212 calling=4", "1=5551212"},

    /* an alias, and who has that number */
    {"U2", "rules 1 /^60..$/ /5001/;profile alias called=1;1 voip dp=60.. out=alias", "called=6012",
     "1=5001"},
    {"U2", "rules 1 /^60..$/ /5001/;profile alias called=1;1 voip dp=60.. out=alias;2 voip dp=6012",
     "called=6012", "2=6012 1=5001"},

    /* profiles: the inbound peer's, each outbound peer's, the port's */
    {"87", "rules 1 /^123/ /456/;profile p called=1;9 voip ic=. in=p;1 voip dp=4T;2 voip dp=6T",
     "inbound called=1239", "1=4569"},
    {"87", "rules 1 /^123/ /456/;profile p called=1;9 voip ic=. in=p;1 voip dp=4T;2 voip dp=6T",
     "inbound called=6123", "2=6123"},
    {"94", "rules 1 /^999$/ /999/;rules 1 /^9\\(.*\\)/ /\\1/;profile p called=1;1 voip dp=9T out=p",
     "called=999", "1=999"},
    {"94", "rules 1 /^999$/ /999/;rules 1 /^9\\(.*\\)/ /\\1/;profile p called=1;1 voip dp=9T out=p",
     "called=9123", "1=123"},
    {"96", "rules 1 /^\\+1/ /1/;profile p called=1;9 voip ic=. in=p;1 voip dp=1T",
     "inbound called=+14085550100", "1=14085550100/unknown", .show = "=/"},
    {NULL,
     "rules 1 /^9/ //;rules 2 /^/ /1/;rules 3 /^/ /2/;profile p called=1 calling=2 redirect=3;"
     "9 voip ic=. in=p;1 voip dp=4T",
     "inbound called=94 calling=5 redir=6", "1=4<15>26", .show = "=<>"},
    {NULL,
     "rules 1 /^9/ //;rules 2 /^/ /1/;rules 3 /^/ /2/;profile p called=1 calling=2 redirect=3;"
     "1 voip dp=9T out=p;2 voip dp=9T pref=1",
     "called=94 calling=5 redir=6", "1=4<15>26 2=94<5>6", .show = "=<>"},
    {NULL,
     "rules 1 /^9/ //;rules 2 /^/ /1/;rules 3 /^/ /2/;profile p called=1 calling=2 redirect=3;"
     "port 1:D out=p;1 dp=7T prefix=9;2 dp=7T port=2:D prefix=9 pref=1",
     "called=74 calling=5 redir=6", "1=4<15>26 2=94<5>6", .show = "=<>"},
    {NULL,
     "rules 1 /^9/ //;profile p called=1;profile q;group g out=p;port 1:D group=g;"
     "port 2:D group=g out=q;1 dp=7T prefix=9;2 dp=7T port=2:D prefix=9 pref=1",
     "called=74", "1=4 2=94"},
    {NULL, "rules 2 /^/ /1/;profile p redirect=2;1 voip dp=9T out=p", "called=94", "1=94<>",
     .show = "=<>"},
    {NULL, "rules 2 /.*/ /8208/;profile p calling=2;1 voip dp=9T out=p", "called=94", "1=94<8208",
     .show = "=<"},
    {NULL, "rules 2 // // ton=unknown,national;profile p called=2;1 dp=9T out=p", "called=94",
     "1=4/national", .show = "=/"},
    {NULL, "rules 1 /^9/ reject;profile p called=1;1 dp=9T out=p;2 dp=9T pref=1", "called=94",
     "2=4"},
    {NULL, "rules 1 /^9/ reject;profile p called=1;1 dp=9T out=p", "called=94", "cause 21"},
    {NULL, "rules 1 /^5/ reject;profile p calling=1;1 dp=9T out=p", "called=94 calling=5",
     "cause 21"},
    {NULL, "profile p called=7;1 dp=9T out=p", "called=94", "1=4"},
    {NULL, "rules 1 /^5/ reject;profile p calling=1;port 1:D out=p;1 dp=9T;2 dp=9T port=2:D pref=1",
     "called=94 calling=5", "2=4"},
    /* a number that rules make no number of goes nowhere: not past them */
    {NULL, SEVENS "9 voip ic=. in=p;1 dp=0T;2 dp=77T", "inbound called=" LONG_NUMBER, "cause 28"},
    {NULL, SEVENS "9 voip ic=.;1 dp=0T;2 dp=77T", "inbound called=" LONG_NUMBER, "cause 28",
     .options.voip_profile = "p"},
    {NULL, SEVENS "port 1:D in=p;1 dp=0T;2 dp=77T", "pots port=1:D called=" LONG_NUMBER,
     "cause 28"},
    {NULL, SEVENS "port 1:D in=p;1 dp=0T;2 dp=77T nostrip", "pots port=1:D called=01", "2=7701"},
    {NULL, SEVENS "9 voip ic=. in=p;1 voip dp=7;8 voip dp=8;dpg 3 1", "inbound called=" LONG_NUMBER,
     "cause 28"},
    {NULL, "rules 1 /$/ /+/;profile p called=1;9 voip ic=. in=p;1 dp=0T", "inbound called=01",
     "cause 28"},
    {NULL, SEVENS "1 dp=0T out=p;2 dp=0T pref=1", "called=" LONG_NUMBER,
     "2=0441234567890123456789012345678"},
    {NULL, SEVENS "1 dp=0T nostrip;port 1:D out=p", "called=" LONG_NUMBER, "cause 28"},
    {NULL, SEVENS "profile q calling=1;1 dp=0T out=q", "called=01 calling=" LONG_NUMBER,
     "1=1<" LONG_NUMBER, .show = "=<"},
    /* on an ISDN line the + of digits is a type of number, whoever's number it is */
    {NULL, "1 dp=9T", "called=91 raw-calling=+4420 raw-redir=+4430",
     "1 c 4420/international r 4430/international", .show = "cr"},
    {NULL, "1 dp=9T;port 1:D calling=e164", "called=91 raw-calling=+4420", "1 c +4420/unknown",
     .show = "c"},
    {NULL, "1 voip dp=9T", "called=91 raw-calling=+4420", "1 c +4420/unknown", .show = "c"},
    /* source group and voip-incoming before all */
    {NULL,
     "rules 1 /^9/ //;profile p called=1;rules 2 /^4/ /5/;profile q called=2;9 voip ic=. in=q;1 "
     "voip dp=5T",
     "inbound called=94", "1=5", .options.voip_profile = "p"},

    /* no calling number: that of the pattern that fitted */
    {"81", "1 dp=9T port=2:D;2 voip dp=2...", "pots inbound port=1:D called=2001", "2=2001<9",
     .show = "=<", .options.empty_ani = true},
    {"82", "1 dp=9T port=2:D;3 ic=.;2 voip dp=2...", "pots inbound port=1:D called=2001", "2=2001<",
     .show = "=<", .options.empty_ani = true},
    {NULL, "1 dp=5551000;2 voip dp=2...", "pots inbound port=1:D called=2001", "2<5551000",
     .show = "<", .options.empty_ani = true},
    {NULL, "1 dp=^+1408,555.... port=2:D;2 voip dp=2...", "pots inbound port=1:D called=2001",
     "2<+1408555", .show = "<", .options.empty_ani = true},
    {NULL, "1 dp=.T port=2:D;2 voip dp=2... pref=1", "pots inbound port=1:D called=2001", "2< 1<",
     .show = "<", .options.empty_ani = true},
    {NULL, "rules 1 /^/ /7/;profile p calling=1;1 dp=555 in=p;2 voip dp=2...",
     "pots inbound port=1:D called=2001", "2<7555", .show = "<", .options.empty_ani = true},
    {NULL, "1 dp=9T ic=2...;2 voip dp=2...", "pots inbound port=1:D called=2001", "2<", .show = "<",
     .options.empty_ani = true},
    {NULL, "1 dp=9T;2 voip dp=2...", "pots inbound port=1:D called=2001 calling=95", "2<95",
     .show = "<", .options.empty_ani = true},
    {NULL, "1 dp=9T port=1:D;2 voip dp=2...", "pots inbound port=1:D called=2001", "2<",
     .show = "<"},

    /* num-exp: whole numbers, most digits first, then as configured */
    {NULL, "numexp 5... 14085555...;1 voip dp=1408T", "called=5123", "1=14085555123"},
    {NULL, "numexp 5... 14085555...;1 voip dp=1408T;2 voip dp=5T", "called=51234", "2=51234"},
    {NULL, "numexp 5... 1;numexp 51.. 2;numexp 5.2. 3;1 voip dp=.", "called=5123", "1=2"},
    {NULL, "numexp 5.2. 3;numexp 5... 1;1 voip dp=.", "called=5123", "1=3"},
    {NULL, "numexp 5... 1;numexp 5.2. 3;1 voip dp=.", "called=5123", "1=1"},
    {NULL, "numexp 1..2 9.8.;1 voip dp=.T", "called=1342", "1=9384"},
    {NULL, "numexp 5... +14085555...;1 voip dp=+1408T", "pots called=5123 ton=subscriber",
     "1=14085555123/international", .show = "=/"},
    {NULL, "numexp 5... 6...;1 voip dp=6T", "pots called=5123 ton=subscriber", "1=6123/unknown",
     .show = "=/"},
    {NULL, "numexp 5... 14085555...;1 dp=14085555... ", "called=512", "cause 28"},

    /* E.164 inside */
    {NULL, "1 voip dp=+4420T;2 voip dp=20T", "pots called=2079460000 ton=national",
     "1=442079460000/international", .show = "=/", .options = {UK}},
    {NULL, "2 voip dp=20T", "pots called=2079460000 ton=national", "2=2079460000/national",
     .show = "=/", .options = {UK}},
    {NULL, "1 voip dp=+4420T;2 voip dp=02T", "called=02079460000 calling=02079460001",
     "1=442079460000<+442079460001", .show = "=<", .options = {UK}},
    {NULL, "1 voip dp=442T;2 voip dp=+442T", "pots called=+442079460000", "2", .options = {UK}},
    {NULL, "1 voip dp=442T", "pots called=+442079460000", "1", .options = {UK}},
    {NULL, "1 voip dp=442T", "called=+442079460000", "cause 1", .options = {UK}},
    {NULL, "rules 1 /^\\+44/ /0/;profile p called=1;9 ic=T in=p;1 voip dp=0T",
     "pots port=1:D inbound called=2079460000 ton=national", "1=02079460000/unknown", .show = "=/",
     .options = {UK}},
    {NULL, "rules 1 /^20/ /+4420/;profile p called=1;port 1:D in=p;9 ic=T;1 voip dp=+44T",
     "pots port=1:D inbound called=2079460000", "1=442079460000/international", .show = "=/",
     .options = {UK}},

    /* and outside: per port, else per group, else as it is */
    {NULL, "port 1:D called=national calling=subscriber;1 dp=+44T",
     "called=+442079460000 calling=+442079460001 redir=+441619460000",
     "1=2079460000/national<79460001>1619460000", .show = "=/<>", .options = {UK}},
    {NULL, "port 1:D called=subscriber;1 dp=+44T", "called=+442079460000", "1=79460000/subscriber",
     .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=unknown;1 dp=+T", "called=+14085550100", "1=0014085550100/unknown",
     .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=unknown;1 dp=+T", "called=+442079460000", "1=02079460000/unknown",
     .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=e164;1 dp=+T", "called=+442079460000", "1=+442079460000/unknown",
     .show = "=/", .options = {UK}},
    {NULL, "group g called=national;port 1:D group=g;1 dp=+T", "called=+442079460000",
     "1=2079460000/national", .show = "=/", .options = {UK}},
    {NULL, "group g called=national;port 1:D group=g called=subscriber;1 dp=+T",
     "called=+442079460000", "1=79460000/subscriber", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=national;1 dp=+44T strip", "called=+442079460000",
     "1=2079460000/unknown", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=national;1 dp=+44T forward=4", "called=+442079460000", "1=0000/unknown",
     .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=national;1 dp=+44T forward=all", "called=+442079460000",
     "1=2079460000/national", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=unknown;1 dp=+44T prefix=9", "called=+442079460000",
     "1=902079460000/unknown", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=international;1 dp=+44T prefix=9", "called=+442079460000",
     "1=9442079460000/unknown", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=e164;1 dp=+44T prefix=9", "called=+442079460000",
     "1=9442079460000/unknown", .show = "=/", .options = {UK}},
    {NULL, "port 1:D called=national;1 dp=9T", "called=92001", "1=2001/unknown", .show = "=/",
     .options = {UK}},
    {NULL, "rules 1 /^0/ /90/;profile p called=1;port 1:D called=unknown out=p;1 dp=+T",
     "called=+442079460000", "1=902079460000/unknown", .show = "=/", .options = {UK}},
    {NULL, "rules 1 /^\\+4420/ /+4421/;profile p called=1;port 1:D called=national;1 dp=+44T out=p",
     "called=+442079460000", "1=2179460000/national", .show = "=/", .options = {UK}},
    {NULL, "1 voip dp=+44T called=unknown calling=national;2 voip dp=+44T pref=1",
     "called=+442079460000 calling=+442079460001",
     "1=02079460000/unknown<2079460001 2=442079460000/international<+442079460001", .show = "=/<",
     .options = {UK}},
};

/* From one edge to the other: an ISDN line in London, 020 7946 xxxx, and SIP. On the line the called
 * number is national, subscriber or unknown; SIP has + and the country code. */
#define LINE "9 ic=T port=1:D;port 1:D;1 voip dp=+T"
#define OUT "8 voip ic=+T;1 dp=+T;port 1:D "
#define ALL "=/<>~"

static const struct plan_case edges[] = {
    {"national", LINE,
     "pots port=1:D inbound called=2079460000 ton=national calling=1619460000 "
     "calling-ton=national redir=1329460000 redir-ton=national",
     "1=442079460000/international<+441619460000>+441329460000~international~international"},
    {"subscriber", LINE,
     "pots port=1:D inbound called=79460000 ton=subscriber calling=79460001 "
     "calling-ton=subscriber redir=79460002 redir-ton=subscriber",
     "1=442079460000/international<+442079460001>+442079460002~international~international"},
    {"unknown, with prefixes", LINE,
     "pots port=1:D inbound called=02079460000 calling=0014085550100 redir=01619460000",
     "1=442079460000/international<+14085550100>+441619460000~international~international"},
    {"international", LINE,
     "pots port=1:D inbound called=+442079460000 calling=+14085550100 redir=+33140000000",
     "1=442079460000/international<+14085550100>+33140000000~international~international"},
    {"an extension has no country", LINE ";2 voip dp=2...",
     "pots port=1:D inbound called=2001 calling=4001 redir=",
     "2=2001/unknown<4001>~unknown~unknown"},
    {"to a line that wants national", OUT "called=national calling=national",
     "inbound called=+441619460000 calling=+442079460001 redir=+442079460002",
     "1=1619460000/national<2079460001>2079460002~national~national"},
    {"and what is abroad", OUT "called=national calling=national",
     "inbound called=+14085550100 calling=+14085550101 redir=+442079460002",
     "1=14085550100/international<+14085550101>2079460002~international~national"},
    {"to one that wants subscriber", OUT "called=subscriber calling=subscriber",
     "inbound called=+442079460000 calling=+442079460001 redir=+441619460000",
     "1=79460000/subscriber<79460001>1619460000~subscriber~national"},
    {"to one that wants unknown, with prefixes", OUT "called=unknown calling=unknown",
     "inbound called=+442079460000 calling=+14085550100 redir=+441619460000",
     "1=02079460000/unknown<0014085550100>01619460000~unknown~unknown"},
    {"two lines of one group, each its way",
     "8 voip ic=+T;1 dp=+T group=g;group g scheme=4 called=unknown calling=national;"
     "port 1:D group=g;port 2:D group=g called=subscriber calling=international",
     "inbound called=+442079460000 calling=+442079460001 redir=+442079460002",
     "1=02079460000/unknown<2079460001>2079460002~national~national "
     "1=79460000/subscriber<+442079460001>+442079460002~international~international"},
    {"from line to line",
     "9 ic=T port=1:D;1 dp=+T port=2:D;port 2:D called=unknown calling=national",
     "pots port=1:D inbound called=1619460000 ton=national calling=79460001 "
     "calling-ton=subscriber redir=02079460002",
     "1=01619460000/unknown<2079460001>2079460002~national~national"},
};

static void knows_e164_inside_from_edge_to_edge(void **state)
{
	struct plan_case in_london[COUNT(edges)];

	memcpy(in_london, edges, sizeof(edges));
	for (size_t i = 0; i < COUNT(edges); i++) {
		in_london[i].show = ALL;
		in_london[i].options = (struct plan_options){UK};
	}
	plan_rig_check_routes(in_london, COUNT(edges));
}

static void sends_numbers_as_configured(void **state)
{
	struct plan_case with_digits[COUNT(cases)];

	memcpy(with_digits, cases, sizeof(cases));
	for (size_t i = 0; i < COUNT(cases); i++)
		if (!with_digits[i].show && strchr(cases[i].result, '='))
			with_digits[i].show = "=";
	plan_rig_check_routes(with_digits, COUNT(cases));
}

static void translates_targets(void **state)
{
	struct plan *plan = plan_rig_plan("rules 1 /^5/ /6/;rules 2 /^5/ /7/;profile a target=1;"
					  "profile b target=2;profile c called=1;"
					  "1 dp=1 in=a out=b;2 dp=1 in=a out=c;3 dp=1 out=c;4 dp=1",
					  NULL);
	static const char *const expected[] = {"71", "61", "51", "51"};

	for (unsigned i = 0; i < COUNT(expected); i++) {
		struct number number = {"51"};

		plan_translate_target(plan, plan_peer_at(plan, i), &number);
		assert_string_equal(number.digits, expected[i]);
	}
	plan_unref(plan);
}

static void refuses_wrong_num_exps(void **state)
{
	static const struct {
		const char *match, *replace;
		int rc;
	} wrong[] = {
	    {"5...", "1...", 0},    {"5...", "2...", -EEXIST},
	    {"", "2", -EINVAL},	    {"5.", "1..", -EINVAL},
	    {"5x", "1", -EINVAL},   {"5[12]", "1", -EINVAL},
	    {"+", "1", -EINVAL},    {"6.", "5+1", -EINVAL},
	    {"7.", "1-.", -EINVAL}, {"+1.", "+2.", 0},
	    {"8", "", 0},
	};
	struct plan_options options = {0};
	struct plan *plan = plan_new(&options);
	char why[128];

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct num_exp num_exp;

		strcpy(num_exp.match, wrong[i].match);
		strcpy(num_exp.replace, wrong[i].replace);
		if (plan_add_num_exp(plan, &num_exp, why, sizeof(why)) != wrong[i].rc)
			fail_msg("num-exp %s %s", wrong[i].match, wrong[i].replace);
	}
	plan_unref(plan);
}

int test_dialplan_numbers(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_numbers_as_configured),
	    cmocka_unit_test(knows_e164_inside_from_edge_to_edge),
	    cmocka_unit_test(translates_targets),
	    cmocka_unit_test(refuses_wrong_num_exps),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
