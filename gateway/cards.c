// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/cards.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include <osmocom/core/select.h>
#include <osmocom/core/timer.h>
#include <osmocom/core/utils.h>

#include "conf/conf.h"
#include "gateway/log/log.h"
#include "gateway/wire/media_client.h"

#define WATCH_S 1
#define RETRY_S 2

struct card {
	struct spans *spans;
	struct tdm_span_config config;
	uint32_t timeslots; /* B channels to open, bit n: timeslot n */
	enum {
		CARD_AWAY,
		CARD_PRESENT,
	} state;
	int silent[2];	      /* behind fd_d while the card is away; the second end hears nothing */
	struct osmo_fd event; /* a copy of the D channel, for its exceptions */
	struct osmo_timer_list timer;
	char said[256]; /* why it could not be opened */
};

static struct tdm_descriptors *descriptors(struct card *card)
{
	return &card->spans->descriptors[card->config.number];
}

static int *channels(struct card *card)
{
	return card->spans->channels[card->config.number];
}

static void channels_close(int *fds)
{
	for (unsigned timeslot = 1; timeslot <= TDM_TIMESLOT_MAX; timeslot++) {
		if (fds[timeslot] >= 0)
			close(fds[timeslot]);
		fds[timeslot] = -1;
	}
}

static void card_alarms(struct card *card, unsigned alarms)
{
	struct wire_span_state *state = &card->spans->state[card->config.number];

	spans_alarms_changed(card->spans, card->config.number, state->alarms, alarms);
}

/* ---- away */

static void card_leave(struct card *card)
{
	struct tdm_descriptors *d = descriptors(card);

	if (osmo_fd_is_registered(&card->event))
		osmo_fd_unregister(&card->event);
	if (card->event.fd >= 0)
		close(card->event.fd);
	card->event.fd = -1;
	media_client_span_close(card->spans->media, card->config.number);
	channels_close(channels(card));
	if (d->fd_d >= 0)
		dup3(card->silent[0], d->fd_d, O_CLOEXEC);
	for (unsigned i = 0; i < d->count; i++)
		close(d->fds[i]);
	d->count = 0;
	card->state = CARD_AWAY;
}

static void card_lost(struct card *card)
{
	LOGP(DSPAN, LOGL_ERROR, "span %u: the card is gone; waiting for it\n", card->config.number);
	card_leave(card);
	card_alarms(card, TDM_ALARM_LOS);
}

/* ---- present */

static void card_watch(struct card *card)
{
	unsigned number = card->config.number;
	struct tdm_status status;

	if (tdm_watch(&card->config, descriptors(card), &status) < 0) {
		card_lost(card);
		return;
	}
	card->spans->line[number] = status.line;
	spans_frames(card->spans, number, &status.counters);
	card_alarms(card, status.alarms);
}

static int on_event(struct osmo_fd *fd, unsigned what)
{
	card_watch(fd->data);
	return 0;
}

static int events_watch(struct card *card)
{
	int fd = fcntl(descriptors(card)->fd_d, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return -errno;
	osmo_fd_setup(&card->event, fd, OSMO_FD_EXCEPT, on_event, card, 0);
	return osmo_fd_register(&card->event);
}

static int channels_open(struct card *card, int *fds, char *why, size_t why_size)
{
	for (unsigned timeslot = 1; timeslot <= TDM_TIMESLOT_MAX; timeslot++) {
		if (!(card->timeslots & 1u << timeslot))
			continue;
		fds[timeslot] = tdm_channel_descriptor(&card->config, timeslot, why, why_size);
		if (fds[timeslot] < 0)
			return fds[timeslot];
	}
	return 0;
}

/* All of the span or nothing. */
static int card_open(struct card *card, char *why, size_t why_size)
{
	struct tdm_descriptors found = {.fd_d = -1}, *d = descriptors(card);
	int fds[TDM_TIMESLOT_MAX + 1], rc;

	for (unsigned i = 0; i <= TDM_TIMESLOT_MAX; i++)
		fds[i] = -1;
	rc = tdm_open(&card->config, &found, why, why_size);
	if (rc == 0)
		rc = channels_open(card, fds, why, why_size);
	if (rc < 0) {
		channels_close(fds);
		tdm_descriptors_close(&found);
		return rc;
	}
	if (found.fd_d >= 0) {
		dup3(found.fd_d, d->fd_d, O_CLOEXEC);
		close(found.fd_d);
	}
	memcpy(d->fds, found.fds, sizeof(d->fds));
	d->count = found.count;
	memcpy(channels(card), fds, sizeof(fds));
	card->state = CARD_PRESENT;
	rc = d->fd_d >= 0 ? events_watch(card) : 0;
	if (rc == 0)
		rc = spans_tell_media(card->spans, &card->config);
	if (rc < 0) {
		osmo_strlcpy(why, "out of memory or descriptors", why_size);
		card_leave(card);
	}
	return rc;
}

static void card_try(struct card *card)
{
	char why[sizeof(card->said)] = "";

	if (card_open(card, why, sizeof(why)) == 0) {
		LOGP(DSPAN, LOGL_NOTICE, "span %u: the card is there\n", card->config.number);
		card->said[0] = '\0';
		card_watch(card);
		return;
	}
	if (strcmp(why, card->said) != 0)
		LOGP(DSPAN, LOGL_ERROR, "span %u: %s\n", card->config.number, why);
	osmo_strlcpy(card->said, why, sizeof(card->said));
	card_alarms(card, TDM_ALARM_LOS);
}

static void on_timer(void *data)
{
	struct card *card = data;

	if (card->state == CARD_PRESENT)
		card_watch(card);
	else
		card_try(card);
	osmo_timer_schedule(&card->timer, card->state == CARD_PRESENT ? WATCH_S : RETRY_S, 0);
}

/* ---- life */

int card_new(struct spans *spans, const struct conf_controller *controller, struct card **out)
{
	struct card *card = calloc(1, sizeof(*card));
	int rc = -ENOMEM;

	if (!card)
		return -ENOMEM;
	card->spans = spans;
	card->config = controller->span;
	card->timeslots = controller->timeslots;
	card->event.fd = -1;
	if (!card->timeslots) /* nobody uses the D channel */
		card->config.d_timeslot = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, card->silent) < 0)
		goto fail;
	*descriptors(card) = (struct tdm_descriptors){.fd_d = -1};
	if (card->config.d_timeslot) {
		descriptors(card)->fd_d = fcntl(card->silent[0], F_DUPFD_CLOEXEC, 3);
		if (descriptors(card)->fd_d < 0)
			goto fail_pair;
	}
	osmo_timer_setup(&card->timer, on_timer, card);
	on_timer(card);
	*out = card;
	return 0;
fail_pair:
	rc = -errno;
	close(card->silent[0]);
	close(card->silent[1]);
fail:
	free(card);
	return rc;
}

/* The D channel's own number is closed by spans_close(). */
void card_free(struct card *card)
{
	if (!card)
		return;
	osmo_timer_del(&card->timer);
	if (card->state == CARD_PRESENT)
		card_leave(card);
	close(card->silent[0]);
	close(card->silent[1]);
	free(card);
}
