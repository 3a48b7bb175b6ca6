// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include <osmocom/core/talloc.h>

#include "drivers-glue/isdn/isdn_private.h"
#include "gateway/log/log.h"

#define GUARD_MS 1000

/* What runs in which state, and what each order may be given in:
 *
 *   outgoing:  INITIATED -> [OVERLAP T304] -> OUTGOING PROCEEDING T310 -> DELIVERED T301 -> ACTIVE
 *   incoming:  PRESENT -> [OVERLAP RECEIVING] -> INCOMING PROCEEDING -> RECEIVED -> ACTIVE
 *   any -> DISCONNECTED (DISCONNECT received) -> CLEARING (isdn_release) -> gone
 *                                                CLEARING -> ABANDONED (T308 twice) -> gone
 *
 * INITIATED and CLEARING are libpri's to end (T303, T305, T308). But a message that makes no sense
 * stops its timers for good, so both are watched here for longer than it could ever take.
 */
static const struct {
	const char *name;
	enum isdn_timer timer; /* 0: none of ours */
} states[] = {
    [ISDN_CALL_INITIATED] = {"CALL INITIATED", ISDN_T303},
    [ISDN_CALL_OVERLAP] = {"OVERLAP SENDING", ISDN_T304},
    [ISDN_CALL_OUTGOING_PROCEEDING] = {"OUTGOING PROCEEDING", ISDN_T310},
    [ISDN_CALL_DELIVERED] = {"CALL DELIVERED", ISDN_T301},
    [ISDN_CALL_PRESENT] = {"CALL PRESENT", 0},
    [ISDN_CALL_OVERLAP_RECEIVING] = {"OVERLAP RECEIVING", 0},
    [ISDN_CALL_INCOMING_PROCEEDING] = {"INCOMING PROCEEDING", 0},
    [ISDN_CALL_RECEIVED] = {"CALL RECEIVED", 0},
    [ISDN_CALL_ACTIVE] = {"ACTIVE", 0},
    [ISDN_CALL_DISCONNECTED] = {"DISCONNECT INDICATION", 0},
    [ISDN_CALL_CLEARING] = {"CLEARING", ISDN_T308},
    [ISDN_CALL_ABANDONED] = {"RELEASE NOT ANSWERED", 0},
};

const char *isdn_call_state_name(const struct isdn_call *call)
{
	return states[call->state].name;
}

static void on_call_timeout(void *data);

struct isdn_call *isdn_call_new(struct isdn *isdn, q931_call *q, bool outgoing)
{
	struct isdn_call *call = talloc_zero(isdn, struct isdn_call);
	int mode = 0;

	if (!call)
		return NULL;
	call->isdn = isdn;
	call->q = q;
	call->outgoing = outgoing;
	call->tei = isdn->tei;
	call->reference = (uint16_t)(pri_get_crv(isdn->pri, q, &mode) << 3);
	call->reference |= (uint16_t)mode;
	call->state = outgoing ? ISDN_CALL_INITIATED : ISDN_CALL_PRESENT;
	osmo_timer_setup(&call->timer, on_call_timeout, call);
	llist_add_tail(&call->entry, &isdn->calls);
	return call;
}

struct isdn_call *isdn_call_find(struct isdn *isdn, const q931_call *q)
{
	struct isdn_call *call;

	llist_for_each_entry (call, &isdn->calls, entry) {
		if (q && call->q == q)
			return call;
	}
	return NULL;
}

struct isdn_call *isdn_call_of_message(struct isdn *isdn, const struct dss1_message *message,
				       enum isdn_message_direction direction)
{
	bool outgoing = message->by_originator == (direction == ISDN_SENT);
	struct isdn_call *call;

	if (message->reference == 0)
		return NULL;
	llist_for_each_entry (call, &isdn->calls, entry) {
		if (call->reference != message->reference || call->outgoing != outgoing)
			continue;
		if (outgoing || call->tei == isdn->tei)
			return call;
	}
	return NULL;
}

static unsigned state_ms(const struct isdn *isdn, enum isdn_call_state state)
{
	unsigned ms = isdn_timer_ms(isdn, states[state].timer);

	if (state == ISDN_CALL_INITIATED)
		return 2 * ms + GUARD_MS;
	if (state == ISDN_CALL_CLEARING)
		return isdn_timer_ms(isdn, ISDN_T305) + 2 * ms + GUARD_MS;
	return ms;
}

void isdn_call_enter(struct isdn_call *call, enum isdn_call_state state)
{
	unsigned ms;

	call->state = state;
	osmo_timer_del(&call->timer);
	call->running = states[state].timer;
	if (call->running == 0)
		return;
	ms = state_ms(call->isdn, state);
	osmo_timer_schedule(&call->timer, ms / 1000, ms % 1000 * 1000);
}

void isdn_call_note_cause(struct isdn_call *call, unsigned value, unsigned location)
{
	if (call->cause.value != 0 || value < 1 || value > 127)
		return;
	call->cause.value = (uint8_t)value;
	call->cause.location = (uint8_t)location;
}

void isdn_call_abandon(struct isdn_call *call)
{
	/* with layer 2 gone the far end has cleared it as well */
	if (isdn_layer2_is_up(call->isdn) && call->timeslot != 0)
		isdn_call_enter(call, ISDN_CALL_ABANDONED);
	isdn_call_end(call);
}

void isdn_call_end(struct isdn_call *call)
{
	struct isdn *isdn = call->isdn;

	if (call->cause.value == 0 && !isdn_layer2_is_up(isdn))
		isdn_call_note_cause(call, call->outgoing ? 27 : 41, ISDN_LOCATION_PRIVATE_LOCAL);
	isdn_call_note_cause(call, 31, ISDN_LOCATION_PRIVATE_LOCAL);
	osmo_timer_del(&call->timer);
	isdn_request_call_ended(call);
	llist_del(&call->entry);
	if (call->state == ISDN_CALL_ABANDONED)
		LOGP(DISDN, LOGL_NOTICE, "%s: RELEASE was not answered (T308)\n",
		     isdn_channel_text(isdn, call->timeslot));
	if (call->state == ISDN_CALL_ABANDONED && isdn->handlers->release_failed)
		isdn->handlers->release_failed(isdn->arg, call->timeslot);
	if (isdn->handlers->released)
		isdn->handlers->released(call, &call->cause);
	talloc_free(call);
}

/* ---- orders */

/* In these libpri answers SETUP with RELEASE COMPLETE (Q.931 5.3.2 a). With any other cause it
 * would say nothing at all as long as it has sent nothing for this call. */
static bool rejects_setup(unsigned cause)
{
	return cause == 1 || cause == 34 || cause == 44 || cause == 82 || cause == 88;
}

static void call_clear(struct isdn_call *call, unsigned cause)
{
	struct pri *pri = call->isdn->pri;

	if (call->state == ISDN_CALL_PRESENT && !rejects_setup(cause))
		pri_proceeding(pri, call->q, isdn_channel_to_pri(call->isdn, call->timeslot), 0);
	isdn_call_enter(call, ISDN_CALL_CLEARING);
	pri_hangup(pri, call->q, (int)cause);
	isdn_look_soon(call->isdn);
}

int isdn_release(struct isdn_call *call, unsigned cause)
{
	if (call->state == ISDN_CALL_CLEARING)
		return 0;
	if (cause < 1 || cause > 127)
		cause = 31;
	isdn_call_note_cause(call, cause, ISDN_LOCATION_PRIVATE_LOCAL);
	call_clear(call, cause);
	return 0;
}

static void on_call_timeout(void *data)
{
	struct isdn_call *call = data;
	struct isdn *isdn = call->isdn;

	LOGP(DISDN, LOGL_INFO, "%s: T%u expired in %s\n", isdn_channel_text(isdn, call->timeslot),
	     call->running, isdn_call_state_name(call));
	if (call->state == ISDN_CALL_ACTIVE) { /* T309 of an NFAS group, see isdn_nfas.c */
		isdn_call_note_cause(call, 27, ISDN_LOCATION_PRIVATE_LOCAL);
		pri_destroycall(isdn->pri, call->q);
		isdn_call_end(call);
		return;
	}
	if (call->state == ISDN_CALL_CLEARING) {
		pri_destroycall(isdn->pri, call->q);
		isdn_call_abandon(call);
		return;
	}
	isdn_call_note_cause(call,
			     call->running == ISDN_T301	  ? 19
			     : call->running == ISDN_T303 ? 18
							  : 102,
			     ISDN_LOCATION_PRIVATE_LOCAL);
	call_clear(call, 102);
	/* the far end may take a while to answer: say so now, as if it had sent DISCONNECT */
	if (isdn->handlers->disconnect)
		isdn->handlers->disconnect(call, &call->cause, false);
}

/* libpri sends IA5 characters only, and takes a string. */
static void set_user_user(struct pri_sr *record, const struct user_user *in,
			  char text[USER_USER_MAX + 1])
{
	if (in->length == 0 || in->length > USER_USER_MAX || in->protocol != USER_USER_IA5 ||
	    memchr(in->octets, 0, in->length))
		return;
	memcpy(text, in->octets, in->length);
	text[in->length] = '\0';
	pri_sr_set_useruser(record, text);
}

/* What pri_sr keeps pointers to until the call is set up. */
struct setup_strings {
	char called[NUMBER_DIGITS_MAX + 1];
	char user_user[USER_USER_MAX + 1];
};

static struct pri_sr *setup_record(const struct isdn *isdn, const struct isdn_setup *setup,
				   struct setup_strings *strings)
{
	struct pri_sr *record = pri_sr_new();
	struct pri_party_subaddress subaddress;
	struct pri_party_redirecting redirecting;
	struct pri_party_id caller;

	if (!record)
		return NULL;
	pri_sr_set_channel(record,
			   setup->timeslot ? isdn_channel_to_pri(isdn, setup->timeslot) : 0xff,
			   setup->exclusive, setup->progress == ISDN_PROGRESS_ORIGIN_NOT_ISDN);
	pri_sr_set_bearer(record, setup->bearer,
			  isdn->config.alaw ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
	if (strings->called[0] != '\0' || setup->keypad[0] == '\0')
		pri_sr_set_called(record, strings->called, isdn_number_plan(&setup->called),
				  setup->sending_complete);
	if (setup->keypad[0] != '\0')
		pri_sr_set_keypad_digits(record, setup->keypad);
	isdn_subaddress_to_pri(&setup->called_subaddress, &subaddress);
	pri_sr_set_called_subaddress(record, &subaddress);
	isdn_party_to_pri(&setup->calling, &caller);
	pri_sr_set_caller_party(record, &caller);
	isdn_supplementary_setup(isdn, record);
	isdn_redirection_to_pri(&setup->redirection, &redirecting);
	pri_sr_set_redirecting_parties(record, &redirecting);
	set_user_user(record, &setup->user_user, strings->user_user);
	return record;
}

int isdn_setup(struct isdn *isdn, const struct isdn_setup *setup, void *user,
	       struct isdn_call **out)
{
	struct setup_strings strings = {0};
	struct pri_sr *record;
	struct isdn_call *call;
	q931_call *q;
	int rc;

	strncat(strings.called, isdn_number_digits(&setup->called), NUMBER_DIGITS_MAX);
	if (ISDN_CHANNEL_TIMESLOT(setup->timeslot) > 31 ||
	    !isdn_digits_valid(setup->keypad, KEYPAD_MAX))
		return -EINVAL;
	if (strings.called[0] == '\0' && setup->keypad[0] == '\0' && setup->sending_complete)
		return -EINVAL;
	if (!isdn_is_usable(isdn))
		return -ENETDOWN;
	record = setup_record(isdn, setup, &strings);
	if (!record)
		return -ENOMEM;
	q = pri_new_call(isdn->pri);
	call = q ? isdn_call_new(isdn, q, true) : NULL;
	rc = -ENOMEM;
	if (!call)
		goto fail;
	call->user = user;
	call->timeslot = setup->timeslot;
	rc = -EIO;
	if (pri_setup(isdn->pri, q, record) < 0)
		goto fail;
	pri_sr_free(record);
	isdn_call_enter(call, ISDN_CALL_INITIATED);
	isdn_look_soon(isdn);
	*out = call;
	return 0;
fail:
	pri_sr_free(record);
	if (call) {
		llist_del(&call->entry);
		talloc_free(call);
	}
	if (q)
		pri_destroycall(isdn->pri, q);
	return rc;
}

/* The number is not known to be complete yet, as far as the far end knows. */
static bool is_unacknowledged(const struct isdn_call *call)
{
	return call->state == ISDN_CALL_PRESENT || call->state == ISDN_CALL_OVERLAP_RECEIVING;
}

/* Sends PROCEEDING if that was not done yet: it names the channel. */
static void must_have_proceeded(struct isdn_call *call)
{
	if (!is_unacknowledged(call))
		return;
	pri_proceeding(call->isdn->pri, call->q, isdn_channel_to_pri(call->isdn, call->timeslot),
		       0);
	isdn_call_enter(call, ISDN_CALL_INCOMING_PROCEEDING);
}

static bool is_unanswered(const struct isdn_call *call)
{
	return is_unacknowledged(call) || call->state == ISDN_CALL_INCOMING_PROCEEDING ||
	       call->state == ISDN_CALL_RECEIVED;
}

int isdn_need_digits(struct isdn_call *call, unsigned timeslot, bool dialtone)
{
	if (call->state != ISDN_CALL_PRESENT || ISDN_CHANNEL_TIMESLOT(timeslot) > 31)
		return -EINVAL;
	if (timeslot != 0)
		call->timeslot = timeslot;
	if (pri_setup_ack(call->isdn->pri, call->q, isdn_channel_to_pri(call->isdn, call->timeslot),
			  0, dialtone) < 0)
		return -EIO;
	isdn_call_enter(call, ISDN_CALL_OVERLAP_RECEIVING);
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_proceeding(struct isdn_call *call, unsigned timeslot, unsigned progress)
{
	bool inband = progress == ISDN_PROGRESS_INBAND;

	if (!is_unanswered(call) || ISDN_CHANNEL_TIMESLOT(timeslot) > 31)
		return -EINVAL;
	if (!is_unacknowledged(call))
		return inband ? isdn_progress(call, progress, NULL) : 0;
	if (timeslot != 0)
		call->timeslot = timeslot;
	if (pri_proceeding(call->isdn->pri, call->q,
			   isdn_channel_to_pri(call->isdn, call->timeslot), inband) < 0)
		return -EIO;
	isdn_call_enter(call, ISDN_CALL_INCOMING_PROCEEDING);
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_alerting(struct isdn_call *call, unsigned progress)
{
	bool inband = progress == ISDN_PROGRESS_INBAND;

	if (!is_unanswered(call))
		return -EINVAL;
	if (call->state == ISDN_CALL_RECEIVED)
		return inband ? isdn_progress(call, progress, NULL) : 0;
	must_have_proceeded(call);
	if (pri_acknowledge(call->isdn->pri, call->q,
			    isdn_channel_to_pri(call->isdn, call->timeslot), inband) < 0)
		return -EIO;
	isdn_call_enter(call, ISDN_CALL_RECEIVED);
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_progress(struct isdn_call *call, unsigned progress, const struct isdn_cause *cause)
{
	int rc;

	if (!is_unanswered(call))
		return -EINVAL;
	if (progress != ISDN_PROGRESS_INBAND)
		return -ENOTSUP;
	must_have_proceeded(call);
	if (cause && cause->value != 0)
		rc = pri_progress_with_cause(call->isdn->pri, call->q, 0, 1, cause->value);
	else
		rc = pri_progress(call->isdn->pri, call->q, 0, 1);
	isdn_look_soon(call->isdn);
	return rc < 0 ? -EIO : 0;
}

static int answer(struct isdn_call *call, const struct party *connected, bool not_isdn)
{
	struct pri *pri = call->isdn->pri;

	if (!is_unanswered(call))
		return -EINVAL;
	if (connected) {
		struct pri_party_connected_line line = {0};

		isdn_party_to_pri(connected, &line.id);
		pri_connected_line_update(pri, call->q, &line);
	}
	if (pri_answer(pri, call->q, isdn_channel_to_pri(call->isdn, call->timeslot), not_isdn) < 0)
		return -EIO;
	isdn_call_enter(call, ISDN_CALL_ACTIVE);
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_connect(struct isdn_call *call, const struct party *connected)
{
	return answer(call, connected, false);
}

int isdn_connect_not_isdn(struct isdn_call *call, const struct party *connected)
{
	return answer(call, connected, true);
}

int isdn_send_digits(struct isdn_call *call, const char *digits)
{
	if (call->state == ISDN_CALL_DISCONNECTED || call->state == ISDN_CALL_CLEARING ||
	    call->state == ISDN_CALL_INITIATED)
		return -EINVAL;
	if (!isdn_digits_valid(digits, NUMBER_DIGITS_MAX))
		return -EINVAL;
	for (; *digits != '\0'; digits++) {
		if (pri_information(call->isdn->pri, call->q, *digits) < 0)
			return -EIO;
	}
	if (call->state == ISDN_CALL_OVERLAP) /* Q.931 5.1.3: T304 starts anew */
		isdn_call_enter(call, ISDN_CALL_OVERLAP);
	isdn_look_soon(call->isdn);
	return 0;
}

/* ---- who it is, after SETUP */

static bool tells_of_changes(const struct isdn_call *call)
{
	enum isdn_switch_type type = call->isdn->config.switch_type;

	return type == ISDN_PRIMARY_NET5 || type == ISDN_PRIMARY_QSIG;
}

int isdn_diverted(struct isdn_call *call, const struct redirection *redirection)
{
	struct pri_party_redirecting redirecting;

	if (!is_unanswered(call) || call->state == ISDN_CALL_PRESENT ||
	    redirection->to.number.digits[0] == '\0')
		return -EINVAL;
	if (!tells_of_changes(call))
		return -ENOTSUP;
	isdn_redirection_to_pri(redirection, &redirecting);
	if (pri_redirecting_update(call->isdn->pri, call->q, &redirecting) < 0)
		return -EIO;
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_connected_update(struct isdn_call *call, const struct party *connected)
{
	struct pri_party_connected_line line = {0};

	if (call->state != ISDN_CALL_ACTIVE)
		return -EINVAL;
	if (!tells_of_changes(call))
		return -ENOTSUP;
	isdn_party_to_pri(connected, &line.id);
	if (pri_connected_line_update(call->isdn->pri, call->q, &line) < 0)
		return -EIO;
	isdn_look_soon(call->isdn);
	return 0;
}

int isdn_display(struct isdn_call *call, const char *text)
{
	struct pri_subcmd_display_txt display = {.char_set = PRI_CHAR_SET_ISO8859_1};
	char latin1[DISPLAY_MAX + 1];

	if (call->state == ISDN_CALL_DISCONNECTED || call->state == ISDN_CALL_CLEARING)
		return -EINVAL;
	if (!isdn_may_display(&call->isdn->config))
		return -ENOTSUP;
	isdn_text_to_pri(text, latin1, sizeof(latin1));
	display.length = (int)strlen(latin1);
	if (display.length == 0)
		return -EINVAL;
	memcpy(display.text, latin1, (size_t)display.length);
	if (pri_display_text(call->isdn->pri, call->q, &display) < 0)
		return -EIO;
	isdn_look_soon(call->isdn);
	return 0;
}

/* ---- questions */

void isdn_call_set_user(struct isdn_call *call, void *user)
{
	call->user = user;
}

void *isdn_call_user(const struct isdn_call *call)
{
	return call->user;
}

struct isdn *isdn_call_isdn(const struct isdn_call *call)
{
	return call->isdn;
}

unsigned isdn_call_timeslot(const struct isdn_call *call)
{
	return call->timeslot;
}

unsigned isdn_call_indicators(const struct isdn_call *call)
{
	const struct dss1_message *message = &call->isdn->message;
	unsigned indicators = 0;

	for (unsigned i = 0; i < message->progress_count; i++) {
		if (message->progress[i] < 32)
			indicators |= 1u << message->progress[i];
	}
	return indicators;
}
