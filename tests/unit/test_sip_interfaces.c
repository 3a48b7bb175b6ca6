// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses that leave the machine and come back: what the log says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <cmocka.h>
#include <osmocom/core/application.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "gateway/log/log.h"
#include "gateway/sip/interfaces.h"
#include "gateway/sip/ua_private.h"

static struct ua *ua;
static struct interfaces *interfaces;
static char said[1024];

static void keep(struct log_target *target, unsigned int level, const char *text)
{
	osmo_strlcpy(said + strlen(said), text, sizeof(said) - strlen(said));
}

static void listen_on(const char *text, bool wildcard)
{
	struct ua_socket *s = &ua->sockets[ua->sockets_count++];

	target_address_parse(text, 5060, &s->address);
	s->transport = PEER_TRANSPORT_UDP;
	if (wildcard)
		target_address_parse("0.0.0.0", 5060,
				     &ua->config.listen[ua->config.listen_count++].address);
}

/* The kernel's word of an IPv4 address on lo. */
static void tell(unsigned type, const char *address)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg message;
		struct rtattr attribute;
		struct in_addr address;
	} m = {
	    .head = {.nlmsg_len = sizeof(m), .nlmsg_type = type},
	    .message = {.ifa_family = AF_INET, .ifa_index = if_nametoindex("lo")},
	    .attribute = {.rta_len = RTA_LENGTH(4), .rta_type = IFA_LOCAL},
	};

	inet_pton(AF_INET, address, &m.address);
	said[0] = '\0';
	interfaces_take(interfaces, &m, sizeof(m));
}

static int set_up(void **state)
{
	ua = talloc_zero(NULL, struct ua);
	assert_int_equal(interfaces_new(ua, &interfaces), 0);
	return 0;
}

static int tear_down(void **state)
{
	interfaces_free(interfaces);
	talloc_free(ua);
	return 0;
}

static void one_line_when_an_address_goes_and_one_when_it_is_back(void **state)
{
	listen_on("10.0.0.1", false);
	tell(RTM_NEWADDR, "10.0.0.1"); /* it was there */
	assert_string_equal(said, "");
	tell(RTM_DELADDR, "10.0.0.1");
	assert_non_null(strstr(said, "10.0.0.1, where SIP listens, has gone from lo"));
	tell(RTM_DELADDR, "10.0.0.1");
	assert_string_equal(said, "");
	tell(RTM_NEWADDR, "10.0.0.1");
	assert_non_null(strstr(said, "10.0.0.1, where SIP listens, is back on lo"));
	tell(RTM_DELADDR, "10.0.0.2"); /* not ours */
	assert_string_equal(said, "");
	tell(RTM_NEWADDR, "10.0.0.2");
	assert_string_equal(said, "");
}

static void a_new_address_is_told_where_all_are_listened_on(void **state)
{
	listen_on("10.0.0.1", true);
	tell(RTM_NEWADDR, "10.0.0.2");
	assert_non_null(strstr(said, "10.0.0.2 has come to lo: SIP listens there after the next"));
}

static void what_is_cut_short_is_passed_over(void **state)
{
	struct nlmsghdr head = {.nlmsg_len = sizeof(head), .nlmsg_type = RTM_NEWADDR};

	listen_on("10.0.0.1", true);
	said[0] = '\0';
	interfaces_take(interfaces, &head, sizeof(head));
	head.nlmsg_len = 4000;
	interfaces_take(interfaces, &head, sizeof(head));
	head.nlmsg_len = 0;
	interfaces_take(interfaces, &head, sizeof(head));
	assert_string_equal(said, "");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(one_line_when_an_address_goes_and_one_when_it_is_back,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_new_address_is_told_where_all_are_listened_on, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_is_cut_short_is_passed_over, set_up, tear_down),
	};
	struct log_target *target;

	log_setup(talloc_named_const(NULL, 0, "log"));
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	target = log_target_create();
	target->output = keep;
	log_set_all_filter(target, 1);
	log_set_log_level(target, LOGL_INFO);
	log_add_target(target);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
