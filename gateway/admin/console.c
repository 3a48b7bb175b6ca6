// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/admin/console.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <osmocom/core/select.h>
#include <osmocom/core/socket.h>
#include <osmocom/core/timer.h>
#include <osmocom/vty/buffer.h>
#include <osmocom/vty/command.h>
#include <osmocom/vty/telnet_interface.h>
#include <osmocom/vty/vector.h>
#include <osmocom/vty/vty.h>

#include "conf/conf.h"
#include "gateway/admin/commands.h"
#include "gateway/admin/connection.h"
#include "gateway/log/log.h"

#define CONSOLE_GROUP "sipspan"

struct listener {
	struct osmo_fd fd;	      /* fd -1: not open */
	struct osmo_timer_list pause; /* out of descriptors: try again a little later */
	int family;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static struct console {
	void *ctx;
	struct gateway *gateway;
	struct listener local, tcp;
} console = {.local.fd.fd = -1, .tcp.fd.fd = -1};

static struct gateway no_gateway;

/* In the place of libosmovty's own node, whose commands write files and show other things. */
static struct cmd_node console_node = {ENABLE_NODE, "%s# ", 1};

struct gateway *console_gateway(void)
{
	return console.gateway ? console.gateway : &no_gateway;
}

void console_who(struct vty *vty, char *name, size_t size)
{
	const struct telnet_connection *connection = vty->priv;
	struct ucred peer = {.uid = (uid_t)-1};
	int domain = AF_UNIX;
	socklen_t length = sizeof(domain);
	const struct passwd *user;

	getsockopt(connection->fd.fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
	if (domain != AF_UNIX) {
		if (osmo_sock_get_remote_ip(connection->fd.fd, name, size) != 0)
			snprintf(name, size, "somebody who has gone");
		return;
	}
	length = sizeof(peer);
	getsockopt(connection->fd.fd, SOL_SOCKET, SO_PEERCRED, &peer, &length);
	user = getpwuid(peer.uid);
	if (user)
		snprintf(name, size, "%s", user->pw_name);
	else
		snprintf(name, size, "user %u", (unsigned)peer.uid);
}

static int leave(struct vty *vty)
{
	vty->status = VTY_CLOSE;
	/* libosmovty closes before it writes the rest */
	if (vty->fd >= 0)
		buffer_flush_all(vty->obuf, vty->fd);
	return CMD_SUCCESS;
}

DEFUN(console_exit, console_exit_cmd, "exit", "Leave the console\n")
{
	return leave(vty);
}

DEFUN(console_quit, console_quit_cmd, "quit", "Leave the console\n")
{
	return leave(vty);
}

DEFUN(console_enable, console_enable_cmd, "enable", "Nothing to do: the console is privileged\n")
{
	return CMD_SUCCESS;
}

DEFUN(console_configure, console_configure_cmd, "configure terminal",
      "Configuration\n"
      "From this console\n")
{
	const char *path = console_gateway()->conf_path;

	console_print(vty,
		      "%% The file %s is the configuration: edit it, try it with `reload check`, "
		      "then `reload`.",
		      path ? path : CONF_FILE);
	return CMD_WARNING;
}

int console_setup(void *ctx, struct gateway *gateway)
{
	static bool installed;

	console.ctx = ctx;
	console.gateway = gateway;
	if (installed)
		return 0;
	installed = true;
	signal(SIGPIPE, SIG_IGN); /* libosmovty writes to its clients with writev(2) */
	install_node(&console_node, NULL);
	vector_free(console_node.cmd_vector);
	console_node.cmd_vector = vector_init(VECTOR_MIN_SIZE);
	install_element(ENABLE_NODE, &console_exit_cmd);
	install_element(ENABLE_NODE, &console_quit_cmd);
	install_element(ENABLE_NODE, &console_enable_cmd);
	install_element(ENABLE_NODE, &console_configure_cmd);
	install_lib_element(ENABLE_NODE, &config_list_cmd);
	show_call_install();
	show_isdn_install();
	isdn_channels_install();
	show_peer_install();
	show_keepalive_install();
	show_hunt_group_install();
	show_conference_install();
	show_call_manager_install();
	survivability_install();
	show_connections_install();
	show_dial_plan_install();
	show_peer_state_install();
	show_system_install();
	show_sip_map_install();
	debug_install();
	csim_install();
	show_enum_install();
	call_service_install();
	show_sources_install();
	show_sip_statistics_install();
	show_registrations_install();
	show_phones_install();
	show_subscriptions_install();
	supplementary_install();
	reload_install();
	ios_words_install();
	return 0;
}

/* ---- listening */

static void listener_resume(void *data)
{
	struct listener *l = data;

	l->fd.when = OSMO_FD_READ;
}

static void say_full(int fd)
{
	static const char full[] = "% Too many consoles are open.\n\0"
				   "1";

	if (send(fd, full, sizeof(full) - 1, MSG_NOSIGNAL) < 0)
		LOGP(DADMIN, LOGL_DEBUG, "console: %s\n", strerror(errno));
}

static int listener_ready(struct osmo_fd *ofd, unsigned int what)
{
	struct listener *l = ofd->data;
	int fd = accept4(ofd->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			ofd->when = 0;
			osmo_timer_schedule(&l->pause, 1, 0);
		}
		return 0;
	}
	if (connection_count() >= CONNECTIONS_MAX) {
		say_full(fd);
		close(fd);
	} else if (connection_new(console.ctx, fd, l->family) < 0) {
		close(fd);
	}
	return 0;
}

/* Takes fd over if it succeeds. */
static int listener_start(struct listener *l, int family, int fd)
{
	if (listen(fd, 16) < 0)
		return -errno;
	l->family = family;
	osmo_timer_setup(&l->pause, listener_resume, l);
	osmo_fd_setup(&l->fd, fd, OSMO_FD_READ, listener_ready, l, 0);
	if (osmo_fd_register(&l->fd) == 0)
		return 0;
	l->fd.fd = -1;
	return -ENOMEM;
}

static void listener_stop(struct listener *l)
{
	if (l->fd.fd < 0)
		return;
	osmo_timer_del(&l->pause);
	osmo_fd_unregister(&l->fd);
	close(l->fd.fd);
	l->fd.fd = -1;
	if (l->path[0])
		unlink(l->path);
	l->path[0] = '\0';
}

/* Takes a dead gateway's socket away. -EADDRINUSE: this one lives. */
static int clear_path(const struct sockaddr_un *address)
{
	struct stat st;
	int fd, rc = 0;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
		rc = -EADDRINUSE;
	else if (errno != ECONNREFUSED)
		rc = -errno;
	else if (unlink(address->sun_path) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* The group is a convenience of an installed gateway: without it the owner alone may connect. */
static void give_to_group(const char *path)
{
	struct group *group = getgrnam(CONSOLE_GROUP);

	if (group && chown(path, (uid_t)-1, group->gr_gid) < 0)
		LOGP(DADMIN, LOGL_DEBUG, "console: group of %s: %s\n", path, strerror(errno));
}

static int bind_local(const struct sockaddr_un *address, int *out)
{
	mode_t mask;
	int fd, rc;

	rc = clear_path(address);
	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117);
	rc = bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? -errno : 0;
	umask(mask);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	give_to_group(address->sun_path);
	*out = fd;
	return 0;
}

static const char *remedy(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "another gateway answers there: stop it, or name another socket with -s";
	case -EEXIST:
		return "that is a file, not a socket: remove it, or name another socket with -s";
	case -ENOENT:
		return "the folder is missing: make it, or name another socket with -s";
	case -EACCES:
	case -EPERM:
		return "not permitted: run as user sipspan, or name another socket with -s";
	case -ENAMETOOLONG:
		return "the path is too long for a socket";
	default:
		return strerror(-rc);
	}
}

int console_listen(const char *path, char *why, size_t why_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = -1, rc = -ENAMETOOLONG;

	if (strlen(path) >= sizeof(address.sun_path))
		goto fail;
	memcpy(address.sun_path, path, strlen(path));
	rc = bind_local(&address, &fd);
	if (rc < 0)
		goto fail;
	rc = listener_start(&console.local, AF_UNIX, fd);
	if (rc < 0)
		goto fail;
	memcpy(console.local.path, address.sun_path, sizeof(console.local.path));
	return 0;
fail:
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	snprintf(why, why_size, "cannot open the console %s: %s", path, remedy(rc));
	return rc;
}

static int parse_address(const char *text, unsigned port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons((uint16_t)port);
		return 0;
	}
	return -EINVAL;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

int console_listen_tcp(const char *address, unsigned port, char *why, size_t why_size)
{
	const struct conf *conf = console_gateway()->conf;
	struct sockaddr_storage where;
	int fd = -1, rc, on = 1;

	rc = parse_address(address, port, &where);
	if (rc < 0) {
		snprintf(why, why_size, "cannot open the console: %s is not an address", address);
		return rc;
	}
	if (!is_loopback(&where) && !(conf && conf->vty_password[0])) {
		snprintf(
		    why, why_size,
		    "cannot open the console on %s: off loopback it needs a password under `line "
		    "vty`",
		    address);
		return -EPERM;
	}
	fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto fail;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
		goto fail;
	if (bind(fd, (struct sockaddr *)&where, sizeof(where)) < 0)
		goto fail;
	rc = listener_start(&console.tcp, where.ss_family, fd);
	if (rc == 0)
		return 0;
	errno = -rc;
fail:
	rc = -errno;
	if (fd >= 0)
		close(fd);
	snprintf(why, why_size, "cannot open the console on %s port %u: %s", address, port,
		 rc == -EADDRINUSE
		     ? "the port is taken: choose another with `bind` under `line vty`"
		     : strerror(-rc));
	return rc;
}

void console_close(void)
{
	listener_stop(&console.local);
	listener_stop(&console.tcp);
	connection_close_all();
}
