/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * call_service - `call service stop`: no new calls by SIP, so that the gateway can be taken out of
 * service without anybody noticing.
 *
 * While it is stopped, INVITEs and OPTIONS are answered 503 with Retry-After, which sends a proxy
 * elsewhere; calls from the telephone network find all SIP peers busied out and go to other peers,
 * or back with cause 41, upon which an exchange routes them another way. Calls that are up go on;
 * `forced` ends them with cause 41, but for emergency calls. New calls to emergency numbers are
 * always taken.
 */
#ifndef GATEWAY_SIP_CALL_SERVICE_H
#define GATEWAY_SIP_CALL_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

struct tenant;
struct ua;

struct call_service_order {
	bool stop, forced;
	bool maintain_registration; /* stay registered at the registrars */
};

void call_service_set(struct ua *ua, const struct call_service_order *order);
/* The lines of the tenants are registered, unless the service is stopped. As registrations_change(). */
void call_service_register(struct ua *ua, const struct tenant *tenants, unsigned count);
/* "up", "stopping, 3 calls left", "stopped" */
void call_service_describe(const struct ua *ua, char *text, size_t size);

#endif
