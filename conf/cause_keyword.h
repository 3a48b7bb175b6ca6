/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cause_keyword - the names that IOS has for causes of Q.850, as in `voice hunt user-busy`.
 */
#ifndef CONF_CAUSE_KEYWORD_H
#define CONF_CAUSE_KEYWORD_H

#define CAUSE_MAX 127

/* Of a name or a number from 1 to CAUSE_MAX; -EINVAL: neither. */
int cause_from_keyword(const char *text);
const char *cause_keyword(unsigned cause); /* "user-busy"; NULL: it has no name */

#endif
