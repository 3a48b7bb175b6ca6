/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * user_to_user - the User-to-User header (RFC 7433) of the ISDN package (RFC 7434) and Q.931's
 * user-user information.
 *
 *	User-to-User: 04486920746865726520;encoding=hex;purpose=isdn-uui;content=isdn-uui
 *
 * The value is hexadecimal and begins with the protocol discriminator (04: IA5). Those that do not
 * name a purpose, or give it as it was called before the RFC, are taken for ISDN's; other packages,
 * encodings and contents are not ours. libc only.
 */
#ifndef GATEWAY_SIP_USER_TO_USER_H
#define GATEWAY_SIP_USER_TO_USER_H

#include <stddef.h>

#include "dialplan/party.h"

#define USER_TO_USER_TEXT_MAX (2 * USER_USER_MAX + 80)

/* text: the value of the header, a list as well: the first that is ISDN's. -ENOENT, -EINVAL,
 * -EMSGSIZE: *out is untouched. */
int user_to_user_read(const char *text, struct user_user *out);
void user_to_user_write(const struct user_user *user_user, char text[USER_TO_USER_TEXT_MAX]);

#endif
