/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * pattern_map - voice class e164-pattern-map of the configuration.
 */
#ifndef CONF_PATTERN_MAP_H
#define CONF_PATTERN_MAP_H

#include "conf/conf.h"

/* All entries of the map, the caller's from now on. Those of its file are handed over; asked a second
 * time the file is read again. -EINVAL: that has become wrong, why says how; -ENOMEM. */
int conf_pattern_map_take(struct conf_pattern_map *m, struct pattern_map **out, char *why,
			  size_t why_size);

#endif
