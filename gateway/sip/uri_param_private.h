/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * uri_param - parameters of a URI that somebody has sent: ";transport=tcp;lr".
 *
 * The stack's own functions read on behind the URI where its last parameter begins with the name that is
 * looked for ("lrx"), and leave a value that has no room unwritten while they say that it is there.
 */
#ifndef GATEWAY_SIP_URI_PARAM_PRIVATE_H
#define GATEWAY_SIP_URI_PARAM_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sofia-sip/url.h>

/* name: without "=", letters of any case. */
bool uri_has_param(const url_t *url, const char *name);
/* Length of the value, 0 if there is none; -ENOENT: no such parameter, -EMSGSIZE: no room. The first of
 * that name counts. */
int uri_param(const url_t *url, const char *name, char *value, size_t size);

#endif
