/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * secure_names - whom a certificate is for (RFC 5922 7.1).
 *
 * In this order: if it has SIP URIs without user among its alternative names, their hosts and no
 * others; else its DNS names; else, if it has no alternative name of either kind and none that is
 * an address, its common name. No wildcards. A numeric name is compared with the addresses among
 * its alternative names, and with the common name by the same rule.
 */
#ifndef GATEWAY_SIP_SECURE_NAMES_H
#define GATEWAY_SIP_SECURE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct x509_st;

bool secure_names_match(struct x509_st *certificate, const char *name);
/* "sip.example.com, 192.0.2.1" */
void secure_names_print(struct x509_st *certificate, char *text, size_t size);

#endif
