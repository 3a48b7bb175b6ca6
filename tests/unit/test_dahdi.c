// SPDX-License-Identifier: GPL-2.0-or-later
/* The DAHDI driver with a kernel of our own in place of the real one. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers-glue/span/dahdi_inventory.h"
#include "drivers-glue/span/dahdi_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- the kernel: E1 spans 1 and 2, BRI span 3, analogue span 4 */

struct fake_span {
	const char *name, *description, *type;
	int channels, config, alarms;
};

static const struct fake_span fake_spans[] = {
    {"TE2/0/1", "T2XXP (PCI) Card 0 Span 1", "E1", 31,
     DAHDI_CONFIG_CCS | DAHDI_CONFIG_HDB3 | DAHDI_CONFIG_CRC4, DAHDI_ALARM_NONE},
    {"TE2/0/2", "T2XXP (PCI) Card 0 Span 2", "T1", 24, DAHDI_CONFIG_ESF | DAHDI_CONFIG_B8ZS,
     DAHDI_ALARM_RED | DAHDI_ALARM_LOS},
    {"B4/0/1", "B4XXP (PCI) Card 0 Span 1", "NT", 3, DAHDI_CONFIG_AMI | DAHDI_CONFIG_CCS,
     DAHDI_ALARM_NONE},
    {"WCTDM/0", "Wildcard TDM400P", "", 4, 0, DAHDI_ALARM_NONE},
};

static struct {
	int open_error, specify_error, ioctl_error; /* errno; 0: none */
	unsigned long failing;			    /* the request of ioctl_error */
	int spans, dchan_sig, bchan_sig;
	int events[8];
	unsigned event;
	struct {
		unsigned long request;
		int value;
	} orders[32];
	unsigned order_count;
	struct dahdi_gains gains;
	uint8_t frame[64];
	ssize_t frame_length; /* that waits to be read */
	uint8_t written[64];
	ssize_t written_length;
	int read_error;
} fake;

static void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.spans = COUNT(fake_spans);
	fake.dchan_sig = DAHDI_SIG_HDLCFCS;
	fake.bchan_sig = DAHDI_SIG_CLEAR;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

static int fake_open(const char *path)
{
	return fake.open_error ? refuse(fake.open_error) : open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int fake_spanstat(struct dahdi_spaninfo *info)
{
	const struct fake_span *s;

	if (info->spanno < 1 || info->spanno > fake.spans)
		return refuse(EINVAL);
	s = &fake_spans[info->spanno - 1];
	memcpy(info->name, s->name, strlen(s->name));
	memset(info->desc, 'x', sizeof(info->desc)); /* no room for a terminator */
	memcpy(info->desc, s->description, strlen(s->description) + 1);
	memcpy(info->spantype, s->type, strlen(s->type));
	info->totalchans = info->numchans = s->channels;
	info->lineconfig = s->config;
	info->alarms = s->alarms;
	info->syncsrc = 1;
	info->bpvcount = 7;
	info->totalspans = fake.spans;
	return 0;
}

static int fake_params(struct dahdi_params *p)
{
	int first = 1;

	for (int span = 1; span <= fake.spans; span++) {
		int channels = fake_spans[span - 1].channels;
		int d = channels == 31 ? 16 : channels;

		if (p->channo < first + channels) {
			p->spanno = span;
			p->chanpos = p->channo - first + 1;
			p->sigtype = channels == 4     ? DAHDI_SIG_FXOKS
				     : p->chanpos == d ? fake.dchan_sig
						       : fake.bchan_sig;
			p->curlaw = channels == 24 ? DAHDI_LAW_MULAW : DAHDI_LAW_ALAW;
			snprintf(p->name, sizeof(p->name), "%.20s/%d", fake_spans[span - 1].name,
				 p->chanpos);
			return 0;
		}
		first += channels;
	}
	return refuse(EINVAL);
}

static int fake_ioctl(int fd, unsigned long request, void *argument)
{
	if (fake.ioctl_error && request == fake.failing)
		return refuse(fake.ioctl_error);
	switch (request) {
	case DAHDI_SPANSTAT:
		return fake_spanstat(argument);
	case DAHDI_GET_PARAMS:
		return fake_params(argument);
	case DAHDI_GETVERSION:
		strcpy(((struct dahdi_versioninfo *)argument)->version, "2.6.0");
		return 0;
	case DAHDI_SPECIFY:
		return fake.specify_error ? refuse(fake.specify_error) : 0;
	case DAHDI_GETEVENT:
		*(int *)argument = fake.events[fake.event];
		if (fake.events[fake.event])
			fake.event++;
		return 0;
	case DAHDI_SETGAINS:
		fake.gains = *(struct dahdi_gains *)argument;
		return 0;
	case DAHDI_SET_BUFINFO:
		return 0;
	default:
		if (fake.order_count < COUNT(fake.orders)) {
			fake.orders[fake.order_count].request = request;
			fake.orders[fake.order_count++].value = *(int *)argument;
		}
		return 0;
	}
}

static ssize_t fake_read(int fd, void *octets, size_t size)
{
	ssize_t length = fake.frame_length;

	if (fake.read_error)
		return refuse(fake.read_error);
	if (fake.events[fake.event])
		return refuse(ELAST);
	if (length == 0)
		return refuse(EAGAIN);
	memcpy(octets, fake.frame, (size_t)length);
	fake.frame_length = 0;
	return length;
}

static ssize_t fake_write(int fd, const void *octets, size_t count)
{
	if (fake.events[fake.event])
		return refuse(ELAST);
	assert_true(count <= sizeof(fake.written));
	memcpy(fake.written, octets, count);
	fake.written_length = (ssize_t)count;
	return (ssize_t)count;
}

/* ---- opening */

static void explains_what_keeps_a_span_from_opening(void **state)
{
	static const struct {
		int open_error, specify_error, ioctl_error;
		unsigned long failing;
		unsigned unit;
		enum tdm_framing framing;
		int dchan_sig;
		int rc;
		const char *why;
	} rows[] = {
	    {ENOENT, 0, 0, 0, 1, TDM_E1, 0, -ENOENT,
	     "the DAHDI driver is not loaded (/dev/dahdi/ctl): load the card's module, or at least "
	     "run `modprobe dahdi`, then dahdi_cfg"},
	    {EACCES, 0, 0, 0, 1, TDM_E1, 0, -EACCES,
	     "no permission to open /dev/dahdi/ctl: run as root or as a user in the group dahdi"},
	    {0, EBUSY, 0, 0, 1, TDM_E1, 0, -EBUSY,
	     "channel 16 (timeslot 16 of DAHDI span 1) is in use by another program: stop that "
	     "(`fuser -v /dev/dahdi/*` names it)"},
	    {0, 0, 0, 0, 9, TDM_E1, 0, -ENODEV,
	     "DAHDI has no span 9: `sipspan show dahdi` lists those there are; is the card's "
	     "module loaded?"},
	    {0, 0, 0, 0, 2, TDM_E1, 0, -EINVAL,
	     "DAHDI span 2 has 24 channels, expected 31: it is no E1, or the card's jumpers or "
	     "module options say otherwise"},
	    {0, 0, 0, 0, 1, TDM_E1, DAHDI_SIG_CLEAR, -EINVAL,
	     "channel 16 (timeslot 16 of DAHDI span 1) is configured as bchan: expected dchan=16 "
	     "in /etc/dahdi/system.conf, then run dahdi_cfg"},
	    {0, 0, 0, 0, 1, TDM_E1, DAHDI_SIG_NONE, -EINVAL,
	     "channel 16 (timeslot 16 of DAHDI span 1) is not configured: write dchan=16 into "
	     "/etc/dahdi/system.conf and run dahdi_cfg"},
	    {0, 0, ENOTTY, DAHDI_SPANSTAT, 1, TDM_E1, 0, -ENOTTY,
	     "the kernel's DAHDI driver (2.6.0) does not understand this program, which was built "
	     "for 2.11: install driver and tools of that version"},
	    {0, 0, ENOTTY, DAHDI_GET_PARAMS, 1, TDM_E1, 0, -ENOTTY,
	     "the kernel's DAHDI driver (2.6.0) does not understand this program, which was built "
	     "for 2.11: install driver and tools of that version"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tdm_span_config config;
		struct tdm_descriptors d;
		char why[256] = "";

		fake_reset();
		fake.open_error = rows[i].open_error;
		fake.specify_error = rows[i].specify_error;
		fake.ioctl_error = rows[i].ioctl_error;
		fake.failing = rows[i].failing;
		if (rows[i].rc == -EINVAL && rows[i].unit == 1)
			fake.dchan_sig = rows[i].dchan_sig;
		tdm_span_config_init(&config, rows[i].unit, rows[i].framing);
		config.driver = TDM_DRIVER_DAHDI;
		assert_int_equal(tdm_open(&config, &d, why, sizeof(why)), rows[i].rc);
		assert_string_equal(why, rows[i].why);
	}
}

static void finds_channels_by_span_and_timeslot(void **state)
{
	struct tdm_span_config config;
	struct tdm_descriptors d;
	char why[256] = "";
	int fd;

	fake_reset();
	tdm_span_config_init(&config, 5, TDM_T1);
	config.driver = TDM_DRIVER_DAHDI;
	config.unit = 2;
	assert_int_equal(tdm_open(&config, &d, why, sizeof(why)), 0);
	assert_true(d.fd_d >= 0);
	assert_int_equal(d.count, 1);
	fd = tdm_channel_descriptor(&config, 23, why, sizeof(why));
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(tdm_channel_descriptor(&config, 25, why, sizeof(why)), -EINVAL);
	fake.bchan_sig = DAHDI_SIG_EM;
	assert_int_equal(tdm_channel_descriptor(&config, 2, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "channel 33 (timeslot 2 of DAHDI span 2) is configured as e&m: "
				 "expected bchan=33 in /etc/dahdi/system.conf, then run dahdi_cfg");
	tdm_descriptors_close(&d);
	config.unit = 3;
	config.framing = TDM_BRI;
	config.d_timeslot = 3;
	assert_int_equal(tdm_open(&config, &d, why, sizeof(why)), 0);
	tdm_descriptors_close(&d);
}

static void maps_alarms(void **state)
{
	static const struct {
		int kernel;
		unsigned alarms;
	} rows[] = {
	    {DAHDI_ALARM_NONE, 0},
	    {DAHDI_ALARM_RED | DAHDI_ALARM_LOS, TDM_ALARM_RED | TDM_ALARM_LOS},
	    {DAHDI_ALARM_YELLOW, TDM_ALARM_YELLOW},
	    {DAHDI_ALARM_BLUE, TDM_ALARM_BLUE},
	    {DAHDI_ALARM_RECOVER, TDM_ALARM_RECOVERING},
	    {DAHDI_ALARM_LOOPBACK, TDM_ALARM_LOOPBACK},
	    {DAHDI_ALARM_RED | DAHDI_ALARM_LFA, TDM_ALARM_RED | TDM_ALARM_LFA},
	    {DAHDI_ALARM_LMFA, TDM_ALARM_LFA},
	    {DAHDI_ALARM_NOTOPEN, TDM_ALARM_LOS},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(dahdi_alarms(rows[i].kernel), rows[i].alarms);
}

static void watches_alarms_and_counts_broken_frames(void **state)
{
	static const int events[] = {DAHDI_EVENT_ALARM, DAHDI_EVENT_BADFCS, DAHDI_EVENT_ABORT,
				     DAHDI_EVENT_NOALARM, DAHDI_EVENT_OVERRUN};
	struct tdm_span_config config;
	struct tdm_descriptors d;
	struct tdm_status status;
	char why[256];

	fake_reset();
	tdm_span_config_init(&config, 1, TDM_E1);
	config.driver = TDM_DRIVER_DAHDI;
	assert_int_equal(tdm_open(&config, &d, why, sizeof(why)), 0);
	memcpy(fake.events, events, sizeof(events));
	assert_int_equal(tdm_watch(&config, &d, &status), 0);
	assert_int_equal(status.alarms, 0);
	assert_int_equal(status.counters.hdlc_errors, 3);
	assert_int_equal(status.line.bipolar_violations, 7);
	fake_reset();
	fake.events[0] = DAHDI_EVENT_REMOVED;
	assert_int_equal(tdm_watch(&config, &d, &status), -ENODEV);
	fake_reset();
	fake.spans = 0;
	assert_int_equal(tdm_watch(&config, &d, &status), -ENODEV);
	tdm_descriptors_close(&d);
}

/* ---- frames */

static void frames_lose_and_gain_their_fcs(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	uint8_t frame[16];

	fake_reset();
	memcpy(fake.frame, "\x02\x01\x7f\xaa\xbb", 5);
	fake.frame_length = 5;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), 3);
	assert_memory_equal(frame, "\x02\x01\x7f", 3);
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), -EAGAIN);
	fake.frame_length = 2;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), -EBADMSG);
	fake.frame_length = 19;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), -EMSGSIZE);
	assert_int_equal(tdm_dchannel_write(fd, "\x00\x01\x7f", 3), 3);
	assert_int_equal(fake.written_length, 5);
	assert_memory_equal(fake.written, "\x00\x01\x7f", 3);
	close(fd);
}

static void an_event_stops_no_frame(void **state)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct tdm_counters counters;
	uint8_t frame[16];

	fake_reset();
	dahdi_events_forget(fd);
	fake.events[0] = DAHDI_EVENT_NOALARM;
	fake.frame_length = 5;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), 3);
	fake_reset();
	fake.events[0] = DAHDI_EVENT_ALARM;
	assert_int_equal(tdm_dchannel_write(fd, "\x00\x01\x7f", 3), 3);
	assert_int_equal(fake.written_length, 5);
	fake_reset();
	fake.events[0] = DAHDI_EVENT_BADFCS;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), -EBADMSG);
	assert_int_equal(dahdi_events_errors(fd), 1);
	dahdi_frame_counters(fd, &counters);
	assert_int_equal(counters.hdlc_frames_received, 1);
	assert_int_equal(counters.hdlc_frames_sent, 1);
	assert_int_equal(counters.hdlc_errors, 1);
	fake_reset();
	fake.read_error = ENODEV;
	assert_int_equal(tdm_dchannel_read(fd, frame, sizeof(frame)), -EAGAIN);
	close(fd);
}

/* ---- channels */

static bool ordered(unsigned long request, int value)
{
	for (unsigned i = 0; i < fake.order_count; i++) {
		if (fake.orders[i].request == request && fake.orders[i].value == value)
			return true;
	}
	return false;
}

static void sets_up_a_channel_anew_for_each_call(void **state)
{
	struct tdm_span_config config;
	int ctl = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct tdm_channel *channel;
	struct tdm_span *span;

	fake_reset();
	tdm_span_config_init(&config, 1, TDM_E1);
	config.driver = TDM_DRIVER_DAHDI;
	assert_int_equal(tdm_span_attach(&config, &ctl, 1, &span), 0);
	assert_int_equal(tdm_channel_open(span, 5, 80, -1, &channel), -EBADF);
	assert_int_equal(tdm_channel_open(span, 5, 80, fd, &channel), 0);
	assert_true(ordered(DAHDI_AUDIOMODE, 1));
	assert_true(ordered(DAHDI_SETLAW, DAHDI_LAW_ALAW));
	assert_true(ordered(DAHDI_FLUSH, DAHDI_FLUSH_ALL));
	assert_int_equal(tdm_channel_echo(channel, 100), 0);
	assert_true(ordered(DAHDI_ECHOCANCEL, 128));
	assert_int_equal(tdm_channel_echo(channel, 5000), 0);
	assert_true(ordered(DAHDI_ECHOCANCEL, 1024));
	assert_int_equal(tdm_channel_echo(channel, 0), 0);
	assert_true(ordered(DAHDI_ECHOCANCEL, 0));
	assert_int_equal(tdm_channel_gain(channel, 60, 0), 0);
	assert_int_equal(fake.gains.txgain[0x34], 0x34);
	assert_int_not_equal(fake.gains.rxgain[0x34], 0x34);
	assert_int_equal(tdm_channel_gain(channel, 201, 0), -EINVAL);
	fake.order_count = 0;
	tdm_channel_close(channel);
	assert_true(ordered(DAHDI_AUDIOMODE, 0));
	tdm_span_detach(span);
}

/* ---- inventory */

static char *written(void (*fn)(const struct dahdi_inventory *, FILE *))
{
	struct dahdi_inventory *inventory;
	char why[256], *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(dahdi_inventory_read(&inventory, why, sizeof(why)), 0);
	fn(inventory, file);
	fclose(file);
	dahdi_inventory_free(inventory);
	return text;
}

static void shows_what_is_installed(void **state)
{
	static const char *const lines[] = {
	    "DAHDI 2.6.0, 4 spans, 62 channels\n",
	    "Span 1: TE2/0/1 \"T2XXP (PCI) Card 0 Span 1\"\n"
	    "  alarms none, type E1, framing CCS/CRC4, coding HDB3, clock from span 1\n"
	    "  31 channels, 31 configured, ISDN E1\n"
	    "  errors: bipolar 7 crc 0 e-bit 0 framing 0, missed interrupts 0\n"
	    "     1 timeslot  1 TE2/0/1/1            bchan    A-law\n",
	    "    16 timeslot 16 TE2/0/1/16           dchan    A-law\n",
	    "  alarms LOS,RED, type T1, framing ESF, coding B8ZS, clock from span 1\n"
	    "  24 channels, 24 configured, ISDN T1\n",
	    "  3 channels, 3 configured, ISDN BRI\n",
	    "    59 timeslot  1 WCTDM/0/1            fxoks    A-law\n",
	};
	char *text;

	fake_reset();
	text = written(dahdi_inventory_print);
	for (size_t i = 0; i < COUNT(lines); i++) {
		if (!strstr(text, lines[i]))
			fail_msg("not there: %s in:\n%s", lines[i], text);
	}
	free(text);
	fake.spans = 0;
	text = written(dahdi_inventory_print);
	assert_string_equal(text, "DAHDI 2.6.0, 0 spans, 0 channels\n"
				  "No card is there: DAHDI gives time only. Is the card's module "
				  "loaded, and has its\nspan a number "
				  "(`dahdi_span_assignments auto`)?\n");
	free(text);
}

static void configure(const struct dahdi_inventory *inventory, FILE *to)
{
	dahdi_inventory_configure(inventory, "gw1", to);
}

static void check_accepts(const char *text)
{
	char path[] = "/tmp/test_dahdi.XXXXXX", command[200];
	int fd = mkstemp(path);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(command, sizeof(command), "%s check %s >/dev/null", SIPSPAN_BUILT, path);
	assert_int_equal(system(command), 0);
	unlink(path);
}

static void writes_a_configuration_that_check_accepts(void **state)
{
	static const char *const lines[] = {
	    "hostname gw1\n",
	    "controller e1 1\n description T2XXP (PCI) Card 0 Span 1\n driver dahdi\n"
	    " pri-group timeslots 1-31\n",
	    "controller t1 2\n",
	    " pri-group timeslots 1-24\n",
	    "interface serial 2:D\n isdn switch-type primary-ni\n",
	    "voice-port 1:D\n",
	    "controller bri 3\n",
	    "interface bri 3\n isdn switch-type basic-net3\n isdn protocol-emulate network\n",
	    " port 2:D\n",
	};
	char *text;

	fake_reset();
	text = written(configure);
	for (size_t i = 0; i < COUNT(lines); i++) {
		if (!strstr(text, lines[i]))
			fail_msg("not there: %s in:\n%s", lines[i], text);
	}
	check_accepts(text);
	free(text);
	fake.spans = 0;
	text = written(configure);
	check_accepts(text);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(explains_what_keeps_a_span_from_opening),
	    cmocka_unit_test(finds_channels_by_span_and_timeslot),
	    cmocka_unit_test(maps_alarms),
	    cmocka_unit_test(watches_alarms_and_counts_broken_frames),
	    cmocka_unit_test(frames_lose_and_gain_their_fcs),
	    cmocka_unit_test(an_event_stops_no_frame),
	    cmocka_unit_test(sets_up_a_channel_anew_for_each_call),
	    cmocka_unit_test(shows_what_is_installed),
	    cmocka_unit_test(writes_a_configuration_that_check_accepts),
	};

	dahdi_kernel = (struct dahdi_kernel){.open = fake_open,
					     .ioctl = fake_ioctl,
					     .read = fake_read,
					     .write = fake_write,
					     .proc = "/nowhere"};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
