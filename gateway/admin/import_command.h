/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * import_command - `sipspan import-ios FILE [-o OUT] [--report FILE]`: a configuration from that of an
 * IOS router (conf/import/import.h). Needs no gateway.
 */
#ifndef GATEWAY_ADMIN_IMPORT_COMMAND_H
#define GATEWAY_ADMIN_IMPORT_COMMAND_H

/* argv[0] is "import-ios". Returns the status of the process: 0, or 1 after saying why. */
int import_command(int argc, char **argv);

#endif
