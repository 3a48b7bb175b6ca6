/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * value - reads the values in commands, and writes them back.
 *
 * Functions that take a vty report what is wrong by conf_error() and return what it returns; they
 * return CMD_SUCCESS and write *out only if the value is right.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct vty;

struct value_range {
	const char *what; /* "packet frames" */
	unsigned min, max;
};

int value_number(struct vty *vty, const char *text, const struct value_range *range, unsigned *out);
/* The words of a command as one text; too long or empty is refused. */
int value_text(struct vty *vty, int argc, const char **argv, char *out, size_t size);
/* One word. what: "hostname". */
int value_word(struct vty *vty, const char *what, const char *text, char *out, size_t size);

/* A time of a server watch: "30" seconds, up to max_s, or "250ms", 100ms and more. And back. */
int value_time(struct vty *vty, const char *what, const char *text, unsigned max_s,
	       unsigned *out_ms);
#define VALUE_TIME_SIZE 16
const char *value_time_text(unsigned ms, char text[VALUE_TIME_SIZE]);

/* "/TEXT/" without its slashes; none may stand inside, and TEXT may be empty. */
int value_slashed(struct vty *vty, const char *text, char *out, size_t size);

/* "192.0.2.1" or "2001:db8::1", without port. 0 or -EINVAL. */
int value_address(const char *text, struct sockaddr_storage *out);
/* "192.0.2.1:2142" or "[2001:db8::1]:2142". 0 or -EINVAL. */
int value_address_port(const char *text, struct sockaddr_storage *out);
#define VALUE_ADDRESS_SIZE 64
/* Both ways back; the port is left out if it is 0. */
const char *value_address_text(const struct sockaddr_storage *address,
			       char text[VALUE_ADDRESS_SIZE]);
unsigned value_address_get_port(const struct sockaddr_storage *address);
void value_address_set_port(struct sockaddr_storage *address, unsigned port);
bool value_address_is_any(const struct sockaddr_storage *address);
bool value_address_is_loopback(const struct sockaddr_storage *address);
/* "255.255.255.0" to 24; of both families "/64" to 64. -1: no mask of that family. */
int value_prefix(const char *text, int family);
/* The same address, ports aside. */
bool value_address_equal(const struct sockaddr_storage *a, const struct sockaddr_storage *b);

/* "1-5,7,9-31" to bits. max: the last timeslot. 0, or -EINVAL and a sentence in why. */
int value_timeslots(const char *text, unsigned max, uint32_t *out, char *why, size_t why_size);
#define VALUE_TIMESLOTS_SIZE 128
const char *value_timeslots_text(uint32_t timeslots, char text[VALUE_TIMESLOTS_SIZE]);

/* "ipv4:192.0.2.1[:5060]", "ipv6:[2001:db8::1][:5060]", "dns:host.example[:5060]": a server.
 * 0, or -EINVAL and a sentence in why (may be NULL). */
int value_server(const char *text, char *why, size_t why_size);
/* The same; dns: may hold $s$, $d$, $e$ and $u$, and there is "enum:1". */
int value_session_target(const char *text, char *why, size_t why_size);

#endif
