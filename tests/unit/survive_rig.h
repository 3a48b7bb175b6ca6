/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * survive_rig - a site on sip_rig: pools of telephones, all of this machine, that are one socket under
 * many names; and a call manager, another socket.
 *
 * site_start() first; pools by site_add_pool() and what else a test wants of site.config; site_serve();
 * site_stop().
 */
#ifndef TESTS_UNIT_SURVIVE_RIG_H
#define TESTS_UNIT_SURVIVE_RIG_H

#include "gateway/survive/survive.h"
#include "tests/unit/sip_one_phone.h"

#define SITE_POOLS_MAX 3
#define SITE_STANDBY_S 120

struct site {
	struct pool pools[SITE_POOLS_MAX];
	struct survive_config config; /* no call manager; 60 to 3600 s, on standby SITE_STANDBY_S */
	struct survive *survive;      /* NULL: is not served */
	struct phone manager;
};

extern struct site site;

void site_start(void);
struct pool *site_add_pool(const char *pattern); /* "": of any number; pool 1, 2, ... */
void site_open_manager(void); /* it is in site.config then, and stops with the site */
void site_serve(void);
void site_serve_as(const struct survive_config *config); /* another one than site.config */
void site_stop(void);

bool site_is_fallback(void *unused); /* for rig_wait() */

/* Lines: Contact and what else there is, or "". */
void site_send_register(const char *name, const char *lines);
void site_ask_to_register(unsigned name); /* telephone 2000, 2001, ... with one Contact */
/* The same; its answer, valid until the next one. */
const char *site_register(unsigned name, const char *status);

#endif
