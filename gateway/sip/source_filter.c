// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/source_filter.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/sip/target.h"

#define SOCKETS_MAX 128
#define UDP_PAYLOAD 8
#define IPV4_SOURCE ((unsigned)SKF_NET_OFF + 12)
#define IPV6_SOURCE ((unsigned)SKF_NET_OFF + 8)
#define PASS 0x40000 /* octets: all of them */

struct source_filter {
	struct filtered_socket {
		int fd;
		bool udp;
		struct sockaddr_storage bound;
	} sockets[SOCKETS_MAX];
	unsigned count;
	struct source_prefix sources[SOURCE_FILTER_IPV4_MAX + SOURCE_FILTER_IPV6_MAX];
	size_t sources_count;
};

/* ---- the program */

struct program {
	struct sock_filter *code;
	unsigned length;
};

static void put(struct program *p, unsigned code, unsigned yes, unsigned no, unsigned k)
{
	p->code[p->length++] = (struct sock_filter){code, (uint8_t)yes, (uint8_t)no, k};
}

static uint32_t word(const uint8_t *octets)
{
	return (uint32_t)octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
}

/* SIP begins with a letter, and what keeps a path open through a NAT with CR LF. */
static void check_first_octet(struct program *p)
{
	put(p, BPF_LD | BPF_B | BPF_ABS, 0, 0, UDP_PAYLOAD); /* an empty one ends here */
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 3, 0, '\r');
	put(p, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, '\n');
	put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 2, ' ');
	put(p, BPF_JMP | BPF_JGE | BPF_K, 1, 0, 0x7f);
	put(p, BPF_JMP | BPF_JA, 0, 0, 1);
	put(p, BPF_RET | BPF_K, 0, 0, 0);
}

/* count addresses follow, each of them one comparison; behind them PASS, then 0. */
static void check_ipv4(struct program *p, const struct source_prefix *sources, size_t count,
		       unsigned ipv4)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, IPV4_SOURCE);
	for (size_t i = 0; i < count; i++) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)&sources[i].address;

		if (in4->sin_family != AF_INET || !ipv4)
			continue;
		put(p, BPF_JMP | BPF_JEQ | BPF_K, ipv4, 0, ntohl(in4->sin_addr.s_addr));
		ipv4--;
	}
	put(p, BPF_RET | BPF_K, 0, 0, PASS);
	put(p, BPF_RET | BPF_K, 0, 0, 0);
}

static void check_ipv6(struct program *p, const struct source_prefix *sources, size_t count,
		       unsigned ipv6)
{
	for (size_t i = 0; i < count; i++) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&sources[i].address;

		if (in6->sin6_family != AF_INET6 || !ipv6)
			continue;
		ipv6--;
		put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, IPV6_SOURCE);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, word(in6->sin6_addr.s6_addr));
		put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, IPV6_SOURCE + 4);
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 4 * ipv6 + 1, 0,
		    word(in6->sin6_addr.s6_addr + 4));
	}
	put(p, BPF_RET | BPF_K, 0, 0, PASS);
	put(p, BPF_RET | BPF_K, 0, 0, 0);
}

unsigned source_filter_compile(const struct source_prefix *sources, size_t count, bool udp,
			       struct sock_filter code[SOURCE_FILTER_CODE_MAX])
{
	struct program p = {.code = code};
	unsigned ipv4 = 0, ipv6 = 0;

	for (size_t i = 0; i < count; i++)
		*(sources[i].address.ss_family == AF_INET ? &ipv4 : &ipv6) += 1;
	if (ipv4 > SOURCE_FILTER_IPV4_MAX)
		ipv4 = SOURCE_FILTER_IPV4_MAX;
	if (ipv6 > SOURCE_FILTER_IPV6_MAX)
		ipv6 = SOURCE_FILTER_IPV6_MAX;
	if (udp)
		check_first_octet(&p);
	put(&p, BPF_LD | BPF_B | BPF_ABS, 0, 0, (unsigned)SKF_NET_OFF);
	put(&p, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 4);
	put(&p, BPF_JMP | BPF_JEQ | BPF_K, 0, ipv4 + 3, 4);
	check_ipv4(&p, sources, count, ipv4);
	check_ipv6(&p, sources, count, ipv6);
	return p.length;
}

/* ---- the sockets */

struct source_filter *source_filter_new(void)
{
	return calloc(1, sizeof(struct source_filter));
}

void source_filter_free(struct source_filter *filter)
{
	free(filter);
}

static bool is_socket(int fd, const struct sockaddr *bound, bool udp)
{
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	int type = 0, listens = 0;

	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0 ||
	    address.ss_family != bound->sa_family ||
	    !target_address_equal((struct sockaddr *)&address, bound))
		return false;
	size = sizeof(type);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		return false;
	size = sizeof(listens);
	if (type == SOCK_STREAM)
		getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	return udp ? type == SOCK_DGRAM : listens;
}

/* The stack does not tell the descriptors of its sockets. */
static int find_socket(const struct sockaddr *bound, bool udp)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;
	int found = -ENOENT;

	while (folder && found < 0 && (entry = readdir(folder))) {
		int fd = entry->d_name[0] == '.' ? -1 : atoi(entry->d_name);

		if (fd >= 0 && is_socket(fd, bound, udp))
			found = fd;
	}
	if (folder)
		closedir(folder);
	return found;
}

static int attach(const struct filtered_socket *s, const struct source_prefix *sources,
		  size_t count)
{
	struct sock_filter code[SOURCE_FILTER_CODE_MAX];
	struct sock_fprog program = {.filter = code};

	program.len = (unsigned short)source_filter_compile(sources, count, s->udp, code);
	if (setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return -errno;
	return 0;
}

int source_filter_add(struct source_filter *filter, const struct sockaddr *bound, bool udp)
{
	struct filtered_socket *s = &filter->sockets[filter->count];
	int fd = find_socket(bound, udp);

	if (fd < 0 || filter->count == SOCKETS_MAX)
		return -ENOENT;
	s->fd = fd;
	s->udp = udp;
	memset(&s->bound, 0, sizeof(s->bound));
	memcpy(&s->bound, bound,
	       bound->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					    : sizeof(struct sockaddr_in));
	filter->count++;
	return attach(s, filter->sources, filter->sources_count);
}

int source_filter_set(struct source_filter *filter, const struct source_prefix *sources,
		      size_t count)
{
	size_t max = sizeof(filter->sources) / sizeof(filter->sources[0]);
	int rc = 0;

	filter->sources_count = count < max ? count : max;
	memcpy(filter->sources, sources, filter->sources_count * sizeof(*sources));
	for (unsigned i = 0; i < filter->count;) {
		struct filtered_socket *s = &filter->sockets[i];
		int error;

		if (!is_socket(s->fd, (struct sockaddr *)&s->bound, s->udp)) {
			*s = filter->sockets[--filter->count];
			continue;
		}
		error = attach(s, filter->sources, filter->sources_count);
		rc = error ? error : rc;
		i++;
	}
	return rc;
}
