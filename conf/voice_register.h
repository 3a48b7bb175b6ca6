/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * voice_register - `voice register global` and `voice register pool`: the telephones that may register
 * here. Commands that a pool has in common with voip dial peers are installed by those files.
 */
#ifndef CONF_VOICE_REGISTER_H
#define CONF_VOICE_REGISTER_H

#include "conf/conf_blocks.h"

/* `registrar server [expires max N] [min N]`, in sip of voice service voip */
void voice_register_install_server(void);
void voice_register_write_server(const struct conf *conf, struct conf_writer *writer);

/* voice_register_calls.c, in voice register pool, and in voice register global */
void voice_register_install_home(void);
void voice_register_install_calls(void);
void voice_register_write_calls(const struct conf *conf, struct conf_writer *writer);

/* ... and in voice register pool */
void voice_register_install_pool_calls(void);
void voice_register_write_pool_calls(const struct conf_pool *pool, struct conf_writer *writer);

/* voice_register_pool.c */
struct conf_pool *voice_register_pool_of(struct vty *vty);
/* Makes of them what the gateway works with: conf->survive.global.pools. */
void voice_register_pools_check(struct loader *loader);
unsigned voice_register_pools_line(const struct conf *conf); /* of the first; 0: there is none */
/* Passwords of pools and those of the file, by name: conf->survive.global.users. */
void voice_register_users_check(struct loader *loader);

#endif
