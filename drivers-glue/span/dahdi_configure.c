// SPDX-License-Identifier: GPL-2.0-or-later
/* A first configuration from the cards found. */
#include <stdlib.h>
#include <string.h>

#include "drivers-glue/span/dahdi_inventory.h"

static const struct {
	const char *controller, *interface, *switch_type;
} words[] = {
    [DAHDI_LINE_E1] = {"e1", "serial", "primary-net5"},
    [DAHDI_LINE_T1] = {"t1", "serial", "primary-ni"},
    [DAHDI_LINE_BRI] = {"bri", "bri", "basic-net3"},
};

/* "1-15,17-31": B channels and the D channel. */
static void timeslots_text(const struct dahdi_inventory *i, unsigned span, char *text, size_t size)
{
	unsigned first = 0, last = 0;
	size_t used = 0;

	text[0] = '\0';
	for (unsigned n = 0; n <= i->channel_count && used < size; n++) {
		const struct dahdi_inventory_channel *c =
		    n < i->channel_count ? &i->channels[n] : NULL;
		bool usable =
		    c && c->span == span &&
		    (strcmp(c->signalling, "bchan") == 0 || strcmp(c->signalling, "dchan") == 0 ||
		     strcmp(c->signalling, "hardhdlc") == 0);

		if (c && c->span != span)
			continue;
		if (usable && first && c->timeslot == last + 1) {
			last++;
			continue;
		}
		if (first)
			used += (size_t)snprintf(text + used, size - used,
						 last > first ? "%s%u-%u" : "%s%u", used ? "," : "",
						 first, last);
		first = last = usable ? c->timeslot : 0;
	}
}

static bool is_isdn(const struct dahdi_inventory_span *s)
{
	return s->line != DAHDI_LINE_OTHER;
}

static void write_controller(const struct dahdi_inventory *i, const struct dahdi_inventory_span *s,
			     FILE *to)
{
	char timeslots[128];

	fprintf(to, "controller %s %u\n", words[s->line].controller, s->number);
	fprintf(to, " description %.60s\n", s->description[0] ? s->description : s->name);
	fprintf(to, " driver dahdi\n");
	if (s->line != DAHDI_LINE_BRI) {
		timeslots_text(i, s->number, timeslots, sizeof(timeslots));
		fprintf(to, " pri-group timeslots %s\n", timeslots);
	}
	fprintf(to, "!\n");
}

static void write_interface(const struct dahdi_inventory_span *s, FILE *to)
{
	fprintf(to,
		"! The switch type is what the carrier calls the line%s\n"
		"interface %s %u%s\n isdn switch-type %s\n isdn protocol-emulate %s\n!\n"
		"voice-port %u:D\n!\n",
		s->network ? "; the card is set to be the network."
			   : "; the carrier is the network, we the user.",
		words[s->line].interface, s->number, s->line == DAHDI_LINE_BRI ? "" : ":D",
		words[s->line].switch_type, s->network ? "network" : "user", s->number);
}

static void write_head(const struct dahdi_inventory *i, const char *hostname, FILE *to)
{
	fprintf(to,
		"! A first configuration for the cards found by DAHDI %.40s.\n"
		"! Check it with `sipspan check FILE`; sipspan.conf(5) says what each line "
		"means.\n!\nhostname %s\n!\n",
		i->version, hostname);
}

static void write_other(const struct dahdi_inventory_span *s, FILE *to)
{
	fprintf(to,
		"! Span %u (%.20s, %u channels, %u configured) has no D channel where an E1, T1 or "
		"BRI has it:\n! see /etc/dahdi/system.conf if it should be ISDN.\n!\n",
		s->number, s->name, s->channels, s->configured);
}

static void write_peers(const struct dahdi_inventory *i, FILE *to)
{
	unsigned tag = 100;

	fprintf(to, "! Calls that begin with 9 go to the telephone network, the 9 is not sent. "
		    "Several lines share\n! them: the lower preference is tried first.\n");
	for (unsigned n = 0; n < i->span_count; n++) {
		if (!is_isdn(&i->spans[n]))
			continue;
		fprintf(to,
			"dial-peer voice %u pots\n destination-pattern 9T\n preference %u\n "
			"port %u:D\n!\n",
			tag, tag - 100 < 10 ? tag - 100 : 10, i->spans[n].number);
		tag++;
	}
	fprintf(
	    to,
	    "! Calls from the telephone network go to the SIP server: put its address "
	    "here, and the range of\n! your numbers into the pattern.\n"
	    "dial-peer voice 200 voip\n destination-pattern [2-8]...$\n"
	    " incoming called-number .\n session target ipv4:192.0.2.10\n dtmf-relay rtp-nte\n!\n");
}

void dahdi_inventory_configure(const struct dahdi_inventory *i, const char *hostname, FILE *to)
{
	write_head(i, hostname, to);
	if (i->span_count == 0)
		fprintf(to, "! DAHDI knows no card. A pseudowire needs none:\n"
			    "!   controller e1 1\n"
			    "!    driver cesopsn listen 192.0.2.1:2142 peer 192.0.2.2:2142\n!\n");
	for (unsigned n = 0; n < i->span_count; n++) {
		if (is_isdn(&i->spans[n]))
			write_controller(i, &i->spans[n], to);
		else
			write_other(&i->spans[n], to);
	}
	for (unsigned n = 0; n < i->span_count; n++) {
		if (is_isdn(&i->spans[n]))
			write_interface(&i->spans[n], to);
	}
	write_peers(i, to);
}
