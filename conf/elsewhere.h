/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * elsewhere - words of IOS that this gateway does not have in that block, and what stands in their place
 * here. For expected.c, which says it of a line that is refused.
 */
#ifndef CONF_ELSEWHERE_H
#define CONF_ELSEWHERE_H

/* word: the first of the line, behind `no`; node: where it stands. Returns what to do instead, words
 * behind "...: ", or NULL: it is none of these. */
const char *elsewhere_remedy(int node, const char *word);

#endif
