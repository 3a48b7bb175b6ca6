// SPDX-License-Identifier: GPL-2.0-or-later
#include "drivers-glue/span/dahdi_inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers-glue/span/dahdi_private.h"

/* ---- reading */

/* The driver fills these to the brim. */
static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	snprintf(to, size, "%.*s", (int)strnlen(from, from_size), from);
}

#define COPY(to, from) copy_text(to, sizeof(to), from, sizeof(from))

static const char *framing_of(int config)
{
	if (config & DAHDI_CONFIG_ESF)
		return "ESF";
	if (config & DAHDI_CONFIG_D4)
		return "D4";
	if (config & DAHDI_CONFIG_CCS)
		return config & DAHDI_CONFIG_CRC4 ? "CCS/CRC4" : "CCS";
	return config & DAHDI_CONFIG_CRC4 ? "CAS/CRC4" : "";
}

static const char *coding_of(int config)
{
	if (config & DAHDI_CONFIG_B8ZS)
		return "B8ZS";
	if (config & DAHDI_CONFIG_HDB3)
		return "HDB3";
	return config & DAHDI_CONFIG_AMI ? "AMI" : "";
}

static int read_spans(struct dahdi_inventory *i, int ctl)
{
	for (unsigned number = 1; number < DAHDI_MAX_SPANS; number++) {
		struct dahdi_inventory_span *s = &i->spans[i->span_count];
		struct tdm_status status = {.alarms = 0};
		struct dahdi_spaninfo info;
		int rc = dahdi_span_read(ctl, number, &info);

		if (rc == -ENOTTY)
			return rc;
		if (rc < 0)
			continue;
		s->number = number;
		COPY(s->name, info.name);
		COPY(s->description, info.desc);
		COPY(s->type, info.spantype);
		COPY(s->hardware, info.devicetype);
		COPY(s->maker, info.manufacturer);
		COPY(s->place, info.location);
		s->framing = framing_of(info.lineconfig);
		s->coding = coding_of(info.lineconfig);
		s->sync = (unsigned)info.syncsrc;
		s->channels = (unsigned)info.totalchans;
		s->configured = (unsigned)info.numchans;
		s->network = strcmp(s->type, "NT") == 0 || info.lineconfig & DAHDI_CONFIG_NTTE;
		dahdi_status_fill(&info, &status);
		s->alarms = status.alarms;
		s->counters = status.line;
		i->span_count++;
	}
	return 0;
}

static void read_channels(struct dahdi_inventory *i, int ctl)
{
	for (unsigned number = 1; number < DAHDI_MAX_CHANNELS; number++) {
		struct dahdi_inventory_channel *c = &i->channels[i->channel_count];
		struct dahdi_params params;

		if (dahdi_channel_read(ctl, number, &params) < 0)
			continue;
		c->number = number;
		c->span = (unsigned)params.spanno;
		c->timeslot = (unsigned)params.chanpos;
		COPY(c->name, params.name);
		c->signalling = dahdi_signalling_name(params.sigtype);
		c->law = params.curlaw == DAHDI_LAW_ALAW ? TDM_ALAW : TDM_ULAW;
		c->alarms = dahdi_alarms((int)params.chan_alarms);
		i->channel_count++;
	}
}

static struct dahdi_inventory_channel *find_channel(struct dahdi_inventory *i, unsigned number)
{
	for (unsigned n = 0; n < i->channel_count; n++) {
		if (i->channels[n].number == number)
			return &i->channels[n];
	}
	return NULL;
}

/* "	   1 DYN/loc/1:0/1 Clear (In use) (EC: MG2 - INACTIVE)" */
static void read_use(struct dahdi_inventory *i, const struct dahdi_inventory_span *s)
{
	struct dahdi_inventory_channel *c;
	char path[80], line[256];
	unsigned number;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%u", dahdi_kernel.proc, s->number);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %u ", &number) != 1 || !strstr(line, "(In use)"))
			continue;
		c = find_channel(i, number);
		if (c)
			c->in_use = true;
	}
	fclose(file);
}

static bool is_dchannel(const struct dahdi_inventory_channel *c)
{
	return strcmp(c->signalling, "dchan") == 0 || strcmp(c->signalling, "hardhdlc") == 0;
}

static enum dahdi_line line_of(const struct dahdi_inventory *i,
			       const struct dahdi_inventory_span *s)
{
	unsigned d_timeslot = 0;

	for (unsigned n = 0; n < i->channel_count; n++) {
		if (i->channels[n].span == s->number && is_dchannel(&i->channels[n]))
			d_timeslot = i->channels[n].timeslot;
	}
	if (s->channels == 31 && d_timeslot == 16)
		return DAHDI_LINE_E1;
	if (s->channels == 24 && d_timeslot == 24)
		return DAHDI_LINE_T1;
	return s->channels == 3 && d_timeslot == 3 ? DAHDI_LINE_BRI : DAHDI_LINE_OTHER;
}

int dahdi_inventory_read(struct dahdi_inventory **out, char *why, size_t why_size)
{
	struct dahdi_inventory *i = calloc(1, sizeof(*i));
	struct dahdi_versioninfo version = {""};
	int ctl = -1, rc = -ENOMEM;

	snprintf(why, why_size, "out of memory");
	if (!i)
		return rc;
	i->spans = calloc(DAHDI_MAX_SPANS, sizeof(i->spans[0]));
	i->channels = calloc(DAHDI_MAX_CHANNELS, sizeof(i->channels[0]));
	if (!i->spans || !i->channels)
		goto fail;
	rc = ctl = dahdi_ctl_open(why, why_size);
	if (rc < 0)
		goto fail;
	if (dahdi_kernel.ioctl(ctl, DAHDI_GETVERSION, &version) == 0)
		COPY(i->version, version.version);
	rc = read_spans(i, ctl);
	if (rc < 0) {
		dahdi_version_explain(ctl, why, why_size);
		goto fail;
	}
	read_channels(i, ctl);
	for (unsigned n = 0; n < i->span_count; n++) {
		i->spans[n].line = line_of(i, &i->spans[n]);
		read_use(i, &i->spans[n]);
	}
	close(ctl);
	*out = i;
	return 0;
fail:
	if (ctl >= 0)
		close(ctl);
	dahdi_inventory_free(i);
	return rc;
}

void dahdi_inventory_free(struct dahdi_inventory *i)
{
	if (!i)
		return;
	free(i->spans);
	free(i->channels);
	free(i);
}

/* ---- printing */

static const char *line_name(const struct dahdi_inventory_span *s)
{
	static const char *const names[] = {
	    [DAHDI_LINE_OTHER] = "",
	    [DAHDI_LINE_E1] = "ISDN E1",
	    [DAHDI_LINE_T1] = "ISDN T1",
	    [DAHDI_LINE_BRI] = "ISDN BRI",
	};

	return names[s->line];
}

static void print_span(const struct dahdi_inventory_span *s, FILE *to)
{
	char alarms[64];

	fprintf(to, "Span %u: %s \"%s\"\n", s->number, s->name, s->description);
	fprintf(to, "  alarms %s", tdm_alarms_name(s->alarms, alarms, sizeof(alarms)));
	if (s->type[0])
		fprintf(to, ", type %s", s->type);
	if (s->framing[0] || s->coding[0])
		fprintf(to, ", framing %s, coding %s", s->framing[0] ? s->framing : "-",
			s->coding[0] ? s->coding : "-");
	fprintf(to, ", clock from %s", s->sync ? "span " : "itself");
	if (s->sync)
		fprintf(to, "%u", s->sync);
	fprintf(to, "\n");
	if (s->hardware[0] || s->maker[0] || s->place[0])
		fprintf(to, "  %s%s%s%s%s\n", s->maker, s->maker[0] ? " " : "", s->hardware,
			s->hardware[0] && s->place[0] ? ", " : "", s->place);
	fprintf(to, "  %u channels, %u configured%s%s\n", s->channels, s->configured,
		s->line ? ", " : "", line_name(s));
	fprintf(to, "  errors: bipolar %u crc %u e-bit %u framing %u, missed interrupts %u\n",
		s->counters.bipolar_violations, s->counters.crc_errors, s->counters.e_bits,
		s->counters.framing_errors, s->counters.missed_interrupts);
}

void dahdi_inventory_print(const struct dahdi_inventory *i, FILE *to)
{
	char alarms[64];

	fprintf(to, "DAHDI %s, %u spans, %u channels\n", i->version, i->span_count,
		i->channel_count);
	if (i->span_count == 0)
		fprintf(to,
			"No card is there: DAHDI gives time only. Is the card's module loaded, and "
			"has its\nspan a number (`dahdi_span_assignments auto`)?\n");
	for (unsigned n = 0; n < i->span_count; n++) {
		print_span(&i->spans[n], to);
		for (unsigned k = 0; k < i->channel_count; k++) {
			const struct dahdi_inventory_channel *c = &i->channels[k];

			if (c->span != i->spans[n].number)
				continue;
			fprintf(to, "  %4u timeslot %2u %-20s %-8s %s%s", c->number, c->timeslot,
				c->name, c->signalling, c->law == TDM_ALAW ? "A-law" : "u-law",
				c->in_use ? ", in use" : "");
			if (c->alarms)
				fprintf(to, ", %s",
					tdm_alarms_name(c->alarms, alarms, sizeof(alarms)));
			fprintf(to, "\n");
		}
	}
}
