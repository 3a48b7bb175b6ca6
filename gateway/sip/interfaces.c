// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/sip/interfaces.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>

#include "gateway/log/log.h"
#include "gateway/sip/ua_private.h"

struct interfaces {
	struct ua *ua;
	struct osmo_fd fd;
	bool missing[UA_SOCKETS_MAX]; /* by place in ua->sockets */
};

static bool is_listened_on(const struct ua *ua, const struct sockaddr_storage *address)
{
	for (unsigned i = 0; i < ua->sockets_count; i++)
		if (target_same_host(&ua->sockets[i].address, address))
			return true;
	return false;
}

static bool has_wildcard(const struct ua *ua, int family)
{
	static const struct in6_addr any = IN6ADDR_ANY_INIT;

	for (unsigned i = 0; i < ua->config.listen_count; i++) {
		const struct sockaddr_storage *a = &ua->config.listen[i].address;

		if (a->ss_family == family &&
		    !memcmp(family == AF_INET
				? (const void *)&((const struct sockaddr_in *)a)->sin_addr
				: (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr,
			    &any, family == AF_INET ? 4 : 16))
			return true;
	}
	return false;
}

static bool mark(struct interfaces *is, const struct sockaddr_storage *address, bool missing)
{
	bool changed = false;

	for (unsigned i = 0; i < is->ua->sockets_count; i++) {
		if (!target_same_host(&is->ua->sockets[i].address, address))
			continue;
		changed = changed || is->missing[i] != missing;
		is->missing[i] = missing;
	}
	return changed;
}

static void changed(struct interfaces *is, const struct sockaddr_storage *address, unsigned index,
		    bool gone)
{
	char name[IF_NAMESIZE] = "", text[TARGET_ADDRESS_MAX];

	target_address_host((const struct sockaddr *)address, text, sizeof(text));
	if_indextoname(index, name);
	if (!is_listened_on(is->ua, address)) {
		if (!gone && has_wildcard(is->ua, address->ss_family))
			LOGP(DSIP, LOGL_NOTICE,
			     "%s has come to %s: SIP listens there after the next start\n", text,
			     name);
	} else if (mark(is, address, gone)) {
		LOGP(DSIP, gone ? LOGL_ERROR : LOGL_NOTICE, "%s, where SIP listens, %s %s%s\n",
		     text, gone ? "has gone from" : "is back on", name,
		     gone ? ": nobody reaches it there until it is back" : "");
	}
}

static void take_address(struct interfaces *is, const struct nlmsghdr *head)
{
	const struct ifaddrmsg *message = NLMSG_DATA(head);
	const struct rtattr *a = IFA_RTA(message), *local = NULL;
	struct sockaddr_storage address = {.ss_family = message->ifa_family};
	size_t octets = message->ifa_family == AF_INET ? 4 : 16;
	int size = (int)IFA_PAYLOAD(head);

	if (message->ifa_family != AF_INET && message->ifa_family != AF_INET6)
		return;
	for (; RTA_OK(a, size); a = RTA_NEXT(a, size))
		if (a->rta_type == IFA_LOCAL || (a->rta_type == IFA_ADDRESS && !local))
			local = a;
	if (!local || RTA_PAYLOAD(local) != octets)
		return;
	if (message->ifa_family == AF_INET)
		memcpy(&((struct sockaddr_in *)&address)->sin_addr, RTA_DATA(local), octets);
	else
		memcpy(&((struct sockaddr_in6 *)&address)->sin6_addr, RTA_DATA(local), octets);
	if (address.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&((struct sockaddr_in6 *)&address)->sin6_addr))
		return;
	changed(is, &address, message->ifa_index, head->nlmsg_type == RTM_DELADDR);
}

void interfaces_take(struct interfaces *is, const void *message, size_t size)
{
	const struct nlmsghdr *head = message;
	int left = (int)size;

	for (; NLMSG_OK(head, left); head = NLMSG_NEXT(head, left))
		if ((head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR) &&
		    head->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
			take_address(is, head);
}

static int fd_ready(struct osmo_fd *fd, unsigned int what)
{
	_Alignas(struct nlmsghdr) char buffer[8192];
	ssize_t n = recv(fd->fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	if (n > 0)
		interfaces_take(fd->data, buffer, (size_t)n);
	return 0;
}

int interfaces_new(struct ua *ua, struct interfaces **out)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};
	struct interfaces *is = talloc_zero(ua, struct interfaces);
	int fd;

	if (!is)
		return -ENOMEM;
	is->ua = ua;
	*out = is;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	osmo_fd_setup(&is->fd, fd, OSMO_FD_READ, fd_ready, is, 0);
	if (fd < 0)
		return 0;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || osmo_fd_register(&is->fd)) {
		close(fd);
		is->fd.fd = -1;
	}
	return 0;
}

void interfaces_free(struct interfaces *is)
{
	if (!is)
		return;
	if (is->fd.fd >= 0) {
		osmo_fd_unregister(&is->fd);
		close(is->fd.fd);
	}
	talloc_free(is);
}
