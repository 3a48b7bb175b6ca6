/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * commands - what the files of console commands share with console.c.
 *
 * Each file installs its own commands into ENABLE_NODE; console_setup() calls them all. A command
 * prints with console_print() and returns CMD_SUCCESS, or CMD_WARNING after one sentence that
 * begins with "% ".
 *
 * A command that ends later (csim) takes a console_wait: its lines appear on the console they were
 * asked for, whatever is typed meanwhile, and a `sipspan csim ...` stays until console_wait_end().
 */
#ifndef GATEWAY_ADMIN_COMMANDS_H
#define GATEWAY_ADMIN_COMMANDS_H

#include <stdbool.h>

#include "gateway/admin/console.h"

struct vty;
struct log_target;
struct console_wait;

struct gateway *console_gateway(void); /* never NULL; its members may be */

/* One line, or several if it holds newlines. What came from the network may be printed as it is:
 * other control characters become dots. */
void console_print(struct vty *vty, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A column, "%-*s", is as wide as the longest text that stands in it. */
void console_widen(int *width, const char *text);

/* abandon: the console is gone; the wait is invalid from then on. It must not call back into the
 * call that it watches. NULL: this console waits for something already. */
struct console_wait *console_wait_begin(struct vty *vty, void (*abandon)(void *arg), void *arg);
void console_wait_line(struct console_wait *wait, const char *text);
void console_wait_end(struct console_wait *wait, int status); /* status: 0 done, 1 failed */

/* Nothing was started after all: the command's own return tells how it went. */
void console_wait_cancel(struct console_wait *wait);

/* Whose console it is: "root", "127.0.0.1". */
void console_who(struct vty *vty, char *name, size_t size);

/* A line that nobody asked for, above what is being typed. Consoles that do not read lose lines. */
void console_interrupt(struct vty *vty, const char *text);
/* Log lines to this console (NULL: off). The target goes with the console. 0, or -ENOTSUP if this
 * is no dialogue. */
int console_monitor(struct vty *vty, struct log_target *target);

void console_each_monitor(void (*fn)(struct log_target *target));

/* The span of "1:D" ("1:15", "1:23"), or 0 after it has said what is wrong. */
unsigned console_serial(struct vty *vty, const char *text);

/* debug.c */
void debug_apply(void);		  /* levels of the log, after something was switched */
void debug_tell(struct vty *vty); /* what is on */
/* debug_isdn.c */
bool debug_isdn_has_lines(void);	    /* writes to the log */
unsigned debug_isdn_print(struct vty *vty); /* returns how many lines that were */
void debug_isdn_off(void);
void debug_isdn_install(void);

void show_call_install(void);
void show_isdn_install(void); /* show isdn ..., show controllers */
void show_isdn_calls_install(void);
void show_controllers_install(void);
void isdn_channels_install(void);
void show_peer_install(void);
void show_keepalive_install(void);
void show_call_manager_install(void);
void survivability_install(void);
void show_connections_install(void);
struct peer;
const char *keepalive_text(const struct peer *peer); /* "active", "busy-out", or "" */
void show_dial_plan_install(void);
bool trunk_group_is_down(const char *name); /* none of its ports is up (show_dial_plan.c) */
void show_peer_state_install(void);
void show_system_install(void);
void show_sip_map_install(void);
void debug_install(void);
void csim_install(void);
void show_enum_install(void);
void show_hunt_group_install(void);
void show_conference_install(void);
void call_service_install(void);
void show_sources_install(void);
void show_sip_statistics_install(void);
void show_registrations_install(void);
void show_phones_install(void);
void show_subscriptions_install(void);
void supplementary_install(void);
void reload_install(void);
void ios_words_install(void);

#endif
