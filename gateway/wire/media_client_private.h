/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * media_client_private - the tables of media_client.c and media_conferences.c, and media_orders.c that
 * sends them.
 */
#ifndef GATEWAY_WIRE_MEDIA_CLIENT_PRIVATE_H
#define GATEWAY_WIRE_MEDIA_CLIENT_PRIVATE_H

#include <time.h>

#include <osmocom/core/hashtable.h>
#include <osmocom/core/linuxlist.h>
#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "gateway/wire/media_client.h"
#include "gateway/wire/media_process.h"
#include "gateway/wire/pipe.h"
#include "gateway/wire/rtp_ports.h"

#define MEDIA_SPANS_MAX 128
#define MEDIA_HASH_BITS 10

enum end_kind {
	END_STREAM,
	END_CHANNEL,
};

struct end {
	struct llist_head entry;
	struct hlist_node by_id;
	uint32_t id;
	enum end_kind kind;
	int fds[2];		     /* RTP and RTCP, or the channel's own; -1: none */
	unsigned record;	     /* stream: index of its record */
	struct stream_counters last; /* stream: counters as last read in one piece */
	bool set_known;
	struct wire_stream_set set;
	struct wire_channel_open channel;
};

struct bridge {
	struct llist_head entry;
	struct hlist_node by_id;
	uint32_t id;
	uint32_t end[2];
};

struct conference {
	struct llist_head entry;
	uint32_t id;
	struct wire_conference_set set; /* ends that are open, present or not */
};

struct span {
	bool open;
	struct wire_span_open config;
	int fds[WIRE_FDS_MAX];
	unsigned fds_count;
};

struct media_client {
	struct media_client_config config;
	const struct media_client_handlers *handlers;
	void *arg;
	struct rtp_ports ports;
	struct stream_record *records;
	int records_fd;
	unsigned next_record;
	unsigned streams; /* open, of config.streams_max */
	struct span span[MEDIA_SPANS_MAX + 1];
	struct llist_head ends, bridges, conferences, queue;
	DECLARE_HASHTABLE(ends_by_id, MEDIA_HASH_BITS);
	DECLARE_HASHTABLE(bridges_by_id, MEDIA_HASH_BITS);
	unsigned queued;
	uint32_t last_id;
	struct media_process process;
	struct osmo_fd pipe;
	struct osmo_timer_list restart_timer, silence_timer;
	unsigned retry_ms, restarts;
	time_t started;
	bool ready, realtime_granted, realtime_said;
	bool order_lost; /* it is about to be started again */
};

void close_fds(int *fds, unsigned count);
struct end *end_find(const struct media_client *c, uint32_t id);
/* Media knows an end unless it is a channel of a span that is away, and a bridge that knows both.
 */
bool end_is_present(const struct media_client *c, const struct end *e);
bool bridge_is_present(const struct media_client *c, const struct bridge *b);

/* Each sends what the table says now, or queues it if the pipe is full. */
void order_simple(struct media_client *c, enum wire_type type, uint32_t id);
void order_message(struct media_client *c, const struct wire_message *m);
void order_span(struct media_client *c, unsigned number);
void order_end(struct media_client *c, const struct end *e);
void order_stream_set(struct media_client *c, const struct end *e);
void order_bridge(struct media_client *c, const struct bridge *b);
void order_conference(struct media_client *c, const struct conference *conference);
/* media_conferences.c: an end is closed; media knows it again. */
void conferences_forget_end(struct media_client *c, uint32_t end);
void conferences_renew_end(struct media_client *c, uint32_t end);
void order_everything(struct media_client *c);
/* The pipe can take more. */
void orders_resume(struct media_client *c);
void orders_drop(struct media_client *c);

#endif
