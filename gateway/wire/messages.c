// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/wire/messages.h"

static const struct {
	const char *name;
	int size;
} types[WIRE_TYPE_COUNT] = {
    [WIRE_HELLO] = {"HELLO", sizeof(struct wire_hello)},
    [WIRE_SPAN_OPEN] = {"SPAN_OPEN", sizeof(struct wire_span_open)},
    [WIRE_SPAN_CLOSE] = {"SPAN_CLOSE", 0},
    [WIRE_STREAM_OPEN] = {"STREAM_OPEN", sizeof(struct wire_stream_open)},
    [WIRE_STREAM_SET] = {"STREAM_SET", sizeof(struct wire_stream_set)},
    [WIRE_CHANNEL_OPEN] = {"CHANNEL_OPEN", sizeof(struct wire_channel_open)},
    [WIRE_END_CLOSE] = {"END_CLOSE", 0},
    [WIRE_BRIDGE_OPEN] = {"BRIDGE_OPEN", sizeof(struct wire_bridge_open)},
    [WIRE_BRIDGE_CLOSE] = {"BRIDGE_CLOSE", 0},
    [WIRE_CONFERENCE_SET] = {"CONFERENCE_SET", sizeof(struct wire_conference_set)},
    [WIRE_DIGIT_PLAY] = {"DIGIT_PLAY", sizeof(struct wire_digit)},
    [WIRE_TONE_PLAY] = {"TONE_PLAY", sizeof(struct wire_tone)},
    [WIRE_READY] = {"READY", sizeof(struct wire_ready)},
    [WIRE_DIGIT] = {"DIGIT", sizeof(struct wire_digit)},
    [WIRE_SPAN_STATE] = {"SPAN_STATE", sizeof(struct wire_span_state)},
    [WIRE_ALIVE] = {"ALIVE", 0},
    [WIRE_REFUSED] = {"REFUSED", sizeof(struct wire_refused)},
};

int wire_body_size(unsigned type)
{
	if (type >= WIRE_TYPE_COUNT || !types[type].name)
		return -1;
	return types[type].size;
}

const char *wire_type_name(unsigned type)
{
	if (type >= WIRE_TYPE_COUNT || !types[type].name)
		return "unknown";
	return types[type].name;
}
