/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * heap - memory that was freed goes back to the system.
 *
 * The allocator of glibc gives back only what is free at the end of its heap; after a flood one small
 * thing that lasts may stand there, with a hundred megabytes free below it. So it is looked every few
 * seconds how much the process has in memory that nothing of its own is in; more than HEAP_SPARE_KBYTES
 * is given back (malloc_trim(3)).
 */
#ifndef GATEWAY_HEAP_H
#define GATEWAY_HEAP_H

#define HEAP_SPARE_KBYTES 4096u
#define HEAP_LOOK_S 5

/* From now on, until heap_unwatch(). One process has one heap. */
void heap_watch(void);
void heap_unwatch(void);

#endif
