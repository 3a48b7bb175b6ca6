/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * diversion - who diverted a call, in Diversion (RFC 5806) and History-Info (RFC 7044, and as RFC 4244
 * had it), and as a struct redirection. What one of them says the other says too: RFC 7544.
 *
 *	Diversion: <sip:2002@h>;reason=no-answer;counter=1, <sip:2001@h>;reason=user-busy;counter=1
 *	History-Info: <sip:2001@h>;index=1, <sip:2002@h;cause=486>;index=1.1;mp=1,
 *	              <sip:2003@h;cause=408>;index=1.1.1;mp=1.1
 *
 * In Diversion the last diversion stands first. In History-Info each entry that a call was diverted
 * to says why (cause, RFC 4458); RFC 4244 wrote it at the one that diverted, as Reason. Diversions
 * that nobody knows more about than their number (ISDN) are sip:unknown@unknown.invalid.
 *
 * Texts from SIP are hostile. libc only.
 */
#ifndef GATEWAY_SIP_DIVERSION_H
#define GATEWAY_SIP_DIVERSION_H

#include "gateway/sip/identity.h"

#define DIVERSION_TEXT_MAX 8192
#define DIVERSION_COUNT_MAX 20 /* that are written; far more than any network allows */

/* text: the values of all such headers of a message, from the first to the last, with commas
 * between them. 0: it was diverted, *out has count, from, original and their reasons; -ENOENT: it
 * was not. A text longer than DIVERSION_TEXT_MAX is a loop: count 255. */
int diversion_read(const char *text, struct redirection *out);
/* restricted: Privacy has history, header or session. */
int history_read(const char *text, bool restricted, struct redirection *out);

/* uri: where the call goes now. Numbers that are restricted are sip:anonymous@anonymous.invalid if
 * the options say `asserted-id none`. */
void diversion_write(const struct redirection *redirection, const struct identity_style *style,
		     struct header_lines *lines);
void history_write(const struct redirection *redirection, const struct identity_style *style,
		   const char *uri, struct header_lines *lines);

#endif
