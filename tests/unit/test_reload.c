// SPDX-License-Identifier: GPL-2.0-or-later
/* Differences of configurations, what waits for the next start, reading in steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <osmocom/core/talloc.h>

#include "conf/difference.h"
#include "gateway/admin/reroute.h"
#include "gateway/restart.h"
#include "tests/unit/conf_rig.h"

static struct lines out;

static void begin(struct lines *lines)
{
	memset(lines, 0, sizeof(*lines));
}

/* ---- differences */

static struct conf_text *text_from(const char *lines)
{
	struct conf_text *text = conf_text_new(ctx);
	char *copy = talloc_strdup(ctx, lines), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			conf_text_add(text, line);
	talloc_free(copy);
	return text;
}

static const char *differ(const char *before, const char *after, struct difference_counts *counts)
{
	struct conf_text *a = text_from(before), *b = text_from(after);

	begin(&out);
	difference(a, b, keep_line, &out, counts);
	talloc_free(a);
	talloc_free(b);
	return out.text;
}

static void tells_what_differs_block_by_block(void **state)
{
	static const struct {
		const char *before, *after, *expected;
	} rows[] = {
	    {"", "", ""},
	    {"hostname a\n", "hostname a\n!\nend\n", ""},
	    {"hostname a\n", "hostname b\n", "- hostname a\n+ hostname b\n"},
	    {"x 1\n a\n b\n", "x 1\n a\n c\n", "  x 1\n-  b\n+  c\n"},
	    {"x 1\n a\n", "x 1\n a\nx 2\n b\n", "+ x 2\n+  b\n"},
	    {"x 1\n a\nx 2\n b\nx 3\n c\n", "x 1\n a\nx 3\n c\n", "- x 2\n-  b\n"},
	    /* the place of a block does not count, that of a line does */
	    {"x 1\n a\nx 2\n b\n", "x 2\n b\nx 1\n a\n", ""},
	    {"x 1\n a\n b\n", "x 1\n b\n a\n", "  x 1\n-  a\n+  a\n"},
	    /* what a line stands below is told with it, once */
	    {"v\n sip\n  bind a\n  port 1\n", "v\n sip\n  bind b\n  port 2\n",
	     "  v\n   sip\n-   bind a\n-   port 1\n+   bind b\n+   port 2\n"},
	    {"x 1\n a\n b\n c\n d\n", "x 1\n b\n q\n d\n", "  x 1\n-  a\n-  c\n+  q\n"},
	    {"x 1\n a\n", "x 1\n", "  x 1\n-  a\n"},
	    {"x 1\n", "x 1\n a\n", "  x 1\n+  a\n"},
	    /* the same first line twice */
	    {"x\n a\nx\n b\n", "x\n a\nx\n c\n", "  x\n-  b\n+  c\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct difference_counts counts;

		assert_string_equal(differ(rows[i].before, rows[i].after, &counts),
				    rows[i].expected);
	}
}

static void counts_peers_apart_from_other_blocks(void **state)
{
	struct difference_counts c;

	differ("hostname a\ndial-peer voice 1 pots\n port 1:D\ndial-peer voice 2 pots\n port 1:D\n",
	       "dial-peer voice 1 pots\n port 2:D\ndial-peer voice 3 pots\ndial-peer voice 4 pots\n"
	       "sip-ua\n",
	       &c);
	assert_int_equal(c.peers.added, 2);
	assert_int_equal(c.peers.removed, 1);
	assert_int_equal(c.peers.changed, 1);
	assert_int_equal(c.others.added, 1);
	assert_int_equal(c.others.removed, 1);
	assert_int_equal(c.others.changed, 0);
}

/* Applies the lines that difference() told of one block to before; the result must be after. */
static void apply(const char *before, const char *told, char *result)
{
	char *a = talloc_strdup(ctx, before), *d = talloc_strdup(ctx, told), *ra = a, *rd = d,
	     *line;
	const char *keep[64];
	size_t n = 0, i;

	while ((line = strsep(&ra, "\n")))
		if (*line)
			keep[n++] = line;
	/* taken out: each line is unlike all others of its block */
	while ((line = strsep(&rd, "\n"))) {
		for (i = 0; *line == '-' && i < n; i++)
			if (keep[i] && strcmp(keep[i], line + 2) == 0)
				keep[i] = NULL;
	}
	*result = '\0';
	for (i = 0; i < n; i++)
		if (keep[i])
			sprintf(result + strlen(result), "%s\n", keep[i]);
	talloc_free(a);
	talloc_free(d);
}

static unsigned lines_with(const char *text, char sign)
{
	unsigned n = 0;

	for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL)
		n += *p == sign;
	return n;
}

/* Of two blocks with lines in rising order what is common stays, and nothing else is told. */
static void leaves_what_is_in_both(void **state)
{
	srandom(7);
	for (unsigned round = 0; round < 3000; round++) {
		char before[2000] = "x\n", after[2000] = "x\n", common[2000] = "x\n", got[2000];
		unsigned removed = 0, added = 0;
		struct difference_counts counts;

		for (unsigned i = 0; i < 30; i++) {
			bool in_a = random() % 4, in_b = random() % 4;

			if (in_a)
				sprintf(before + strlen(before), " line %u\n", i);
			if (in_b)
				sprintf(after + strlen(after), " line %u\n", i);
			if (in_a && in_b)
				sprintf(common + strlen(common), " line %u\n", i);
			removed += in_a && !in_b;
			added += in_b && !in_a;
		}
		differ(before, after, &counts);
		apply(before, out.text, got);
		assert_string_equal(got, common);
		assert_int_equal(lines_with(out.text, '-'), removed);
		assert_int_equal(lines_with(out.text, '+'), added);
	}
}

static void tells_all_of_a_block_with_too_many_differences(void **state)
{
	char *before = talloc_strdup(ctx, "x\n first\n"),
	     *after = talloc_strdup(ctx, "x\n first\n");
	struct difference_counts counts;

	for (unsigned i = 0; i <= DIFFERENCE_LINES_MAX; i++) {
		before = talloc_asprintf_append_buffer(before, " a %u\n same\n", i);
		after = talloc_asprintf_append_buffer(after, " b %u\n same\n", i);
	}
	differ(before, after, &counts);
	assert_int_equal(counts.others.changed, 1);
	assert_null(strstr(out.text, "first"));
	assert_int_equal(lines_with(out.text, '-'), 2 * DIFFERENCE_LINES_MAX + 1);
	assert_int_equal(lines_with(out.text, '+'), 2 * DIFFERENCE_LINES_MAX + 1);
	talloc_free(before);
	talloc_free(after);
}

/* ---- what waits */

#define VOICE                                                                                      \
	"voice service voip\n ip address trusted list\n  ipv4 10.0.0.1\n rtp-port range 20000 "    \
	"20999\n sip\n  bind control address 127.0.0.1\n  listen-port non-secure 5070\n"

/* What would run after `wanted` is taken by a gateway that runs `running`, as a difference to
 * running, and what of wanted waits. */
static const char *taken(const char *running, const char *wanted, struct lines *waits)
{
	struct conf *old = load_text(running), *next = load_text(wanted);
	struct conf_text *a = conf_text_new(ctx), *b = conf_text_new(ctx), *c = conf_text_new(ctx);
	struct difference_counts counts;

	conf_write(old, conf_text_add, a);
	conf_write(next, conf_text_add, c);
	restart_keep(next, old);
	conf_free(old);
	conf_write(next, conf_text_add, b);
	begin(&out);
	begin(waits);
	difference(a, b, keep_line, &out, &counts);
	difference(b, c, keep_line, waits, &counts);
	conf_free(next);
	talloc_free(a);
	talloc_free(b);
	talloc_free(c);
	return out.text;
}

static void takes_what_can_be_taken_and_tells_what_waits(void **state)
{
	static const struct {
		const char *running, *wanted, *taken, *waits;
	} rows[] = {
	    {"hostname a\n", "hostname b\n", "- hostname a\n+ hostname b\n", ""},
	    {PRI, PRI "dial-peer voice 1 pots\n destination-pattern 9T\n port 1:D\n",
	     "+ dial-peer voice 1 pots\n+  destination-pattern 9T\n+  port 1:D\n", ""},
	    {PRI, PRI "voice-port 1:D\n cptone GB\n shutdown\n",
	     "+ voice-port 1:D\n+  cptone GB\n+  shutdown\n", ""},
	    /* controllers wait, but for their description */
	    {PRI, E1 " description x\n pri-group timeslots 1-16\n",
	     "  controller e1 1\n+  description x\n",
	     "  controller e1 1\n-  pri-group timeslots 1-31\n+  pri-group timeslots 1-16\n"},
	    {PRI, "", "",
	     "- controller e1 1\n-  driver cesopsn listen 127.0.0.1:2142 peer "
	     "127.0.0.1:2143\n-  clock source line\n-  pri-group timeslots 1-31\n"},
	    {"", PRI,
	     "+ controller e1 1\n+  shutdown\n+  driver cesopsn listen 127.0.0.1:2142 peer "
	     "127.0.0.1:2143\n+  clock source line\n+  pri-group timeslots 1-31\n",
	     "  controller e1 1\n-  shutdown\n"},
	    /* interfaces: the link waits, what calls ask for does not */
	    {PRI "interface serial 1:D\n isdn switch-type primary-net5\n",
	     PRI "interface serial 1:D\n isdn switch-type primary-qsig\n isdn overlap-receiving\n"
		 " isdn timer t310 20000\n",
	     "  interface serial 1:D\n+  isdn timer t310 20000\n+  isdn overlap-receiving\n",
	     "  interface serial 1:D\n-  isdn switch-type primary-net5\n+  isdn switch-type "
	     "primary-qsig\n"},
	    {"trunk group a\n" PRI "interface serial 1:D\n",
	     "trunk group a\n" PRI "interface serial 1:D\n trunk-group a\n isdn bchan-number-order "
	     "ascending\n",
	     "  interface serial 1:D\n+  trunk-group a\n",
	     "  interface serial 1:D\n+  isdn bchan-number-order ascending\n"},
	    /* the first block of an interface, or its last */
	    {PRI, PRI "interface serial 1:D\n isdn overlap-receiving\n", "",
	     "+ interface serial 1:D\n+  isdn switch-type primary-net5\n+  isdn "
	     "protocol-emulate user\n+  isdn overlap-receiving\n"},
	    {PRI "interface serial 1:D\n", PRI, "",
	     "- interface serial 1:D\n-  isdn switch-type primary-net5\n-  isdn "
	     "protocol-emulate user\n"},
	    {"ip name-server 10.0.0.1\n", "", "", "- ip name-server 10.0.0.1\n"},
	    {"location store memory\n", "location store redis 10.0.0.1\n", "",
	     "- location store memory\n+ location store redis 10.0.0.1\n"},
	    /* SIP: who may call can change, where it listens waits */
	    {VOICE,
	     "voice service voip\n ip address trusted list\n  ipv4 10.0.0.2\n rtp-port range 30000 "
	     "30999\n sip\n  bind control address 127.0.0.1\n  listen-port non-secure 5080\n",
	     "  voice service voip\n   ip address trusted list\n-   ipv4 10.0.0.1\n+   ipv4 "
	     "10.0.0.2\n",
	     "  voice service voip\n-  rtp-port range 20000 20999\n+  rtp-port range 30000 "
	     "30999\n   sip\n-   listen-port non-secure 5070\n+   listen-port non-secure 5080\n"},
	    {"sip-ua\n timers trying 300\n", "sip-ua\n no transport tcp\n timers trying 400\n",
	     "  sip-ua\n-  timers trying 300\n+  timers trying 400\n",
	     "  sip-ua\n-  transport tcp\n+  no transport tcp\n"},
	    /* a password may change, but not go while the console that it guards stays */
	    {"line vty\n bind 10.0.0.1\n password a\n", "line vty\n bind 10.0.0.1\n password b\n",
	     "  line vty\n-  password a\n+  password b\n", ""},
	    {"line vty\n bind 10.0.0.1\n password a\n", "", "",
	     "- line vty\n-  bind 10.0.0.1\n-  password a\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct lines waits;

		assert_string_equal(taken(rows[i].running, rows[i].wanted, &waits), rows[i].taken);
		assert_string_equal(waits.text, rows[i].waits);
	}
}

/* ---- reading in steps */

static void reads_the_same_in_steps_of_any_size(void **state)
{
	static const char text[] = "hostname a\n" PRI VOICE
				   "! comment\n\ndial-peer voice 1 pots\n destination-pattern 9T\n"
				   "\n port 1:D\ndial-peer voice 2 voip\n session target "
				   "ipv4:10.0.0.1\nsip-ua\n no transport tcp\nend\n";
	static struct lines whole, stepped;
	struct conf *conf = load_text(text);

	begin(&whole);
	conf_write(conf, keep_line, &whole);
	conf_free(conf);
	for (unsigned lines = 1; lines < 30; lines++) {
		struct loader *loader;
		unsigned steps = 1;

		assert_int_equal(load_begin(ctx, path, keep_error, &messages, &loader), 0);
		while (load_step(loader, lines))
			steps++;
		if (lines == 1)
			assert_true(steps > 5);
		assert_int_equal(load_end(loader, keep_error, &messages, &conf), 0);
		begin(&stepped);
		conf_write(conf, keep_line, &stepped);
		assert_string_equal(stepped.text, whole.text);
		conf_free(conf);
	}
}

static void tells_errors_of_all_steps_with_their_lines(void **state)
{
	static const char text[] = "hostname a\nnonsense\nvoice service voip\n nonsense\n sip\n"
				   "  listen-port non-secure 0\nsip-ua\n timers trying 1\n";
	struct load_text source = {"x", text, strlen(text)};
	static struct lines whole;
	struct conf *conf = NULL;
	struct loader *loader;

	begin(&whole);
	assert_int_equal(load_from_text(ctx, &source, keep_line, &whole, &conf), -22);
	assert_int_equal(whole.count, 4);
	assert_non_null(strstr(whole.text, "x:8: "));
	load_bytes(text, strlen(text), &messages, &conf);
	begin(&out);
	assert_int_equal(load_begin(ctx, path, keep_line, &out, &loader), 0);
	while (load_step(loader, 1))
		;
	assert_int_equal(load_end(loader, keep_line, &out, &conf), -22);
	assert_int_equal(out.count, 4);
	assert_int_equal(load_begin(ctx, path, keep_line, &out, &loader), 0);
	load_step(loader, 1);
	load_abandon(loader);
	assert_null(conf);
}

/* ---- calls of the past */

#define HEADING                                                                                    \
	"call_id,name,calling,called,peer_in,setup,redirecting,bearer,source,called_type,"         \
	"calling_type\n"
#define RECORD(id, called, source)                                                                 \
#id ",\"a \"\"name\"\", x\",4085550100," called ",1,T" #id ",,speech," source              \
	    ",unknown/unknown,unknown/unknown\n"
#define PEERS                                                                                      \
	PRI "dial-peer voice 1 voip\n incoming called-number .\ndial-peer voice 2 pots\n "         \
	    "incoming called-number .\n port 1:D\n"
#define TO(tag, pattern, target)                                                                   \
	"dial-peer voice " #tag " voip\n destination-pattern " pattern                             \
	"\n session target ipv4:" target "\n"

static struct plan *plan_of(const char *text)
{
	struct conf *conf = load_text(text);
	struct plan *plan;
	char why[256];

	assert_int_equal(conf_make_plan(conf, &plan, why, sizeof(why)), 0);
	conf_free(conf);
	return plan;
}

static int reroute(const char *now, const char *then, const char *records, size_t last,
		   struct reroute_count *count)
{
	struct reroute r = {
	    .now = plan_of(now), .then = plan_of(then), .line = keep_line, .arg = &out};
	FILE *file = fmemopen((void *)records, strlen(records), "r");
	int rc;

	begin(&out);
	assert_non_null(file);
	rc = reroute_records(&r, file, last, count);
	fclose(file);
	plan_unref((struct plan *)r.now);
	plan_unref((struct plan *)r.then);
	return rc;
}

static void finds_the_calls_that_would_go_another_way(void **state)
{
	static const char records[] = HEADING RECORD(1, "2001", "1:D") RECORD(2, "3001", "1:D")
	    RECORD(3, "2002", "sip:10.0.0.9:5060") RECORD(4, "2003", "") RECORD(5, "9", "moon");
	struct reroute_count count;

	/* the second plan has a better peer for 2001 and none for 3001 */
	assert_int_equal(reroute(PEERS TO(10, "2...", "10.0.0.1") TO(11, "3...", "10.0.0.1"),
				 PEERS TO(10, "2...", "10.0.0.1") TO(12, "2001", "10.0.0.2"),
				 records, 100, &count),
			 0);
	assert_int_equal(count.records, 5);
	assert_int_equal(count.changed, 2);
	assert_int_equal(count.unreadable, 1);
	assert_string_equal(
	    out.text,
	    "call 1, T1: 4085550100 -> 2001, from 1:D\n"
	    "  now:  peer 10 ipv4:10.0.0.1 sends 2001 from 4085550100\n"
	    "  then: peer 12 ipv4:10.0.0.2 sends 2001 from 4085550100, peer 10 ipv4:10.0.0.1 sends "
	    "2001\n"
	    "call 2, T2: 4085550100 -> 3001, from 1:D\n"
	    "  now:  peer 11 ipv4:10.0.0.1 sends 3001 from 4085550100\n"
	    "  then: refused, cause 1\n");
	assert_int_equal(reroute(PEERS, PEERS, records, 100, &count), 0);
	assert_int_equal(count.changed, 0);
}

static void looks_at_the_last_records_only(void **state)
{
	static const char heading_only[] = HEADING;
	char *records = talloc_strdup(ctx, HEADING);
	struct reroute_count count;

	for (unsigned i = 1; i <= 2000; i++)
		records = talloc_asprintf_append_buffer(
		    records, "%u,,1,20%02u,1,T,,,1:D,unknown/unknown,\n", i, i % 100);
	for (unsigned last = 1; last <= 2500; last = last * 3 + 1) {
		char first[32];
		unsigned expected = last > 2000 ? 2000 : last;

		assert_int_equal(
		    reroute(PEERS TO(1000, "2...", "10.0.0.1"), PEERS, records, last, &count), 0);
		assert_int_equal(count.records, expected);
		assert_int_equal(count.changed, expected);
		snprintf(first, sizeof(first), "call %u, ", 2001 - expected);
		if (last < 300)
			assert_memory_equal(out.text, first, strlen(first));
	}
	/* the last line is being written */
	records = talloc_strdup_append_buffer(records, "2001,,1,20");
	assert_int_equal(reroute(PEERS, PEERS, records, 2, &count), 0);
	assert_int_equal(count.records, 1);
	assert_int_equal(reroute(PEERS, PEERS, heading_only, 2, &count), 0);
	assert_int_equal(count.records, 0);
	assert_int_equal(reroute(PEERS, PEERS, "call_id,name\n1,x\n", 2, &count), -22);
	talloc_free(records);
}

/* A file that a release before `source` has begun, with records of both. */
static void reads_records_of_older_releases(void **state)
{
	static const char before[] =
	    "call_id,name,calling,called,peer_in,peer_out,channel,setup,answer,end,cause,sip_"
	    "status,"
	    "ended_by,packets_sent,packets_received,packets_lost,jitter_us,"
	    "redirecting,connected,bearer,location,charge,services,channel_out\n"
	    "1,,1,2001,1,1,1/7,T1,,T,16,200,caller,0,0,0,0,,,speech,0,,,\n"
	    "2,,1,2001,1,1,1/7,T2,,T,16,200,caller,0,0,0,0,,,speech,0,,,,2001,1,,1:D,"
	    "national/isdn,national/isdn\n";
	struct reroute_count count;

	assert_int_equal(reroute(PEERS, PEERS TO(10, "2...", "10.0.0.1"), before, 100, &count), 0);
	assert_int_equal(count.records, 2);
	assert_int_equal(count.changed, 2);
	assert_int_equal(count.unreadable, 0);
	assert_non_null(strstr(out.text, "call 1, T1: 1 -> 2001\n"));
	assert_non_null(strstr(out.text, "call 2, T2: 1 -> 2001, from 1:D\n"));
}

static void goes_by_the_types_of_the_numbers(void **state)
{
	static const char national[] =
	    HEADING "1,,4085550100,2079460000,2,T1,,speech,1:D,national/isdn,national/isdn\n";
	static const char plan[] = "voice number-plan\n country-code 44\n" PEERS;
	struct reroute_count count;
	char with[2000];

	snprintf(with, sizeof(with), "%s%s", plan, TO(10, "+442079460000", "10.0.0.1"));
	assert_int_equal(reroute(plan, with, national, 1, &count), 0);
	assert_int_equal(count.changed, 1);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tells_what_differs_block_by_block),
	    cmocka_unit_test(counts_peers_apart_from_other_blocks),
	    cmocka_unit_test(leaves_what_is_in_both),
	    cmocka_unit_test(tells_all_of_a_block_with_too_many_differences),
	    cmocka_unit_test(takes_what_can_be_taken_and_tells_what_waits),
	    cmocka_unit_test(reads_the_same_in_steps_of_any_size),
	    cmocka_unit_test(tells_errors_of_all_steps_with_their_lines),
	    cmocka_unit_test(finds_the_calls_that_would_go_another_way),
	    cmocka_unit_test(looks_at_the_last_records_only),
	    cmocka_unit_test(reads_records_of_older_releases),
	    cmocka_unit_test(goes_by_the_types_of_the_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return rig_main(run);
}
