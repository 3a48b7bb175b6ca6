/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * q850 - the names of the causes why calls end (Q.850 table 1), for logs, consoles and Reason
 * headers.
 */
#ifndef DIALPLAN_Q850_H
#define DIALPLAN_Q850_H

const char *q850_name(unsigned cause); /* "user busy"; never NULL */

#endif
