/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * flow_key - the secret by which the gateway knows its own flows again (proxy_flow.c).
 *
 * Call managers keep a telephone's Path, and dialogs their Routes, longer than the gateway may run: the
 * key is in a file of its own, and stays. libc and libcrypto only.
 */
#ifndef GATEWAY_SIP_FLOW_KEY_H
#define GATEWAY_SIP_FLOW_KEY_H

#include <stdint.h>

#define FLOW_KEY_SIZE 32
#define FLOW_KEY_FILE "flow-key"

/* The one in the folder, made at the first time. folder NULL: one that lasts as long as the process.
 * Where the file cannot be read or made the key lasts no longer either, and this returns negative
 * errno. -ENOKEY, and no key: there are no random numbers. */
int flow_key_open(const char *folder, uint8_t key[FLOW_KEY_SIZE]);

#endif
