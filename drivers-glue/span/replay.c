// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_MAX 128
#define ALARM_BITS 8

enum event_kind {
	EVENT_ALARM,
	EVENT_GONE,
	EVENT_BACK,
	EVENT_BAD_FRAMES,
};

struct event {
	unsigned at_ms, span, value;
	enum event_kind kind;
};

struct replay_span {
	enum {
		SPAN_THERE = 0,
		SPAN_GONE,
	} state;
	unsigned alarms;
	uint64_t bad_frames;
	int far_end; /* of the D channel; 0: none */
};

static struct {
	struct event events[EVENTS_MAX];
	unsigned count, next;
	unsigned now_ms;
	struct replay_span spans[TDM_SPAN_MAX + 1];
} replay;

/* ---- the time line */

static int read_alarms(const char *names, unsigned *out)
{
	char text[100];

	for (unsigned alarms = 0; alarms < 1u << ALARM_BITS; alarms++) {
		if (strcmp(tdm_alarms_name(alarms, text, sizeof(text)), names) != 0)
			continue;
		*out = alarms;
		return 0;
	}
	return -EINVAL;
}

static int read_event(const char *line, struct event *out)
{
	char name[20] = "", value[100] = "";
	int words = sscanf(line, "%u %u %19s %99s", &out->at_ms, &out->span, name, value);

	if (words < 3 || out->span < 1 || out->span > TDM_SPAN_MAX)
		return -EINVAL;
	out->value = 0;
	if (strcmp(name, "alarm") == 0) {
		out->kind = EVENT_ALARM;
		return read_alarms(value, &out->value);
	}
	if (strcmp(name, "bad-frames") == 0) {
		out->kind = EVENT_BAD_FRAMES;
		return sscanf(value, "%u", &out->value) == 1 ? 0 : -EINVAL;
	}
	if (strcmp(name, "gone") == 0)
		out->kind = EVENT_GONE;
	else if (strcmp(name, "back") == 0)
		out->kind = EVENT_BACK;
	else
		return -EINVAL;
	return words == 3 ? 0 : -EINVAL;
}

static void far_end_close(struct replay_span *s)
{
	if (s->far_end > 0)
		close(s->far_end);
	s->far_end = 0;
}

static void forget(void)
{
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++)
		far_end_close(&replay.spans[span]);
	memset(&replay, 0, sizeof(replay));
}

int replay_load(const char *text, unsigned *line)
{
	char one[160];

	forget();
	for (*line = 1; *text; ++*line) {
		size_t length = strcspn(text, "\n");

		snprintf(one, sizeof(one), "%.*s", (int)length, text);
		one[strcspn(one, "#")] = '\0';
		text += length + (text[length] == '\n');
		if (one[strspn(one, " \t")] == '\0')
			continue;
		if (replay.count == EVENTS_MAX || read_event(one, &replay.events[replay.count]) < 0)
			return -EINVAL;
		if (replay.count > 0 &&
		    replay.events[replay.count].at_ms < replay.events[replay.count - 1].at_ms)
			return -EINVAL;
		replay.count++;
	}
	replay_advance(0);
	return 0;
}

static void happen(const struct event *e)
{
	struct replay_span *s = &replay.spans[e->span];

	switch (e->kind) {
	case EVENT_ALARM:
		s->alarms = e->value;
		break;
	case EVENT_BAD_FRAMES:
		s->bad_frames += e->value;
		break;
	case EVENT_GONE:
		s->state = SPAN_GONE;
		far_end_close(s);
		break;
	case EVENT_BACK:
		s->state = SPAN_THERE;
		break;
	}
}

void replay_advance(unsigned ms)
{
	replay.now_ms += ms;
	while (replay.next < replay.count && replay.events[replay.next].at_ms <= replay.now_ms)
		happen(&replay.events[replay.next++]);
}

int replay_far_end(unsigned span)
{
	return replay.spans[span].far_end > 0 ? replay.spans[span].far_end : -1;
}

/* ---- the driver */

static int open_span(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
		     size_t why_size)
{
	struct replay_span *s = &replay.spans[config->number];
	int pair[2];

	if (s->state == SPAN_GONE) {
		snprintf(why, why_size, "the recorded card is gone");
		return -ENODEV;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	far_end_close(s);
	s->far_end = pair[1];
	*out = (struct tdm_descriptors){.fd_d = pair[0], .fds = {-1, -1, -1, -1}};
	return 0;
}

static int channel_descriptor(const struct tdm_span_config *config, unsigned timeslot, char *why,
			      size_t why_size)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		snprintf(why, why_size, "/dev/null cannot be opened");
	return fd < 0 ? -errno : fd;
}

static int watch(const struct tdm_span_config *config, const struct tdm_descriptors *d,
		 struct tdm_status *out)
{
	const struct replay_span *s = &replay.spans[config->number];

	if (s->state == SPAN_GONE || s->far_end <= 0)
		return -ENODEV;
	*out = (struct tdm_status){.alarms = s->alarms, .counters.hdlc_errors = s->bad_frames};
	return 0;
}

static int attach(const struct tdm_span_config *config, const int *fds, unsigned count,
		  struct tdm_span **out)
{
	return -ENOTSUP;
}

const struct tdm_driver replay_driver = {
    .kind = TDM_DRIVER_REPLAY,
    .open = open_span,
    .channel_descriptor = channel_descriptor,
    .watch = watch,
    .attach = attach,
};
