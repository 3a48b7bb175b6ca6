/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * verify - the dial plan of a configuration that has no errors, tried out before it is used: what it
 * `expect`s, which are errors if they fail, and lint, which only warns.
 *
 * The plan that is made for that stays in the configuration: the next conf_make_plan() hands it out.
 */
#ifndef CONF_VERIFY_H
#define CONF_VERIFY_H

struct loader;

void conf_verify(struct loader *loader);

#endif
