// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client of the console sends: the first octet says whether it comes by TCP (1), whether there is a
 * password (2), and whether the rest comes in two parts (4). The gateway has a configuration with a dial
 * plan, and nothing that runs.
 *
 * With -DREPLAY it has a main of its own that reads files (all of corpus/console if none is named). */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <osmocom/core/application.h>
#include <osmocom/core/select.h>
#include <osmocom/vty/vty.h>

#include "conf/load.h"
#include "gateway/admin/connection.h"
#include "gateway/admin/console.h"
#include "gateway/log/log.h"

#define TURNS_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char configuration[] = "hostname lab\n"
				    "controller e1 1\n"
				    " driver cesopsn listen 127.0.0.1:5001 peer 127.0.0.1:5002\n"
				    " pri-group timeslots 1-31\n"
				    "voice translation-rule 1\n"
				    " rule 1 /^9\\(.*\\)/ /\\1/\n"
				    "voice translation-profile out\n"
				    " translate called 1\n"
				    "voice class e164-pattern-map 1\n"
				    " e164 +4420T\n"
				    "dial-peer voice 1 pots\n"
				    " destination-pattern 9T\n"
				    " translation-profile outgoing out\n"
				    " port 1:D\n"
				    "dial-peer voice 2 voip\n"
				    " destination e164-pattern-map 1\n"
				    " session target ipv4:192.0.2.1\n"
				    "end\n";

static struct gateway gateway;
static struct conf *conf;

static void tell_error(void *arg, const char *text)
{
	fprintf(stderr, "%s\n", text);
}

static void setup(void)
{
	static struct vty_app_info info = {.name = "fuzz", .version = "0"};
	const struct load_text text = {
	    .name = "f", .octets = configuration, .length = strlen(configuration)};

	log_setup(NULL);
	log_set_log_level(osmo_stderr_target, LOGL_FATAL);
	vty_init(&info);
	load_setup(NULL);
	assert(load_from_text(NULL, &text, tell_error, NULL, &conf) == 0);
	gateway.conf = conf;
	gateway.conf_path = "f";
	assert(console_setup(NULL, &gateway) == 0);
}

static void drain(int fd)
{
	char octets[4096];

	while (recv(fd, octets, sizeof(octets), MSG_DONTWAIT) > 0)
		;
}

static void say(int fd, const uint8_t *data, size_t size)
{
	size_t sent = 0;

	for (unsigned turn = 0; turn < TURNS_MAX && connection_count(); turn++) {
		ssize_t n = sent < size
				? send(fd, data + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL)
				: 0;

		sent += n > 0 ? (size_t)n : 0;
		if (!osmo_select_main(1) && sent == size)
			break;
		drain(fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size ? data[0] : 0;
	size_t first = how & 4 ? size / 2 : size;
	int pair[2];

	if (!conf)
		setup();
	strcpy(conf->vty_password, how & 2 ? "secret" : "");
	assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	assert(connection_new(NULL, pair[0], how & 1 ? AF_INET : AF_UNIX) == 0);
	if (first > 1)
		say(pair[1], data + 1, first - 1);
	if (size > first)
		say(pair[1], data + first, size - first);
	close(pair[1]);
	for (unsigned turn = 0; turn < 4 && connection_count(); turn++)
		osmo_select_main(1);
	connection_close_all();
	assert(!connection_count());
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
	return replay_main(argc, argv, "console", replay);
}
#endif
