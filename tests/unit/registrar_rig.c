// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/registrar_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "tests/unit/name_server.h"

struct registrar registrar;
struct phone registrar_other;

static void set_registrar(unsigned index, const char *host, unsigned port)
{
	struct account_registrar *r = &registrar.account.registrars[index];

	snprintf(r->target, sizeof(r->target), "%s:%u", host, port);
	r->expires_s = 100;
	r->refresh_percent = 80;
}

static void configure(struct ua_config *config)
{
	set_registrar(0, "ipv4:127.0.0.1", rig.peer_port);
	config->tenants = registrar.tenants;
	config->tenants_count = 1;
	config->registration = (struct registration_times){.base_ms = REGISTRAR_BASE_MS,
							   .base_other_ms = 3 * REGISTRAR_BASE_MS,
							   .max_ms = REGISTRAR_MAX_MS,
							   .spread_ms = 1,
							   .second_ms = REGISTRAR_SECOND_MS};
}

static char name_server[32];

static void configure_name(struct ua_config *config)
{
	config->name_servers = name_server;
	configure(config);
	set_registrar(0, "dns:moving.test", rig.peer_port);
}

static void configure_tcp(struct ua_config *config)
{
	configure(config);
	set_registrar(0, "ipv6:[::1]", rig.peer_port);
	registrar.account.registrars[0].transport = PEER_TRANSPORT_TCP;
}

static void configure_two(struct ua_config *config)
{
	configure(config);
	set_registrar(ACCOUNT_REGISTRAR_SECONDARY, "ipv4:127.0.0.2", rig.peer_port);
}

static void configure_watched(struct ua_config *config)
{
	configure_two(config);
	registrar.watch.times = (struct server_times){.keepalive_ms = REGISTRAR_KEEPALIVE_MS,
						      .misses = REGISTRAR_MISSES,
						      .hold_down_ms = REGISTRAR_HOLD_DOWN_MS};
	config->registrar_watch = registrar.watch;
}

static void begin(const char *line)
{
	memset(&registrar.account, 0, sizeof(registrar.account));
	memset(registrar.lines, 0, sizeof(registrar.lines));
	memset(&registrar.watch, 0, sizeof(registrar.watch));
	strcpy(registrar.lines[0].name, line);
	registrar.account.lines = registrar.lines;
	registrar.account.lines_count = 1;
	registrar.account.users[0] = (struct account_user){"u", "secret", "example.com"};
	registrar.account.users_count = 1;
}

/* configure: of the user agent; phone_open() or phone_listen() by the caller */
static void start(const char *line, void (*configure_ua)(struct ua_config *))
{
	begin(line);
	registrar.tenants[0] = (struct tenant){.account = &registrar.account};
	registrar.t1_ms = RIG_T1_MS;
	rig_configure = configure_ua;
	rig_start(NULL);
}

int registrar_start(void **state)
{
	start("+4930111", configure);
	phone_open(&registrar.phone, false, false, rig.peer_port);
	return 0;
}

int registrar_start_account(void **state)
{
	start("pbx", configure);
	phone_open(&registrar.phone, false, false, rig.peer_port);
	return 0;
}

int registrar_start_two(void **state)
{
	start("+4930111", configure_two);
	phone_open(&registrar.phone, false, false, rig.peer_port);
	return 0;
}

void registrar_open(struct phone *phone)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(rig.peer_port)};
	struct sockaddr_storage gateway;
	int fd;

	if (phone == &registrar.phone) {
		phone_open(phone, false, false, rig.peer_port);
		return;
	}
	phone_open(phone, false, false, 0);
	gateway = phone->gateway;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	inet_pton(AF_INET, "127.0.0.2", &address.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	phone_use_socket(phone, fd, &gateway);
}

int registrar_start_watched(void **state)
{
	start("+4930111", configure_watched);
	registrar_open(&registrar.phone);
	registrar_open(&registrar_other);
	return 0;
}

int registrar_start_tcp(void **state)
{
	start("+4930111", configure_tcp);
	phone_listen(&registrar.phone, true, rig.peer_port);
	return 0;
}

int registrar_start_name(void **state)
{
	name_server_start(name_server);
	start("+4930111", configure_name);
	phone_open(&registrar.phone, false, false, rig.peer_port);
	return 0;
}

int registrar_stop(void **state)
{
	phone_close(&registrar.phone);
	rig_stop();
	return 0;
}

int registrar_stop_name(void **state)
{
	name_server_stop();
	return registrar_stop(state);
}

const char *registrar_take(void)
{
	const char *text = phone_receive(&registrar.phone, 20000);

	if (strncmp(text, "REGISTER sip:", 13))
		fail_msg("expected REGISTER, got \"%.200s\"", text);
	snprintf(registrar.message, sizeof(registrar.message), "%s", text);
	return registrar.message;
}

void registrar_answer(const char *status, const char *headers)
{
	static char none[] = "";

	registrar.phone.contact = none; /* a 200 names what is registered: registrar_grant() */
	registrar.phone.extra = headers;
	phone_respond(&registrar.phone, registrar.message, status, "r", NULL);
	registrar.phone.contact = NULL;
}

const char *registrar_own_uri(void)
{
	static char text[256];
	const char *contact = header(registrar.message, "Contact");

	snprintf(text, sizeof(text), "%.*s", (int)(strchr(contact, '>') - contact + 1), contact);
	return text;
}

void registrar_grant(unsigned seconds, const char *more)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "Contact: <sip:elsewhere@192.0.2.1>;expires=7777, %s;expires=%u%s%s",
		 registrar_own_uri(), seconds, more[0] == ';' ? "" : "\r\n", more);
	registrar_answer("200 OK", text);
}

static bool see(void *arg, const struct registration_view *view)
{
	*(struct registration_view *)arg = *view;
	return false;
}

struct registration_view registrar_look(void)
{
	struct registration_view view = {0};

	registrations_each(ua_registrations(rig.ua), see, &view);
	return view;
}

static bool is_up(void *arg)
{
	return registrar_look().up == *(bool *)arg;
}

void registrar_expect_up(bool up)
{
	assert_true(rig_wait(is_up, &up, 20000));
}

unsigned registrar_cseq(void)
{
	return strtoul(header(registrar.message, "CSeq"), NULL, 10);
}

void registrar_change(const struct tenant *next, unsigned count)
{
	struct ua_config config = {
	    .t1_ms = registrar.t1_ms,
	    .tenants = next,
	    .tenants_count = count,
	    .registrar_watch = registrar.watch,
	};

	ua_change(rig.ua, &config);
}
