/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * location_store - `location store`: where the bindings of telephones outlive the gateway.
 */
#ifndef CONF_LOCATION_STORE_H
#define CONF_LOCATION_STORE_H

struct conf;

/* What conf says, as conf->survive.location, which points into conf. */
void location_store_use(struct conf *conf);

#endif
