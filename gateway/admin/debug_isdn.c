// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <osmocom/vty/command.h>
#include <osmocom/vty/vty.h>

#include "drivers-glue/isdn/capture.h"
#include "drivers-glue/span/span.h"
#include "gateway/admin/commands.h"
#include "gateway/isdn/frame_watch.h"
#include "gateway/log/log.h"

#define CAPTURE_MB 100 /* if no size is said */

enum layer {
	LAYER_Q931,
	LAYER_Q921,
	LAYERS,
};

static const char *const layer_names[LAYERS] = {"Q.931", "Q.921"};

#define ALL 0 /* instead of a span */

static bool shown[LAYERS][TDM_SPAN_MAX + 1];

static struct {
	struct dss1_capture *file; /* NULL: none */
	unsigned span;		   /* ALL, or this one */
} capture;

static bool layer_is_on(enum layer layer)
{
	for (unsigned span = ALL; span <= TDM_SPAN_MAX; span++)
		if (shown[layer][span])
			return true;
	return false;
}

bool debug_isdn_has_lines(void)
{
	return layer_is_on(LAYER_Q931) || layer_is_on(LAYER_Q921);
}

static void watch(void);

static void capture_end(int error)
{
	unsigned long long frames = dss1_capture_frames(capture.file);
	const char *path = dss1_capture_path(capture.file);

	if (error == -EFBIG)
		LOGP(DISDN, LOGL_NOTICE, "capture %s has its size now and ends, %llu frames\n",
		     path, frames);
	else if (error < 0)
		LOGP(DISDN, LOGL_ERROR, "capture %s ends after %llu frames: %s\n", path, frames,
		     strerror(-error));
	else
		LOGP(DISDN, LOGL_NOTICE, "capture %s ends, %llu frames\n", path, frames);
	dss1_capture_close(capture.file);
	capture.file = NULL;
	watch();
}

static void capture_frame(const struct isdn_frame_line *frame)
{
	char comment[64], call[24] = "";
	struct dss1_capture_frame entry = {
	    .span = frame->span,
	    .sent = frame->direction == ISDN_SENT,
	    .octets = frame->octets,
	    .length = frame->length,
	    .comment = comment,
	};
	int rc;

	if (frame->call != 0)
		snprintf(call, sizeof(call), "call %u, ", frame->call);
	snprintf(comment, sizeof(comment), "%sspan %u, %s", call, frame->span,
		 entry.sent ? "sent" : "received");
	clock_gettime(CLOCK_REALTIME, &entry.at);
	rc = dss1_capture_frame(capture.file, &entry);
	if (rc < 0)
		capture_end(rc);
}

static void on_frame(void *arg, const struct isdn_frame_line *frame)
{
	struct isdn_frame_line line = *frame;

	if (frame->span > TDM_SPAN_MAX)
		return;
	line.q931 = shown[LAYER_Q931][ALL] || shown[LAYER_Q931][frame->span];
	line.q921 = shown[LAYER_Q921][ALL] || shown[LAYER_Q921][frame->span];
	if (line.q931 || line.q921)
		isdn_frame_log(&line);
	if (capture.file && (capture.span == ALL || capture.span == frame->span))
		capture_frame(frame);
}

static void watch(void)
{
	frame_watch(capture.file || debug_isdn_has_lines() ? on_frame : NULL, NULL);
}

static void apply(void)
{
	watch();
	debug_apply();
}

static unsigned layer_print(struct vty *vty, enum layer layer)
{
	unsigned count = 0;

	if (shown[layer][ALL]) {
		console_print(vty, "ISDN %s debugging is on", layer_names[layer]);
		return 1;
	}
	for (unsigned span = 1; span <= TDM_SPAN_MAX; span++) {
		if (!shown[layer][span])
			continue;
		console_print(vty, "ISDN %s debugging is on for interface %u:D", layer_names[layer],
			      span);
		count++;
	}
	return count;
}

unsigned debug_isdn_print(struct vty *vty)
{
	unsigned count = layer_print(vty, LAYER_Q931) + layer_print(vty, LAYER_Q921);
	char span[24] = "";

	if (!capture.file)
		return count;
	if (capture.span != ALL)
		snprintf(span, sizeof(span), " of span %u", capture.span);
	console_print(vty, "ISDN frames%s are captured into %s: %llu frames, %llu octets", span,
		      dss1_capture_path(capture.file),
		      (unsigned long long)dss1_capture_frames(capture.file),
		      (unsigned long long)dss1_capture_size(capture.file));
	return count + 1;
}

void debug_isdn_off(void)
{
	memset(shown, 0, sizeof(shown));
	if (capture.file)
		capture_end(0);
	apply();
}

/* ---- q931, q921 */

#define ISDN_STR "ISDN\n"
#define LAYER_STR                                                                                  \
	"Call control messages\n"                                                                  \
	"Data link frames\n"
#define SERIAL_STR                                                                                 \
	"One D channel\n"                                                                          \
	"Which, such as 1:D\n"

static int switch_layer(struct vty *vty, const char *name, const char *serial, bool on)
{
	enum layer layer = strcmp(name, "q931") == 0 ? LAYER_Q931 : LAYER_Q921;
	unsigned span = serial ? console_serial(vty, serial) : ALL;

	if (serial && span == 0)
		return CMD_WARNING;
	if (!on && span != ALL && shown[layer][ALL]) {
		console_print(vty,
			      "%% ISDN %s debugging is on for all interfaces: no debug isdn %s",
			      layer_names[layer], name);
		return CMD_WARNING;
	}
	if (span == ALL)
		memset(shown[layer], 0, sizeof(shown[layer]));
	shown[layer][span] = on;
	apply();
	debug_tell(vty);
	return CMD_SUCCESS;
}

DEFUN(debug_layer, debug_layer_cmd, "debug isdn (q931|q921)", DEBUG_STR ISDN_STR LAYER_STR)
{
	return switch_layer(vty, argv[0], NULL, true);
}

DEFUN(debug_layer_of, debug_layer_of_cmd, "debug isdn (q931|q921) interface SERIAL",
      DEBUG_STR ISDN_STR LAYER_STR SERIAL_STR)
{
	return switch_layer(vty, argv[0], argv[1], true);
}

DEFUN(undebug_layer, undebug_layer_cmd, "undebug isdn (q931|q921)", UNDEBUG_STR ISDN_STR LAYER_STR)
{
	return switch_layer(vty, argv[0], NULL, false);
}

ALIAS(undebug_layer, no_debug_layer_cmd, "no debug isdn (q931|q921)",
      NO_STR DEBUG_STR ISDN_STR LAYER_STR)

DEFUN(undebug_layer_of, undebug_layer_of_cmd, "undebug isdn (q931|q921) interface SERIAL",
      UNDEBUG_STR ISDN_STR LAYER_STR SERIAL_STR)
{
	return switch_layer(vty, argv[0], argv[1], false);
}

ALIAS(undebug_layer_of, no_debug_layer_of_cmd, "no debug isdn (q931|q921) interface SERIAL",
      NO_STR DEBUG_STR ISDN_STR LAYER_STR SERIAL_STR)

/* ---- capture */

#define CAPTURE_STR "Frames into a file for Wireshark\n"
#define FILE_STR "Name of the file, beginning with /; it must not be there yet\n"
#define SPAN_STR                                                                                   \
	"Frames of one span only\n"                                                                \
	"Number of its controller\n"
#define SIZE_STR                                                                                   \
	"Where it ends\n"                                                                          \
	"Megabytes; 100 if nothing is said\n"

static int capture_begin(struct vty *vty, const char *path, const char *span, const char *size)
{
	unsigned long megabytes = size ? strtoul(size, NULL, 10) : CAPTURE_MB;
	char why[512] = "out of memory";

	if (capture.file) {
		console_print(vty, "%% There is a capture into %s: no debug isdn capture",
			      dss1_capture_path(capture.file));
		return CMD_WARNING;
	}
	if (dss1_capture_open(NULL, path, (uint64_t)megabytes * 1000000, &capture.file, why,
			      sizeof(why)) < 0) {
		console_print(vty, "%% %s.", why);
		return CMD_WARNING;
	}
	capture.span = span ? (unsigned)strtoul(span, NULL, 10) : ALL;
	apply();
	debug_tell(vty);
	return CMD_SUCCESS;
}

DEFUN(debug_capture, debug_capture_cmd, "debug isdn capture FILE",
      DEBUG_STR ISDN_STR CAPTURE_STR FILE_STR)
{
	return capture_begin(vty, argv[0], NULL, NULL);
}

DEFUN(debug_capture_span, debug_capture_span_cmd, "debug isdn capture FILE span <1-128>",
      DEBUG_STR ISDN_STR CAPTURE_STR FILE_STR SPAN_STR)
{
	return capture_begin(vty, argv[0], argv[1], NULL);
}

DEFUN(debug_capture_size, debug_capture_size_cmd, "debug isdn capture FILE size <1-4096>",
      DEBUG_STR ISDN_STR CAPTURE_STR FILE_STR SIZE_STR)
{
	return capture_begin(vty, argv[0], NULL, argv[1]);
}

DEFUN(debug_capture_both, debug_capture_both_cmd,
      "debug isdn capture FILE span <1-128> size <1-4096>",
      DEBUG_STR ISDN_STR CAPTURE_STR FILE_STR SPAN_STR SIZE_STR)
{
	return capture_begin(vty, argv[0], argv[1], argv[2]);
}

DEFUN(undebug_capture, undebug_capture_cmd, "undebug isdn capture",
      UNDEBUG_STR ISDN_STR CAPTURE_STR)
{
	if (!capture.file) {
		console_print(vty, "%% There is no capture.");
		return CMD_WARNING;
	}
	console_print(vty, "%llu frames are in %s",
		      (unsigned long long)dss1_capture_frames(capture.file),
		      dss1_capture_path(capture.file));
	capture_end(0);
	apply();
	return CMD_SUCCESS;
}

ALIAS(undebug_capture, no_debug_capture_cmd, "no debug isdn capture",
      NO_STR DEBUG_STR ISDN_STR CAPTURE_STR)

void debug_isdn_install(void)
{
	install_element(ENABLE_NODE, &debug_layer_cmd);
	install_element(ENABLE_NODE, &debug_layer_of_cmd);
	install_element(ENABLE_NODE, &undebug_layer_cmd);
	install_element(ENABLE_NODE, &no_debug_layer_cmd);
	install_element(ENABLE_NODE, &undebug_layer_of_cmd);
	install_element(ENABLE_NODE, &no_debug_layer_of_cmd);
	install_element(ENABLE_NODE, &debug_capture_cmd);
	install_element(ENABLE_NODE, &debug_capture_span_cmd);
	install_element(ENABLE_NODE, &debug_capture_size_cmd);
	install_element(ENABLE_NODE, &debug_capture_both_cmd);
	install_element(ENABLE_NODE, &undebug_capture_cmd);
	install_element(ENABLE_NODE, &no_debug_capture_cmd);
}
