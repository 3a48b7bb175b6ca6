// SPDX-License-Identifier: GPL-2.0-or-later
/* The opening half: which device, how it is set up, what to do about it if that fails. */
#include "drivers-glue/span/dahdi_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

#define D_BUFFER 1024
#define D_BUFFERS 16

/* ---- the kernel */

static int kernel_open(const char *path)
{
	return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static int kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

struct dahdi_kernel dahdi_kernel = {
    .open = kernel_open,
    .ioctl = kernel_ioctl,
    .read = read,
    .write = write,
    .proc = "/proc/dahdi",
};

/* ---- words */

const char *dahdi_signalling_name(int sigtype)
{
	static const struct {
		int sigtype;
		const char *name;
	} names[] = {
	    {DAHDI_SIG_NONE, "unused"},	    {DAHDI_SIG_CLEAR, "bchan"},
	    {DAHDI_SIG_HDLCFCS, "dchan"},   {DAHDI_SIG_HARDHDLC, "hardhdlc"},
	    {DAHDI_SIG_FXSLS, "fxsls"},	    {DAHDI_SIG_FXSGS, "fxsgs"},
	    {DAHDI_SIG_FXSKS, "fxsks"},	    {DAHDI_SIG_FXOLS, "fxols"},
	    {DAHDI_SIG_FXOGS, "fxogs"},	    {DAHDI_SIG_FXOKS, "fxoks"},
	    {DAHDI_SIG_EM, "e&m"},	    {DAHDI_SIG_EM_E1, "e&me1"},
	    {DAHDI_SIG_CAS, "cas"},	    {DAHDI_SIG_SF, "sf"},
	    {DAHDI_SIG_HDLCRAW, "rawhdlc"}, {DAHDI_SIG_HDLCNET, "nethdlc"},
	    {DAHDI_SIG_DACS, "dacs"},	    {DAHDI_SIG_DACS_RBS, "dacsrbs"},
	    {DAHDI_SIG_MTP2, "mtp2"},	    {DAHDI_SIG_SLAVE, "slave"},
	    {DAHDI_SIG_BROKEN, "broken"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].sigtype == sigtype)
			return names[i].name;
	}
	return "unknown";
}

unsigned dahdi_alarms(int kernel_alarms)
{
	static const struct {
		int kernel;
		unsigned alarm;
	} rows[] = {
	    {DAHDI_ALARM_RECOVER, TDM_ALARM_RECOVERING},
	    {DAHDI_ALARM_LOOPBACK, TDM_ALARM_LOOPBACK},
	    {DAHDI_ALARM_YELLOW, TDM_ALARM_YELLOW},
	    {DAHDI_ALARM_RED, TDM_ALARM_RED},
	    {DAHDI_ALARM_BLUE, TDM_ALARM_BLUE},
	    {DAHDI_ALARM_NOTOPEN, TDM_ALARM_LOS},
	    {DAHDI_ALARM_LOS, TDM_ALARM_LOS},
	    {DAHDI_ALARM_LFA, TDM_ALARM_LFA},
	    {DAHDI_ALARM_LMFA, TDM_ALARM_LFA},
	};
	unsigned alarms = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (kernel_alarms & rows[i].kernel)
			alarms |= rows[i].alarm;
	}
	return alarms;
}

/* ---- asking the driver */

static int explain_device(const char *path, int error, char *why, size_t size)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		snprintf(why, size,
			 "the DAHDI driver is not loaded (%s): load the card's module, or at least "
			 "run `modprobe dahdi`, then dahdi_cfg",
			 path);
		break;
	case EACCES:
	case EPERM:
		snprintf(why, size,
			 "no permission to open %s: run as root or as a user in the group dahdi",
			 path);
		break;
	default:
		snprintf(why, size, "cannot open %s: %s", path, strerror(error));
		break;
	}
	return -error;
}

int dahdi_ctl_open(char *why, size_t why_size)
{
	int fd = dahdi_kernel.open(DAHDI_CTL);

	return fd < 0 ? explain_device(DAHDI_CTL, errno, why, why_size) : fd;
}

int dahdi_span_read(int ctl, unsigned span, struct dahdi_spaninfo *out)
{
	struct dahdi_spaninfo info;

	memset(&info, 0, sizeof(info));
	info.spanno = (int)span;
	if (dahdi_kernel.ioctl(ctl, DAHDI_SPANSTAT, &info) < 0)
		return -errno;
	*out = info;
	return 0;
}

int dahdi_channel_read(int ctl, unsigned channel, struct dahdi_params *out)
{
	struct dahdi_params params;

	memset(&params, 0, sizeof(params));
	params.channo = (int)channel;
	if (dahdi_kernel.ioctl(ctl, DAHDI_GET_PARAMS, &params) < 0)
		return -errno;
	*out = params;
	return 0;
}

/* The number of a span's first channel. -ENOENT: it has none. */
static int span_base(int ctl, unsigned span)
{
	struct dahdi_params params;

	for (unsigned channel = 1; channel < DAHDI_MAX_CHANNELS; channel++) {
		int rc = dahdi_channel_read(ctl, channel, &params);

		if (rc == -ENOTTY)
			return rc;
		if (rc == 0 && params.spanno == (int)span && params.chanpos == 1)
			return (int)channel;
	}
	return -ENOENT;
}

/* The requests carry their size: other structures are unknown requests. */
int dahdi_version_explain(int ctl, char *why, size_t size)
{
	struct dahdi_versioninfo version;

	memset(&version, 0, sizeof(version));
	if (dahdi_kernel.ioctl(ctl, DAHDI_GETVERSION, &version) < 0)
		snprintf(version.version, sizeof(version.version), "of unknown version");
	version.version[sizeof(version.version) - 1] = '\0';
	snprintf(why, size,
		 "the kernel's DAHDI driver (%.40s) does not understand this program, which was "
		 "built for 2.11: install driver and tools of that version",
		 version.version);
	return -ENOTTY;
}

/* ---- opening */

unsigned dahdi_unit(const struct tdm_span_config *config)
{
	return config->unit ? config->unit : config->number;
}

static const char *framing_name(enum tdm_framing framing)
{
	return framing == TDM_T1 ? "T1" : framing == TDM_BRI ? "BRI" : "E1";
}

/* The span's first channel, if it is what the configuration says. */
static int span_check(int ctl, const struct tdm_span_config *config, char *why, size_t size)
{
	unsigned unit = dahdi_unit(config), wanted = tdm_timeslots(config->framing);
	struct dahdi_spaninfo info;
	int rc = dahdi_span_read(ctl, unit, &info);

	if (rc == -ENOTTY)
		return dahdi_version_explain(ctl, why, size);
	if (rc < 0) {
		snprintf(why, size,
			 "DAHDI has no span %u: `sipspan show dahdi` lists those there are; is the "
			 "card's module loaded?",
			 unit);
		return -ENODEV;
	}
	if (info.totalchans != (int)wanted) {
		snprintf(why, size,
			 "DAHDI span %u has %d channels, expected %u: it is no %s, or the card's "
			 "jumpers or module options say otherwise",
			 unit, info.totalchans, wanted, framing_name(config->framing));
		return -EINVAL;
	}
	rc = span_base(ctl, unit);
	if (rc == -ENOTTY)
		return dahdi_version_explain(ctl, why, size);
	if (rc < 0)
		snprintf(why, size, "DAHDI span %u has no channels: run dahdi_cfg", unit);
	return rc;
}

struct place { /* of a channel */
	unsigned channel, unit, timeslot;
};

static int signalling_check(int ctl, const struct place *p, bool dchannel, char *why, size_t size)
{
	const char *wanted = dchannel ? "dchan" : "bchan";
	struct dahdi_params params;
	int rc = dahdi_channel_read(ctl, p->channel, &params);

	if (rc == -ENOTTY)
		return dahdi_version_explain(ctl, why, size);
	if (rc < 0) {
		snprintf(why, size,
			 "channel %u (timeslot %u of DAHDI span %u) is gone: run dahdi_cfg",
			 p->channel, p->timeslot, p->unit);
		return -ENODEV;
	}
	if (dchannel ? params.sigtype == DAHDI_SIG_HDLCFCS || params.sigtype == DAHDI_SIG_HARDHDLC
		     : params.sigtype == DAHDI_SIG_CLEAR)
		return 0;
	if (params.sigtype == DAHDI_SIG_NONE)
		snprintf(why, size,
			 "channel %u (timeslot %u of DAHDI span %u) is not configured: write "
			 "%s=%u into /etc/dahdi/system.conf and run dahdi_cfg",
			 p->channel, p->timeslot, p->unit, wanted, p->channel);
	else
		snprintf(why, size,
			 "channel %u (timeslot %u of DAHDI span %u) is configured as %s: expected "
			 "%s=%u in /etc/dahdi/system.conf, then run dahdi_cfg",
			 p->channel, p->timeslot, p->unit, dahdi_signalling_name(params.sigtype),
			 wanted, p->channel);
	return -EINVAL;
}

static int channel_device_open(const struct place *p, char *why, size_t size)
{
	int fd = dahdi_kernel.open(DAHDI_CHANNEL), channel = (int)p->channel, error;

	if (fd < 0)
		return explain_device(DAHDI_CHANNEL, errno, why, size);
	if (dahdi_kernel.ioctl(fd, DAHDI_SPECIFY, &channel) == 0)
		return fd;
	error = errno;
	close(fd);
	if (error == EBUSY)
		snprintf(why, size,
			 "channel %u (timeslot %u of DAHDI span %u) is in use by another program: "
			 "stop that (`fuser -v /dev/dahdi/*` names it)",
			 p->channel, p->timeslot, p->unit);
	else
		snprintf(why, size, "cannot open channel %u (timeslot %u of DAHDI span %u): %s",
			 p->channel, p->timeslot, p->unit, strerror(error));
	return -error;
}

static int dchannel_open(int ctl, const struct place *p, char *why, size_t size)
{
	struct dahdi_bufferinfo buffers = {
	    .txbufpolicy = DAHDI_POLICY_IMMEDIATE,
	    .rxbufpolicy = DAHDI_POLICY_IMMEDIATE,
	    .numbufs = D_BUFFERS,
	    .bufsize = D_BUFFER,
	};
	int rc = signalling_check(ctl, p, true, why, size), fd;

	if (rc < 0)
		return rc;
	fd = channel_device_open(p, why, size);
	if (fd < 0)
		return fd;
	if (dahdi_kernel.ioctl(fd, DAHDI_SET_BUFINFO, &buffers) < 0) {
		rc = -errno;
		snprintf(why, size, "the D channel's buffers cannot be set up: %s", strerror(-rc));
		close(fd);
		return rc;
	}
	dahdi_events_forget(fd);
	return fd;
}

int dahdi_open(const struct tdm_span_config *config, struct tdm_descriptors *out, char *why,
	       size_t why_size)
{
	int ctl = dahdi_ctl_open(why, why_size), base, fd_d = -1;

	if (ctl < 0)
		return ctl;
	base = span_check(ctl, config, why, why_size);
	if (base < 0) {
		close(ctl);
		return base;
	}
	if (config->d_timeslot) {
		struct place place = {(unsigned)base + config->d_timeslot - 1, dahdi_unit(config),
				      config->d_timeslot};

		fd_d = dchannel_open(ctl, &place, why, why_size);
		if (fd_d < 0) {
			close(ctl);
			return fd_d;
		}
	}
	*out = (struct tdm_descriptors){.fd_d = fd_d, .fds = {ctl, -1, -1, -1}, .count = 1};
	return 0;
}

int dahdi_channel_descriptor(const struct tdm_span_config *config, unsigned timeslot, char *why,
			     size_t why_size)
{
	struct place place = {.unit = dahdi_unit(config), .timeslot = timeslot};
	int ctl = dahdi_ctl_open(why, why_size), rc;

	if (ctl < 0)
		return ctl;
	rc = span_check(ctl, config, why, why_size);
	if (rc >= 0) {
		place.channel = (unsigned)rc + timeslot - 1;
		rc = signalling_check(ctl, &place, false, why, why_size);
	}
	close(ctl);
	return rc < 0 ? rc : channel_device_open(&place, why, why_size);
}

void dahdi_status_fill(const struct dahdi_spaninfo *info, struct tdm_status *out)
{
	out->alarms = dahdi_alarms(info->alarms);
	out->line = (struct tdm_line_counters){
	    .bipolar_violations = (uint32_t)info->bpvcount,
	    .crc_errors = (uint32_t)info->crc4count,
	    .e_bits = (uint32_t)info->ebitcount,
	    .framing_errors = (uint32_t)info->fascount,
	    .errored_seconds = info->errsec,
	    .missed_interrupts = (uint32_t)info->irqmisses,
	};
}

int dahdi_watch(const struct tdm_span_config *config, const struct tdm_descriptors *d,
		struct tdm_status *out)
{
	struct dahdi_spaninfo info;

	if (d->count < 1 || dahdi_span_read(d->fds[0], dahdi_unit(config), &info) < 0)
		return -ENODEV;
	if (d->fd_d >= 0 && dahdi_events_take(d->fd_d) == -ENODEV)
		return -ENODEV;
	dahdi_status_fill(&info, out);
	dahdi_frame_counters(d->fd_d, &out->counters);
	return 0;
}
