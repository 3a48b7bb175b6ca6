// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/exchange/lapd.h"

#include <errno.h>
#include <string.h>

#include <osmocom/core/linuxlist.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>

#define MODULUS 128
#define HEADER 4
#define POLL_FINAL 0x01 /* in the second octet of I and S frames */
#define U_POLL_FINAL 0x10

enum unnumbered { /* Q.921 table 5, without the P/F bit */
		  U_SABME = 0x6f,
		  U_DM = 0x0f,
		  U_UI = 0x03,
		  U_DISC = 0x43,
		  U_UA = 0x63,
		  U_FRMR = 0x87,
};

enum supervisory {
	S_RR = 0x01,
	S_RNR = 0x05,
	S_REJ = 0x09,
};

/* DOWN -establish-> ESTABLISHING (T200) -UA-> UP (T203; T200 while a frame waits for its RR)
 * UP -T200, T203-> RECOVERING (T200, polls) -RR F=1-> UP; N200 polls in vain -> ESTABLISHING
 * any -SABME-> UP; any -DISC-> DOWN; UP -release-> RELEASING -UA, DM-> DOWN */
enum lapd_state {
	LAPD_DOWN,
	LAPD_ESTABLISHING,
	LAPD_UP,
	LAPD_RECOVERING,
	LAPD_RELEASING,
};

struct pending { /* a message that is not acknowledged */
	struct llist_head entry;
	size_t length;
	uint8_t octets[];
};

struct lapd {
	struct lapd_config config;
	const struct lapd_handlers *handlers;
	void *arg;
	enum lapd_state state;
	enum lapd_behaviour behaviour;
	uint8_t vs, va, vr;	 /* V(S), V(A), V(R) */
	bool rejecting;		 /* REJ was sent, the frame asked for has not come */
	bool peer_busy;		 /* RNR was received */
	unsigned attempts;	 /* RC */
	struct llist_head queue; /* the first is the one numbered V(A) */
	struct osmo_timer_list t200, t203;
};

static bool has_link(const struct lapd *lapd)
{
	return lapd->state == LAPD_UP || lapd->state == LAPD_RECOVERING;
}

static uint8_t outstanding(const struct lapd *lapd)
{
	return (uint8_t)(lapd->vs - lapd->va) % MODULUS;
}

static void timer_start(struct osmo_timer_list *timer, unsigned ms)
{
	osmo_timer_schedule(timer, ms / 1000, ms % 1000 * 1000);
}

/* ---- frames out */

static void frame_send(struct lapd *lapd, const uint8_t *frame, size_t length)
{
	if (lapd->behaviour != LAPD_SILENT)
		lapd->handlers->transmit(lapd->arg, frame, length);
}

/* C/R: commands of the network and responses of the user have 1 (Q.921 3.3.2). */
static void address_write(const struct lapd *lapd, bool command, uint8_t frame[2])
{
	frame[0] = command == lapd->config.network ? 0x02 : 0x00;
	frame[1] = 0x01;
}

static void unnumbered_send(struct lapd *lapd, bool command, enum unnumbered kind, bool poll)
{
	uint8_t frame[3];

	address_write(lapd, command, frame);
	frame[2] = (uint8_t)kind | (poll ? U_POLL_FINAL : 0);
	frame_send(lapd, frame, sizeof(frame));
}

static void supervisory_send(struct lapd *lapd, bool command, enum supervisory kind, bool poll)
{
	uint8_t frame[4];

	address_write(lapd, command, frame);
	frame[2] = (uint8_t)kind;
	frame[3] = (uint8_t)(lapd->vr << 1) | (poll ? POLL_FINAL : 0);
	frame_send(lapd, frame, sizeof(frame));
}

static enum supervisory readiness(const struct lapd *lapd)
{
	return lapd->behaviour == LAPD_BUSY ? S_RNR : S_RR;
}

static void poll_send(struct lapd *lapd)
{
	supervisory_send(lapd, true, readiness(lapd), true);
	timer_start(&lapd->t200, lapd->config.t200_ms);
}

static void information_send(struct lapd *lapd, const struct pending *pending)
{
	uint8_t frame[HEADER + LAPD_MESSAGE_MAX];

	address_write(lapd, true, frame);
	frame[2] = (uint8_t)(lapd->vs << 1);
	frame[3] = (uint8_t)(lapd->vr << 1);
	memcpy(frame + HEADER, pending->octets, pending->length);
	lapd->vs = (lapd->vs + 1) % MODULUS;
	frame_send(lapd, frame, HEADER + pending->length);
}

/* What the window lets out. */
static void queue_send(struct lapd *lapd)
{
	struct pending *pending;
	unsigned index = 0;

	if (lapd->state != LAPD_UP || lapd->peer_busy || lapd->behaviour == LAPD_SILENT)
		return;
	llist_for_each_entry (pending, &lapd->queue, entry) {
		if (index++ < outstanding(lapd))
			continue;
		if (outstanding(lapd) >= lapd->config.window)
			break;
		information_send(lapd, pending);
		osmo_timer_del(&lapd->t203);
		if (!osmo_timer_pending(&lapd->t200))
			timer_start(&lapd->t200, lapd->config.t200_ms);
	}
}

/* ---- states */

static void queue_drop(struct lapd *lapd)
{
	while (!llist_empty(&lapd->queue)) {
		struct pending *first = llist_first_entry(&lapd->queue, struct pending, entry);

		llist_del(&first->entry);
		talloc_free(first);
	}
}

static void state_enter(struct lapd *lapd, enum lapd_state state)
{
	lapd->state = state;
	lapd->attempts = 0;
	osmo_timer_del(&lapd->t200);
	osmo_timer_del(&lapd->t203);
	if (lapd->behaviour == LAPD_SILENT)
		return;
	if (state == LAPD_UP)
		timer_start(&lapd->t203, lapd->config.t203_ms);
	else if (state == LAPD_ESTABLISHING || state == LAPD_RELEASING)
		timer_start(&lapd->t200, lapd->config.t200_ms);
}

/* Both ends begin to count at 0. */
static void link_begin(struct lapd *lapd)
{
	queue_drop(lapd);
	lapd->vs = lapd->va = lapd->vr = 0;
	lapd->rejecting = lapd->peer_busy = false;
	state_enter(lapd, LAPD_UP);
	lapd->handlers->link(lapd->arg, true);
}

static void link_end(struct lapd *lapd, enum lapd_state state)
{
	bool had_link = has_link(lapd);

	queue_drop(lapd);
	state_enter(lapd, state);
	if (had_link)
		lapd->handlers->link(lapd->arg, false);
}

void lapd_establish(struct lapd *lapd)
{
	link_end(lapd, LAPD_ESTABLISHING);
	unnumbered_send(lapd, true, U_SABME, true);
}

void lapd_release(struct lapd *lapd)
{
	if (lapd->state == LAPD_DOWN)
		return;
	link_end(lapd, LAPD_RELEASING);
	unnumbered_send(lapd, true, U_DISC, true);
}

static void on_t200(void *data)
{
	struct lapd *lapd = data;

	switch (lapd->state) {
	case LAPD_ESTABLISHING: /* for ever: an exchange never gives its lines up */
		if (lapd->behaviour != LAPD_REFUSING)
			unnumbered_send(lapd, true, U_SABME, true);
		timer_start(&lapd->t200, lapd->config.t200_ms);
		break;
	case LAPD_RELEASING:
		state_enter(lapd, LAPD_DOWN);
		break;
	case LAPD_UP:
		lapd->state = LAPD_RECOVERING;
		lapd->attempts = 1;
		poll_send(lapd);
		break;
	case LAPD_RECOVERING:
		if (lapd->attempts++ >= lapd->config.n200)
			lapd_establish(lapd);
		else
			poll_send(lapd);
		break;
	case LAPD_DOWN:
		break;
	}
}

static void on_t203(void *data)
{
	struct lapd *lapd = data;

	lapd->state = LAPD_RECOVERING;
	lapd->attempts = 1;
	poll_send(lapd);
}

/* ---- frames in */

/* N(R) acknowledges what was sent before it. False: it never was, the link must be set up anew. */
static bool acknowledge(struct lapd *lapd, uint8_t nr)
{
	uint8_t count = (uint8_t)(nr - lapd->va) % MODULUS;
	bool some = count > 0;

	if (count > outstanding(lapd)) {
		lapd_establish(lapd);
		return false;
	}
	for (lapd->va = nr; count > 0; count--) {
		struct pending *first = llist_first_entry(&lapd->queue, struct pending, entry);

		llist_del(&first->entry);
		talloc_free(first);
		osmo_timer_del(&lapd->t200);
	}
	if (lapd->state == LAPD_RECOVERING)
		timer_start(&lapd->t200, lapd->config.t200_ms);
	else if (outstanding(lapd) == 0)
		timer_start(&lapd->t203, lapd->config.t203_ms);
	else if (!osmo_timer_pending(&lapd->t200))
		timer_start(&lapd->t200, lapd->config.t200_ms);
	if (some && lapd->handlers->acknowledged != NULL)
		lapd->handlers->acknowledged(lapd->arg);
	return true;
}

static void on_information(struct lapd *lapd, const uint8_t *frame, size_t length)
{
	bool poll = frame[3] & POLL_FINAL;

	if (!has_link(lapd) || length - HEADER > LAPD_MESSAGE_MAX)
		return;
	if (lapd->behaviour == LAPD_IGNORE_I || lapd->behaviour == LAPD_BUSY) {
		if (poll || lapd->behaviour == LAPD_BUSY)
			supervisory_send(lapd, false, readiness(lapd), poll);
		acknowledge(lapd, frame[3] >> 1);
		return;
	}
	if (frame[2] >> 1 != lapd->vr) {
		if (!lapd->rejecting || poll)
			supervisory_send(lapd, false, lapd->rejecting ? S_RR : S_REJ, poll);
		lapd->rejecting = true;
		acknowledge(lapd, frame[3] >> 1);
		return;
	}
	lapd->vr = (lapd->vr + 1) % MODULUS;
	lapd->rejecting = false;
	supervisory_send(lapd, false, S_RR, poll);
	if (!acknowledge(lapd, frame[3] >> 1))
		return;
	lapd->handlers->message(lapd->arg, frame + HEADER, length - HEADER);
	queue_send(lapd);
}

static void on_supervisory(struct lapd *lapd, const uint8_t *frame, bool command)
{
	enum supervisory kind = frame[2] & 0x0f;
	bool poll = frame[3] & POLL_FINAL;

	if (!has_link(lapd))
		return;
	if (command && poll)
		supervisory_send(lapd, false, readiness(lapd), true);
	lapd->peer_busy = kind == S_RNR;
	if (!acknowledge(lapd, frame[3] >> 1))
		return;
	if (lapd->state == LAPD_RECOVERING && !command && poll) {
		state_enter(lapd, LAPD_UP);
		lapd->vs = lapd->va;
	} else if (kind == S_REJ && lapd->state == LAPD_UP) {
		osmo_timer_del(&lapd->t200);
		lapd->vs = lapd->va;
	}
	/* a busy far end is asked again */
	if (lapd->peer_busy && !llist_empty(&lapd->queue) && !osmo_timer_pending(&lapd->t200))
		timer_start(&lapd->t200, lapd->config.t200_ms);
	queue_send(lapd);
}

static void on_sabme(struct lapd *lapd, bool poll)
{
	if (lapd->behaviour == LAPD_REFUSING) {
		unnumbered_send(lapd, false, U_DM, poll);
		return;
	}
	unnumbered_send(lapd, false, U_UA, poll);
	link_begin(lapd);
}

static void on_unnumbered(struct lapd *lapd, const uint8_t *frame, size_t length)
{
	bool poll = frame[2] & U_POLL_FINAL;

	switch ((enum unnumbered)(frame[2] & ~U_POLL_FINAL)) {
	case U_SABME:
		on_sabme(lapd, poll);
		break;
	case U_DISC:
		unnumbered_send(lapd, false, lapd->state == LAPD_DOWN ? U_DM : U_UA, poll);
		link_end(lapd, LAPD_DOWN);
		break;
	case U_UA:
		if (lapd->state == LAPD_ESTABLISHING)
			link_begin(lapd);
		else if (lapd->state == LAPD_RELEASING)
			state_enter(lapd, LAPD_DOWN);
		break;
	case U_DM:
		if (lapd->state == LAPD_RELEASING)
			state_enter(lapd, LAPD_DOWN);
		else if (has_link(lapd))
			lapd_establish(lapd);
		break;
	case U_FRMR:
		if (has_link(lapd))
			lapd_establish(lapd);
		break;
	case U_UI:
		if (length - 3 <= LAPD_MESSAGE_MAX)
			lapd->handlers->message(lapd->arg, frame + 3, length - 3);
		break;
	}
}

void lapd_receive(struct lapd *lapd, const uint8_t *frame, size_t length)
{
	bool command;

	if (lapd->behaviour == LAPD_SILENT || length < 3)
		return;
	if ((frame[0] & 0xfd) != 0 || frame[1] != 0x01) /* another SAPI or TEI */
		return;
	command = (frame[0] >> 1 & 1) != lapd->config.network;
	if ((frame[2] & 0x03) == 0x03)
		on_unnumbered(lapd, frame, length);
	else if (length < HEADER)
		return;
	else if (frame[2] & 0x01)
		on_supervisory(lapd, frame, command);
	else
		on_information(lapd, frame, length);
}

/* ---- life */

int lapd_new(void *ctx, const struct lapd_config *config, const struct lapd_handlers *handlers,
	     void *arg, struct lapd **out)
{
	struct lapd *lapd = talloc_zero(ctx, struct lapd);

	if (lapd == NULL)
		return -ENOMEM;
	lapd->config = *config;
	if (lapd->config.window == 0)
		lapd->config.window = 7;
	if (lapd->config.t200_ms == 0)
		lapd->config.t200_ms = 1000;
	if (lapd->config.t203_ms == 0)
		lapd->config.t203_ms = 10000;
	if (lapd->config.n200 == 0)
		lapd->config.n200 = 3;
	lapd->handlers = handlers;
	lapd->arg = arg;
	INIT_LLIST_HEAD(&lapd->queue);
	osmo_timer_setup(&lapd->t200, on_t200, lapd);
	osmo_timer_setup(&lapd->t203, on_t203, lapd);
	*out = lapd;
	return 0;
}

void lapd_free(struct lapd *lapd)
{
	if (lapd == NULL)
		return;
	osmo_timer_del(&lapd->t200);
	osmo_timer_del(&lapd->t203);
	talloc_free(lapd);
}

void lapd_behave(struct lapd *lapd, enum lapd_behaviour behaviour)
{
	enum lapd_behaviour before = lapd->behaviour;

	lapd->behaviour = behaviour;
	if (behaviour == LAPD_SILENT) {
		osmo_timer_del(&lapd->t200);
		osmo_timer_del(&lapd->t203);
	} else if (before == LAPD_SILENT && has_link(lapd)) {
		on_t203(lapd);
	} else if (before == LAPD_SILENT && lapd->state != LAPD_DOWN) {
		timer_start(&lapd->t200, 0);
	}
	/* what was missed is asked for */
	if ((before == LAPD_BUSY || before == LAPD_IGNORE_I) && has_link(lapd))
		supervisory_send(lapd, false, readiness(lapd), false);
	else if (behaviour == LAPD_BUSY && has_link(lapd))
		supervisory_send(lapd, false, S_RNR, false);
}

int lapd_send(struct lapd *lapd, const uint8_t *message, size_t length)
{
	struct pending *pending;

	if (!has_link(lapd))
		return -ENETDOWN;
	if (length > LAPD_MESSAGE_MAX)
		return -EMSGSIZE;
	pending = talloc_size(lapd, sizeof(*pending) + length);
	if (pending == NULL)
		return -ENOMEM;
	pending->length = length;
	memcpy(pending->octets, message, length);
	llist_add_tail(&pending->entry, &lapd->queue);
	queue_send(lapd);
	return 0;
}

int lapd_send_unnumbered(struct lapd *lapd, const uint8_t *message, size_t length)
{
	uint8_t frame[3 + LAPD_MESSAGE_MAX];

	if (length > LAPD_MESSAGE_MAX)
		return -EMSGSIZE;
	address_write(lapd, true, frame);
	frame[2] = U_UI;
	memcpy(frame + 3, message, length);
	frame_send(lapd, frame, 3 + length);
	return 0;
}

bool lapd_is_up(const struct lapd *lapd)
{
	return has_link(lapd);
}

unsigned lapd_unacknowledged(const struct lapd *lapd)
{
	return llist_count(&lapd->queue);
}
