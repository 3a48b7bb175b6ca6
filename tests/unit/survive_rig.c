// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/survive_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

struct site site;

void site_start(void)
{
	rig_start(NULL);
	memset(&site, 0, sizeof(site));
	site.config = (struct survive_config){
	    .global = {.serves = true,
		       .mode = POOL_MODE_STANDBY,
		       .expires_min_s = 60,
		       .expires_max_s = 3600,
		       .expires_standby_s = SITE_STANDBY_S,
		       .pools = site.pools},
	    .location.gateway = "gw",
	};
	phone_open(&phone, false, false, 0);
}

struct pool *site_add_pool(const char *pattern)
{
	unsigned number = ++site.config.global.pools_count;
	struct pool *pool = &site.pools[number - 1];
	struct sockaddr_in *in4 = (struct sockaddr_in *)&pool->network;

	assert_true(number <= SITE_POOLS_MAX);
	pool->number = number;
	pool->prefix_bits = 8;
	in4->sin_family = AF_INET;
	inet_pton(AF_INET, "127.0.0.0", &in4->sin_addr);
	if (pattern[0])
		strcpy(pool->numbers[pool->numbers_count++].pattern, pattern);
	peer_init(&pool->peer, POOL_PEER_TAG + number, PEER_VOIP);
	return pool;
}

void site_open_manager(void)
{
	struct upstream_config *upstream = &site.config.upstream;

	upstream->count = 1;
	snprintf(upstream->managers[0].target, sizeof(upstream->managers[0].target),
		 "ipv4:127.0.0.1:%u", rig.peer_port);
	upstream->managers[0].transport = PEER_TRANSPORT_UDP;
	phone_open(&site.manager, false, false, rig.peer_port);
}

void site_serve_as(const struct survive_config *config)
{
	char why[200] = "";

	if (survive_new(rig.ctx, rig.ua, rig.office, config, &site.survive, why, sizeof(why)))
		fail_msg("%s", why);
}

void site_serve(void)
{
	site_serve_as(&site.config);
}

void site_stop(void)
{
	phone_close(&phone);
	if (site.manager.port)
		phone_close(&site.manager);
	survive_free(site.survive);
	site.survive = NULL;
	rig_stop();
}

bool site_is_fallback(void *unused)
{
	return survive_is_fallback(site.survive);
}

void site_send_register(const char *name, const char *lines)
{
	static unsigned calls;

	snprintf(phone.call_id, sizeof(phone.call_id), "register-%u", ++calls);
	phone.remote_tag[0] = '\0';
	phone.to = name;
	phone.contact = "";
	phone.extra = lines;
	phone_request(&phone, "REGISTER", NULL);
}

void site_ask_to_register(unsigned name)
{
	static char number[8]; /* the telephone keeps both */
	static char lines[80];

	snprintf(number, sizeof(number), "%u", name);
	snprintf(lines, sizeof(lines), "Contact: <sip:%u@127.0.0.1:%u>\r\n", name, phone.port);
	site_send_register(number, lines);
}

const char *site_register(unsigned name, const char *status)
{
	site_ask_to_register(name);
	return phone_expect(&phone, status);
}
