/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * sources - from where SIP calls are accepted, as the configuration has it: the trusted list,
 * wherever a dial peer sends its own calls, and registrars.
 *
 * sources_new() once; sources_set() with a configuration, and again with each new one. Loopback is
 * trusted unless it says otherwise. Names that were in the one before keep their addresses until they are looked up
 * again.
 */
#ifndef GATEWAY_SOURCES_H
#define GATEWAY_SOURCES_H

struct conf;
struct sources;
struct trust;

/* name_servers: as resolver_new() has them, or NULL. */
int sources_new(void *ctx, const char *name_servers, struct sources **out);
/* -ENOMEM: some may be missing. */
int sources_set(struct sources *sources, const struct conf *conf);
const struct trust *sources_trust(const struct sources *sources);
void sources_free(struct sources *sources);

#endif
